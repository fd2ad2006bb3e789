"""Every error that a user can cause, each with a sentence that says what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class SlipwayError(Exception):
    """Root of the errors that a user can cause.

    Attributes:
        exit_code: What the command line exits with: 2 for a mistake of the user, 3 for a gate that says no, 1 a bug.
    """

    exit_code: int = 2


class SpecError(SlipwayError):
    """The spec has an unknown field, a wrong type or a value that is not allowed."""


class DataError(SlipwayError):
    """The data can't be read, or can't be used for what the spec asks."""


class StorageError(SlipwayError):
    """A file, folder or object can't be read or written."""


class BundleError(SlipwayError):
    """A bundle is incomplete, damaged, of another format, or disagrees with its own model."""


class RegistryError(SlipwayError):
    """The registry has no such entry, or another writer was faster."""


class ServingError(SlipwayError):
    """The model server can't start or does not answer."""


class RolloutError(SlipwayError):
    """The cluster refuses, lacks or does not reach what a rollout needs."""


class PipelineError(SlipwayError):
    """A pipeline can't be compiled or started."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A limit that was not kept.

    Attributes:
        check: What was checked.
        column: The column it is about; empty for none.
        limit: What is allowed, in words.
        value: What was measured, in words.
    """

    check: str
    column: str
    limit: str
    value: str


class StepError(SlipwayError):
    """A step of a pipeline failed.

    Attributes:
        step: The step's name.
        failures: Limits that were not kept; empty unless a gate said no.
    """

    def __init__(self, step: str, sentence: str, exit_code: int, failures: Iterable[Failure] = ()) -> None:
        super().__init__(sentence)
        self.step = step
        self.exit_code = exit_code
        self.failures = tuple(failures)


class GateError(SlipwayError):
    """A quality or promotion gate said no.

    Attributes:
        failures: Limits that were not kept.
    """

    exit_code = 3

    def __init__(self, sentence: str, failures: Iterable[Failure] = ()) -> None:
        super().__init__(sentence)
        self.failures = tuple(failures)


class UnknownNameError(DataError):
    """A name is not among those that exist; the nearest one is suggested."""

    def __init__(self, what: str, name: str, known: Iterable[str], *, where: str = "the data") -> None:
        names = list(known)
        super().__init__(f"{what} {name!r} is not in {where}{_suggestion(name, names)}; {_listing(what, names)}")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like a name, whatever their case; None when none does."""
    folded = {item.casefold(): item for item in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def _suggestion(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    return "" if near is None else f"; did you mean {near!r}?"


def _listing(what: str, known: list[str], limit: int = 20) -> str:
    if not known:
        return f"there is no {what}"
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return f"there are: {', '.join(repr(name) for name in known[:limit])}{more}"
