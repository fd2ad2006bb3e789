import pytest

from slipway.errors import SpecError
from slipway.orchestration import arguments
from slipway.spec import Serving, Spec, parse


def test_the_server_s_settings_pass_through_a_pipeline() -> None:
    server = {"workers": 2, "log": {"uri": "s3://log"}}
    spec = parse({"name": "a", "data": "-", "target": "-", "serving": {"server": server}}, Spec)
    sent = arguments.train_and_deploy(spec)["serving"]
    assert parse(sent, Serving).server == server


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ({"wrokers": 2}, "did you mean 'workers'"),
        ({"workers": 0}, "from 1 to 256"),
        ({"host": "x"}, "can't be set here"),
    ],
)
def test_settings_that_the_server_would_refuse_are_refused_in_the_spec(server: dict, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        parse({"server": server}, Serving)
