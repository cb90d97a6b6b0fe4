"""What looks wrong in a period, each finding with the worklogs it is about (tests/reports/test_checks.py).

A check that would accuse without knowing is left out and says so: days without enough time while worklogs are missing,
and overlaps where most worklogs share one start time, which is then nobody's real one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from roots_nb.periods import format_day
from roots_nb.reports.matrix import booked_by_day
from roots_nb.reports.schedule import Workday

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

SHORTEST = timedelta(minutes=5)
LATE_AFTER = timedelta(days=7)
MOST_NAMED = 5
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found on a day; `positions` are those of its rows in the report's worklogs."""

    check: str
    day: date
    text: str
    positions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One worklog as the checks see it; `started` is on the clock of the report's zone, `instant` is not."""

    position: int
    connection: str
    issue: str
    comment: str
    started: datetime
    instant: datetime
    created: datetime | None
    time_spent: timedelta

    @property
    def day(self) -> date:
        return self.started.date()

    @property
    def end(self) -> datetime:
        return self.instant + self.time_spent


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the checks look at."""

    report: Report
    rows: Sequence[Row]
    days: Sequence[tuple[Workday, timedelta]]
    positions: Mapping[date, Sequence[int]]

    def over(self, day: date) -> bool:
        """Whether a day lies before the one as of which the worklogs are known."""
        return day < self.report.last_known


def findings(report: Report) -> list[Finding]:
    """What the checks that are switched on and can be trusted found, in the order of the checks, then by day."""
    left_out = {*report.skip_checks, *left_out_checks(report)}
    rows = _rows(report)
    desk = Desk(report, rows, _days(report), _positions(rows))
    return [each for name, find in CHECKS.items() if name not in left_out for each in find(desk, name)]


def left_out_checks(report: Report) -> dict[str, str]:
    """The checks that are not made although they are switched on, each with the reason."""
    left_out: dict[str, str] = {}
    about_target = ("under target", "over target", "empty day")
    if report.is_part:
        left_out |= dict.fromkeys(about_target, "this report is only a part of the time")
    elif report.completeness.state == "incomplete":
        left_out |= dict.fromkeys(about_target, "worklogs are missing")
    clocks = Counter(report.clock.dt.time.tolist())
    if len(report.worklogs) > 1 and max(clocks.values()) * 2 > len(report.worklogs):
        usual = max(clocks, key=lambda clock: clocks[clock])
        left_out["overlap"] = f"most worklogs start at {usual:%H:%M}, as if no time had been entered"
    return {name: why for name, why in left_out.items() if name not in report.skip_checks}


def findings_frame(report: Report, found: Iterable[Finding]) -> pd.DataFrame:
    """See `Report.checks`."""
    labels = report.worklogs.index.tolist()
    rows = [(each.check, each.day, each.text, [labels[n] for n in each.positions]) for each in found]
    return pd.DataFrame(rows, columns=["check", "day", "finding", "rows"]).astype({"check": "str", "finding": "str"})


def _rows(report: Report) -> list[Row]:
    """With Python's own times, which are quicker one by one than pandas'."""
    frame = report.worklogs
    texts = (frame[name].fillna("").tolist() for name in ("connection", "issue", "comment"))
    clock = report.clock.to_numpy().astype("datetime64[us]").tolist()
    instants = _times(frame["started"], UTC)
    made = _times(frame["created"], report.zone) if "created" in frame else [pd.NaT] * len(frame)
    created = (None if each is pd.NaT else each for each in made)
    spent = frame["time_spent"].to_numpy().astype("timedelta64[us]").tolist()
    return [Row(n, *each) for n, each in enumerate(zip(*texts, clock, instants, created, spent, strict=True))]


def _times(column: pd.Series[Any], zone: tzinfo) -> Iterable[object]:
    return pd.DatetimeIndex(pd.to_datetime(column, utc=True)).tz_convert(zone).to_pydatetime()


def _days(report: Report) -> list[tuple[Workday, timedelta]]:
    return [(report.schedule.on(day), spent) for day, spent in booked_by_day(report.days).items()]


def _positions(rows: Iterable[Row]) -> dict[date, list[int]]:
    positions: dict[date, list[int]] = {}
    for row in rows:
        positions.setdefault(row.day, []).append(row.position)
    return positions


def _on_days(desk: Desk, name: str, text_of: Callable[[Workday, timedelta], str]) -> Iterator[Finding]:
    """A finding for each day of which `text_of` has something to say, with all rows of that day."""
    for work, spent in desk.days:
        if text := text_of(work, spent):
            yield Finding(name, work.day, text, tuple(desk.positions.get(work.day, ())))


def _under_target(desk: Desk, name: str) -> Iterator[Finding]:
    write = desk.report.write_hours

    def text_of(work: Workday, spent: timedelta) -> str:
        short = timedelta() < spent < work.required and desk.over(work.day)
        return f"{write(spent)} of {write(work.required)}, {write(work.required - spent)} too little" if short else ""

    return _on_days(desk, name, text_of)


def _over_target(desk: Desk, name: str) -> Iterator[Finding]:
    write = desk.report.write_hours

    def text_of(work: Workday, spent: timedelta) -> str:
        beyond = spent > work.required > timedelta()
        return f"{write(spent)} of {write(work.required)}, {write(spent - work.required)} more" if beyond else ""

    return _on_days(desk, name, text_of)


def _empty_day(desk: Desk, name: str) -> Iterator[Finding]:
    write = desk.report.write_hours
    return _on_days(
        desk,
        name,
        lambda work, spent: f"nothing of {write(work.required)}" if _is_empty(desk, work, spent) else "",
    )


def _is_empty(desk: Desk, work: Workday, spent: timedelta) -> bool:
    return not spent and work.required > timedelta() and desk.over(work.day)


def _long_day(desk: Desk, name: str) -> Iterator[Finding]:
    write, longest = desk.report.write_hours, desk.report.schedule.longest_day
    return _on_days(
        desk, name, lambda _, spent: f"{write(spent)}, longer than {write(longest)}" if spent > longest else ""
    )


def _free_day(desk: Desk, name: str) -> Iterator[Finding]:
    write = desk.report.write_hours
    return _on_days(
        desk, name, lambda work, spent: f"{write(spent)} on a free day: {work.reason}" if spent and work.reason else ""
    )


def _overlap(desk: Desk, name: str) -> Iterator[Finding]:
    """Rows that share time, with all that they touch; what is booked alike on two connections has its own check."""
    for group in _touching(sorted(desk.rows, key=lambda row: (row.instant, row.position))):
        if len(group) > 1 and not _is_mirrored(group):
            booked = sum((each.time_spent for each in group), timedelta())
            real = max(each.end for each in group) - group[0].instant
            what = f"{_named(group)} share {desk.report.write_hours(booked - real)}"
            yield Finding(name, group[0].day, what, tuple(each.position for each in group))


def _touching(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Runs of rows, given by their start, of which each begins before all of those before it have ended."""
    group: list[Row] = []
    until = datetime.min.replace(tzinfo=UTC)
    for row in rows:
        if group and row.instant >= until:
            yield group
            group = []
        group.append(row)
        until = max(until, row.end)
    if group:
        yield group


def _is_mirrored(group: Sequence[Row]) -> bool:
    same = len({(row.instant, row.time_spent) for row in group}) == 1
    return same and len({row.connection for row in group}) == len(group)


def _named(group: Sequence[Row]) -> str:
    spans = (f"{row.issue} {row.started:%H:%M}–{row.started + row.time_spent:%H:%M}" for row in group[:MOST_NAMED])
    more = f" and {len(group) - MOST_NAMED} more" if len(group) > MOST_NAMED else ""
    return ", ".join(spans) + more


def _no_comment(desk: Desk, name: str) -> Iterator[Finding]:
    empty = [row for row in desk.rows if not row.comment.strip()]
    for day, part in groupby(empty, key=lambda row: row.day):
        rows = list(part)
        issues = ", ".join(dict.fromkeys(row.issue for row in rows))
        yield Finding(name, day, issues, tuple(row.position for row in rows))


def _alike(desk: Desk, name: str, key: Callable[[Row], object], text: str) -> Iterator[Finding]:
    groups: dict[object, list[Row]] = {}
    for row in desk.rows:
        groups.setdefault(key(row), []).append(row)
    for rows in groups.values():
        if len(rows) > 1 and (name != "two connections" or len({row.connection for row in rows}) > 1):
            where = ", ".join(dict.fromkeys(row.connection for row in rows))
            what = f"{_named(rows[:1])} {text.format(count=len(rows), where=where)}"
            yield Finding(name, rows[0].day, what, tuple(row.position for row in rows))


def _twice(desk: Desk, name: str) -> Iterator[Finding]:
    def key(row: Row) -> object:
        return row.connection, row.issue, row.instant, row.time_spent, row.comment

    return _alike(desk, name, key, "is there {count} times")


def _two_connections(desk: Desk, name: str) -> Iterator[Finding]:
    return _alike(desk, name, lambda row: (row.instant, row.time_spent), "is on {where}")


def _odd_length(desk: Desk, name: str) -> Iterator[Finding]:
    for row in desk.rows:
        if row.time_spent < SHORTEST or row.time_spent % _MINUTE:
            yield Finding(name, row.day, f"{row.issue} {desk.report.write_hours(row.time_spent)}", (row.position,))


def _booked_late(desk: Desk, name: str) -> Iterator[Finding]:
    for row in desk.rows:
        if row.created is not None and row.created - row.instant > LATE_AFTER:
            days = (row.created - row.instant).days
            text = f"{row.issue} booked on {format_day(row.created.date())}, {days} days later"
            yield Finding(name, row.day, text, (row.position,))


def _in_future(desk: Desk, name: str) -> Iterator[Finding]:
    for row in desk.rows:
        if row.instant > desk.report.now:
            yield Finding(name, row.day, f"{row.issue} starts at {row.started:%H:%M}", (row.position,))


CHECKS: dict[str, Callable[[Desk, str], Iterator[Finding]]] = {
    "under target": _under_target,
    "over target": _over_target,
    "empty day": _empty_day,
    "long day": _long_day,
    "free day": _free_day,
    "overlap": _overlap,
    "no comment": _no_comment,
    "twice": _twice,
    "two connections": _two_connections,
    "odd length": _odd_length,
    "booked late": _booked_late,
    "in the future": _in_future,
}
