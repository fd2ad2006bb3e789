"""Every error that a user can cause, each with a sentence that says what to do."""

from collections.abc import Iterable
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


class StepError(SlipwayError):
    """A step of a pipeline failed.

    Attributes:
        step: The step's name.
    """

    def __init__(self, step: str, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.step = step
        self.exit_code = exit_code


class GateError(SlipwayError):
    """A quality or promotion gate said no."""

    exit_code = 3


class UnknownNameError(DataError):
    """A name is not among those that exist; the nearest one is suggested."""

    def __init__(self, what: str, name: str, known: Iterable[str], *, where: str = "the data") -> None:
        names = list(known)
        super().__init__(f"{what} {name!r} is not in {where}{_suggestion(name, names)}; {_listing(what, names)}")


def _suggestion(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _listing(what: str, known: list[str], limit: int = 20) -> str:
    if not known:
        return f"there is no {what}"
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return f"there are: {', '.join(repr(name) for name in known[:limit])}{more}"
