"""KServe's SDK and the pipeline; ``python kserve_app.py FOLDER PORT``."""

import sys

import joblib
import pandas as pd
from kserve import Model, ModelServer
from kserve.logging import configure_logging

folder, port = sys.argv[1], int(sys.argv[2])


class Pipeline(Model):
    def load(self) -> bool:
        self._model = joblib.load(f"{folder}/kserve/model.joblib")
        self.ready = True
        return True

    async def predict(self, payload, *_, **__):
        return {"predictions": self._model.predict_proba(pd.DataFrame(payload["instances"])).tolist()}


configure_logging()
model = Pipeline("bench")
model.load()
ModelServer(http_port=port, enable_grpc=False, access_log_format=None, workers=1).start([model])
