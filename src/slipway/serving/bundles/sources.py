"""Where a bundle comes from: a folder, a URI, or a model in a registry, whose champion is meant."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway.bundle import manifest as manifests
from slipway.bundle.fetch import fetch
from slipway.bundle.load import Bundle, load
from slipway.data import storage
from slipway.errors import BundleError
from slipway.registry.folder import Registry


@dataclass(frozen=True, slots=True)
class Source:
    """A bundle that can be loaded.

    Attributes:
        uri: Its folder or URI.
        digest: The digest that it must have; empty for any.
        identity: Another one whenever there is another bundle.
    """

    uri: str
    digest: str
    identity: str


def find(reference: str, digest: str = "") -> Source:
    """What a reference stands for now.

    Args:
        reference: A bundle's folder or URI, or REGISTRY/NAME for the champion of a model.
        digest: The digest that is asked for; empty for any.

    Raises:
        BundleError: There is no champion, or another one than is asked for.
        StorageError, RegistryError: It can't be read.
    """
    if (local := Path(reference, manifests.FILE)).is_file():
        with storage.told("read", str(local)):
            return Source(reference, digest, manifests.hash_of(local))
    described = storage.join(reference, manifests.FILE)
    if storage.exists(described):
        return Source(reference, digest, hashlib.sha256(storage.read_bytes(described)).hexdigest())
    registry, _, name = reference.rstrip("/").rpartition("/")
    if not storage.names(storage.join(reference, "versions")):
        return Source(reference, digest, reference)  # an archive in parts, or nothing: loading it tells
    champion = Registry(registry or ".").champion(name)
    if champion is None:
        message = f"model {name!r} in registry {registry!r} has no champion yet"
        raise BundleError(message)
    if digest and champion.digest != digest:
        message = f"the champion of {name!r} has digest {champion.digest[:12]}, but {digest[:12]} is asked for"
        raise BundleError(message)
    return Source(champion.uri, champion.digest, champion.digest)


def read(source: Source, public_key: str = "") -> Bundle:
    """Loads a bundle: nothing is answered before every file and every golden row is checked.

    Args:
        source: Where it is.
        public_key: The key that must have signed it; empty for none.

    Raises:
        BundleError: It is refused.
        StorageError: It can't be read.
    """
    digest = source.digest or None
    if Path(source.uri).is_dir() and (Path(source.uri) / manifests.FILE).is_file():
        return load(Path(source.uri), digest, public_key=public_key)
    with tempfile.TemporaryDirectory() as folder:
        return load(fetch(source.uri, Path(folder), digest), digest, public_key=public_key)
