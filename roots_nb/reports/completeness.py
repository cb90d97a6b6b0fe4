"""Whether all of a period's worklogs are in a frame, as far as its loads (`attrs["loads"]`) can tell.

A missing row is worse than an error, so the rule leans to doubt: complete is only said when every connection was loaded
for every instant of the period without a problem, and the frame still holds as many rows as were loaded. A problem
counts as overcome when later loads of the same connection cover the period (tests/reports/test_completeness.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from roots_nb.periods import Period

Load = Mapping[str, Any]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is known to be missing.

    Attributes
    ----------
    state : "complete", "incomplete" or "unknown"
    problems : tuple of str
        Sentences on what is missing or not known; empty when complete.
    notes : tuple of str
        Sentences worth knowing that make nothing incomplete.
    """

    state: Literal["complete", "incomplete", "unknown"]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return {"complete": "complete", "incomplete": "INCOMPLETE", "unknown": "completeness unknown"}[self.state]


def judge(loads: Sequence[Load], rows: Mapping[str, int], period: Period, zone: tzinfo) -> Completeness:
    """Judge a frame by its loads and by how many `rows` of each connection it holds (of any period)."""
    missing: list[str] = []
    doubts: list[str] = []
    for connection in dict.fromkeys(load["connection"] for load in loads):
        own = [load for load in loads if load["connection"] == connection and _touches(load, period, zone)]
        missing += _missing(connection, own, period, zone)
        doubts += _lost_rows(connection, [load for load in loads if load["connection"] == connection], rows)
    doubts += [
        f"{connection}: nothing is known about how its worklogs were loaded."
        for connection in rows
        if loads and connection not in {load["connection"] for load in loads}
    ]
    if not loads:
        doubts.append("Nothing is known about how these worklogs were loaded: the frame lost it, or was made by hand.")
    notes = tuple(note for load in loads for note in _notes(load))
    state: Literal["complete", "incomplete", "unknown"] = "unknown" if doubts else "complete"
    return Completeness("incomplete" if missing else state, (*missing, *doubts), notes)


def covers(loads: Sequence[Load], period: Period, zone: tzinfo) -> bool:
    """Whether loads without a problem reach over every instant of the period, days counted in `zone`."""
    start, end = _span(period.first, period.last, zone)
    for first, last in sorted(_load_span(load) for load in loads if not load["problem"]):
        if first <= start:
            start = max(start, last)
    return start >= end


def as_of(loads: Sequence[Load], period: Period, zone: tzinfo) -> datetime | None:
    """Since when the period is known, in `zone`; None = unknown.

    The oldest connection counts, for nothing after it is sure to be in the frame; of one that was loaded again for all
    of the period, the latest time.
    """
    by_connection: dict[str, list[Load]] = {}
    for load in loads:
        if load["as_of"] and _touches(load, period, zone):
            by_connection.setdefault(load["connection"], []).append(load)
    known = []
    for own in by_connection.values():
        whole = [load["as_of"] for load in own if covers([load], period, zone)]
        known.append(datetime.fromisoformat(max(whole) if whole else min(load["as_of"] for load in own)))
    return min(known).astimezone(zone) if known else None


def _missing(connection: str, loads: Sequence[Load], period: Period, zone: tzinfo) -> list[str]:
    found = [f"{connection}: {_counted(n)} could not be read." for load in loads if (n := load["skipped"])]
    if covers(loads, period, zone):
        return found
    if problems := [f"{connection}: {load['problem']}" for load in loads if load["problem"]]:
        return [*problems, *found]
    if not loads:
        return [f"{connection}: nothing of this period was loaded.", *found]
    ranges = ", ".join(f"{load['first']} to {load['last']} ({load['zone']})" for load in loads)
    return [f"{connection}: not all of this period was loaded, only {ranges}.", *found]


def _lost_rows(connection: str, loads: Sequence[Load], rows: Mapping[str, int]) -> list[str]:
    """Loads that overlap share rows: then the frame must hold as many as the largest, else as many as all."""
    loads = [load for load in loads if not load["problem"]]
    spans = sorted(map(_load_span, loads))
    overlap = any(before[1] > after[0] for before, after in pairwise(spans))
    loaded = [load["rows"] for load in loads]
    least = max(loaded, default=0) if overlap else sum(loaded)
    held = rows.get(connection, 0)
    if held >= least:
        return []
    return [f"{connection}: {least} worklogs were loaded, the frame holds {held}: it was filtered since."]


def _notes(load: Load) -> list[str]:
    notes = []
    if problem := load.get("cache_problem"):
        notes.append(f"{load['connection']}: {problem} Every load asks Jira anew.")
    if load["hidden"]:
        notes.append(
            f"{load['connection']}: of the issues searched, Jira keeps {_counted(load['hidden'])} from this account, "
            "perhaps somebody else's."
        )
    if load["app_worklogs"]:
        notes.append(
            f"{load['connection']}: {_counted(load['app_worklogs'])} of apps such as Tempo were met. Worklogs logged "
            "through Tempo belong to Tempo's own user and are not in this report."
        )
    return notes


def _counted(n: int) -> str:
    return "1 worklog" if n == 1 else f"{n} worklogs"


def _touches(load: Load, period: Period, zone: tzinfo) -> bool:
    (first, last), (start, end) = _load_span(load), _span(period.first, period.last, zone)
    return first < end and start < last


def _load_span(load: Load) -> Span:
    return _span(date.fromisoformat(load["first"]), date.fromisoformat(load["last"]), ZoneInfo(load["zone"] or "UTC"))


def _span(first: date, last: date, zone: tzinfo) -> Span:
    """The instants from the start of `first` to the end of `last`, in UTC."""
    after = last + timedelta(days=1)
    return tuple(datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after))  # type: ignore[return-value]
