"""Which days: what is chosen is handed on once, and what was loaded is shown."""

from __future__ import annotations

from datetime import date

import pytest

from roots_nb.periods import Period, month_of, parse_period, week_of
from roots_nb.widgets.period_choice import PeriodChoice
from tests.widgets.front_end import Clock, text_of

TODAY = date(2026, 11, 24)
WEEK = week_of(date(2026, 11, 16))


@pytest.fixture
def chosen() -> list[str | Period]:
    return []


@pytest.fixture
def choice(chosen: list[str | Period], clock: Clock) -> PeriodChoice:
    """After the last week was loaded."""
    made = PeriodChoice(chosen.append, timer=clock)
    made.show_period(WEEK, today=TODAY)
    return made


def test_what_was_loaded_is_shown_and_not_chosen_again(choice: PeriodChoice, chosen: list[object]) -> None:
    """By its name, where it has one."""
    shown = []
    for period in ("last week", "this month", ("2026-11-16", "2026-11-22"), "2026-W40"):
        choice.show_period(parse_period(period, today=TODAY), today=TODAY)
        shown.append((choice.named.value, choice.first.value, choice.last.value))
    assert shown == [
        ("last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("this month", date(2026, 11, 1), date(2026, 11, 30)),
        ("last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("", date(2026, 9, 28), date(2026, 10, 4)),
    ]
    assert chosen == []


def test_named_period_is_left_to_who_knows_the_zone(choice: PeriodChoice, chosen: list[object]) -> None:
    """Which week "this week" is, depends on it."""
    choice.named.value = "this week"
    choice.named.value = ""
    assert chosen == ["this week"]


def test_steps_go_by_weeks_months_or_as_many_days(choice: PeriodChoice, chosen: list[object]) -> None:
    """Two quick clicks are two steps."""
    choice.previous.click()
    choice.previous.click()
    choice.show_period(month_of(TODAY), today=TODAY)
    choice.following.click()
    choice.show_period(Period(date(2026, 11, 29), date(2026, 12, 1)), today=TODAY)
    choice.following.click()
    weeks = [week_of(date(2026, 11, 9)), week_of(date(2026, 11, 2))]
    assert chosen == [*weeks, month_of(date(2026, 12, 1)), Period(date(2026, 12, 2), date(2026, 12, 4))]


def test_any_two_days_are_taken_when_typing_pauses(choice: PeriodChoice, chosen: list[object], clock: Clock) -> None:
    """Whoever types a year types the year 2 first."""
    for year in (2, 20, 202, 2026):
        choice.first.value = date(year, 11, 3)
    assert chosen == []
    choice.last.value = date(2026, 11, 5)
    clock.pause()
    assert chosen == [Period(date(2026, 11, 3), date(2026, 11, 5))]


def test_end_before_start_is_told(choice: PeriodChoice, chosen: list[object], clock: Clock) -> None:
    """And a day that is not there yet is waited for."""
    choice.first.value = date(2026, 12, 1)
    clock.pause()
    assert "ends on 2026-11-22 before it starts on 2026-12-01" in text_of(choice.note)
    choice.last.value = None
    clock.pause()
    assert chosen == []
    choice.last.value = date(2026, 12, 31)
    clock.pause()
    assert chosen == [Period(date(2026, 12, 1), date(2026, 12, 31))]


def test_day_that_is_being_chosen_is_not_replaced(choice: PeriodChoice, chosen: list[object], clock: Clock) -> None:
    """What was asked for before arrives in the pause."""
    choice.last.value = date(2026, 11, 30)
    choice.show_period(WEEK, today=TODAY)
    assert choice.last.value == date(2026, 11, 30)
    clock.pause()
    assert chosen == [Period(WEEK.first, date(2026, 11, 30))]
    choice.show_period(WEEK, today=TODAY)
    assert choice.last.value == WEEK.last
