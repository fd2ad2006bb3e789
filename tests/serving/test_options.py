import json
from pathlib import Path

import pytest

from slipway.errors import ServingError
from slipway.serving import options
from slipway.settings import Key, Model, Settings, Variant, When


def parse(*arguments: str, **environment: str) -> Settings:
    return options.parse(arguments, "slipway serve", environment)


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    file.write_text("workers: 2\nthreads: 5\nlog: {uri: a, rows: 7}\n")
    settings = parse("b", f"--config={file}", "--workers=4", SLIPWAY_WORKERS="3", SLIPWAY_LOG_URI="s3://x")
    assert (settings.workers, settings.threads, settings.log.uri, settings.log.rows) == (4, 5, "s3://x", 7)


def test_models_of_the_file_and_of_the_command_line_come_together(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    rule = {"column": "plan", "values": ["gold", 3, True]}
    variants = [{"name": "b", "bundle": "y", "percent": 10}, {"name": "vip", "bundle": "z", "when": rule}]
    model = {"bundle": "x", "key": {"header": "x-user"}, "variants": variants}
    file.write_text(json.dumps({"models": {"churn": model}}))
    assert parse("fraud=s3://f/a=b", "--config", str(file)).models == {
        "churn": Model(
            "x",
            key=Key(header="x-user"),
            variants=(Variant("b", "y", percent=10), Variant("vip", "z", when=When("plan", ("gold", 3, True)))),
        ),
        "fraud": Model("s3://f/a=b"),
    }


def test_a_path_with_an_equals_sign_is_no_name(tmp_path: Path) -> None:
    assert parse("/a=b").models == {"": Model("/a=b")}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no bundle is named"),
        (["a", "b"], "named twice"),
        (["a=x", "y"], "several bundles need names"),
        (["a=x", "b=y", "--digest", "0"], "--digest is for one bundle"),
        (["a", "--workers", "two"], "workers is 'two'; it should be an integer"),
        (["a", "--workers", "0"], "workers is 0; it should be from 1 to 256"),
        (["a", "--log-seconds", "-1"], "log: seconds is -1.0; it should be from 0.001 to 86400"),
        (["a", "--config", "/nowhere.yaml"], "can't be read"),
    ],
)
def test_what_is_wrong_is_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(ServingError, match=sentence):
        parse(*arguments)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("workres: 2", "field 'workres' is unknown; did you mean 'workers'"),
        ("log: {url: x}", "log: field 'url' is unknown"),
        ("log: 7", "log is 7; it should be fields"),
        ("models: {a: {}}", "models.a: field 'bundle' is missing"),
        ("models: {a: {bundle: x, variants: [{name: b, bundle: y, percent: 101}]}}", "percent is 101"),
        ("models: {a: {bundle: x, variants: 3}}", "variants is 3; it should be a list"),
        ("redact: perhaps", "redact is 'perhaps'; it should be true or false"),
        ("workers: [", "can't be read"),
        ("- a", "hold no fields"),
    ],
)
def test_what_is_wrong_in_the_file_is_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "server.yaml"
    file.write_text(content)
    with pytest.raises(ServingError, match=sentence.replace("[", r"\[")):
        parse("m=b", f"--config={file}", "--log-uri=x")


def test_a_variable_may_hold_them_all() -> None:
    settings = parse("b", SLIPWAY_SETTINGS='{"workers": 2, "log": {"uri": "x"}}', SLIPWAY_WORKERS="3")
    assert (settings.workers, settings.log.uri) == (3, "x")


def test_flags_give_the_settings_again() -> None:
    settings = parse("b", "--no-redact", "--access-log", "--workers=3", "--log-uri=a b", "--cache-timeout-ms=7.5")
    assert parse("b", *options.flags(settings)) == settings


def test_every_setting_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--help")
    said = capsys.readouterr().out
    assert "--traces-endpoint" in said
    assert "Stay up, alive but not ready" in said
