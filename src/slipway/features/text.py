"""Free text: how often each word or n-gram of a bounded vocabulary occurs in it.

Words are what stands between spaces. A word of the vocabulary is also known with a capital, in capitals, and with a
mark behind it; the same table of spellings works for batches and in the graph, so both find the same words.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import arrays
from slipway.features.builder import Builder
from slipway.features.named import Features, Named
from slipway.spec.features import ColumnFeatures

TRACKED = 200_000
"""N-grams that are counted while fitting; rarer ones are forgotten first."""

_MARKS = ".,;:!?\"'()[]"
_ENDINGS = ("", ".", ",", "!", "?")
_BASE = 1 << 16


@dataclass(frozen=True, slots=True)
class Text:
    """A text.

    Attributes:
        column: The raw column.
        ngrams: The n-grams that are counted, shortest first, words separated by a space.
    """

    column: str
    ngrams: tuple[str, ...]

    @property
    def words(self) -> dict[str, int]:
        """Each word of the n-grams to its code, from 1."""
        words = dict.fromkeys(chain.from_iterable(ngram.split(" ") for ngram in self.ngrams))
        return {word: code for code, word in enumerate(words, 1)}

    @property
    def codes(self) -> dict[str, int]:
        """Each spelling of a word to its code."""
        spelled: dict[str, int] = {}
        for word, code in self.words.items():
            for form in (word, word.capitalize(), word.upper()):
                for ending in _ENDINGS:
                    spelled.setdefault(form + ending, code)
        return spelled

    @property
    def coded(self) -> list[tuple[int, ...]]:
        """The n-grams as codes of their words."""
        words = self.words
        return [tuple(words[word] for word in ngram.split(" ")) for ngram in self.ngrams]


def fit(texts: pl.Series, longest: int) -> Counter[str]:
    """Counts the n-grams of a part of a column.

    Args:
        texts: Prepared texts, see ``slipway.features.inputs.prepared``.
        longest: Longest n-gram, in words.
    """
    words = _words(texts).with_columns(pl.col("word").str.to_lowercase().str.strip_chars(_MARKS))
    counts: Counter[str] = Counter()
    for length in range(1, longest + 1):
        following = [pl.col("word").shift(-step) for step in range(length)]
        whole = pl.all_horizontal(part.str.len_bytes() > 0 for part in following)
        same = pl.col("row") == pl.col("row").shift(1 - length)
        ngrams = words.select(pl.when(whole & same).then(pl.concat_str(following, separator=" "))).to_series()
        counts.update(dict(ngrams.drop_nulls().value_counts().iter_rows()))
    return _bounded(counts)


def merge(parts: Sequence[Counter[str]]) -> Counter[str]:
    """Adds up counts of parts; at least one is needed."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return _bounded(total)


def finish(column: str, counts: Counter[str], options: ColumnFeatures) -> Text:
    """Chooses the vocabulary: the most frequent n-grams.

    Args:
        column: The column.
        counts: Its n-grams.
        options: What the spec says of it.
    """
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0].count(" "), item[0]))
    chosen = [ngram for ngram, count in order[: options.words] if count >= options.min_rows]
    return Text(column, tuple(sorted(chosen, key=lambda ngram: ngram.count(" "))))


def names(steps: tuple[Text, ...]) -> list[Named]:
    """The features: a count for each n-gram."""
    return [Named(f"{step.column} says {ngram}", step.column) for step in steps for ngram in step.ngrams]


def write(made: Features, steps: tuple[Text, ...], frame: pl.DataFrame) -> int:
    """Writes the features of prepared rows; see ``slipway.features.number.write``."""
    at = 0
    for step in (step for step in steps if step.ngrams):
        _count_in(made[at : at + len(step.ngrams)], step, frame.get_column(step.column))
        at += len(step.ngrams)
    return at


def nodes(build: Builder, steps: tuple[Text, ...]) -> list[str]:
    """The features in a graph."""
    return [_count(build, step) for step in steps if step.ngrams]


def _count(build: Builder, step: Text) -> str:
    flat = build.node("Squeeze", [build.columns[step.column], build.constant(np.array([1], dtype=np.int64))])
    words = build.node("StringSplit", [flat], f"{flat} words", f"{flat} lengths")
    codes = build.codes(words, step.codes, 0)
    coded = step.coded
    lengths = [len(ngram) for ngram in coded]
    starts = [sum(length for length in lengths if length < longest) for longest in range(1, max(lengths) + 1)]
    return build.node(
        "TfIdfVectorizer",
        [codes],
        mode="TF",
        min_gram_length=1,
        max_gram_length=max(lengths),
        max_skip_count=0,
        ngram_counts=starts,
        ngram_indexes=list(range(len(coded))),
        pool_int64s=list(chain.from_iterable(coded)),
    )


def _count_in(made: Features, step: Text, texts: pl.Series) -> None:
    """How often each n-gram occurs, shape (n-grams, rows)."""
    made[:] = 0.0
    words = _words(texts)
    spellings, codes = _spelled(step)
    found = codes.take(arrays.places(words["word"], spellings))
    rows = words["row"].to_numpy().astype(np.int64)
    for row, feature in _occurrences(step, rows, found):
        np.add.at(made, (feature, row), np.float32(1.0))


@lru_cache
def _spelled(step: Text) -> tuple[pl.Enum, NDArray[np.int64]]:
    """Every spelling that is known, and the codes of their words; last that of all others."""
    spelled = step.codes
    return pl.Enum(list(spelled)), np.array([*spelled.values(), 0])


def _occurrences(
    step: Text, rows: NDArray[np.int64], codes: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each length of n-gram, the rows that have one and which one it is."""
    for length in sorted({len(ngram) for ngram in step.coded}):
        keys = {_key(np.array([ngram]).T)[0]: place for place, ngram in enumerate(step.coded) if len(ngram) == length}
        ends = max(len(codes) - length + 1, 0)
        there = _key(np.stack([codes[start : start + ends] for start in range(length)]))
        same = rows[:ends] == rows[length - 1 : length - 1 + ends]
        known = np.array(sorted(keys))
        at = np.minimum(np.searchsorted(known, there), len(known) - 1)
        hit = np.flatnonzero((known[at] == there) & same)
        yield rows[:ends][hit], np.array([keys[key] for key in known])[at[hit]]


def _key(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    key = np.zeros(codes.shape[1], dtype=np.int64)
    for row in codes:
        key = key * _BASE + row
    return key


def _words(texts: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"row": pl.int_range(len(texts), eager=True), "word": texts.str.split(" ")})
    return frame.explode("word")


def _bounded(counts: Counter[str]) -> Counter[str]:
    if len(counts) <= TRACKED:
        return counts
    return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TRACKED]))
