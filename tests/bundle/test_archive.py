import io
import shutil
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.bundle import archive
from slipway.bundle.load import verify
from slipway.bundle.manifest import files_in
from slipway.errors import BundleError


def laid_out(parts: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in parts.items():
        (folder / name).write_bytes(data)
    return folder


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(6, 100_000))
def test_parts_of_any_size_make_the_same_bundle(size: int, bundle: Path) -> None:
    parts = archive.split(archive.pack(bundle), size)

    with TemporaryDirectory() as name:
        whole = archive.unpack_parts(laid_out(parts, Path(name)))

        assert whole is not None
        assert verify(whole) == verify(bundle)
        assert set(files_in(whole)) == set(files_in(bundle))


@settings(deadline=None)
@given(data=st.binary(min_size=1), size=st.integers(1, 50))
def test_parts_are_no_larger_than_allowed_and_add_up(data: bytes, size: int) -> None:
    parts = archive.split(data, size)

    assert all(0 < len(part) <= size for part in parts.values())
    assert b"".join(parts.values()) == data


def test_more_than_a_thousand_parts(bundle: Path, tmp_path: Path) -> None:
    data = archive.pack(bundle)
    parts = archive.split(data, len(data) // 1100)

    whole = archive.unpack_parts(laid_out(parts, tmp_path / "parts"))

    assert len(parts) > 1000
    assert whole is not None
    assert verify(whole) == verify(bundle)


def test_the_same_bundle_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "copy", copy_function=shutil.copyfile)

    assert archive.pack(tmp_path / "copy") == archive.pack(bundle)


def test_a_folder_without_parts_has_none(bundle: Path) -> None:
    assert archive.unpack_parts(bundle) is None
    assert not (bundle / "unpacked").exists()


@pytest.mark.parametrize("place", range(5))
def test_a_part_that_is_missing_is_told(place: int, bundle: Path, tmp_path: Path) -> None:
    data = archive.pack(bundle)
    parts = archive.split(data, len(data) // 5 + 1)
    del parts[sorted(parts)[place]]

    said = "the archive of the bundle " + (f"lacks its part bundle.tar.gz.00{place}" if place < 4 else "is damaged")
    with pytest.raises(BundleError, match=said):
        archive.unpack_parts(laid_out(parts, tmp_path / "parts"))


@pytest.mark.parametrize(
    "data", [b"", b"no archive", b"\x1f\x8b\x08\x00", packed()[:15]], ids=["empty", "text", "header", "cut"]
)
def test_what_is_no_archive_is_told(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="the archive of the bundle is damaged"):
        archive.unpack_parts(laid_out({f"{archive.NAME}.000": data}, tmp_path))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_spoiled_archive_never_passes_for_the_bundle(data: st.DataObject, bundle: Path) -> None:
    spoiled = bytearray(archive.pack(bundle))
    spoiled[data.draw(st.integers(10, len(spoiled) - 9))] ^= data.draw(st.integers(1, 255))

    with TemporaryDirectory() as name:
        try:
            whole = archive.unpack_parts(laid_out({f"{archive.NAME}.000": bytes(spoiled)}, Path(name)))
            assert whole is not None
            assert verify(whole) == verify(bundle)  # the padding between files was hit
            assert all(path.read_bytes() == (bundle / item).read_bytes() for item, path in files_in(whole).items())
        except BundleError:
            pass


@pytest.mark.parametrize("name", ["../escaped", "/tmp/slipway-escaped", "native/../../escaped", "a/..", ".", "a\x00b"])
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    info = tarfile.TarInfo(name)
    info.pax_headers = {"path": name}

    with pytest.raises(BundleError, match=r"the archive of the bundle (holds|is damaged)"):
        archive.unpack_parts(laid_out({f"{archive.NAME}.000": packed((info, b"x"))}, tmp_path / "parts"))

    assert not (tmp_path / "parts" / "escaped").exists()
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo("native")
    info.type, info.linkname = kind, "/etc/passwd"

    with pytest.raises(BundleError, match="holds 'native', which is no file of a bundle"):
        archive.unpack_parts(laid_out({f"{archive.NAME}.000": packed((info, b""))}, tmp_path))
