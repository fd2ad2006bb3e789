from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.steps.contract import TableContract
from slipway.steps.validate import validate

Check = Callable[..., TableContract]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def check(tmp_path: Path, out: Path) -> Check:
    """Validates a table given as bytes, text or the path of what was written, for the target ``y``."""

    def call(data: bytes | str | Path, name: str = "data.csv", **fields: Any) -> TableContract:
        path = data if isinstance(data, Path) else tmp_path / name
        if not isinstance(data, Path):
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        places = {"table": str(out / "table"), "contract": str(out / "contract"), "findings": str(out / "findings")}
        validate({"data": str(path), "target": "y", **fields}, **places)
        return TableContract.read(out / "contract")

    return call
