import io
import re

from rich.console import Console

from slipway.cli.progress import Progress
from slipway.steps.events import Event


def shown(*events: Event, terminal: bool) -> list[str]:
    console = Console(file=io.StringIO(), width=80, force_terminal=terminal, no_color=True, legacy_windows=False)
    progress = Progress(["validate", "train"], console)
    with progress.shown():
        for event in events:
            progress.follow(event)
    console.print()
    assert isinstance(console.file, io.StringIO)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    return [line.rstrip() for line in text.splitlines() if line.strip()]


EVENTS = (
    Event("validate", "started", "", 10.0),
    Event("validate", "note", "5,000 rows", 10.5),
    Event("validate", "finished", "", 11.5),
    Event("train", "started", "", 11.5),
    Event("train", "note", "a long word " * 20, 12.0),
    Event("train", "failed", "no", 13.0, 2),
)


def test_without_a_terminal_there_is_a_line_for_each_word() -> None:
    assert shown(*EVENTS[:3], terminal=False) == ["validate   5,000 rows", "validate   done in 1.5 s"]


def test_on_a_terminal_each_step_has_its_state_its_time_and_its_latest_word() -> None:
    *_, validate, train = shown(*EVENTS, terminal=True)
    assert "\N{CHECK MARK} validate" in validate
    assert "1.5 s 5,000 rows" in validate
    assert "\N{BALLOT X} train" in train
    assert "1.5 s a long word" in train
    assert "\N{HORIZONTAL ELLIPSIS}" in train
