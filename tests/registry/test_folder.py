from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from slipway.bundle import manifest
from slipway.errors import BundleError, RegistryError, StorageError
from slipway.registry.folder import Registry


@pytest.fixture(params=["folder", "s3"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    place = str(tmp_path) if request.param == "folder" else request.getfixturevalue("bucket")
    return Registry(f"{place}/registry")


@pytest.fixture
def publish(registry: Registry, trained: Callable[[str], Any]) -> Callable[[str], Any]:
    def call(task: str) -> Any:
        folder = trained(task).bundle
        return registry.publish("model", folder, manifest.read(folder).digest, {"run": "r"})

    return call


def test_an_empty_registry(registry: Registry) -> None:
    assert registry.versions("model") == []
    assert registry.champion("model") is None


def test_versions_are_numbered_and_the_same_bundle_is_the_same_version(
    registry: Registry, publish: Callable[[str], Any]
) -> None:
    assert [publish(task).number for task in ("binary", "regression", "binary")] == [1, 2, 1]
    assert [version.number for version in registry.versions("model")] == [1, 2]
    assert registry.versions("other") == []


def test_what_is_fetched_is_what_was_published(
    registry: Registry, publish: Callable[[str], Any], tmp_path: Path
) -> None:
    version = publish("binary")
    fetched = registry.fetch(version, tmp_path / "here")
    assert manifest.read(fetched).digest == version.digest


def test_the_champion_moves_only_from_the_one_it_was_compared_with(
    registry: Registry, publish: Callable[[str], Any]
) -> None:
    publish("binary")
    publish("regression")
    registry.promote("model", 1, expected=None)
    assert registry.champion("model").number == 1
    with pytest.raises(RegistryError, match="the champion of 'model' is not none any more"):
        registry.promote("model", 2, expected=None)
    registry.promote("model", 2, expected=1)
    registry.promote("model", 2, expected=1)
    assert registry.champion("model").number == 2


def test_a_version_that_is_not_there_is_never_champion(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="has no version 7"):
        registry.promote("model", 7, expected=None)


def test_of_two_writers_one_is_told_that_it_was_too_late(registry: Registry, publish: Callable[[str], Any]) -> None:
    publish("binary")
    publish("regression")

    def promote(number: int) -> str:
        try:
            Registry(registry.uri).promote("model", number, expected=None)
        except RegistryError:
            return "late"
        return "champion"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(promote, [1, 2])) == ["champion", "late"]


def test_writers_at_the_same_time_get_versions_of_their_own(registry: Registry, trained: Callable[[str], Any]) -> None:
    folders = [trained(task).bundle for task in ("binary", "multiclass", "regression")]

    def publish(folder: Path) -> int:
        return Registry(registry.uri).publish("model", folder, manifest.read(folder).digest, {}).number

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(publish, folders)) == [1, 2, 3]


def test_a_bundle_that_was_changed_in_the_registry_is_refused(
    registry: Registry, publish: Callable[[str], Any], tmp_path: Path
) -> None:
    from slipway.data import storage

    version = publish("binary")
    storage.write_bytes(storage.join(version.uri, "card.md"), b"better than it is")
    with pytest.raises(BundleError, match="was changed"):
        registry.fetch(version, tmp_path / "here")


def test_a_publication_that_broke_off_is_no_version(
    registry: Registry, trained: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from slipway.data import storage

    folder = trained("binary").bundle
    written = storage.write_bytes

    def breaks(uri: str, data: bytes) -> None:
        if uri.endswith("model.onnx"):
            raise StorageError("the disk is full")
        written(uri, data)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_bytes", breaks)
        with pytest.raises(StorageError):
            registry.publish("model", folder, manifest.read(folder).digest, {})
    assert Registry(registry.uri).versions("model") == []


def test_an_entry_that_is_no_entry_is_told(registry: Registry) -> None:
    from slipway.data import storage

    storage.write_text(storage.join(registry.uri, "model", "versions", "000009.json"), "[]")
    with pytest.raises(RegistryError, match="000009.json' is damaged: it does not hold created, digest, metadata"):
        registry.versions("model")
