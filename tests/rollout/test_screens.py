"""What ``slipway rollout`` prints, for people and for machines."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from slipway.cli import main
from slipway.rollout import lease
from slipway.rollout.api import Cluster
from slipway.rollout.objects import Predictor, identity, objects
from slipway.rollout.revision import Revisions
from slipway.spec import Serving

NAMED = ("--context", "lab", "--name", "churn", "--namespace", "default")

Slipway = Callable[..., tuple[int, str, str]]


@pytest.fixture
def slipway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Slipway:
    """Runs ``slipway rollout``: exit code, what it printed, what it complained."""
    monkeypatch.setenv("COLUMNS", "160")

    def call(command: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["slipway", "rollout", command, *NAMED, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def lab(cluster: Any) -> Cluster:
    """A cluster that serves the second of two revisions."""
    made, revisions = Cluster.connect("lab", "default"), None
    for digest, why in (("a" * 64, "the first"), ("b" * 64, "new columns")):
        wanted = objects(Predictor("churn", "slipway/server:0.1.0", digest, f"s3://b/{digest}", {}, Serving()))
        revisions = Revisions(made, "churn")
        notes = {"run": f"run-{digest[0]}", "who": "ci", "why": why}
        revision = revisions.record(identity(wanted), digest, wanted, notes)
        made.apply(*revision.signed())
        revisions.finish(revision)
    with lease.held(made, "churn", "ci"):
        pass
    return made


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_status_is_one_screen(slipway: Slipway, lab: Cluster) -> None:
    code, out, err = slipway("status")
    assert (code, err) == (0, "")
    assert "churn: revision 2 (bbbbbbbbbbbb)" in out
    assert "run run-b, by ci new columns" in out
    assert ["churn", "bbbbbbbbbbbb", "2", "of", "2", "yes"] in lines(out)
    assert "!" not in out
    assert len(out.splitlines()) <= 24


def test_status_for_machines(slipway: Slipway, lab: Cluster) -> None:
    found = json.loads(slipway("status", "--json")[1])
    assert found["serving"]["digest"] == "b" * 64
    assert found["routed"] == "stable"
    assert found["tracks"] == [{"name": "churn", "digest": "b" * 64, "wanted": 2, "ready": 2}]
    assert found["progress"]["revision"] == 0


def test_status_of_a_canary_tells_its_analysis_and_who_watches(slipway: Slipway, lab: Cluster, cluster: Any) -> None:
    backends = [{"name": "churn", "weight": 95}, {"name": "churn-canary", "weight": 5}]
    cluster.put("gateway.networking.k8s.io/v1/httproutes", "churn", {"spec": {"rules": [{"backendRefs": backends}]}})
    with lease.held(lab, "churn", "ci run-c"):
        said = ("errors: 0.10% against 0.09%",)
        lease.advance(lab, "churn", revision=3, strategy="canary", phase="canary at 5 %", analysis=said)
        out = slipway("status")[1]
        assert "rollout of revision 3 (canary): canary at 5 %" in out
        assert said[0] in out
        assert "held by ci run-c" in out
        assert json.loads(slipway("status", "--json")[1])["routed"] == "both"
        assert slipway("pause")[0] == 0
        assert "canary at 5 %, paused" in slipway("status")[1]
        assert json.loads(slipway("promote", "--json")[1]) == {"said": "asked the rollout to move on"}
        assert lease.progress(lab, "churn").request == "promote"
        assert slipway("abort")[1] == "asked the rollout to give the traffic back\n"
        assert lease.progress(lab, "churn").request == "abort"
    assert "! a rollout of revision 3 was left half done (canary at 5 %)" in slipway("status")[1]


def test_history_is_the_newest_first(slipway: Slipway, lab: Cluster) -> None:
    code, out, _ = slipway("history")
    assert code == 0
    first, second = (line for line in lines(out)[1:])
    assert [*first[:3], *first[4:]] == ["2", "bbbbbbbbbbbb", "serving", "run-b", "ci", "new", "columns"]
    assert [*second[:3], *second[4:]] == ["1", "aaaaaaaaaaaa", "kept", "run-a", "ci", "the", "first"]
    found = json.loads(slipway("history", "--json")[1])
    assert [(item["number"], item["state"]) for item in found] == [(2, "serving"), (1, "kept")]


def test_undo_says_what_serves_and_keeps_the_reason(slipway: Slipway, lab: Cluster) -> None:
    assert slipway("undo", "--reason", "scores are off")[1] == "churn: revision 1 (aaaaaaaaaaaa) is served again\n"
    assert "deprecated" in slipway("history")[1]
    assert "scores are off" in slipway("history")[1]
    assert json.loads(slipway("undo", "--to", "2", "--json")[1])["number"] == 2


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("pause",), "no rollout of 'churn' is under way in namespace 'default'"),
        (("promote",), "no rollout of 'churn' is under way in namespace 'default'"),
        (("abort",), "no rollout of 'churn' is under way or was left half done in namespace 'default'"),
        (("undo", "--to", "9"), "there is no revision 9 in the cluster any more; there are: 2, 1"),
        (("undo", "--to", "2"), "revision 2 (bbbbbbbbbbbb) serves already"),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, tuple) else "",
)
def test_what_can_not_be_done_is_a_sentence(
    slipway: Slipway, lab: Cluster, command: tuple[str, ...], sentence: str
) -> None:
    code, out, err = slipway(*command)
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.split())
    assert "Traceback" not in err
