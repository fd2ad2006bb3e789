import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Slipway = Callable[..., tuple[int, str, str]]


@pytest.fixture
def schedule(slipway: Slipway, kfp: Any, package: Path) -> Slipway:
    def call(verb: str, *arguments: str) -> tuple[int, str, str]:
        more = ("--package", str(package)) if verb == "apply" else ()
        return slipway("schedule", verb, "--endpoint", kfp.url, *more, *arguments)

    return call


@pytest.fixture
def nightly(tmp_path: Path, slipway: Slipway) -> Path:
    """A spec with a schedule."""
    path = tmp_path / "slipway.yaml"
    with path.open("a") as spec:
        spec.write("schedule: {cron: '0 3 * * 1-5', concurrency: 2}\n")
    return path


def test_a_schedule_is_brought_there(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    code, out, err = schedule("apply")
    assert (code, err) == (0, "")
    (found,) = kfp.all("recurring_runs")
    assert out == f"churn: created; it runs {kfp.all('pipeline_versions')[0]['name']} 0 3 * * 1-5\n"
    assert found["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * 1-5"}}
    assert (found["max_concurrency"], found["no_catchup"], found["mode"]) == ("2", True, "ENABLE")
    assert found["runtime_config"]["parameters"]["data"] == "s3://bucket/churn.parquet"
    assert "run" not in found["runtime_config"]["parameters"]


def test_a_second_time_changes_nothing(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    schedule("apply")
    before = kfp.all("recurring_runs")
    code, out, _ = schedule("apply")
    assert code == 0
    assert out.startswith("churn: unchanged;")
    assert kfp.all("recurring_runs") == before
    assert kfp.asked.count("POST /recurringruns") == 1


@pytest.mark.parametrize(
    "flags",
    [("--every", "6h"), ("--param", "seed=3"), ("--service-account", "trainer"), ("--experiment", "other")],
    ids=["when", "parameter", "account", "experiment"],
)
def test_a_change_takes_the_place_of_the_old_one(
    schedule: Slipway, kfp: Any, nightly: Path, flags: tuple[str, ...]
) -> None:
    schedule("apply")
    (old,) = kfp.all("recurring_runs")
    code, out, _ = schedule("apply", *flags)
    assert code == 0
    assert out.startswith("churn: replaced;")
    (new,) = kfp.all("recurring_runs")
    assert new["recurring_run_id"] != old["recurring_run_id"]
    changes = [asked.partition(" ")[0] for asked in kfp.asked if "/recurringruns" in asked and "GET" not in asked]
    assert changes == ["POST", "POST", "DELETE"]


def test_new_content_of_the_pipeline_is_a_change(schedule: Slipway, kfp: Any, nightly: Path, package: Path) -> None:
    schedule("apply")
    other = nightly.with_name("other.yaml")
    other.write_text(package.read_text() + "# another\n")
    assert schedule("apply", "--package", str(other))[1].startswith("churn: replaced;")


def test_what_was_interrupted_is_put_right(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    schedule("apply")
    kfp.faults = {"DELETE /recurringruns/.*": [403]}
    assert schedule("apply", "--every", "6h")[0] == 2
    assert len(kfp.all("recurring_runs")) == 2
    assert schedule("apply", "--every", "6h")[0] == 0
    (left,) = kfp.all("recurring_runs")
    assert left["trigger"] == {"periodic_schedule": {"interval_second": "21600"}}


def test_an_answer_that_is_lost_makes_no_second_one(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    kfp.faults = {"POST /recurringruns": [-500], "DELETE /recurringruns/.*": [-500]}
    assert schedule("apply")[0] == 0
    assert len(kfp.all("recurring_runs")) == 1
    assert schedule("remove")[:2] == (0, "churn: removed\n")


def test_it_can_have_a_beginning_and_an_end(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    text = nightly.read_text().replace("concurrency: 2", "start: 2027-01-01T00:00:00Z, end: 2027-02-01T00:00:00+01:00")
    nightly.write_text(text)
    assert schedule("apply")[0] == 0
    assert kfp.all("recurring_runs")[0]["trigger"]["cron_schedule"] == {
        "cron": "0 0 3 * * 1-5",
        "start_time": "2027-01-01T00:00:00+00:00",
        "end_time": "2027-02-01T00:00:00+01:00",
    }
    assert schedule("apply")[1].startswith("churn: unchanged;")


def test_it_can_rest(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    schedule("apply")
    (found,) = kfp.all("recurring_runs")
    text = nightly.read_text()
    nightly.write_text(text.replace("concurrency: 2", "concurrency: 2, enabled: false"))
    assert "churn: disabled;" in schedule("apply")[1]
    assert (found["mode"], len(kfp.all("recurring_runs"))) == ("DISABLE", 1)
    nightly.write_text(text)
    assert "churn: enabled;" in schedule("apply")[1]
    assert found["mode"] == "ENABLE"


@pytest.mark.parametrize("verb", ["apply", "remove"])
@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("by hand", "was not made by slipway"),
        (f"[slipway model=other content={'0' * 64}]", "was made for model 'other'"),
    ],
    ids=["by-hand", "other-model"],
)
def test_one_that_is_not_ours_is_left_alone(
    schedule: Slipway, kfp: Any, nightly: Path, verb: str, description: str, words: str
) -> None:
    theirs = {"display_name": "churn", "description": description, "mode": "ENABLE", "max_concurrency": "1"}
    kfp.add("recurring_runs", "recurring_run_id", theirs)
    before = kfp.all("recurring_runs")
    code, _, err = schedule(verb)
    assert code == 2
    assert f"recurring run 'churn' exists and {words}, so it is left alone" in err
    assert kfp.all("recurring_runs") == before
    if verb == "apply":
        assert schedule("apply", "--name", "churn-nightly")[0] == 0
        assert kfp.all("recurring_runs")[:1] == before


def test_list_and_remove(schedule: Slipway, kfp: Any, nightly: Path) -> None:
    assert "there is no recurring run" in schedule("list")[1]
    for name in ("a", "b", "c"):
        kfp.add("recurring_runs", "recurring_run_id", {"display_name": name, "mode": "DISABLE"})
    schedule("apply")
    lines = schedule("list")[1].splitlines()
    assert len(lines) == 5
    assert lines[4].split() == [
        "churn",
        "0",
        "0",
        "3",
        "*",
        "*",
        "1-5",
        "enabled",
        "2",
        "no",
        *["slipway,", "for", "churn"],
    ]
    said = json.loads(schedule("list", "--json")[1])
    assert [(item["name"], item["model"], item["enabled"]) for item in said] == [
        ("a", "", False), ("b", "", False), ("c", "", False), ("churn", "churn", True),
    ]  # fmt: skip

    assert schedule("remove")[1] == "churn: removed\n"
    assert schedule("remove")[1] == "churn: there is no such recurring run\n"
    assert [item["display_name"] for item in kfp.all("recurring_runs")] == ["a", "b", "c"]
    assert json.loads(schedule("remove", "--json")[1]) == {"name": "churn", "removed": False}


def test_apply_needs_to_know_when(schedule: Slipway, kfp: Any) -> None:
    code, _, err = schedule("apply")
    assert code == 2
    assert "nothing says when to run" in err
    assert "has 2 fields; cron has five" in schedule("apply", "--cron", "0 3")[2]
    assert kfp.asked == []
    said = json.loads(schedule("apply", "--cron", "0 3 * * *", "--json")[1])
    assert (said["change"], said["when"]) == ("created", "0 3 * * *")
