"""Bringing a bundle here: ``python -m slipway.bundle.fetch URI FOLDER --digest DIGEST``."""

import argparse
import secrets
import shutil
import sys
from pathlib import Path

from slipway.bundle import archive
from slipway.bundle import manifest as manifests
from slipway.bundle.load import verify
from slipway.data import storage
from slipway.errors import BundleError, SlipwayError, StorageError


def fetch(uri: str, folder: Path, digest: str | None = None) -> Path:
    """Copies a bundle into a folder and verifies it; ``bundle.json`` comes last, so that it is complete or no bundle.

    Args:
        uri: The bundle: a folder at any fsspec URI, or one that holds an archive in parts (but over HTTP).
        folder: Where to put it; an empty one may be there, such as a mounted volume, or one with this very bundle.
        digest: The digest that it must have; None for any.

    Returns:
        The folder.

    Raises:
        StorageError: It can't be read or written, or the folder holds other files.
        BundleError: It is not complete, changed, or another one than is asked for.
    """
    with storage.told("written", str(folder)):
        _remove_leftovers(folder)
        before = set(manifests.files_in(folder))
        aside = folder / f".{secrets.token_hex(6)}.partial"
        aside.mkdir(parents=True)
    try:
        _download(uri, aside)
        whole = archive.unpack_parts(aside) or aside
        verify(whole, digest)
        signed = [manifests.SIGNATURE] if (whole / manifests.SIGNATURE).is_file() else []
        names = [*manifests.files_in(whole), *signed, manifests.FILE]
        if before - set(names):
            message = (
                f"{str(folder)!r} holds other files: {', '.join(sorted(before - set(names)))}; name an empty folder"
            )
            raise StorageError(message)
        with storage.told("written", str(folder)):
            for name in names:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (whole / name).replace(folder / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _download(uri: str, folder: Path) -> None:
    """Copies the files; over HTTP, where folders have no list, those that the manifest names."""
    if not uri.startswith(("http://", "https://")):
        storage.download(uri, folder)
        return
    described = storage.read_bytes(storage.join(uri, manifests.FILE))
    storage.write_bytes(str(folder / manifests.FILE), described)
    signed = storage.join(uri, manifests.SIGNATURE)
    names = [*manifests.parse(described, uri).files, *([manifests.SIGNATURE] if storage.exists(signed) else [])]
    for name in names:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            message = f"bundle {uri!r} names a file that leads out of its folder: {name!r}"
            raise BundleError(message)
        storage.write_bytes(str(target), storage.read_bytes(storage.join(uri, name)))


def _remove_leftovers(folder: Path) -> None:
    """Removes what a fetch left that was killed: a bundle with it would be refused."""
    for path in folder.glob(f".{'[0-9a-f]' * 12}.partial"):
        shutil.rmtree(path)


def main() -> None:
    """Fetches, and exits with 2 and a sentence when that fails."""
    parser = argparse.ArgumentParser(prog="python -m slipway.bundle.fetch", description="Copies and verifies a bundle.")
    parser.add_argument("uri", help="the bundle's folder, at any fsspec URI")
    parser.add_argument("folder", type=Path, help="where to put it")
    parser.add_argument("--digest", help="the digest it must have")
    options = parser.parse_args()
    try:
        fetch(options.uri, options.folder, options.digest)
    except SlipwayError as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
