"""A registry that is a folder at any fsspec URI, safe against two writers.

Layout below the URI, for a model NAME::

    NAME/bundles/DIGEST/...             the files of a bundle; complete when a version names it
    NAME/versions/000001.json           written once, exclusively; names the digest
    NAME/champion/000001.json           the first champion; each change is the next file, written exclusively
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.bundle.fetch import fetch
from slipway.data import storage
from slipway.errors import RegistryError

_ATTEMPTS = 50
_FIELDS = {"versions": {"digest", "created", "metadata"}, "champion": {"version"}}


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a model.

    Attributes:
        number: From 1.
        digest: Digest of its bundle.
        uri: Where the bundle is.
        created: When it was published, UTC, ISO 8601.
        metadata: What its publisher said of it.
    """

    number: int
    digest: str
    uri: str
    created: str
    metadata: dict[str, Any]


class Registry:
    """Versions of models.

    Args:
        uri: A folder at any fsspec URI; it need not exist yet.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def publish(self, name: str, bundle: Path, digest: str, metadata: dict[str, Any]) -> Version:
        """Makes a bundle a version. The same bundle is the same version, however often it is published.

        Args:
            name: Name of the model.
            bundle: The bundle's folder.
            digest: Its digest.
            metadata: What to remember of it.

        Raises:
            RegistryError: Too many writers at once.
            StorageError: The folder can't be written.
        """
        known = next((version for version in self.versions(name) if version.digest == digest), None)
        if known is not None:
            return known
        uri = self.uri_of(name, digest)
        storage.upload(bundle, uri)
        for _ in range(_ATTEMPTS):
            versions = self.versions(name)
            known = next((version for version in versions if version.digest == digest), None)
            if known is not None:
                return known
            number = versions[-1].number + 1 if versions else 1
            record = {"digest": digest, "created": _now(), "metadata": metadata}
            if storage.create(self._entry(name, "versions", number), _json(record)):
                return Version(number, digest, uri, record["created"], metadata)  # type: ignore[arg-type]
        message = f"version of {name!r} could not be published: others were faster {_ATTEMPTS} times; try again"
        raise RegistryError(message)

    def uri_of(self, name: str, digest: str) -> str:
        """Where the bundle of a digest is, once it is published."""
        return storage.join(self.uri, name, "bundles", digest)

    def versions(self, name: str) -> list[Version]:
        """Versions of a model, oldest first."""
        return [self._version(name, number) for number in self._numbers(name, "versions")]

    def champion(self, name: str) -> Version | None:
        """The version that serves, or is to serve; None before the first promotion."""
        entries = self._numbers(name, "champion")
        if not entries:
            return None
        record = self._read(name, "champion", entries[-1])
        return self._version(name, int(record["version"]))

    def promote(self, name: str, number: int, expected: int | None) -> None:
        """Makes a version the champion, if the champion is still the one that it was compared with.

        Args:
            name: Name of the model.
            number: The version.
            expected: The champion's number when the version was compared with it; None for no champion.

        Raises:
            RegistryError: Another version has become champion since, or there is no such version.
        """
        if number not in self._numbers(name, "versions"):
            message = f"{name!r} has no version {number} in {self.uri!r}"
            raise RegistryError(message)
        entries = self._numbers(name, "champion")
        current = int(self._read(name, "champion", entries[-1])["version"]) if entries else None
        if current == number:
            return
        entry = entries[-1] + 1 if entries else 1
        record = {"version": number, "replaces": current, "time": _now()}
        if current != expected or not storage.create(self._entry(name, "champion", entry), _json(record)):
            message = (
                f"the champion of {name!r} is not {_called(expected)} any more, which version {number} was compared "
                "with: another run was faster; run again to compare with the new one"
            )
            raise RegistryError(message)

    def fetch(self, version: Version, folder: Path) -> Path:
        """Copies the bundle of a version into a folder, verified.

        Raises:
            StorageError: It can't be read.
            BundleError: It is damaged.
        """
        return fetch(version.uri, folder, version.digest)

    def _version(self, name: str, number: int) -> Version:
        record = self._read(name, "versions", number)
        uri = self.uri_of(name, record["digest"])
        return Version(number, record["digest"], uri, record["created"], record["metadata"])

    def _numbers(self, name: str, what: str) -> list[int]:
        names = storage.names(storage.join(self.uri, name, what))
        return sorted(int(entry.removesuffix(".json")) for entry in names if entry.removesuffix(".json").isdigit())

    def _read(self, name: str, what: str, number: int) -> dict[str, Any]:
        uri = self._entry(name, what, number)
        try:
            record: dict[str, Any] = json.loads(storage.read_bytes(uri))
        except ValueError:
            message = f"{uri!r} is damaged: it is not JSON"
            raise RegistryError(message) from None
        if not isinstance(record, dict) or not _FIELDS[what] <= record.keys():
            message = f"{uri!r} is damaged: it does not hold {', '.join(sorted(_FIELDS[what]))}"
            raise RegistryError(message)
        return record

    def _entry(self, name: str, what: str, number: int) -> str:
        return storage.join(self.uri, name, what, f"{number:06d}.json")


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record, indent=2, ensure_ascii=False).encode()


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _called(number: int | None) -> str:
    return "none" if number is None else f"version {number}"
