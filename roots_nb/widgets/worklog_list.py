"""Worklogs by day as a table with buttons in each row: one widget, however many rows there are.

The table is `display`'s; the front end adds the buttons and leads the arrow keys through them
(`tests/widgets/test_worklog_list.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import pandas as pd
import traitlets

from roots_nb.display import Cell, Column, Row, Table, fragment_html, issue_link, shorten, table_html
from roots_nb.durations import format_duration
from roots_nb.periods import format_day
from roots_nb.widgets.one_worklog import name_of
from roots_nb.widgets.shown_worklogs import Identity

MOST_ROWS = 500
LONGEST_TEXT = 200

_SHOWN = ["connection", "worklog_id", "issue", "summary", "started", "time_spent", "comment", "url"]


class _Line(NamedTuple):
    """A row of the table, what it is about, and its buttons: what they do, what they say, what a reader hears."""

    row: Row
    key: str
    actions: Sequence[tuple[str, str, str]] = ()


class WorklogList(anywidget.AnyWidget):
    """Rows to look at and to choose from.

    Parameters
    ----------
    on_add : callable
        Receives the day whose "Add" was pressed.
    on_act : callable
        Receives "edit" or "delete", and connection and worklog id of the row.

    Attributes
    ----------
    html : str
        The table, escaped.
    rows : list of dict
        For each row of its body `key` and `actions`.
    """

    _esm = Path(__file__).with_name("worklog_list.js")
    _css = Path(__file__).with_name("worklog_list.css")

    html = traitlets.Unicode().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    current = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, on_add: Callable[[date], None], on_act: Callable[[str, Identity], None]) -> None:
        super().__init__(layout={"max_height": "60vh"})
        self._on_add, self._on_act = on_add, on_act
        self.on_msg(self._receive)

    def show(self, worklogs: pd.DataFrame, days: Sequence[date]) -> None:
        """Show all worklogs and, besides their days, these; with neither nothing is shown."""
        lines = _lines(worklogs, days)
        with self.hold_sync():
            self.rows = [{"key": line.key, "actions": [list(action) for action in line.actions]} for line in lines]
            self.html = str(fragment_html(table_html(_table(worklogs, lines)))) if lines else ""

    def mark(self, worklog: Identity | None) -> None:
        """Show which row is being edited; None = none."""
        self.current = _key(*worklog) if worklog else ""

    def _receive(self, _: object, content: dict[str, Any], buffers: object) -> None:
        """From the browser: only what one of the rows offers is believed."""
        key, action = content.get("key"), content.get("action")
        if not any(row["key"] == key and action in [each[0] for each in row["actions"]] for row in self.rows):
            return
        if action == "add":
            self._on_add(date.fromisoformat(str(key)))
        else:
            worklog_id, _, connection = str(key).partition("@")
            self._on_act(str(action), (connection, worklog_id))


def _key(connection: str, worklog_id: str) -> str:
    return f"{worklog_id}@{connection}"


def _table(worklogs: pd.DataFrame, lines: Sequence[_Line]) -> Table:
    columns = [Column("Start", "key"), Column("Time spent", "number"), Column("Issue", "key"), Column("Summary")]
    columns += [Column("Connection", "key")] * _has_several(worklogs)
    hidden = len(worklogs) - MOST_ROWS
    rest = f"The first {MOST_ROWS:,} of {len(worklogs):,} worklogs: filter, or choose fewer days" if hidden > 0 else ""
    return Table([*columns, Column("Comment")], [line.row for line in lines], rest)


def _has_several(worklogs: pd.DataFrame) -> bool:
    return worklogs["connection"].nunique() > 1


def _lines(worklogs: pd.DataFrame, days: Sequence[date]) -> list[_Line]:
    several = _has_several(worklogs)
    shown = worklogs.loc[:, _SHOWN].head(MOST_ROWS).to_dict("records")
    by_day = {day: list(rows) for day, rows in groupby(shown, key=lambda row: row["started"].date())}
    totals = worklogs["time_spent"].groupby(worklogs["started"].dt.date).sum()
    all_days = sorted({*days, *by_day})
    with_year = len({day.year for day in all_days}) > 1
    lines: list[_Line] = []
    for day in all_days:
        name = format_day(day) if with_year else format_day(day)[:-5]
        lines.append(_day_line(day, name, totals.get(day, pd.Timedelta(0)), several))
        lines += [_worklog_line(row, several) for row in by_day.get(day, [])]
    if len(totals):
        lines.append(_Line(_sum("Total", pd.Timedelta(totals.sum()), several, "total"), ""))
    return lines


def _day_line(day: date, name: str, total: pd.Timedelta, several: bool) -> _Line:
    action = ("add", "Add", f"Add a worklog on {format_day(day)}")
    return _Line(_sum(name, total, several, "group"), day.isoformat(), [action])


def _sum(name: str, total: pd.Timedelta, several: bool, kind: Any) -> Row:
    return Row([Cell(name), Cell(format_duration(total)), *[Cell("")] * (3 + several)], kind)


def _worklog_line(worklog: dict[Any, Any], several: bool) -> _Line:
    name = name_of(worklog)
    cells = [
        Cell(f"{worklog['started']:%H:%M}"),
        Cell(format_duration(worklog["time_spent"])),
        Cell(worklog["issue"], issue_link(worklog["url"], worklog["issue"])),
        Cell(shorten(worklog["summary"], LONGEST_TEXT)),
        *[Cell(worklog["connection"])] * several,
        Cell(shorten(worklog["comment"], LONGEST_TEXT)),
    ]
    actions = [("edit", "Edit", f"Edit {name}"), ("delete", "Delete", f"Delete {name}")]
    return _Line(Row(cells), _key(worklog["connection"], worklog["worklog_id"]), actions)
