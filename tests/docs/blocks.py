"""The fenced blocks of what people read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

SHELL = ("bash", "sh")

NEEDS = re.compile(r"needs (a cluster|KFP|a container engine|the network|an image in a registry)|takes minutes")
"""The marks of a block that no test can run, shown as its title."""

_FENCE = re.compile(r'^```(?P<language>[\w+-]*)(?: title="(?P<title>[^"]*)")?\n(?P<text>.*?)^```$', re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: The page, from the root of the checkout.
        line: Line of its first line.
        language: What stands behind the fence.
        title: Its title; the mark of a command that is not run.
        text: What is in it.
    """

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        return self.language in SHELL and not NEEDS.fullmatch(self.title)

    @property
    def lines(self) -> list[str]:
        """Its commands, one a line, without comments."""
        joined = self.text.replace("\\\n", " ")
        return [line for line in (re.sub(r"(^|\s)#.*", "", raw).strip() for raw in joined.splitlines()) if line]


def pages() -> list[str]:
    """Every page that is written by hand."""
    written = (path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md"))
    return ["README.md", "CONTRIBUTING.md", *sorted(str(path) for path in written if path.parts[1] != "reference")]


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 2
        yield Block(page, line, found["language"], found["title"] or "", found["text"])


def targets() -> set[str]:
    """What can be made."""
    return set(re.findall(r"^([a-z][\w-]*):", _makefiles(), re.M))


def variables() -> set[str]:
    """What can be said on make's command line."""
    return set(re.findall(r"^([A-Z_]+) \?=", _makefiles(), re.M))


def _makefiles() -> str:
    return "".join((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "ci.mk"))
