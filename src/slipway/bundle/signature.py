"""Who vouches for a bundle: an Ed25519 signature of its digest, in a file beside its manifest."""

from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from slipway.bundle import manifest as manifests
from slipway.data import storage
from slipway.errors import BundleError

_CONTEXT = b"slipway bundle "
"""Comes before the digest, so that a key that signs other things too vouches for no bundle by accident."""

_KEY_BYTES = 32


def new_key(path: Path) -> str:
    """Makes a private key that only its owner can read.

    Args:
        path: File for it: 64 hex digits.

    Returns:
        The public key, 64 hex digits.

    Raises:
        BundleError: The file is there already, or can't be written.
    """
    key = SigningKey.generate()
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(key.encode().hex() + "\n", encoding="ascii")
    except OSError as error:
        message = f"the key can't be written to {str(path)!r}: {error.strerror or error}"
        raise BundleError(message) from None
    return key.verify_key.encode().hex()


def sign(uri: str, key: Path) -> str:
    """Signs a bundle; one that is signed already gets the new signature.

    Args:
        uri: The bundle's folder, at any fsspec URI.
        key: File of the private key, see ``new_key``.

    Returns:
        The public key, 64 hex digits.

    Raises:
        BundleError: The key is none, or the manifest is damaged.
        StorageError: The bundle can't be read or written.
    """
    private = _private(key)
    digest = manifests.parse(storage.read_bytes(storage.join(uri, manifests.FILE)), uri).digest
    signature = private.sign(_CONTEXT + digest.encode()).signature
    storage.write_bytes(storage.join(uri, manifests.SIGNATURE), signature.hex().encode() + b"\n")
    return private.verify_key.encode().hex()


def require(folder: Path, digest: str, public_key: str) -> None:
    """Checks the signature of a bundle.

    Args:
        folder: The bundle.
        digest: Its digest.
        public_key: The public key, 64 hex digits.

    Raises:
        BundleError: There is no signature, or none of this key for this digest, or the key is none.
    """
    key = VerifyKey(_bytes_of(public_key, "the public key"))
    path = folder / manifests.SIGNATURE
    try:
        key.verify(_CONTEXT + digest.encode(), bytes.fromhex(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        message = f"bundle {str(folder)!r} is not signed, and signed ones alone are served: slipway sign signs it"
        raise BundleError(message) from None
    except (BadSignatureError, ValueError, OSError):  # ValueError: no hex digits, not ASCII, of another length
        message = f"bundle {str(folder)!r} is not signed with the key {public_key[:12]}…"
        raise BundleError(message) from None


def _private(path: Path) -> SigningKey:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        message = (
            f"the key {str(path)!r} can't be read: {getattr(error, 'strerror', None) or 'it holds other than text'}"
        )
        raise BundleError(message) from None
    return SigningKey(_bytes_of(text.strip(), f"the key in {str(path)!r}"))


def _bytes_of(text: str, what: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != _KEY_BYTES:
        message = f"{what} should be {2 * _KEY_BYTES} hex digits, as slipway sign --new-key writes them"
        raise BundleError(message)
    return found
