"""The limits that were not kept, as a table."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slipway.cli.options import WIDTH
from slipway.errors import Failure


def show(failures: Iterable[Failure]) -> None:
    """Prints the limits that were not kept to standard error.

    Args:
        failures: One for each limit.
    """
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        console.width = WIDTH
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    for title in ("", "check", "column", "limit", "found"):
        table.add_column(title)
    for item in failures:
        cells = (Text(text) for text in (item.check, item.column, item.limit, item.value))
        table.add_row(Text("✗", "red"), *cells)
    console.print()
    console.print(table)
