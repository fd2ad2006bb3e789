"""Pickles are code that runs when it is loaded: no bundle may hold one."""

from pathlib import Path

_SUFFIXES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth")
_ARRAYS = (".npy", ".npz")
"""May hold pickles; in a zip file, those that do are known by their content."""

_STARTS = tuple(bytes([0x80, version]) for version in range(2, 6))
_ZIP = b"PK\x03\x04"


def is_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or may be one, or is a zip file with one in it.

    Args:
        path: The file.
    """
    if path.suffix in (*_SUFFIXES, *_ARRAYS):
        return True
    with path.open("rb") as file:
        start = file.read(len(_ZIP))
    return start[:2] in _STARTS or (start == _ZIP and _holds_pickle(path))


def _holds_pickle(archive: Path) -> bool:
    import zipfile  # most bundles hold none, and servers should start fast

    try:
        with zipfile.ZipFile(archive) as opened:
            members = [(name, opened.open(name).read(2)) for name in opened.namelist()]
    except (zipfile.BadZipFile, RuntimeError):  # damaged, encrypted, or of an unknown method
        return False
    return any(name.endswith(_SUFFIXES) or start in _STARTS for name, start in members)
