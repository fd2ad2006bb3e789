"""What is shown while a pipeline runs: live on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from slipway.steps.events import Event

_MARKS = {"finished": ("✓", "green"), "failed": ("✗", "red"), "waiting": ("·", "dim")}


@dataclass(slots=True)
class _Row:
    state: str = "waiting"
    note: str = ""
    since: float = 0.0
    seconds: float | None = None

    def update(self, event: Event) -> None:
        if event.kind == "started":
            self.since = event.time
        elif event.kind in ("finished", "failed"):
            self.seconds = event.time - self.since
        if event.kind == "note":
            self.note = event.text
        else:
            self.state = event.kind


class Progress:
    """Steps of a pipeline with their state, time and latest word.

    Args:
        steps: Names of the steps in the order in which they run.
        console: Where to show them.
    """

    def __init__(self, steps: Sequence[str], console: Console) -> None:
        self._rows = {name: _Row() for name in steps}
        self._console = console

    def follow(self, event: Event) -> None:
        """Takes an event of a step."""
        row = self._rows.setdefault(event.step, _Row())
        row.update(event)
        if not self._console.is_terminal and event.kind in ("note", "finished"):
            said = event.text if event.kind == "note" else f"done in {row.seconds:.1f} s"
            self._console.print(Text(f"{event.step:<10} {said}"), soft_wrap=True)

    @contextmanager
    def shown(self) -> Iterator["Progress"]:
        """Shows the steps until the context ends."""
        if not self._console.is_terminal:
            yield self
            return
        with Live(get_renderable=self._table, console=self._console, refresh_per_second=8):
            yield self

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, min_width=10)
        table.add_column(no_wrap=True, min_width=7, justify="right")
        table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
        for name, row in self._rows.items():
            if row.state == "started":
                seconds = f"{time.time() - row.since:.1f} s"
                table.add_row(Spinner("dots", style="cyan"), Text(name, "bold"), seconds, Text(row.note))
            else:
                mark, style = _MARKS[row.state]
                done = "" if row.seconds is None else f"{row.seconds:.1f} s"
                table.add_row(Text(mark, style), Text(name, "" if row.seconds else "dim"), done, Text(row.note, "dim"))
        return table
