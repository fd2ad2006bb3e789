"""The step ``register``."""

import logging
import os
from pathlib import Path
from typing import Any

from slipway.bundle import signature
from slipway.bundle.load import verify
from slipway.registry.folder import Registry
from slipway.spec import Spec, parse
from slipway.steps.events import step

logger = logging.getLogger(__name__)


@step
def register(fields: dict[str, Any], *, bundle: str, champion: int = 0, run: str = "") -> int:
    """Publishes a bundle as a version and makes it the champion; signed, when a key is given.

    ``SLIPWAY_SIGNING_KEY_FILE`` in the environment names the file of the private key, see ``slipway sign``.

    Args:
        fields: Fields of the spec: name, registry.
        bundle: The bundle's folder.
        champion: Version that the bundle was compared with; 0 for none.
        run: Name of the run, for the record.

    Returns:
        The version's number; 0 when no registry is given.

    Raises:
        BundleError: The bundle is damaged, or the key is none.
        RegistryError: Another version became champion since the bundle was compared.
    """
    spec = parse({"data": "-", "target": "-", **fields}, Spec)
    if not fields.get("registry"):
        logger.info("no registry is given, so nothing is recorded and the next run has no champion to beat")
        return 0
    manifest = verify(Path(bundle))
    if key := os.environ.get("SLIPWAY_SIGNING_KEY_FILE"):
        signed = signature.sign(bundle, Path(key))
        logger.info("signed with the key %s…", signed[:12])
    registry = Registry(spec.registry)
    version = registry.publish(spec.name, Path(bundle), manifest.digest, {"run": run})
    registry.promote(spec.name, version.number, expected=champion or None)
    logger.info("%s v%d is the champion now", spec.name, version.number)
    return version.number
