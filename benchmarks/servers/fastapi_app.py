"""FastAPI with a typed body and the pipeline; ``python fastapi_app.py FOLDER PORT``."""

import sys

import joblib
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model

folder, port = sys.argv[1], int(sys.argv[2])
model = joblib.load(f"{folder}/fastapi/model.joblib")
columns = {name: (str if name.startswith("category") else float | None, ...) for name in model.feature_names_in_}
Row: type[BaseModel] = create_model("Row", **columns)
app = FastAPI()


@app.post("/predict")
def predict(row: Row) -> dict[str, list[float]]:  # type: ignore[valid-type]
    return {"probabilities": model.predict_proba(pd.DataFrame([row.model_dump()]))[0].tolist()}


uvicorn.run(app, port=port, access_log=False, log_level="warning")
