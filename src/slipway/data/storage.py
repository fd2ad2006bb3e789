"""Files and folders at any URI."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from slipway.errors import StorageError

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az", "abfss": "az", "adl": "az"}


def filesystem(uri: str) -> tuple[Any, str]:
    """The file system of a URI, and the path in it.

    Args:
        uri: A URI, or a local path.

    Returns:
        An fsspec file system and a path.

    Raises:
        StorageError: The scheme is unknown, or what it needs is not installed.
    """
    import fsspec  # takes as long as a server of a local bundle needs for all else
    from fsspec.core import url_to_fs

    scheme = uri.partition("://")[0] if "://" in uri else "file"
    try:
        system, path = url_to_fs(uri)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        remedy = f"install it with: pip install 'kfp-slipway[{extra}]'" if extra else str(error)
        message = f"{uri!r} needs support for {scheme}:// that is not installed; {remedy}"
        raise StorageError(message) from None
    except ValueError:
        known = ", ".join(sorted({"file", *_EXTRAS, "http", "https"} & set(fsspec.available_protocols())))
        message = f"{uri!r} has a scheme that is not known: {scheme!r}; known are: {known}"
        raise StorageError(message) from None
    system.invalidate_cache()  # others write there too
    return system, path


def join(uri: str, *names: str) -> str:
    """A URI below another one."""
    return "/".join([uri.rstrip("/") or "/", *names]) if names else uri


def exists(uri: str) -> bool:
    """Whether there is a file or a folder."""
    system, path = filesystem(uri)
    with told("looked at", uri):
        return bool(system.exists(path))


def read_bytes(uri: str) -> bytes:
    """The content of a file.

    Raises:
        StorageError: There is no such file, or it can't be read.
    """
    system, path = filesystem(uri)
    with told("read", uri):
        return bytes(system.cat_file(path))


def write_bytes(uri: str, data: bytes) -> None:
    """Writes a file, whole or not at all; folders above it are made.

    Raises:
        StorageError: It can't be written.
    """
    system, path = filesystem(uri)
    with told("written", uri):
        if _is_local(system):
            aside = _aside(Path(path), data)
            aside.replace(path)
        else:
            system.pipe_file(path, data)


def write_text(uri: str | Path, text: str) -> None:
    """Writes a text file in UTF-8; see ``write_bytes``."""
    write_bytes(str(uri), text.encode())


def create(uri: str, data: bytes) -> bool:
    """Writes a file unless there is one; of several writers at once, one succeeds.

    Returns:
        True when it was written, False when it was there already.

    Raises:
        StorageError: It can't be written.
    """
    system, path = filesystem(uri)
    with told("written", uri):
        if _is_local(system):
            return _link(_aside(Path(path), data), Path(path))
        try:
            system.pipe_file(path, data, mode="create")
        except OSError as error:
            if _exists_already(error):
                return False
            raise
        return True


def names(uri: str) -> list[str]:
    """Names of what is in a folder, sorted; empty when there is no such folder.

    Raises:
        StorageError: It can't be listed.
    """
    system, path = filesystem(uri)
    with told("listed", uri):
        try:
            found = system.ls(path, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for item in found if (name := item.rstrip("/").rpartition("/")[2]) and not _is_aside(name))


def modified(uri: str) -> datetime:
    """When a file was written last.

    Raises:
        StorageError: There is no such file, or it can't be told.
    """
    system, path = filesystem(uri)
    with told("read", uri):
        found: datetime = system.modified(path)
        return found


@contextlib.contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder to fill. It takes the place of ``folder`` when the block ends; when it fails, nothing is left of it.

    Args:
        folder: A local folder; it need not exist.

    Raises:
        StorageError: It can't be made.
    """
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.partial")
    with told("written", str(folder)):
        aside.mkdir(parents=True)
    try:
        yield aside
        with told("written", str(folder)):
            if folder.exists():
                shutil.rmtree(folder)
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def writing(uri: str) -> Iterator[Path]:
    """A local file to write; it becomes the file of the URI when the block ends; when it fails, nothing is left of it.

    Args:
        uri: Where the file is to be; what is there is replaced.

    Raises:
        StorageError: It can't be written.
    """
    system, path = filesystem(uri)
    local = _is_local(system)
    with told("written", uri), tempfile.TemporaryDirectory() as folder:
        aside = Path(folder, "file")
        if local:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            aside = Path(path).with_name(f".{Path(path).name[:80]}.{secrets.token_hex(6)}.partial")
        try:
            yield aside
            if local:
                aside.replace(path)
            else:
                system.put_file(str(aside), path)
        finally:
            aside.unlink(missing_ok=True)


def upload(folder: Path, uri: str) -> None:
    """Copies the files of a local folder, folders below it included.

    Raises:
        StorageError: A file can't be written.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            write_bytes(join(uri, *path.relative_to(folder).parts), path.read_bytes())


def download(uri: str, folder: Path) -> None:
    """Copies the files below a URI into a local folder.

    Raises:
        StorageError: There is nothing, or it can't be read.
    """
    system, root = filesystem(uri)
    with told("read", uri):
        found = [path for path in system.find(root) if not system.isdir(path)]
    if not found:
        message = f"there is nothing at {uri!r}"
        raise StorageError(message)
    for path in found:
        relative = path.removeprefix(root.rstrip("/")).lstrip("/")
        if _is_aside(relative.rpartition("/")[2]):
            continue
        target = folder / relative
        if not target.resolve().is_relative_to(folder.resolve()):
            message = f"{uri!r} holds a name that leads out of its folder: {relative!r}"
            raise StorageError(message)
        with told("written", str(target)):
            target.parent.mkdir(parents=True, exist_ok=True)
        with told("read", uri):
            system.get_file(path, str(target))


@contextlib.contextmanager
def told(verb: str, uri: str) -> Iterator[None]:
    """Turns what goes wrong with a file, a folder or an object store into a ``StorageError``.

    Args:
        verb: What was to be done, as in "can't be written".
        uri: With what.
    """
    try:
        yield
    except FileNotFoundError:
        message = (
            f"there is nothing at {uri!r}" if verb == "read" else f"{uri!r} can't be {verb}: its place does not exist"
        )
        raise StorageError(message) from None
    except OSError as error:
        message = f"{uri!r} can't be {verb}: {error.strerror or error}"
        raise StorageError(message) from None
    except Exception as error:  # the clients of object stores have errors of their own
        if type(error).__module__.partition(".")[0] in {"slipway", "builtins"}:
            raise
        message = f"{uri!r} can't be {verb}: {error}"
        raise StorageError(message) from None


def _is_local(system: Any) -> bool:
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(system, LocalFileSystem)


def _exists_already(error: OSError) -> bool:
    response = getattr(error.__cause__, "response", None) or {}  # not every S3 says which condition failed
    return isinstance(error, FileExistsError) or response.get("Error", {}).get("Code") in ("PreconditionFailed", "412")


def _aside(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name[:80]}.{secrets.token_hex(6)}.partial")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def _link(aside: Path, path: Path) -> bool:
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def _is_aside(name: str) -> bool:
    return name.startswith(".") and name.endswith(".partial")
