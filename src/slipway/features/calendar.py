"""Parts of a date by floating-point arithmetic, which numpy and ONNX do alike."""

from slipway.features.arithmetic import Arithmetic, T

SECONDS_A_DAY = 86_400.0
EPOCH_2000 = 946_684_800.0
"""2000-01-01 in seconds since 1970."""


def parts(seconds: T, do: Arithmetic[T]) -> list[T]:
    """Year, month, day, weekday, hour and age of dates.

    The calendar is the proleptic Gregorian one, in UTC; the day count becomes a date by the algorithm
    ``civil_from_days`` of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).

    Args:
        seconds: Seconds since 1970.
        do: How to calculate.

    Returns:
        The parts in the order of ``slipway.features.date.PARTS``.
    """
    days = do.floor(do.divide(seconds, SECONDS_A_DAY))
    hour = do.floor(do.divide(_minus(do, seconds, do.multiply(days, SECONDS_A_DAY)), 3600.0))
    weekday = _remainder(do, do.add(days, 3.0), 7.0)
    shifted = do.add(days, 719_468.0)
    era = do.floor(do.divide(shifted, 146_097.0))
    of_era = _minus(do, shifted, do.multiply(era, 146_097.0))
    corrected = _minus(do, of_era, do.floor(do.divide(of_era, 1_460.0)))
    corrected = do.add(corrected, do.floor(do.divide(of_era, 36_524.0)))
    corrected = _minus(do, corrected, do.floor(do.divide(of_era, 146_096.0)))
    year_of_era = do.floor(do.divide(corrected, 365.0))
    before = do.add(do.multiply(year_of_era, 365.0), do.floor(do.divide(year_of_era, 4.0)))
    before = _minus(do, before, do.floor(do.divide(year_of_era, 100.0)))
    of_year = _minus(do, of_era, before)
    from_march = do.floor(do.divide(do.add(do.multiply(of_year, 5.0), 2.0), 153.0))
    day = _minus(do, of_year, do.floor(do.divide(do.add(do.multiply(from_march, 153.0), 2.0), 5.0)))
    early = do.less(from_march, 10.0)
    month = do.add(do.add(from_march, -9.0), do.multiply(early, 12.0))
    year = do.add(do.add(year_of_era, do.multiply(era, 400.0)), do.less(month, 2.5))
    age = do.divide(do.add(seconds, -EPOCH_2000), SECONDS_A_DAY)
    return [year, month, do.add(day, 1.0), weekday, hour, age]


def _minus(do: Arithmetic[T], a: T, b: T) -> T:
    return do.add(a, do.multiply(b, -1.0))


def _remainder(do: Arithmetic[T], a: T, b: float) -> T:
    return _minus(do, a, do.multiply(do.floor(do.divide(a, b)), b))
