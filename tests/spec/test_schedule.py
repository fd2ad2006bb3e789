import pytest

from slipway.errors import SpecError
from slipway.spec.load import parse
from slipway.spec.schedule import Schedule


@pytest.mark.parametrize(
    ("cron", "six"),
    [
        ("0 3 * * *", "0 0 3 * * *"),
        ("*/15 8-18/2 1,15 JAN-mar MON-FRI", "0 */15 8-18/2 1,15 JAN-mar MON-FRI"),
        ("30 0 3 ? * 0", "30 0 3 ? * 0"),
        ("  0   3 * * * ", "0 0 3 * * *"),
    ],
)
def test_five_fields_get_the_seconds_that_kfp_wants_first(cron: str, six: str) -> None:
    assert Schedule(cron=cron).six_fields == six


@pytest.mark.parametrize(("every", "seconds"), [("30s", 30), ("15m", 900), ("6h", 21600), ("1d", 86400), ("", 0)])
def test_an_interval_in_seconds(every: str, seconds: int) -> None:
    assert Schedule(every=every).seconds == seconds


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cron": "0 3 * *"}, "has 4 fields; cron has five"),
        ({"cron": "60 3 * * *"}, "'60' is no minute"),
        ({"cron": "0 3 0 * *"}, "'0' is no day of the month"),
        ({"cron": "0 3 * 13 *"}, "'13' is no month"),
        ({"cron": "0 3 * * 7"}, "'7' is no day of the week"),
        ({"cron": "0 3 * * 1-2-3"}, "'1-2-3' is no day of the week"),
        ({"cron": "0 3/0 * * *"}, "'3/0' is no hour"),
        ({"cron": "0 5-1 * * *"}, "'5-1' is no hour"),
        ({"cron": "0 3 * * FRI-MON"}, "'FRI-MON' is no day of the week"),
        ({"cron": "@daily"}, "has 1 fields"),
        ({"cron": "0 3 * * *", "every": "6h"}, "keep one of them"),
        ({"every": "6 hours"}, "such as 30m, 6h or 1d"),
        ({"every": "0h"}, "every"),
        ({"concurrency": 11}, "less than or equal to 10"),
        ({"start": "2026-01-01T00:00:00"}, "timezone"),
        ({"start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "start should be before end"),
    ],
)
def test_what_kfp_would_misread_or_refuse_is_told(fields: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words.replace("?", "\\?")):
        parse(fields, Schedule)
