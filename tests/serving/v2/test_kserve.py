"""The Open Inference Protocol, asked by KServe's client, which needs an older pandas, so an environment of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from slipway.bundle.load import Bundle

CLIENT = "kserve==0.21.0"


@pytest.fixture(scope="session")
def kserve() -> list[str]:
    """A command that runs a script where KServe is installed; only what keeps it from being installed skips."""
    uv = [sys.executable, "-m", "uv", "run", "--python", sys.executable, "--no-project", "--isolated", "--quiet"]
    uv += ["--with", CLIENT, "python"]
    made = subprocess.run([*uv, "-c", ""], check=False, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"uv can't install {CLIENT} from a package index: {made.stderr.strip()[-300:]}")
    return uv


def test_kserve_s_client_gets_the_golden_predictions(kserve: list[str], bundle: Bundle, live: int) -> None:
    known = [(at, row) for at, row in enumerate(bundle.golden.rows(bundle.schema)) if None not in row.values()]
    places = [at for at, _ in known]
    columns = {name: [row[name] for _, row in known] for name in bundle.schema.names}
    script = str(Path(__file__).with_name("kserve_client.py"))
    command = [*kserve, script, f"http://127.0.0.1:{live}", bundle.manifest.name]
    run = subprocess.run(command, check=True, input=json.dumps(columns), capture_output=True, text=True)
    said = json.loads(run.stdout)
    assert said["ready"] == [True, True, True]
    for answer in said["answers"]:
        assert answer["id"] == "mine-1"
        np.testing.assert_allclose(answer["probabilities"], bundle.golden.outputs[places], atol=1e-6)
