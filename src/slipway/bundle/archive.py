"""A bundle as one archive in parts, small enough for objects of limited size."""

import gzip
import io
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from slipway.bundle.manifest import FILE, SIGNATURE, files_in
from slipway.errors import BundleError

NAME = "bundle.tar.gz"
"""Parts are called NAME.000, NAME.001, …, NAME.1000"""


def pack(folder: Path) -> bytes:
    """The files of a bundle as a compressed archive; the same bundle gives the same bytes.

    Args:
        folder: The bundle.
    """
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        paths = [*files_in(folder).values(), folder / SIGNATURE, folder / FILE]
        for path in filter(Path.exists, paths):
            name = path.relative_to(folder).as_posix()
            info = tarfile.TarInfo(name)
            info.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(info, file)
    return buffer.getvalue()


def split(data: bytes, size: int) -> dict[str, bytes]:
    """Cuts an archive into named parts.

    Args:
        data: The archive.
        size: Bytes of a part, at most.
    """
    return {f"{NAME}.{index:03d}": data[start : start + size] for index, start in enumerate(range(0, len(data), size))}


def unpack_parts(folder: Path) -> Path | None:
    """Puts the parts in a folder together and unpacks them.

    Args:
        folder: A folder that may hold parts.

    Returns:
        The folder of the bundle; None when there are no parts.

    Raises:
        BundleError: A part is missing, the archive is damaged, or a name leads out of its folder.
    """
    parts = {int(path.suffix[1:]): path for path in folder.glob(f"{NAME}.*") if path.suffix[1:].isdecimal()}
    if not parts:
        return None
    missing = set(range(max(parts))) - set(parts)
    if missing:
        message = f"the archive of the bundle lacks its part {NAME}.{min(missing):03d}"
        raise BundleError(message)
    target = folder / "unpacked"
    target.mkdir()
    try:
        with tarfile.open(
            fileobj=io.BytesIO(b"".join(parts[place].read_bytes() for place in sorted(parts))), mode="r:gz"
        ) as tar:
            for member in tar:
                _extract(tar, member, target)
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        message = f"the archive of the bundle is damaged: {error}"
        raise BundleError(message) from None
    return target


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = PurePosixPath(member.name)
    file = tar.extractfile(member) if member.isreg() else None
    if file is None or path.is_absolute() or ".." in path.parts:
        message = f"the archive of the bundle holds {member.name!r}, which is no file of a bundle"
        raise BundleError(message)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.read())
