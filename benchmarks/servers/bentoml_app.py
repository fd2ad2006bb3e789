"""BentoML and the pipeline; served by ``bentoml serve bentoml_app:Pipeline`` with the folder in BENCH_FOLDER."""

import os

import bentoml
import joblib
import pandas as pd


@bentoml.service(workers=1, metrics={"enabled": True}, logging={"access": {"enabled": False}})
class Pipeline:
    def __init__(self) -> None:
        self._model = joblib.load(f"{os.environ['BENCH_FOLDER']}/bentoml/model.joblib")

    @bentoml.api
    def predict(self, rows: list[dict]) -> list[list[float]]:
        return self._model.predict_proba(pd.DataFrame(rows)).tolist()
