"""Where a search is remembered while it runs."""

from pathlib import Path

from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from slipway.errors import StorageError


def opened(folder: str, key: str) -> BaseStorage:
    """What remembers a search.

    Args:
        folder: A local folder; empty to forget it at the end of the process.
        key: What tells the search from others in the folder.

    Raises:
        StorageError: The folder can't be written.
    """
    if not folder:
        return InMemoryStorage()
    place = path(folder, key)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(JournalFileBackend(str(place)))
    except OSError as error:
        message = f"search.storage {folder!r} can't be written: {error.strerror or error}"
        raise StorageError(message) from None


def path(storage: str, key: str) -> Path:
    """The file in which a search is remembered."""
    return Path(storage).expanduser() / f"{key}.log"


def forget(storage: str, key: str) -> None:
    """Removes what was remembered of a search that is done."""
    if storage:
        path(storage, key).unlink(missing_ok=True)
