"""The report of a week, a month or a year: what was booked, where, and whether that is all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from roots_nb.durations import format_duration
from roots_nb.errors import InvalidInput
from roots_nb.periods import Period, parse_period
from roots_nb.reports import charts, export, page
from roots_nb.reports.completeness import Completeness, judge
from roots_nb.reports.matrix import ISSUE_LEVELS, day_totals, issue_matrix, total_of
from roots_nb.reports.workbook import workbook_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

_NEEDED = ["connection", "worklog_id", "issue", "summary", "project", "started", "time_spent", "comment"]
_IDENTITY = ["connection", "worklog_id"]
_ADVICE = "Give the frame that load_worklogs made, or one with its columns and dtypes."


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """One period's worklogs, summed. Shows itself in a notebook; made by `report`.

    Attributes
    ----------
    period : Period
        First and last day, both included.
    zone : tzinfo
        The zone of the frame, in which a worklog's `started` falls on its day.
    worklogs : DataFrame
        The rows of the period, oldest first, index and columns as in the given frame.
    matrix : DataFrame of timedelta64[us]
        One row an issue (connection, project, issue, summary); columns `datetime.date` up to 16 days, ISO weeks
        ("2026-W47") up to 17 weeks, else months ("2026-11"). Weeks at an edge count only days of the period. Columns
        without worklogs are there and zero.
    days : Series of timedelta64[us]
        Every day of the period, zero where nothing was logged.
    completeness : Completeness
        Whether these are all worklogs, as far as `worklogs.attrs["loads"]` tells.
    """

    period: Period
    zone: tzinfo
    today: date
    worklogs: pd.DataFrame
    matrix: pd.DataFrame
    days: pd.Series[pd.Timedelta]
    completeness: Completeness

    @property
    def total(self) -> pd.Timedelta:
        """All time of the period, exact."""
        return total_of(self.days)

    @property
    def loads(self) -> list[dict[str, Any]]:
        """What is known of how the worklogs were loaded, one plain dict a connection and load; [] = nothing."""
        return list(self.worklogs.attrs.get("loads", []))

    def __repr__(self) -> str:
        counts = f"{format_duration(self.total)} in {len(self.worklogs)} worklogs on {len(self.matrix)} issues"
        return f"<Report {self.period.label}: {counts}; {self.completeness}>"

    def _repr_html_(self) -> str:
        return str(page.fragment(self))

    def __rich__(self) -> RenderableType:
        return page.terminal(self)

    def figure(self) -> Figure:
        """A bar a day (over 31 days: a week or month), stacked by project, as a matplotlib figure of its own."""
        return charts.bars(self)

    def to_html(self, path: str | Path | None = None, *, force: bool = False) -> str | Path:
        """A page that needs no network, no script and prints on A4.

        Parameters
        ----------
        path : str or Path, optional
            File, or existing directory for "worklogs-2026-W47.html". None returns the page as text.
        force : bool
            Overwrite an existing file.

        Returns
        -------
        str or Path
            The page, or where it was written.

        Raises
        ------
        InvalidInput
            The file exists and `force` is False, or it cannot be written there.
        """
        text = page.whole(self)
        return text if path is None else self._write(path, ".html", text.encode(), force=force)

    def to_excel(self, path: str | Path, *, force: bool = False) -> Path:
        """A workbook: the matrix with totals as formulas, and the worklogs with real dates and durations.

        `path`, `force` and what is raised are as in `to_html`.
        """
        return self._write(path, ".xlsx", workbook_bytes(self), force=force)

    def to_csv(self, path: str | Path | None = None, *, force: bool = False) -> str | Path:
        """One line a worklog, oldest first, in UTF-8; `seconds` is the exact number, for computing.

        Text that a spreadsheet would run as a formula gets a leading `'`. Otherwise as `to_html`.
        """
        text = export.csv_text(self)
        return text if path is None else self._write(path, ".csv", text.encode("utf-8-sig"), force=force)

    def to_markdown(self) -> str:
        """Head and matrix as Markdown, for a chat or a ticket."""
        return page.markdown(self)

    def _write(self, path: str | Path, suffix: str, content: bytes, *, force: bool) -> Path:
        target = export.target_file(path, f"worklogs {self.period.label}", suffix)
        return export.write_file(target, content, force=force)


def report(worklogs: pd.DataFrame, period: object) -> Report:
    """Sum the worklogs of a period.

    A day is a day in the frame's zone. The same worklog met twice counts once, and a note says so; two rows of one
    worklog that contradict each other are refused.

    Parameters
    ----------
    worklogs : DataFrame
        As `load_worklogs` makes it, possibly edited, filtered, or holding more than the period.
    period : str, tuple of two dates, datetime.date, pandas.Period or Period
        Such as "2026-W47", "2026-11", "last week"; see `load_worklogs`.

    Raises
    ------
    InvalidInput
        Unknown period; missing columns or wrong dtypes; a row without start, time, issue or connection; one worklog in
        two versions.
    """
    zone = _checked_zone(worklogs)
    today = datetime.now(zone).date()
    wanted = parse_period(period, today=today)
    _refuse_holes(worklogs)
    whole, doubles = _without_doubles(worklogs)
    days = whole["started"].dt.date
    rows = whole[(days >= wanted.first) & (days <= wanted.last)].sort_values("started", kind="stable")
    rows.attrs = worklogs.attrs
    return Report(
        period=wanted,
        zone=zone,
        today=today,
        worklogs=rows,
        matrix=issue_matrix(rows, wanted),
        days=day_totals(rows, wanted.days),
        completeness=_completeness(whole, wanted, zone, doubles),
    )


def _completeness(worklogs: pd.DataFrame, period: Period, zone: tzinfo, doubles: int) -> Completeness:
    rows = worklogs.loc[worklogs["worklog_id"].notna(), "connection"]
    judged = judge(worklogs.attrs.get("loads", []), Counter(rows.tolist()), period, zone)
    if not doubles:
        return judged
    note = f"Left out, because the same worklog is there already: {doubles} of the frame's rows."
    return Completeness(judged.state, judged.problems, (*judged.notes, note))


def _checked_zone(worklogs: pd.DataFrame) -> tzinfo:
    if missing := [name for name in _NEEDED if name not in worklogs.columns]:
        raise InvalidInput(f"The frame lacks {', '.join(missing)}.", advice=_ADVICE)
    started = worklogs["started"].dtype
    if not isinstance(started, pd.DatetimeTZDtype):
        naive = pd.api.types.is_datetime64_any_dtype(started)
        raise InvalidInput(
            "started has no time zone, so it is not known on which day a worklog falls."
            if naive
            else f"started holds {started}, not times with a zone.",
            advice='Set it: worklogs["started"] = worklogs["started"].dt.tz_localize("Europe/Berlin").'
            if naive
            else "Put the rows together with concat_worklogs, or convert with pandas.to_datetime and dt.tz_convert.",
        )
    if not pd.api.types.is_timedelta64_dtype(worklogs["time_spent"].dtype):
        raise InvalidInput(
            f"time_spent holds {worklogs['time_spent'].dtype}, not durations.",
            advice="Make them with roots_nb.duration or pandas.to_timedelta.",
        )
    return started.tz


def _refuse_holes(worklogs: pd.DataFrame) -> None:
    for name in ("connection", "issue", "started", "time_spent"):
        if count := int(worklogs[name].isna().sum()):
            where = ", ".join(map(str, worklogs.index[worklogs[name].isna()][:5]))
            raise InvalidInput(
                f"{count} of {len(worklogs)} rows have no {name} (index {where}{', …' if count > 5 else ''}).",
                advice="Fill them in or drop these rows; counting them as nothing would make a wrong sum.",
            )


def _without_doubles(worklogs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The frame with each worklog once, and how many rows that left out."""
    known = worklogs["worklog_id"].notna()
    again = known & worklogs.duplicated(_IDENTITY)
    same = known & worklogs.duplicated([*_IDENTITY, *ISSUE_LEVELS[1:3], "started", "time_spent", "comment"])
    if (differing := again & ~same).any():
        rows = worklogs.loc[differing].head(5)
        names = ", ".join(f"{row.worklog_id} on {row.issue} ({row.connection})" for row in rows.itertuples())
        raise InvalidInput(
            f"The frame holds {int(differing.sum())} worklogs in two versions: {names}.",
            advice='Keep one of each, such as with drop_duplicates(["connection", "worklog_id"], keep="last").',
        )
    return worklogs[~again], int(again.sum())
