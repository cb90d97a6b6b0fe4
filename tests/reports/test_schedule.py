"""What is required of a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from roots_nb.errors import InvalidInput
from roots_nb.reports.schedule import Hours, Schedule


def hours(schedule: Schedule, day: str) -> float:
    return schedule.required(date.fromisoformat(day)) / timedelta(hours=1)


def test_without_a_word_it_is_eight_hours_from_monday_to_friday_and_assumed() -> None:
    """The default is visible as one."""
    week = [hours(Schedule(), f"2026-11-{day}") for day in range(16, 23)]
    assert week == [8, 8, 8, 8, 8, 0, 0]
    assert Schedule().is_assumed(date(2026, 11, 16))
    assert "(assumed)" in repr(Schedule(country="DE"))
    assert not Schedule([8] * 5 + [0, 0]).is_assumed(date(2026, 11, 16))


@pytest.mark.parametrize(
    ("given", "monday", "friday"),
    [
        ([7.5, 8, 8, 8, 5, 0, 0], 7.5, 5),
        ({"mon": 7.5, "fri": "5h"}, 7.5, 5),
        ({"Monday": "7:42", "FRIDAY": timedelta(hours=5)}, 7.7, 5),
        (["7,5", 0, 0, 0, "0", 0, 0], 7.5, 0),
    ],
)
def test_hours_are_read_as_people_write_them(given: Hours, monday: float, friday: float) -> None:
    """Days that a mapping does not name are free."""
    schedule = Schedule(given)
    assert (hours(schedule, "2026-11-16"), hours(schedule, "2026-11-20")) == (monday, friday)
    assert hours(schedule, "2026-11-22") == 0


def test_public_holidays_are_free_where_they_are_holidays() -> None:
    """Epiphany in Bavaria, Reformation Day in Berlin's neighbour, neither without a country."""
    assert hours(Schedule(country="DE", subdivision="BY"), "2026-01-06") == 0
    assert hours(Schedule(country="de", subdivision="be"), "2026-01-06") == 8
    assert hours(Schedule(), "2026-01-06") == 8
    assert Schedule(country="DE", subdivision="BY").on(date(2026, 1, 6)).reason == "public holiday (Epiphany)"


def test_a_schedule_changes_from_a_day_on() -> None:
    """Part-time from April, another country from July, nothing before the first day."""
    schedule = (
        Schedule([8] * 5 + [0, 0], country="DE", subdivision="BY", since="2026-01-01", absences=["2026-07-06"])
        .then("2026-04-01", {"mon": 8, "tue": 8, "wed": 4})
        .then("2026-07-01", country="AT")
    )
    assert hours(schedule, "2025-12-30") == 0
    assert hours(schedule, "2026-03-27") == 8
    assert hours(schedule, "2026-04-01") == 4
    assert hours(schedule, "2026-04-03") == 0
    assert hours(schedule, "2026-06-29") == 8
    assert hours(schedule, "2026-10-26") == 0  # the Austrian national day
    assert hours(schedule, "2026-07-06") == 0  # absences stay
    assert "since Wed 1 Jul 2026 20:00 h a week (Mon 8:00, Tue 8:00, Wed 4:00), holidays of AT" in repr(schedule)


def test_what_is_required_is_the_target_without_what_is_off_and_never_below_zero() -> None:
    """required(day) = max(0, target - absence)."""
    schedule = Schedule(
        [8, 8, 8, 8, 5, 0, 0],
        country="DE",
        absences=[{"first": "2026-12-23", "last": "2026-12-27", "hours": 6}],
    )
    assert [hours(schedule, f"2026-12-{day}") for day in (22, 23, 24, 25, 26)] == [8, 2, 2, 0, 0]
    assert schedule.target(date(2026, 12, 24)) == timedelta(hours=8)
    assert schedule.target(date(2026, 12, 25)) == timedelta()
    assert schedule.on(datetime(2026, 12, 24, 9)).absence == timedelta(hours=6)


def test_a_saturday_with_hours_is_a_working_day() -> None:
    """Weekends are only free where nobody agreed to work."""
    schedule = Schedule([0, 8, 8, 8, 8, 8, 0])
    assert not schedule.on(date(2026, 11, 21)).reason
    assert schedule.on(date(2026, 11, 22)).reason == "weekend"
    assert not schedule.on(date(2026, 11, 16)).is_day_off


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Schedule(country="Germany"), r'"DE" \(Germany\)'),
        (lambda: Schedule(country="XQ"), "No holidays are known"),
        (lambda: Schedule(country="DE", subdivision="Bayern"), "no subdivision 'Bayern'.*BY"),
        (lambda: Schedule(subdivision="BY"), "in no country"),
        (lambda: Schedule([25] + [0] * 6), "25 hours"),
        (lambda: Schedule([-1] + [0] * 6), "-1 hours"),
        (lambda: Schedule([float("nan")] * 7), "nan"),
        (lambda: Schedule([8] * 5), "seven weekdays"),
        (lambda: Schedule("8888800"), "seven weekdays"),  # type: ignore[arg-type]
        (lambda: Schedule({"mno": 8}), 'Did you mean "mon"'),
        (lambda: Schedule({"mon": 8, "Monday": 7}), "named twice"),
        (lambda: Schedule({"mon": "8d"}), "counts days"),
        (lambda: Schedule(since="soon"), "'soon' is not a day"),
        (lambda: Schedule(since="2026-04-01").then("2026-03-01"), "not after"),
        (lambda: Schedule(longest_day=30), "longest_day"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_what_to_do(make, says: str) -> None:  # type: ignore[no-untyped-def]
    """Each names what is near, or how to write it."""
    with pytest.raises(InvalidInput, match=says):
        make()
