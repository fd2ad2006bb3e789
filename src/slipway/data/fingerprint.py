"""A hash of what is in a table, whatever it is called and wherever it is."""

from slipway.data.located import locate
from slipway.spec import Origin


def fingerprint(uri: str, origin: Origin | None = None) -> str:
    """The fingerprint of the data at a URI: it changes with the content, not when a file is moved or renamed.

    Args:
        uri: The table; see ``locate``.
        origin: The query, or the version of a Delta Lake table; None for neither.

    Returns:
        Of files, sha256 over the sorted sha256 of each; of a query or a Delta Lake table, a hash of the rows. Hex.

    Raises:
        DataError: There is no such table.
        StorageError: It can't be read.
    """
    return locate(uri, origin).fingerprint
