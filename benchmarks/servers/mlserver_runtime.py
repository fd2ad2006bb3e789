"""MLServer: its pandas codec, and the pipeline."""

import joblib
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Pipeline(MLModel):
    async def load(self) -> bool:
        self._model = joblib.load("model.joblib")
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        frame = PandasCodec.decode_request(payload)
        output = NumpyCodec.encode_output("probabilities", self._model.predict_proba(frame))
        return InferenceResponse(model_name=self.name, outputs=[output])
