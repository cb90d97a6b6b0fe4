"""Days and times of day as people type them: what is understood, what is asked about, and the way back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roots_nb.editing.cells import BadCell
from roots_nb.editing.dates import Dates

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Dates(date(2026, 11, 16), date(2026, 11, 22), BERLIN)
MONDAY = date(2026, 11, 16)


def day_refusal(text: str, dates: Dates = WEEK) -> str:
    with pytest.raises(BadCell) as refused:
        dates.parse_day(text)
    return str(refused.value)


def moment_of(day: str, clock: str, dates: Dates = WEEK) -> datetime:
    return dates.moment(dates.parse_day(day), dates.parse_clock(clock))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-16",
        "2026-11-16 00:00:00",
        "Mon 16 Nov",
        "mon",
        "Monday",
        "16",
        "16 Nov",
        "Nov 16, 2026",
        "16. November 2026",
        "16.11.",
        "16.11.26",
        "16.11.2026",
        "16/11/2026",
        "11/16/2026",
        "11/16",
        "16-11-2026",
        " 16 nov ",
    ],
)
def test_day_is_read(text: str) -> None:
    """ISO, with names, with dots day first, with slashes where only one order is possible, and short ones."""
    assert WEEK.parse_day(text) == MONDAY


def test_short_day_is_completed_from_the_period() -> None:
    """A day and month take the nearest year, "today" is counted in the zone."""
    new_year = Dates(date(2026, 12, 28), date(2027, 1, 3), BERLIN)
    assert new_year.parse_day("30.12.") == date(2026, 12, 30)
    assert new_year.parse_day("1 Jan") == date(2027, 1, 1)
    assert WEEK.parse_day("today") - WEEK.parse_day("yesterday") == timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abc", "'abc' is not a day. Write it as 2026-11-16 or 16 Nov."),
        ("", "is not a day"),
        ("31.2.", "is not a day"),
        ("2026-02-30", "There is no day 2026-02-30."),
        ("16 17 Nov", "is not a day"),
        ("Nov", "is not a day"),
        ("3 4", "is not a day"),
        ("16 2026", "is not a day"),
        ("t", "is not a day"),
        ("30", "'30' is not within 2026-11-16 to 2026-11-22."),
        ("Tue 16 Nov", "16 Nov 2026 is a Monday, not a Tuesday."),
        ("5/6/2026", "'5/6/2026' may be Fri 5 Jun 2026 or Wed 6 May 2026. Write it as 2026-06-05."),
    ],
)
def test_day_that_cannot_be_meant_is_refused(text: str, reason: str) -> None:
    """With what to write; what may be two days is asked about."""
    assert reason in day_refusal(text)


def test_weekday_of_a_month_is_not_guessed() -> None:
    """There are several Mondays in it."""
    month = Dates(date(2026, 11, 1), date(2026, 11, 30), BERLIN)
    assert "more than once" in day_refusal("Mon", month)


@pytest.mark.parametrize(
    ("text", "clock"),
    [(text, "09:30") for text in ("9:30", "09:30", "9.30", "930", "0930", "9h30", "9:30 am", "9:30:00.000")]
    + [(text, "09:00") for text in ("9", "9h", "9am", "9:00", " 9:00 ")]
    + [("2pm", "14:00"), ("12am", "00:00"), ("12:15 p.m.", "12:15"), ("23:59", "23:59"), ("1130", "11:30")],
)
def test_time_of_day_is_read(text: str, clock: str) -> None:
    """As a clock shows it, with or without a colon, in twelve hours as well."""
    assert f"{WEEK.parse_clock(text).time:%H:%M}" == clock


@pytest.mark.parametrize("text", ["", "abc", "24:00", "9:75", "13pm", "0am", "9:3", "-1", "9:00 tomorrow"])
def test_text_that_is_no_time_of_day_is_refused(text: str) -> None:
    """Nothing is cut off to make it one."""
    with pytest.raises(BadCell):
        WEEK.parse_clock(text)


@pytest.mark.parametrize("text", ["2026-11-16 9:00", "2026-11-16T09:00:00.000+0100", "Mon 9:00", "16.11.2026 09:00"])
def test_start_may_bring_its_day(text: str) -> None:
    """So a whole time can be pasted."""
    clock = WEEK.parse_clock(text)
    assert (clock.day, f"{clock.time:%H:%M}") == (MONDAY, "09:00")


def test_clock_changes_are_asked_about() -> None:
    """A time that does not exist, or twice, is refused with the reason; an offset of the zone's decides."""
    with pytest.raises(BadCell, match="does not exist in Europe/Berlin"):
        moment_of("2026-03-29", "2:30")
    with pytest.raises(BadCell, match=r"is twice in Europe/Berlin.*2026-10-25 02:30\+02:00"):
        moment_of("2026-10-25", "2:30")
    assert moment_of("2026-10-25", "2:30+02:00").utcoffset() == timedelta(hours=2)
    assert moment_of("2026-10-25", "2026-10-25 02:30+01:00").utcoffset() == timedelta(hours=1)
    with pytest.raises(BadCell, match="has another offset on 2026-11-16"):
        moment_of("Mon", "9:00+02:00")


def test_hour_that_is_there_twice_is_shown_with_its_offset() -> None:
    """And only that."""
    assert WEEK.format_clock(moment_of("2026-10-25", "2:30+02:00")) == "2:30+02:00"
    assert WEEK.format_clock(moment_of("2026-10-25", "3:30")) == "3:30"


@example(day=date(2024, 10, 27), minutes=0)
@given(day=st.dates(date(2001, 1, 1), date(2100, 1, 1)), minutes=st.integers(0, 24 * 60 - 1))
def test_what_is_shown_is_read_as_the_same(day: date, minutes: int) -> None:
    """Any day and any time, however far from the period."""
    assert WEEK.parse_day(WEEK.format_day(day)) == day
    moment = (datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC")) + timedelta(minutes=minutes)).astimezone(
        BERLIN
    )
    clock = WEEK.parse_clock(WEEK.format_clock(moment))
    assert WEEK.moment(moment.date(), clock).timestamp() == moment.timestamp()
