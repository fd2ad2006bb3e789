import logging
from pathlib import Path

import pytest

from slipway.errors import DataError
from slipway.steps import events

logger = logging.getLogger("slipway.tests")


@events.step
def polish(times: int) -> int:
    """Works."""
    logger.info("polished %d times", times)
    return times


@events.step
def stumble(error: Exception) -> None:
    """Fails."""
    raise error


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "events.jsonl"
    monkeypatch.setenv(events.FILE_VARIABLE, str(path))
    return path


def test_a_step_tells_its_start_its_notes_and_its_end(told: Path) -> None:
    assert polish(3) == 3

    new, _ = events.read(told)
    assert [(event.step, event.kind, event.text) for event in new] == [
        ("polish", "started", ""),
        ("polish", "note", "polished 3 times"),
        ("polish", "finished", ""),
    ]


def test_a_mistake_of_the_user_is_told_in_its_own_words(told: Path) -> None:
    with pytest.raises(DataError):
        stumble(DataError("column 'a' is missing"))

    assert events.read(told)[0][-1].text == "column 'a' is missing"
    assert events.read(told)[0][-1].exit_code == 2


def test_a_bug_is_told_as_one(told: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        stumble(ZeroDivisionError("division by zero"))

    assert events.read(told)[0][-1].text == "ZeroDivisionError: division by zero"
    assert events.read(told)[0][-1].exit_code == 1


def test_reading_goes_on_where_it_stopped_and_waits_for_whole_lines(told: Path) -> None:
    polish(1)
    first, offset = events.read(told)
    with told.open("a") as file:
        file.write('{"step": "half')

    second, same = events.read(told, offset)

    assert len(first) == 3
    assert (second, same) == ([], offset)


def test_without_a_file_people_read_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv(events.FILE_VARIABLE, raising=False)

    polish(2)

    assert "polish: polished 2 times" in capsys.readouterr().err


def test_the_logger_is_left_as_it_was(told: Path) -> None:
    before = logging.getLogger("slipway").handlers[:], logging.getLogger("slipway").level

    polish(1)

    assert (logging.getLogger("slipway").handlers[:], logging.getLogger("slipway").level) == before
