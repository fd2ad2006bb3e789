"""``python -m reference FOLDER`` writes every reference page into a folder."""

import sys
from pathlib import Path

from reference.pages import pages


def main(folder: Path) -> None:
    """Writes the pages.

    Args:
        folder: Where they go; it is made when it is missing, and pages of what is gone are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for stale in {path.name for path in folder.glob("*.md")} - made.keys():
        (folder / stale).unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
