"""A hash of what is in a table's files, whatever they are called."""

import hashlib

from slipway.data import storage
from slipway.data.files import File, find

_CHUNK = 1 << 20


def fingerprint(uri: str) -> str:
    """The fingerprint of the data at a URI: it changes when any byte does, not when a file is moved or renamed.

    Args:
        uri: A file, a glob or a folder, local or at any fsspec URI.

    Returns:
        sha256 over the sorted sha256 of the files, hex.

    Raises:
        DataError: There is no such file.
        StorageError: It can't be read.
    """
    return hashlib.sha256("".join(sorted(_hash(file) for file in find(uri))).encode()).hexdigest()


def _hash(file: File) -> str:
    digest = hashlib.sha256()
    with storage.told("read", file.path), file.system.open(file.path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
