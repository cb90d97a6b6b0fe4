"""A period is what people call a week, a month or a range, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots_nb.errors import InvalidInput
from roots_nb.periods import Period, month_of, parse_period, week_of, year_of

TODAY = date(2026, 11, 23)  # a Monday
DAYS = st.dates(min_value=date(1980, 1, 1), max_value=date(2150, 1, 1))


@pytest.mark.parametrize(
    ("value", "first", "last", "label"),
    [
        ("2026-W47", date(2026, 11, 16), date(2026, 11, 22), "2026-W47"),
        ("2026w47", date(2026, 11, 16), date(2026, 11, 22), "2026-W47"),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), "2026-W53"),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30), "2026-11"),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29), "2028-02"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026"),
        ("2026-11-16", date(2026, 11, 16), date(2026, 11, 16), "2026-11-16"),
        ("2026-11-16..2026-11-20", date(2026, 11, 16), date(2026, 11, 20), "2026-11-16..2026-11-20"),
        ("Last  Week", date(2026, 11, 16), date(2026, 11, 22), "2026-W47"),
        ("this week", date(2026, 11, 23), date(2026, 11, 29), "2026-W48"),
        ("last month", date(2026, 10, 1), date(2026, 10, 31), "2026-10"),
        ("last year", date(2025, 1, 1), date(2025, 12, 31), "2025"),
        ("yesterday", date(2026, 11, 22), date(2026, 11, 22), "2026-11-22"),
        (("2026-11-16", "2026-11-22"), date(2026, 11, 16), date(2026, 11, 22), "2026-11-16..2026-11-22"),
        ((date(2026, 1, 1), pd.Timestamp("2026-01-02")), date(2026, 1, 1), date(2026, 1, 2), "2026-01-01..2026-01-02"),
        (pd.Period("2026-11", "M"), date(2026, 11, 1), date(2026, 11, 30), "2026-11"),
        (pd.Period("2026-11-18", "W"), date(2026, 11, 16), date(2026, 11, 22), "2026-W47"),
        (pd.Period("2026-11-16", "D"), date(2026, 11, 16), date(2026, 11, 16), "2026-11-16"),
        (date(2026, 11, 16), date(2026, 11, 16), date(2026, 11, 16), "2026-11-16"),
    ],
)
def test_period_is_read_as_people_write_it(value: object, first: date, last: date, label: str) -> None:
    """Both ends are included, and the label names the period again."""
    period = parse_period(value, today=TODAY)
    assert (period.first, period.last, period.label) == (first, last, label)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2025-W53", "2025 has 52 ISO weeks"),
        ("2026-W00", "There is no week 0"),
        ("2026-13", "There is no month"),
        ("2026-02-30", "There is no day"),
        ("9999-W52", "no week|Check the year"),
        ("1066", "Check the year"),
        ("2026-11-22..2026-11-16", "ends on 2026-11-16 before it starts"),
        (("2026-11-22", "2026-11-16"), "Swap"),
        ("soon", "is not a period"),
        ("", "is not a period"),
        (None, "is not a period"),
        (47, "is not a period"),
        (("2026-11-16",), "is not a period"),
        (pd.NaT, "is not a period"),
        (pd.Period("2026-11-16 10:00", "h"), "is not a period"),
        (datetime(2026, 11, 16, 9, 30), "made of days"),
        ((datetime(2026, 11, 16, tzinfo=UTC), "2026-11-17"), "made of days"),
    ],
)
def test_period_refuses_and_says_why(value: object, reason: str) -> None:
    """A week that does not exist is never silently another one."""
    with pytest.raises(InvalidInput, match=reason):
        parse_period(value, today=TODAY)


@given(DAYS, st.sampled_from([week_of, month_of, year_of]))
def test_period_label_reads_back(day: date, of: object) -> None:
    """Label and period are two spellings of one thing."""
    period = of(day)  # type: ignore[operator]
    assert parse_period(period.label, today=TODAY) == period
    assert day in period.days


@given(DAYS, st.sampled_from([week_of, month_of, year_of]))
def test_period_before_ends_the_day_before(day: date, of: object) -> None:
    """Periods of one kind follow each other without gap or overlap."""
    period: Period = of(day)  # type: ignore[operator]
    assert period.previous.last == period.first - timedelta(days=1)
    assert period.previous == of(period.previous.first)  # type: ignore[operator]


@given(DAYS, st.integers(0, 400))
def test_period_weeks_cover_it_once(day: date, length: int) -> None:
    """Every day of a range lies in exactly one of its weeks."""
    period = Period(day, day + timedelta(days=length))
    days = [each for week in period.weeks for each in week.days if period.first <= each <= period.last]
    assert days == period.days
