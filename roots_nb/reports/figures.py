"""The figures at the top of a report: few numbers, each with what it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from roots_nb.periods import MONTHS, format_short_day
from roots_nb.reports import history
from roots_nb.reports.balance import add

if TYPE_CHECKING:
    from roots_nb.reports.report import Report


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number with its name; `note` says what it counts or is compared with."""

    name: str
    text: str
    note: str = ""


def key_figures(report: Report) -> list[KeyFigure]:
    """The figures of the face "mine"; what cannot be known is left out, and `page` says why."""
    figures = [KeyFigure("Booked", report.write_hours(report.total), _average(report))]
    if not report.is_part:
        figures += _against_target(report)
    figures += _against_before(report)
    figures.append(KeyFigure("Worklogs", f"{len(report.worklogs):,}"))
    figures.append(KeyFigure("Issues", f"{len(report.matrix):,}"))
    return figures


def _average(report: Report) -> str:
    worked = [spent for spent in report.days.tolist() if spent]
    if len(worked) < 2:
        return ""
    mean = timedelta(minutes=round(add(worked) / len(worked) / timedelta(minutes=1)))
    return f"on {len(worked)} days, {report.write_hours(mean)} each"


def _against_target(report: Report) -> Iterator[KeyFigure]:
    days, signed = report.balance_days, partial(report.write_hours, signed=True)
    yield KeyFigure("Target", report.write_hours(add(each.required for each in days)), target_note(report))
    if report.completeness.state == "incomplete":
        yield KeyFigure("Balance", "–", "worklogs are missing")
        return
    note = "days to come are no deficit" if report.period.last > report.last_known else ""
    yield KeyFigure("Balance", signed(add(each.balance for each in days)), note)
    before = report.last_known - timedelta(days=1)
    if report.period.first <= before < report.period.last:
        until = add(each.balance for each in days if each.day <= before)
        name, without = _day_name(report, before), format_short_day(report.last_known)
        yield KeyFigure(f"Balance until {name}", signed(until), f"without {without}")
    if (month := history.month_so_far(report)) and (so_far := history.month_balance(report)) is not None:
        name = f"Balance of {MONTHS[month.last.month - 1]} {month.last.year}"
        yield KeyFigure(name, signed(so_far), f"{format_short_day(month.first)} – {format_short_day(month.last)}")


def _day_name(report: Report, day: date) -> str:
    return "yesterday" if day == report.today - timedelta(days=1) else format_short_day(day)


def target_note(report: Report) -> str:
    """What the target is made of: assumed, holidays and absences."""
    work = [report.schedule.on(day) for day in report.period.days]
    notes = []
    if any(report.schedule.is_assumed(day.day) for day in work):
        notes.append("assumed: 8 h Monday to Friday")
    if holidays := Counter(bool(day.holiday and day.hours) for day in work)[True]:
        notes.append("1 public holiday" if holidays == 1 else f"{holidays} public holidays")
    if off := add(day.absence for day in work):
        notes.append(f"{report.write_hours(off)} absent")
    return ", ".join(notes)


def _against_before(report: Report) -> Iterator[KeyFigure]:
    if change := history.change(report):
        days = ", the same days" if change.same_days else ""
        note = f"{report.write_hours(change.booked_before)} then{days}"
        yield KeyFigure(f"Against {change.before.label}", report.write_hours(change.change, signed=True), note)
