"""What a report can say of the days before its own, as far as they were loaded; else it says that they were not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from roots_nb.periods import MONTHS, Period, month_of, week_of
from roots_nb.reports.balance import ZERO, add, balance_of_days

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

TREND_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the trend; `booked` is None where not all of it was loaded."""

    period: Period
    booked: timedelta | None
    required: timedelta


@dataclass(frozen=True, slots=True)
class Change:
    """This period beside the one before: `same_days` where only the days up to the last known one are compared."""

    before: Period
    booked_before: timedelta
    change: timedelta
    same_days: bool


def booked_in(report: Report, period: Period) -> timedelta:
    """All time of a period in the whole frame, whether or not it was all loaded."""
    return add(report.booked.get(day, ZERO) for day in period.days)


def change(report: Report) -> Change | None:
    """Against the period before; None where that was not loaded or this one is not complete."""
    before, last = report.period.previous, min(report.last_known, report.period.last)
    if last < report.period.first or report.completeness.state != "complete" or not report.knows(before):
        return None
    days = (last - report.period.first).days
    same_days = last < report.period.last
    compared = Period(before.first, min(before.last, before.first + timedelta(days=days))) if same_days else before
    booked_before = booked_in(report, compared)
    now = booked_in(report, Period(report.period.first, last)) if same_days else report.total
    return Change(before, booked_before, now - booked_before, same_days)


def month_so_far(report: Report) -> Period | None:
    """The days of the month up to the last one that counts; None where the report itself is of a month or more."""
    last = min(report.period.last, max(report.last_known, report.period.first))
    month = month_of(last)
    if len(report.period.days) >= len(month.days) or report.is_part:
        return None
    return Period(month.first, last)


def month_balance(report: Report) -> timedelta | None:
    """The balance of `month_so_far`; None where not all of it was loaded."""
    month = month_so_far(report)
    if month is None or not report.knows(month):
        return None
    booked = {day: report.booked.get(day, ZERO) for day in month.days}
    return add(each.balance for each in balance_of_days(booked, report.schedule, report.last_known))


def trend(report: Report) -> list[Week]:
    """The twelve weeks that end with the last one known of the period, oldest first."""
    weeks = [week_of(min(report.period.last, max(report.last_known, report.period.first)))]
    while len(weeks) < TREND_WEEKS:
        weeks.insert(0, weeks[0].previous)
    return [
        Week(
            week,
            booked_in(report, week) if report.knows(week) else None,
            add(report.schedule.required(day) for day in week.days),
        )
        for week in weeks
    ]


def left_out(report: Report) -> list[str]:
    """A sentence on what needs days that were not loaded, and how to load them; empty when there is nothing."""
    month = month_so_far(report)
    weeks = report.trend
    missing: list[tuple[str, date]] = []
    if report.completeness.state == "complete" and change(report) is None:
        missing.append((f"the change against {report.period.previous.label}", report.period.previous.first))
    if month and month_balance(report) is None:
        missing.append((f"the balance of {MONTHS[month.last.month - 1]} {month.last.year}", month.first))
    if unknown := [week.period for week in weeks if week.booked is None]:
        what = f"{len(unknown)} of the {TREND_WEEKS} weeks of the trend" if len(unknown) < len(weeks) else "the trend"
        missing.append((what, unknown[0].first))
    if not missing:
        return []
    first = min(day for _, day in missing)
    return [
        f"Left out, because these days were not loaded: {', '.join(what for what, _ in missing)}. "
        f'To see it: load_worklogs(jira, ("{first}", "{max(report.period.last, weeks[-1].period.last)}")).'
    ]
