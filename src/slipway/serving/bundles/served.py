"""The bundles that answer for one model, and which of them answers a request."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs
from slipway.bundle.load import Bundle
from slipway.data.schema import Schema
from slipway.errors import ServingError
from slipway.serving.inputs.values import converter
from slipway.serving.predicting.cache import OutputCache
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.process.watched import Watch
from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError
from slipway.settings import Key, Model, Settings, Variant

STABLE = "stable"
"""Name of the variant that answers where no other one does."""

Rows = NDArray[np.bool_]


class Served:
    """A model's bundles. It never changes: a reload makes another one.

    Args:
        model: Its settings.
        bundle: The bundle that answers where no variant does.
        beside: The bundles of the variants, in the order of the settings, and then of the fallback.
        name: What the model is called here; empty for the name that the bundle has.
        settings: How the server answers.
        cache: Where outputs are kept; None for nowhere.

    Attributes:
        stable: What answers where no variant does.
        fallback: What answers in its place while nobody watches the server; None where there is no such bundle.
        shadows: What answers beside it and is compared with it.

    Raises:
        ServingError: A variant has other columns or another target, or the settings contradict themselves.
    """

    def __init__(
        self,
        model: Model,
        bundle: Bundle,
        beside: Sequence[Bundle] = (),
        name: str = "",
        settings: Settings | None = None,
        cache: OutputCache | None = None,
    ) -> None:
        settings = settings or Settings()
        check(model, settings)
        name = name or bundle.manifest.name
        names = [variant.name for variant in model.variants]
        self.stable = Predictor(bundle, STABLE if names else "", name, settings, cache)
        others = [
            Predictor(other, variant, name, settings, cache)
            for other, variant in zip(beside[: len(names)], names, strict=True)
        ]
        self.fallback = Predictor(beside[-1], "", name, settings, cache) if model.fallback else None
        self._watch = Watch(settings.alive_until)
        for other in others:
            _check_same_columns(other, bundle.schema)
        parts = list(zip(model.variants, others, strict=True))
        self.shadows = [other for variant, other in parts if variant.shadow]
        self._rules = [(_rule(variant, bundle.schema), other) for variant, other in parts if variant.when]
        self._weights = [(variant.percent / 100, other) for variant, other in parts if variant.percent is not None]
        self._key = _key(model.key, bundle.schema) if model.key else None
        self._salt = name
        self._split = bool(self._rules or self._weights)

    def __iter__(self) -> Iterator[Predictor]:
        yield self.stable
        yield from filter(None, [self.fallback])
        yield from (other for _, other in self._rules)
        yield from (other for _, other in self._weights)
        yield from self.shadows

    @property
    def first(self) -> Predictor:
        """What answers where no variant does now."""
        return self.stable if self.fallback is None or self._watch.alive else self.fallback

    def of_version(self, version: str) -> Predictor | None:
        """The bundle of a version, given in 12 digits or whole; None where there is none."""
        return next((item for item in self if version in (item.version, item.bundle.manifest.digest)), None)

    def variant(self, request: Request, inputs: Inputs) -> Predictor:
        """What answers a request: the first rule that holds, else the weighted variant of its key, else the stable one.

        Args:
            request: The request; a version in its path decides alone.
            inputs: Its rows; all of them go to one variant.

        Raises:
            HttpError: 422 when its rows belong to several variants.
        """
        if not self._split or "version" in request.parameters:
            return request.predictor or self.stable
        chosen: set[Predictor] = set()
        left = np.ones(len(next(iter(inputs.values()))), dtype=np.bool_)
        for holds, other in self._rules:
            rows = left & holds(inputs)
            if rows.any():
                chosen.add(other)
                left &= ~rows
        if left.any():
            keys = self._key(request, inputs, left) if self._key else {b""}
            chosen |= {self._weighted(key) for key in keys}
        if len(chosen) > 1:
            names = ", ".join(sorted(item.variant for item in chosen))
            message = f"the rows belong to several variants ({names}); send them in requests of their own"
            raise HttpError(422, message, "variants")
        return chosen.pop()

    def _weighted(self, key: bytes) -> Predictor:
        if key:
            place = share(self._salt, key)
            for weight, other in self._weights:
                place -= weight
                if place < 0:
                    return other
        return self.stable


def variant(request: Request, chosen: Predictor) -> Predictor:
    """What answers a request whose rows are known; it is noted in the request.

    Args:
        request: The request, with its inputs.
        chosen: What ``Models.choose`` gave.

    Raises:
        HttpError: 422 when its rows belong to several variants.
    """
    if request.served is not None and request.inputs is not None:
        chosen = request.predictor = request.served.variant(request, request.inputs)
    return chosen


def share(salt: str, key: bytes) -> float:
    """Where a key falls from 0 to 1: uniform over keys, the same for a key in every process and at any time.

    Args:
        salt: What makes two experiments independent of each other: the model's name.
        key: The key.
    """
    digest = hashlib.sha256(salt.encode() + b"\0" + key).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def check(model: Model, settings: Settings) -> None:
    """Checks what the settings say of the bundles beside a model's own.

    Raises:
        ServingError: They contradict themselves.
    """
    if model.fallback and (model.variants or not settings.alive_until):
        message = "a fallback answers once alive_until is past: set that, and no variants beside it"
        raise ServingError(message)
    names = [STABLE, *(variant.name for variant in model.variants)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"variant {twice!r} is named twice; the bundle beside the variants is called {STABLE!r}"
        raise ServingError(message)
    for variant in model.variants:
        if (variant.percent is not None) + (variant.when is not None) + variant.shadow != 1:
            message = f"variant {variant.name!r} needs exactly one of percent, when and shadow"
            raise ServingError(message)
    weights = [variant.percent for variant in model.variants if variant.percent is not None]
    if sum(weights) > 100:
        message = f"the variants answer for {sum(weights):g} percent of the keys; they can have 100 together"
        raise ServingError(message)
    if weights and (model.key is None or bool(model.key.header) == bool(model.key.column)):
        message = "variants with a percentage need a key with either a header or a column"
        raise ServingError(message)


def _check_same_columns(other: Predictor, schema: Schema) -> None:
    theirs = other.bundle.schema
    if theirs.kinds != schema.kinds:
        names = sorted({name for name, _ in theirs.kinds.items() ^ schema.kinds.items()})
        message = f"variant {other.variant!r} has other columns than the model beside it: {', '.join(names)}"
        raise ServingError(message)
    if (theirs.target.task, theirs.target.classes) != (schema.target.task, schema.target.classes):
        message = f"variant {other.variant!r} predicts something else than the model beside it"
        raise ServingError(message)


def _rule(variant: Variant, schema: Schema) -> Callable[[Inputs], Rows]:
    assert variant.when is not None  # noqa: S101 - the caller's condition
    column = variant.when.column
    _check_column(column, schema, f"the rule of variant {variant.name!r}")
    try:
        values = [converter(schema.kinds[column])(value) for value in variant.when.values]
    except ValueError as error:
        message = f"the rule of variant {variant.name!r}: values of column {column!r} should be {error}"
        raise ServingError(message) from None
    return lambda inputs: np.isin(inputs[column][:, 0], values)


def _key(key: Key, schema: Schema) -> Callable[[Request, Inputs, Rows], set[bytes]]:
    if key.header:
        name = key.header.lower().encode()
        return lambda request, _, __: {request.header(name)}
    _check_column(key.column, schema, "the key of the variants")
    return lambda _, inputs, rows: {str(value).encode() for value in inputs[key.column][rows, 0].tolist()}


def _check_column(column: str, schema: Schema, what: str) -> None:
    if column not in schema.kinds:
        known = ", ".join(schema.names)
        message = f"{what} names column {column!r}, which the model does not have; columns: {known}"
        raise ServingError(message)
