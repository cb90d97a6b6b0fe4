"""The worklog that a form is about, as a frame of one row or none, and the plans that can be made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import pandas as pd

from roots_nb.display import one_line, shorten
from roots_nb.durations import format_duration
from roots_nb.editing.cells import BadCell, is_missing, parse_cell, read_name
from roots_nb.editing.change import FIELDS
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.runs import plan_undo
from roots_nb.errors import InvalidInput
from roots_nb.jira.client import Jira
from roots_nb.periods import format_day
from roots_nb.worklogs import COLUMNS, empty_worklogs, find_zone, worklogs_of_rows

LONGEST_COMMENT = 60

Row: TypeAlias = "Mapping[str, Any] | pd.Series[Any]"


class OneWorklog:
    """One worklog, that is there or may be created.

    Parameters
    ----------
    jira : Jira or sequence of Jira
        Those that are not signed in are left out.
    row : mapping
        A row of `load_worklogs`, or without a `worklog_id` what is known of one to create.

    Attributes
    ----------
    sites : list of Jira
        In which it is or can be created: for one that is there its own connection alone.
    zone : ZoneInfo
        The row's, else the first connection's.
    frame : DataFrame
        The row as Jira holds it; empty while there is none.
    values : dict
        What to show at first.

    Raises
    ------
    InvalidInput
        No connection is signed in, or not the row's; or the row has not the columns of `load_worklogs`.
    """

    def __init__(self, jira: Jira | Sequence[Jira], row: Mapping[str, Any]) -> None:
        given = [jira] if isinstance(jira, Jira) else list(jira)
        worklog_id, connection = read_name(row.get("worklog_id")), read_name(row.get("connection"))
        self.sites = _signed_in(given, connection if worklog_id else "")
        self.zone = find_zone(_zone_name(row) or self.sites[0].zone or "UTC")
        if not worklog_id:
            self.frame, self.values = empty_worklogs(str(self.zone)), self._draft(row)
        elif missing := [name for name in COLUMNS if name not in row]:
            raise InvalidInput(f"The worklog lacks {', '.join(missing)}.", advice="Give a row of load_worklogs.")
        else:
            self.frame, self.values = worklogs_of_rows([row], self.zone), dict(row)
        self.take(self.frame)

    def _draft(self, row: Mapping[str, Any]) -> dict[str, Any]:
        known = {name: value for name, value in row.items() if not is_missing(value)}
        try:
            return known | {name: parse_cell(name, known[name], self.zone) for name in FIELDS if known.get(name)}
        except BadCell as bad:
            raise InvalidInput(str(bad)) from None

    @property
    def row(self) -> pd.Series[Any] | None:
        return None if self.frame.empty else self.frame.iloc[0]

    @property
    def is_mine(self) -> bool:
        """Jira lets some people change what others wrote; here nobody does."""
        row = self.row
        return row is None or row["author_id"] == self.sites[0].account.account_id

    def take(self, frame: pd.DataFrame) -> None:
        """Jira has answered: it is in this frame now, or nowhere."""
        self.frame = frame
        self.frame.attrs["loads"] = [_facts(jira) for jira in self.sites]

    def forget(self) -> None:
        """From now on it is one to create."""
        self.take(empty_worklogs(str(self.zone)))

    def plan(self, cells: Mapping[str, object], *, allow_twins: bool = False) -> Plan:
        """What makes it say what the cells say; raises `InvalidChanges`."""
        worklog_id = None if self.row is None else self.row["worklog_id"]
        return plan_changes(self.frame, pd.DataFrame([{**cells, "worklog_id": worklog_id}]), allow_twins=allow_twins)

    def plan_delete(self) -> Plan:
        return plan_changes(self.frame, self.frame.assign(delete=True))

    def plan_undo(self, run: str) -> Plan:
        """What takes a run back that was about it."""
        return replace(plan_undo(run), worklogs=self.frame)


def name_of(worklog: Row) -> str:
    """Which one: issue, day, start, time spent, and how its comment begins."""
    started = worklog["started"]
    when = f"{format_day(started.date())}, {started:%H:%M}"
    comment = shorten(worklog["comment"], LONGEST_COMMENT)
    said = f", “{comment}”" if comment else ""
    return f"{one_line(worklog['issue'])}, {when}, {format_duration(worklog['time_spent'])}{said}"


def _signed_in(sites: Sequence[Jira], connection: str) -> list[Jira]:
    usable = [jira for jira in sites if jira.problem is None]
    if found := [jira for jira in usable if connection in ("", jira.connection.name)]:
        return found
    problems = " ".join(str(jira.problem) for jira in sites if jira.problem)
    which = f"{connection}, the connection of this worklog, is not" if connection else "No connection is"
    raise InvalidInput(f"{which} signed in.", advice=problems or "Pass what connect() or connect_all() returns.")


def _zone_name(row: Mapping[str, Any]) -> str:
    """Of a row of a frame; a fixed offset is no zone."""
    started = row.get("started")
    return "" if is_missing(started) else str(getattr(getattr(started, "tzinfo", None), "key", ""))


def _facts(jira: Jira) -> dict[str, str]:
    """What `plan_changes` wants to know of a load."""
    connection, account = jira.connection, jira.account
    return {
        "connection": connection.name,
        "deployment": connection.deployment,
        "url": connection.url,
        "account": account.display_name,
        "account_id": account.account_id,
    }
