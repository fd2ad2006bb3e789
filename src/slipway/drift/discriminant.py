"""Telling two sets of rows apart by columns, and by the products of two or three of them that differ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Term = tuple[int, ...]

_MOST = 100
"""Products that are used at most: those that differ most clearly."""

_RIDGE = 0.1
"""Added to the variance of each feature and product, which is 1."""

_DOUBT = 16.0
"""Squared difference, in standard errors, with which a feature or product counts by half."""

_FURTHEST = 6.0
"""Standard deviations from the middle beyond which a value counts as that far."""


@dataclass(frozen=True, slots=True)
class Discriminant:
    """A linear discriminant of features and of some of their products.

    Attributes:
        terms: Places of the features whose product is taken; each feature alone comes first.
        middles: Mean of each product, shape (t,).
        spreads: Standard deviation of each, likewise.
        weights: Weight of each when it is standardized, likewise.
    """

    terms: tuple[Term, ...]
    middles: Floats
    spreads: Floats
    weights: Floats

    def score(self, features: Floats) -> Floats:
        """The larger, the likelier a row is of the second set.

        Args:
            features: Shape (n, p).

        Returns:
            Shape (n,).
        """
        values = (_products(features, self.terms) - self.middles) / self.spreads
        return np.asarray(np.clip(values, -_FURTHEST, _FURTHEST) @ self.weights)


def fit(features: Floats, y: NDArray[np.int64], scores: int) -> Discriminant:
    """Fits a discriminant: a ridge regression of the set on all features and on the products that differ.

    Every product of two features is tried, and every one of three different scores. A product is kept where its means
    in the two sets differ by more than the largest difference that is expected of so many without any (J. Fan and
    J. Lv, "Sure independence screening", JRSS B 70(5), 2008). So an interaction of few among many columns is found,
    which a tree finds only when one of them alone already helps.

    Args:
        features: Standardized, shape (n, p); the first ones are scores.
        y: 0 or 1, shape (n,).
        scores: How many of the features products of three are made of.
    """
    side = (y - y.mean()) / y.std()
    found = _screened(_pairs(features, side)) + _screened(_triples(features[:, :scores], side))
    most = sorted(found, key=lambda item: -item[1])[:_MOST]
    terms = (*((at,) for at in range(features.shape[1])), *(term for term, _ in most))
    values = _products(features, terms)
    middles, spreads = values.mean(axis=0), values.std(axis=0)
    spreads[spreads == 0] = 1.0
    z = np.clip((values - middles) / spreads, -_FURTHEST, _FURTHEST)
    trust = np.square(z.T @ side) / len(z)
    trust /= trust + _DOUBT
    z *= trust
    ridge = _RIDGE * len(z) * np.eye(len(terms))
    return Discriminant(terms, middles, spreads, trust * np.linalg.solve(z.T @ z + ridge, z.T @ side))


def _products(features: Floats, terms: tuple[Term, ...]) -> Floats:
    alone = features.shape[1]
    products = [features[:, term].prod(axis=1) for term in terms[alone:]]
    return np.column_stack([features, *products])


def _screened(tried: list[tuple[Floats, NDArray[np.int64]]]) -> list[tuple[Term, float]]:
    """Those whose difference is above the expected largest one of as many."""
    count = sum(len(found) for found, _ in tried)
    limit = -ndtri(0.5 / max(1, count))
    return [
        (tuple(places[at].tolist()), float(found[at]))
        for found, places in tried
        for at in np.flatnonzero(found > limit).tolist()
    ]


def _pairs(features: Floats, side: Floats) -> list[tuple[Floats, NDArray[np.int64]]]:
    differences = _differences(features, features, side)
    places = np.array(np.triu_indices(features.shape[1]))
    return [(differences[places[0], places[1]], places.T)]


def _triples(scores: Floats, side: Floats) -> list[tuple[Floats, NDArray[np.int64]]]:
    found = []
    for at in range(scores.shape[1] - 2):
        others = scores[:, at + 1 :]
        differences = _differences(scores[:, [at]] * others, others, side)
        places = np.array(np.triu_indices(others.shape[1], 1))
        whole = np.vstack([np.full(places.shape[1], at), places + at + 1])
        found.append((differences[places[0], places[1]], whole.T))
    return found


def _differences(some: Floats, others: Floats, side: Floats) -> Floats:
    """How clearly the mean of each product differs between the sets, in standard errors; shape (p, q)."""
    total = some.T @ others
    scatter = np.square(some).T @ np.square(others) - np.square(total) / len(side)
    return np.asarray(np.abs((some * side[:, None]).T @ others) / np.sqrt(np.maximum(scatter, len(side) * 1e-9)))
