"""Where a key is asked for, only a signature of this key for this bundle will do."""

from pathlib import Path

import pytest

from slipway.bundle import archive, signature
from slipway.bundle.fetch import fetch
from slipway.bundle.load import load, verify
from slipway.bundle.manifest import SIGNATURE
from slipway.errors import BundleError
from slipway.steps.register import register


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    signature.new_key(path)
    return path


def test_a_signed_bundle_is_served_to_those_who_ask_and_those_who_don_t(bundle: Path, key: Path) -> None:
    public = signature.sign(str(bundle), key)
    assert load(bundle, public_key=public).manifest == load(bundle).manifest


def test_an_unsigned_bundle_is_refused_where_a_key_is_asked_for(bundle: Path) -> None:
    with pytest.raises(BundleError, match="is not signed, and signed ones alone are served"):
        load(bundle, public_key="0" * 64)


def test_another_key_is_refused(bundle: Path, key: Path, tmp_path: Path) -> None:
    signature.sign(str(bundle), key)
    other = signature.new_key(tmp_path / "other")
    with pytest.raises(BundleError, match=f"is not signed with the key {other[:12]}"):
        verify(bundle, public_key=other)


@pytest.mark.parametrize(
    "text", ["", "no hex", "ab", "0" * 128, "é"], ids=["empty", "words", "short", "zeros", "accent"]
)
def test_what_is_no_signature_is_refused(bundle: Path, key: Path, text: str) -> None:
    public = signature.sign(str(bundle), key)
    (bundle / SIGNATURE).write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match="is not signed with the key"):
        verify(bundle, public_key=public)


def test_the_signature_of_another_digest_is_refused(bundle: Path, key: Path) -> None:
    public = signature.sign(str(bundle), key)
    with pytest.raises(BundleError, match="is not signed with the key"):
        signature.require(bundle, "0" * 64, public)


def test_a_link_in_its_place_is_refused(bundle: Path, key: Path) -> None:
    public = signature.sign(str(bundle), key)
    (bundle / SIGNATURE).rename(bundle.parent / "elsewhere")
    (bundle / SIGNATURE).symlink_to(bundle.parent / "elsewhere")
    with pytest.raises(BundleError, match="holds a link"):
        verify(bundle, public_key=public)


@pytest.mark.parametrize("public", ["12", "z" * 64, "0" * 66])
def test_what_is_no_key_is_told(bundle: Path, public: str) -> None:
    with pytest.raises(BundleError, match="the public key should be 64 hex digits"):
        verify(bundle, public_key=public)


def test_a_private_key_is_for_its_owner_alone_and_never_replaced(key: Path) -> None:
    assert key.stat().st_mode & 0o077 == 0
    before = key.read_text()
    with pytest.raises(BundleError, match="the key can't be written .*File exists"):
        signature.new_key(key)
    assert key.read_text() == before


@pytest.mark.parametrize(("text", "said"), [("12", "should be 64 hex digits"), ("é", "can't be read")])
def test_what_is_no_private_key_is_told(bundle: Path, key: Path, text: str, said: str) -> None:
    key.write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=said):
        signature.sign(str(bundle), key)
    assert not (bundle / SIGNATURE).exists()


def test_it_travels_with_the_bundle(bundle: Path, key: Path, tmp_path: Path) -> None:
    public = signature.sign(str(bundle), key)
    parts = tmp_path / "parts"
    parts.mkdir()
    for name, data in archive.split(archive.pack(bundle), 2000).items():
        (parts / name).write_bytes(data)
    for source in (bundle, parts):
        load(fetch(str(source), tmp_path / f"from-{source.name}"), public_key=public)


def test_a_bundle_in_a_bucket_is_signed_in_place(bundle: Path, key: Path, bucket: str, tmp_path: Path) -> None:
    from slipway.data import storage

    storage.upload(bundle, f"{bucket}/model")
    public = signature.sign(f"{bucket}/model", key)
    load(fetch(f"{bucket}/model", tmp_path / "here"), public_key=public)


def test_register_signs_with_the_key_it_is_given(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public = signature.new_key(tmp_path / "key")
    monkeypatch.setenv("SLIPWAY_SIGNING_KEY_FILE", str(tmp_path / "key"))
    digest = verify(bundle).digest
    register({"name": "model", "registry": str(tmp_path / "registry")}, bundle=str(bundle))
    load(tmp_path / "registry" / "model" / "bundles" / digest, public_key=public)
