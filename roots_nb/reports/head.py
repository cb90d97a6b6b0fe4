"""What a report says of itself in words: who, when, as of when, complete or not, and why nothing was found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from roots_nb import display
from roots_nb.periods import WEEKDAYS, format_day, format_short_day
from roots_nb.reports import history
from roots_nb.reports.completeness import Load, covers

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

MOST_DAYS = 7
NOTHING_FOUND = (
    "Only worklogs that you yourself authored count, and Jira is asked by the day of the work (worklogDate), not by "
    "when it was booked."
)
TEMPO_HINT = "Worklogs logged through Tempo belong to Tempo's own user in Jira Cloud and cannot be found this way."


def title(report: Report) -> str:
    """Such as "Worklogs 2026-W47", "Worklogs 2026-W47 · NORD"."""
    return " · ".join(filter(None, [f"Worklogs {report.period.label}", report.selection.label]))


def facts(report: Report) -> list[tuple[str, str]]:
    """What is known about the report, each with its name: who, for whom, when, in which zone, as of when, complete."""
    first, last = format_day(report.period.first), format_day(report.period.last)
    customer = [("Customer", report.selection.customer)] if report.selection.customer else []
    return [
        ("Name", name(report)),
        *customer,
        ("Period", first if first == last else f"{first} – {last}"),
        ("Time zone", str(report.zone)),
        ("As of", _as_of(report)),
        ("Total", report.write_hours(report.total)),
        ("Completeness", str(report.completeness)),
    ]


def name(report: Report) -> str:
    """Whose worklogs these are, as each connection calls them."""
    names: dict[str, list[str]] = {}
    for load in report.loads:
        if load["account"]:
            names.setdefault(load["account"], []).append(load["connection"])
    if len(names) <= 1:
        return next(iter(names), "unknown")
    return ", ".join(f"{each} ({', '.join(dict.fromkeys(on))})" for each, on in names.items())


def _as_of(report: Report) -> str:
    if report.as_of is None:
        return "unknown"
    cached = " (partly from the cache)" if any(load["cached"] for load in report.loads) else ""
    return f"{_day_and_time(report.as_of)}{cached}"


def _day_and_time(moment: datetime) -> str:
    return f"{format_day(moment.date())}, {moment:%H:%M}"


def empty_loads(report: Report) -> list[Load]:
    """The loads that reach over the whole period, had no problem, and found nothing in it."""
    if any(column != "connection" for column, _ in report.selection.names):
        return []  # the customer's part is empty, not the connection
    with_rows = set(report.worklogs["connection"])
    return [
        load
        for load in report.loads
        if load["connection"] not in with_rows and covers([load], report.period, report.zone)
    ]


def empty_sentences(load: Load) -> list[str]:
    """Why a search may have found nothing, and what exactly was asked."""
    asked = f"Asked as {load['account'] or 'an unknown account'} for {load['first']} to {load['last']}, {load['zone']}."
    return [asked, NOTHING_FOUND, *([TEMPO_HINT] if load["deployment"] == "cloud" else [])]


def days_off(report: Report) -> list[str]:
    """Why weekdays are free or shorter, such as "Fri 1 May 2026: public holiday (Labor Day)"; not of a long period."""
    if len(report.period.days) > 31:
        return []
    work = [each for day in report.period.days if (each := report.schedule.on(day)).hours]
    told = [(each.day, each.reason or (", ".join(map(str, each.absences)) if each.absence else "")) for each in work]
    runs = ((why, [day for day, _ in part]) for why, part in groupby(told, key=lambda each: each[1]))
    return [f"{_span(days)}: {why}" for why, days in runs if why]


def _span(days: list[date]) -> str:
    return format_day(days[0]) if len(days) == 1 else f"{format_day(days[0])} – {format_day(days[-1])}"


def closing_lines(report: Report, face: str) -> list[str]:
    """What stands below the table where there is no page: empty connections, notes, checks, what is left out."""
    lines = []
    for load in empty_loads(report):
        lines.append(f"No worklogs on {load['connection']}.")
        if face == "mine":
            lines += [*empty_sentences(load), f"JQL: {load['jql']}"]
            lines += [load["search_url"]] if display.safe_link(load["search_url"]) else []
    lines += report.completeness.notes
    if face != "mine":
        return lines
    return [*lines, *_findings_in_short(report), *left_out(report)]


def _findings_in_short(report: Report) -> Iterator[str]:
    """One line a check, with its days."""
    for check, part in groupby(report.findings, key=lambda each: each.check):
        days = [
            f"{WEEKDAYS[day.weekday()]} {format_short_day(day)}" for day in dict.fromkeys(each.day for each in part)
        ]
        more = f" and {len(days) - MOST_DAYS} more days" if len(days) > MOST_DAYS else ""
        yield f"{check.capitalize()}: {', '.join(days[:MOST_DAYS])}{more}"


def left_out(report: Report) -> list[str]:
    """The parts that could not be made, and why."""
    unchecked = [f"Not checked: {check}, because {why}." for check, why in report.unchecked.items()]
    part = [f"Target and balance are of all time; this is only {report.selection.label}."] if report.is_part else []
    return [*part, *unchecked, *history.left_out(report)]
