"""Fits what the peers serve, in a peer's own environment: a scikit-learn pipeline with the same trees as the bundle.

``python prepare.py PEER FOLDER`` reads FOLDER/data.csv and writes FOLDER/PEER.
"""

import json
import shutil
import sys
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier

peer, folder = sys.argv[1], Path(sys.argv[2])
frame = pd.read_csv(folder / "data.csv")
x, y = frame.drop(columns="y"), (frame["y"] == "yes").astype(int)
numbers = make_pipeline(SimpleImputer(strategy="median"))
levels = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
encode = make_column_transformer(
    (numbers, make_column_selector(dtype_include="number")), (levels, make_column_selector(dtype_exclude="number"))
)
model = make_pipeline(encode, XGBClassifier(n_estimators=200, max_depth=6, learning_rate=0.1, n_jobs=1)).fit(x, y)
target = folder / f".{peer}"
shutil.rmtree(target, ignore_errors=True)
target.mkdir()
if peer == "mlflow":
    import mlflow.sklearn

    shutil.rmtree(target)
    mlflow.sklearn.save_model(model, target, serialization_format="cloudpickle", input_example=x.head(2))
else:
    import joblib

    joblib.dump(model, target / "model.joblib")
if peer == "mlserver":
    settings = {"name": "bench", "implementation": "runtime.Pipeline", "parallel_workers": 0}
    (target / "model-settings.json").write_text(json.dumps(settings))
    quiet = {"debug": False, "parallel_workers": 0, "access_log": False}
    (target / "settings.json").write_text(json.dumps(quiet))
    (target / "runtime.py").write_text(Path(__file__).with_name("mlserver_runtime.py").read_text())
target.rename(folder / peer)
