"""The report of a week, a month or a year: what was booked, where, against what, and whether that is all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from roots_nb.errors import InvalidInput
from roots_nb.periods import Period, format_day, parse_period
from roots_nb.reports import checks, export
from roots_nb.reports.balance import DayBalance, balance_frame, balance_of_days
from roots_nb.reports.categories import Categories, categorise
from roots_nb.reports.completeness import Completeness, as_of, judge
from roots_nb.reports.history import Week, trend
from roots_nb.reports.hours import format_hours
from roots_nb.reports.matrix import booked_by_day, day_totals, issue_matrix, total_of
from roots_nb.reports.rows import check_name, read_frame, read_rows
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.selection import Names, Selection, select
from roots_nb.reports.split import split_time
from roots_nb.reports.views import Views

_ALL = Selection()


@dataclass(frozen=True, eq=False, repr=False)
class Report(Views):
    """One period's worklogs, summed. Shows itself in a notebook; made by `report`.

    It has two faces. "mine" is the one on screen: everything. "to hand in" is the default of every export: what
    others should see, with lines to sign on, and without checks, target, balance and absences.

    Attributes
    ----------
    period : Period
        First and last day, both included.
    zone : tzinfo
        The zone of the frame, in which a worklog's `started` falls on its day.
    frame : DataFrame
        All rows that were given, each worklog once, oldest first: also those outside of the period.
    schedule : Schedule
    selection : Selection
        What `only` chose.
    decimal : bool
        Show hours as 7.50 instead of 7:30.
    """

    period: Period
    zone: tzinfo
    now: datetime
    frame: pd.DataFrame
    schedule: Schedule
    held: Mapping[str, int]
    doubles: int = 0
    categories: Categories | None = None
    selection: Selection = _ALL
    skip_checks: tuple[str, ...] = ()
    decimal: bool = False

    @property
    def today(self) -> date:
        """The day on which the report was made, in its zone."""
        return self.now.date()

    @property
    def is_part(self) -> bool:
        """Whether `only` left worklogs out: then there is no target and no balance."""
        return bool(self.selection.names)

    @property
    def loads(self) -> list[dict[str, Any]]:
        """What is known of how the worklogs were loaded, one plain dict a connection and load; [] = nothing."""
        return list(self.frame.attrs.get("loads", []))

    @cached_property
    def worklogs(self) -> pd.DataFrame:
        """The rows of the period, oldest first; index and columns as in the given frame, and `category` if given."""
        days = self.frame["started"].dt.date
        rows: pd.DataFrame = self.frame[(days >= self.period.first) & (days <= self.period.last)]
        rows.attrs = self.frame.attrs
        return rows

    @cached_property
    def clock(self) -> pd.Series[pd.Timestamp]:
        """`started` of each row of `worklogs` as the clock showed it in the report's zone."""
        clock: pd.Series[pd.Timestamp] = self.worklogs["started"].dt.tz_localize(None)
        return clock

    @cached_property
    def matrix(self) -> pd.DataFrame:
        """Time by issue, timedelta64[us].

        One row an issue (connection, project, issue, summary); columns `datetime.date` up to 16 days, ISO weeks
        ("2026-W47") up to 17 weeks, else months ("2026-11"). Weeks at an edge count only days of the period. Columns
        without worklogs are there and zero.
        """
        return issue_matrix(self.worklogs, self.period)

    @cached_property
    def days(self) -> pd.Series[pd.Timedelta]:
        """Every day of the period, zero where nothing was logged; timedelta64[us]."""
        return day_totals(self.worklogs, self.period.days)

    @cached_property
    def booked(self) -> dict[date, timedelta]:
        """The time of every day of `frame` that has any, also outside of the period."""
        return booked_by_day(day_totals(self.frame, sorted(set(self.frame["started"].dt.date))))

    @cached_property
    def trend(self) -> list[Week]:
        """The twelve weeks that end with the period, oldest first; `booked` is None where not all of it was loaded."""
        return trend(self)

    @cached_property
    def total(self) -> pd.Timedelta:
        """All time of the period, exact."""
        return total_of(self.days)

    @cached_property
    def as_of(self) -> datetime | None:
        """Since when the worklogs are known, in the report's zone; None = unknown."""
        return as_of(self.loads, self.period, self.zone)

    @property
    def last_known(self) -> date:
        """The last day that counts in a balance: today, or the day as of which the worklogs are known."""
        return min(self.today, self.as_of.date()) if self.as_of else self.today

    @cached_property
    def completeness(self) -> Completeness:
        """Whether these are all worklogs, as far as `worklogs.attrs["loads"]` tells."""
        judged = judge(self.loads, self.held, self.period, self.zone)
        notes = list(judged.notes)
        if self.as_of and self.as_of.date() < min(self.today, self.period.last):
            notes.append(f"What was booked after {format_day(self.as_of.date())} is not in it: load the period again.")
        if self.doubles:
            notes.append(f"Left out, because the same worklog is there already: {self.doubles} of the frame's rows.")
        return Completeness(judged.state, judged.problems, tuple(notes))

    def knows(self, period: Period) -> bool:
        """Whether all worklogs of another period are in the frame, as far as is known."""
        return judge(self.loads, self.held, period, self.zone).state == "complete"

    @cached_property
    def balance_days(self) -> list[DayBalance]:
        """The rows of `balance`, as plain values; raises as it does."""
        if self.is_part:
            raise InvalidInput(
                f"This report is only a part of the time ({self.selection.label}): there is no balance of it.",
                advice="Take it from the whole report.",
            )
        return balance_of_days(booked_by_day(self.days), self.schedule, self.last_known)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """Booked against required, one row a day of the period.

        Columns booked, target (the weekday's hours; zero on public holidays), absence, required (max(0, target −
        absence)), balance (booked − required), running (its sum so far), all timedelta64[us], and reason, such as
        "weekend". Of a day after the last known one only as much is required as is booked: it is no deficit.

        Raises
        ------
        InvalidInput
            The report is a part made by `only`: a target is one of all time.
        """
        return balance_frame(self.balance_days)

    @cached_property
    def findings(self) -> list[checks.Finding]:
        """What the checks found, with the positions of the rows in `worklogs`."""
        return checks.findings(self)

    @property
    def checks(self) -> pd.DataFrame:
        """What looks wrong, one row a finding.

        Columns check (str, see `rows`), day (date), finding (str, a few words), rows (list of the labels of its rows in
        the frame's index; [] for a day without any). Checks that cannot be made are left out, see `unchecked`.
        """
        return checks.findings_frame(self, self.findings)

    @property
    def unchecked(self) -> dict[str, str]:
        """Checks that were switched on but could not be made -> why."""
        return checks.left_out_checks(self)

    def split(self, by: str) -> pd.DataFrame:
        """Time by "project", "epic", "issue", "issue_type", "label", "category" or "connection", the most first.

        Columns time_spent, share, worklogs, issues; see `split_time` for labels. Raises `InvalidInput`.
        """
        return split_time(self.worklogs, by)

    def rows(
        self,
        issue: str | None = None,
        day: object = None,
        *,
        connection: str | None = None,
        project: str | None = None,
        category: str | None = None,
        check: str | None = None,
    ) -> pd.DataFrame:
        """The worklogs behind a number, ready to be edited: same index and columns as `worklogs`.

        Parameters
        ----------
        issue, connection, project, category : str, optional
            Only rows that have exactly this.
        day : date, str, …, optional
            Only rows of this day, or of any period, such as a column's name "2026-W47".
        check : str, optional
            Only rows that this check named, such as "overlap"; see `checks`.

        Raises
        ------
        InvalidInput
            A period or a check that is none.
        """
        wanted = {"issue": issue, "connection": connection, "project": project, "category": category}
        return read_rows(self, {name: value for name, value in wanted.items() if value is not None}, day, check)

    def only(
        self, *, connection: Names = None, project: Names = None, category: Names = None, customer: str = ""
    ) -> Report:
        """The report of a part, such as what one customer gets; several arguments narrow it down together.

        Parameters
        ----------
        connection, project, category : str or list of str, optional
        customer : str
            For whom, in the head; by default the names chosen.

        Raises
        ------
        InvalidInput
            Nothing was chosen, or something that is nowhere in the frame.
        """
        chosen = {"connection": connection, "project": project, "category": category}
        return self._part(select(self.frame, (load["connection"] for load in self.loads), chosen, customer))

    def _part(self, selection: Selection) -> Report:
        part = selection.narrowed(self.frame)
        held = self.held
        if selection.connections:  # another connection's failure is not this customer's
            part.attrs = {**part.attrs}
            if "loads" in part.attrs:
                part.attrs["loads"] = [load for load in self.loads if load["connection"] in selection.connections]
            held = {name: count for name, count in held.items() if name in selection.connections}
        names = (*self.selection.names, *selection.names)
        return replace(self, frame=part, held=held, selection=Selection(names, selection.customer))

    def again(self, worklogs: pd.DataFrame) -> Report:
        """The same report of other worklogs, such as `result.worklogs` after changes were applied.

        A part of which nothing is left is empty.
        """
        made = report(
            worklogs,
            self.period,
            schedule=self.schedule,
            categories=self.categories,
            skip_checks=self.skip_checks,
            decimal=self.decimal,
        )
        for chosen in self.selection.names:
            made = made._part(Selection((chosen,), self.selection.customer))
        return made

    def write_hours(self, duration: timedelta, *, signed: bool = False) -> str:
        """A duration as this report shows them: "7:30", or "7.50" if `decimal`."""
        return format_hours(duration, decimal=self.decimal, signed=signed)

    def __repr__(self) -> str:
        counts = f"{self.write_hours(self.total)} in {len(self.worklogs)} worklogs on {len(self.matrix)} issues"
        return f"<Report {export.label(self)}: {counts}; {self.completeness}>"


def report(
    worklogs: pd.DataFrame,
    period: object,
    *,
    schedule: Schedule | str | Path | None = None,
    categories: Categories | None = None,
    skip_checks: Collection[str] = (),
    decimal: bool = False,
) -> Report:
    """Sum the worklogs of a period, and compare them with what is required.

    A day is a day in the frame's zone. The same worklog met twice counts once, and a note says so; two rows of one
    worklog that contradict each other are refused. A part that needs days that are not in the frame, such as the
    comparison with the week before, is left out and says so: load 13 weeks and report one.

    Parameters
    ----------
    worklogs : DataFrame
        As `load_worklogs` makes it, possibly edited, filtered, or holding more than the period.
    period : str, tuple of two dates, datetime.date, pandas.Period or Period
        Such as "2026-W47", "2026-11", "last week"; see `load_worklogs`.
    schedule : Schedule or path, optional
        By default `schedule.toml` beside the remembered connections; without one 8 h Monday to Friday, as assumed.
    categories : mapping or function, optional
        The user's own categories, such as {"Meetings": {"summary": "meeting"}, "Customer": {"project": ["NORD"]}}; the
        first that fits counts, and `worklogs` gets a column `category`. A function gets each row as a Series.
    skip_checks : collection of str
        Checks to leave out, such as ["overlap", "no comment"].
    decimal : bool
        Show hours as 7.50 instead of 7:30.

    Raises
    ------
    InvalidInput
        Unknown period or check; missing columns or wrong dtypes; a row without start, time, issue or connection; one
        worklog in two versions; a schedule or categories that cannot be used.
    """
    frame, doubles = read_frame(worklogs)
    zone: tzinfo = frame["started"].dt.tz
    now = datetime.now(zone)
    for name in skip_checks:
        check_name(name)
    rows = frame["worklog_id"].notna()
    if categories is not None:
        frame = frame.assign(category=categorise(frame, categories))
    return Report(
        period=parse_period(period, today=now.date()),
        zone=zone,
        now=now,
        frame=frame,
        schedule=schedule if isinstance(schedule, Schedule) else Schedule.read(schedule),
        held=Counter(frame.loc[rows, "connection"].tolist()),
        doubles=doubles,
        categories=categories,
        skip_checks=tuple(skip_checks),
        decimal=decimal,
    )
