"""The models that a server answers for, and how they are replaced while it runs."""

import logging
from collections.abc import Iterator, Mapping, Sequence

from slipway.errors import BundleError, SlipwayError
from slipway.serving.bundles import sources
from slipway.serving.bundles.served import Served
from slipway.serving.bundles.sources import Source
from slipway.serving.predicting.cache import OutputCache
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError
from slipway.settings import Model, Settings

logger = logging.getLogger(__name__)


class Models:
    """Models by name. Another thread may refresh them while requests are answered.

    Args:
        wanted: Name to settings; the name ``""`` stands for the one that the bundle has. Requests that name no model
            go to the first.
        served: Models that are loaded already.
        settings: How the server answers.
        cache: Where outputs are kept; None for nowhere.

    Attributes:
        refused: Name to the reason why its bundle, or the new one, is not served.
    """

    def __init__(
        self,
        wanted: Mapping[str, Model],
        served: Sequence[Served] = (),
        settings: Settings | None = None,
        cache: OutputCache | None = None,
    ) -> None:
        self._cache = cache
        self._settings = settings
        self._public_key = settings.public_key if settings else ""
        self._wanted = wanted
        self._served = {item.stable.name: item for item in served}
        self._identities: dict[str, list[str]] = {}
        self.refused: dict[str, str] = {}

    def __iter__(self) -> Iterator[Predictor]:
        return iter([predictor for served in self._served.values() for predictor in served])

    def describe(self) -> dict[str, dict[str, str]]:
        """Name to version and digest of what is served."""
        return {
            name: {"version": served.stable.version, "digest": served.stable.bundle.manifest.digest}
            for name, served in self._served.items()
        }

    @property
    def ready(self) -> bool:
        """Whether every model can answer."""
        return len(self._served) >= len(self._wanted)

    @property
    def guarded(self) -> bool:
        """Whether every model has a bundle to fall back to."""
        return all(served.fallback for served in self._served.values())

    def load(self) -> None:
        """Loads every model that has another bundle than the one that is served.

        Raises:
            SlipwayError: A bundle is refused; what was served before is served on.
        """
        for name, model in self._wanted.items():
            self._load(name, model)

    def refresh(self) -> None:
        """Loads what is new; a bundle that is refused is logged, and the one before it serves on."""
        for name, model in self._wanted.items():
            try:
                self._load(name, model)
            except SlipwayError as error:
                if self.refused.get(name) != str(error):
                    logger.error("refused: %s", error)
                self.refused[name] = str(error)

    def choose(self, request: Request) -> Predictor:
        """The predictor that a request asks for: by the name and the version in its path; it is noted in the request.

        Raises:
            HttpError: 404 when there is no such model or version, 503 when it is not loaded.
        """
        name, version = request.parameters.get("name"), request.parameters.get("version")
        served = self._find(name)
        predictor = served.first if version is None else served.of_version(version)
        if predictor is None:
            known = ", ".join(item.version for item in served)
            message = f"model {served.stable.name!r} has no version {str(version)[:80]!r} here; it has {known}"
            raise HttpError(404, message, "model")
        request.predictor, request.served = predictor, served
        return predictor

    def _find(self, name: str | None) -> Served:
        served = next(iter(self._served.values()), None) if name is None else self._served.get(name)
        if served is not None and (name is not None or self.ready):
            return served
        if not self.ready:
            raise HttpError(503, "the model is not loaded; GET /readyz says why", "unready", ((b"retry-after", b"1"),))
        known = ", ".join(self._served)
        raise HttpError(404, f"there is no model {str(name)[:200]!r} here; there are: {known}", "model")

    def _load(self, name: str, model: Model) -> None:
        others = [*(item.bundle for item in model.variants), *filter(None, [model.fallback])]
        found = [sources.find(model.bundle, model.digest), *map(sources.find, others)]
        identities = [source.identity for source in found]
        if self._identities.get(name) != identities:
            served = self._read(name, model, found)
            self._served = {**self._served, served.stable.name: served}
            self._identities[name] = identities
            versions = ", ".join(f"{item.variant or item.name} {item.version}" for item in served)
            logger.info("model %s is served: %s", served.stable.name, versions)
        self.refused.pop(name, None)

    def _read(self, name: str, model: Model, found: Sequence[Source]) -> Served:
        """Bundles that have shown that they can answer."""
        try:
            bundle, *beside = [sources.read(source, self._public_key) for source in found]
            served = Served(model, bundle, beside, name, self._settings, self._cache)
            for predictor in served:
                predictor.rehearse()
        except SlipwayError:
            raise
        except Exception as error:  # whatever a bundle makes happen, the one before it serves on
            message = f"bundle {model.bundle!r} can't answer: {error!r}"
            raise BundleError(message) from error
        return served
