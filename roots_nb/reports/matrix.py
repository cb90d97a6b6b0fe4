"""Sums of worklogs in rows and columns, exact to the microsecond: only whole numbers are added, never fractions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

import pandas as pd

from roots_nb.periods import MONTHS, WEEKDAYS, Period, format_short_day

MOST_DAY_COLUMNS = 16
MOST_WEEK_COLUMNS = 17
ISSUE_LEVELS = ["connection", "project", "issue", "summary"]

ColumnKind = Literal["day", "week", "month"]
Columns = dict[date, list[date]]


def column_kind(period: Period) -> ColumnKind:
    """Days up to 16 days, ISO weeks up to 17 weeks, else months."""
    if len(period.days) <= MOST_DAY_COLUMNS:
        return "day"
    return "week" if len(period.days) <= 7 * MOST_WEEK_COLUMNS else "month"


def columns_of(period: Period, kind: ColumnKind) -> Columns:
    """First day in the period -> all days in it, for each day, ISO week or month that shares a day with the period."""
    parts = (list(days) for _, days in groupby(period.days, key=lambda day: _part(day, kind)))
    return {days[0]: days for days in parts}


def _part(day: date, kind: ColumnKind) -> tuple[int, ...]:
    match kind:
        case "day":
            return day.year, day.month, day.day
        case "week":
            return day.isocalendar()[:2]
    return day.year, day.month


def column_name(first: date, kind: ColumnKind) -> date | str:
    """What a column is called: the day itself, "2026-W47" or "2026-11"."""
    match kind:
        case "day":
            return first
        case "week":
            year, week, _ = first.isocalendar()
            return f"{year:04}-W{week:02}"
    return f"{first:%Y-%m}"


def column_title(first: date, kind: ColumnKind) -> str:
    """ "Mon\\n16 Nov", "W47" or "Nov\\n2026", for people, in two lines at most."""
    match kind:
        case "day":
            return f"{WEEKDAYS[first.weekday()]}\n{format_short_day(first)}"
        case "week":
            return f"W{first.isocalendar().week:02}"
    return f"{MONTHS[first.month - 1]}\n{first.year}"


def add_up(worklogs: pd.DataFrame, by: list[str], columns: Columns) -> pd.DataFrame:
    """`time_spent` summed by some of the frame's columns (rows) and by `columns`, named by their first days."""
    column_of = {day: first for first, days in columns.items() for day in days}
    keys = [worklogs[name].fillna("") for name in by]
    firsts = worklogs["started"].dt.date.map(column_of).astype(object).rename(None)
    sums = _microseconds(worklogs["time_spent"]).groupby([*keys, firsts]).sum().unstack(fill_value=0)
    whole = sums.reindex(columns=pd.Index(list(columns), dtype=object), fill_value=0)
    return whole.astype("int64").astype("timedelta64[us]")


def total_of(durations: pd.Series[pd.Timedelta]) -> pd.Timedelta:
    """The exact sum of durations; zero when there are none."""
    return pd.Timedelta(int(_microseconds(durations).sum()), unit="us")


def _microseconds(durations: pd.Series[pd.Timedelta]) -> pd.Series[int]:
    return durations.astype("timedelta64[us]").astype("int64")


@dataclass(frozen=True, slots=True)
class Sums:
    """A row of sums, one for each column; `names` says of what, such as connection, project, issue, summary."""

    names: tuple[str, ...]
    durations: tuple[timedelta, ...]

    @property
    def total(self) -> timedelta:
        """The exact sum over the columns."""
        return sum(self.durations, timedelta())


def rows_of(sums: pd.DataFrame) -> list[Sums]:
    """The rows of what `add_up` or `issue_matrix` made, as plain values."""
    durations = sums.to_numpy().astype("timedelta64[us]").tolist()
    return [Sums(tuple(names), tuple(row)) for names, row in zip(sums.index.tolist(), durations, strict=True)]


def add_rows(names: tuple[str, ...], rows: Iterable[Sums]) -> Sums:
    """One row that is the exact sum of `rows` (at least one), column by column."""
    columns = zip(*(row.durations for row in rows), strict=True)
    return Sums(names, tuple(sum(column, timedelta()) for column in columns))


def issue_matrix(worklogs: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One row an issue (connection, project, issue, summary), one column a day, ISO week or month of the period.

    An issue whose project or summary changed between two loads stays one row, under the text of its latest worklog.
    """
    kind = column_kind(period)
    sums = add_up(worklogs, ["connection", "issue"], columns_of(period, kind))
    texts = worklogs[ISSUE_LEVELS].fillna("").drop_duplicates(["connection", "issue"], keep="last")
    names_of = {(names[0], names[2]): tuple(names) for names in texts.to_numpy().tolist()}
    names = [names_of[key] for key in sums.index.tolist()]
    order = sorted(range(len(names)), key=lambda i: (*names[i][:2], _natural(names[i][2])))
    matrix = sums.iloc[order]
    levels = zip(*(names[i] for i in order), strict=True) if names else [()] * len(ISSUE_LEVELS)
    matrix.index = pd.MultiIndex.from_arrays([list(level) for level in levels], names=ISSUE_LEVELS)
    matrix.columns = pd.Index([column_name(first, kind) for first in columns_of(period, kind)], dtype=object, name=kind)
    return matrix


def _natural(issue: str) -> tuple[str, int, str]:
    """APP-2 comes before APP-10."""
    project, _, number = issue.rpartition("-")
    return project, int(number) if number.isdecimal() else 0, issue


def day_totals(worklogs: pd.DataFrame, days: Iterable[date]) -> pd.Series[pd.Timedelta]:
    """`time_spent` of each of `days`, zero where nothing was logged."""
    sums = _microseconds(worklogs["time_spent"]).groupby(worklogs["started"].dt.date).sum()
    index = pd.Index(list(days), dtype=object, name="day")
    return sums.reindex(index, fill_value=0).astype("int64").astype("timedelta64[us]").rename("time_spent")


def booked_by_day(totals: pd.Series[pd.Timedelta]) -> dict[date, timedelta]:
    """What `day_totals` made, as plain values."""
    return dict(zip(totals.index.tolist(), totals.to_numpy().astype("timedelta64[us]").tolist(), strict=True))
