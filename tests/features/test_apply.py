"""How batches are transformed."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from slipway.data.schema import Schema
from slipway.features import apply
from slipway.features.fit import Fitted
from slipway.spec import Features

FORKED = """
import os, sys
from slipway.features import apply
apply._threads().submit(int).result()
child = os.fork()
if child == 0:
    os._exit(apply._threads.cache_info().currsize)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_does_not_wait_for_the_threads_of_its_parent() -> None:
    assert subprocess.run([sys.executable, "-c", FORKED], timeout=120).returncode == 0


@pytest.mark.parametrize("kept", [None, [4, 0]], ids=["all", "some"])
def test_rows_that_are_transformed_in_parts_are_the_same(
    kept: list[int] | None,
    schema_of: Callable[..., Schema],
    fitted: Callable[[list[pl.DataFrame], Schema, Features], Fitted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = pl.DataFrame(
        {"n": [None, *range(30)], "c": [*"ab" * 15, None], "said text": ["very good", "bad", "good"] * 10 + [None]}
    )
    plan = fitted([frame], schema_of(frame), Features()).plan
    plan = plan if kept is None else plan.restricted(kept)
    whole = apply.transform(plan, frame, schema_of(frame))

    monkeypatch.setattr(apply, "ROWS", 7)

    np.testing.assert_array_equal(apply.transform(plan, frame, schema_of(frame)), whole)
    assert whole.shape == (31, len(plan.names))
