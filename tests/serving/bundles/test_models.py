import shutil
from pathlib import Path
from typing import Any

import pytest

from slipway.errors import BundleError
from slipway.serving.bundles import sources
from slipway.serving.bundles.models import Models
from slipway.settings import Model


def test_whatever_a_new_bundle_makes_happen_the_old_one_serves_on(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(trained("binary").bundle, tmp_path / "bundle")
    models = Models({"": Model(str(folder))})
    models.load()
    before = models.describe()

    def failing(*_: Any) -> Any:
        message = "a defect"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(sources, "read", failing)
    monkeypatch.setattr(sources, "find", lambda *_: sources.Source(str(folder), "", "another"))
    models.refresh()
    assert models.describe() == before
    assert "can't answer: ZeroDivisionError('a defect')" in models.refused[""]
    with pytest.raises(BundleError, match="can't answer"):
        Models({"": Model(str(folder))}).load()
