"""The models that a server answers for."""

from collections.abc import Iterator

from slipway.serving.predictor import Predictor
from slipway.serving.request import Request
from slipway.serving.response import HttpError


class Models:
    """Predictors by name.

    Args:
        predictors: At least one; requests that name no model go to the first.
    """

    def __init__(self, predictors: list[Predictor]) -> None:
        self._default = predictors[0]
        self._predictors = {predictor.name: predictor for predictor in predictors}

    def __iter__(self) -> Iterator[Predictor]:
        return iter(self._predictors.values())

    def choose(self, request: Request) -> Predictor:
        """The predictor that answers a request: by the name and the version in its path; it is noted in the request.

        Raises:
            HttpError: 404 when there is no such model or version.
        """
        name, version = request.parameters.get("name"), request.parameters.get("version")
        predictor = self._default if name is None else self._predictors.get(name)
        if predictor is None:
            known = ", ".join(self._predictors)
            raise HttpError(404, f"there is no model {str(name)[:200]!r} here; there are: {known}", "model")
        if version not in (None, predictor.version, predictor.bundle.manifest.digest):
            raise HttpError(
                404,
                f"model {predictor.name!r} has no version {str(version)[:80]!r} here; it has {predictor.version}",
                "model",
            )
        request.predictor = predictor
        return predictor
