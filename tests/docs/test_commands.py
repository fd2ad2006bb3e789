"""Every command that people read is run here, or says why it is not."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer
import yaml
from tests.docs.blocks import NEEDS, ROOT, SHELL, Block, blocks, pages, targets, variables
from tests.docs.conftest import Run

from slipway.cli.app import app
from slipway.serving import options
from slipway.spec import Spec, parse

ALL = [block for page in pages() for block in blocks(page)]
TOLD = ("text", "toml", "groovy")
"""Languages that are neither run nor read by Slipway."""


def of(*languages: str) -> "pytest.MarkDecorator":
    found = [block for block in ALL if block.language in languages]
    return pytest.mark.parametrize("block", found, ids=[block.place for block in found])


def test_there_are_pages_with_commands() -> None:
    assert len([block for block in ALL if block.runs]) > 10


def test_every_fence_is_of_a_known_kind() -> None:
    known = (*SHELL, *TOLD, "yaml", "python")
    assert [f"{block.place} is {block.language!r}" for block in ALL if block.language not in known] == []


@pytest.mark.parametrize("page", [page for page in pages() if any(block.runs for block in blocks(page))])
def test_the_commands_of_a_page_run(page: str, run: Run) -> None:
    done = run("\n".join(f"echo {block.place}\n{_runnable(block)}" for block in blocks(page) if block.runs))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def _runnable(block: Block) -> str:
    """A block as it is run: what CI runs is left to it, but for the server that the next commands ask."""
    text = re.sub("^make run.*", "slipway serve BUNDLE", block.text, flags=re.M)
    text = re.sub("^make .*", "", text, flags=re.M)
    text = text.replace(".venv/bin/", "").replace(".slipway/runs/NAME/", ".slipway/runs/*/")
    return re.sub(r"\bPID\b", '"$server"', text)


@of(*SHELL)
def test_what_is_not_run_here_exists(block: Block) -> None:
    for line in block.lines:
        words = shlex.split(line)
        if words[0] == "make":
            _check_make(block, words[1:])
        elif Path(words[0]).name == "slipway" and not block.runs:
            _check_slipway(words[1:])
        elif words[:1] == ["python"] and words[1].startswith("benchmarks/"):
            _check_benchmark(block, words[1:])


def _check_make(block: Block, words: list[str]) -> None:
    called = [word for word in words if "=" not in word]
    assert set(called) <= targets()
    assert {word.partition("=")[0] for word in words if "=" in word} <= variables()
    if block.runs:
        ci = (ROOT / ".ci" / "run").read_text().split()
        assert set(called) <= set(ci), f"{block.place}: .ci/run does not run it, so mark the block: {NEEDS.pattern}"


def _check_slipway(arguments: list[str]) -> None:
    """The command and its flags are there; nothing is done."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and not arguments[0].startswith("-"):
        command = command.commands[arguments.pop(0)]
    if hasattr(command, "commands"):
        assert set(arguments) <= {flag for option in command.params for flag in option.opts}
    else:
        assert command.make_context("slipway", arguments).params


def _check_benchmark(block: Block, words: list[str]) -> None:
    source = (ROOT / words[0]).read_text()
    assert [word for word in words[1:] if word.startswith("--") and f'"{word}"' not in source] == []
    assert NEEDS.fullmatch(block.title), f'{block.place} is not run: mark it with title="takes minutes"'


@of("yaml")
def test_yaml_is_what_it_says(block: Block, tmp_path: Path) -> None:
    read = yaml.safe_load(block.text)
    if block.title not in ("", "slipway.yaml", "server.yaml"):
        assert read
    elif "models" in read:
        (tmp_path / "server.yaml").write_text(block.text)
        assert options.parse(["--config", str(tmp_path / "server.yaml")], "test", {}).models
    else:
        assert parse({"name": "m", "data": "d", "target": "y", **read}, Spec, block.place)


@of("python")
def test_python_runs(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "block.py").write_text(block.text)
    assert runpy.run_path("block.py")
