"""Frames as the loader makes them, of worklogs that Ada wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.errors import InvalidChanges
from tests.reports.frames import BERLIN, frame, load, worklog

NOW = "2026-11-23T12:00:00+00:00"


def mine(started: str, minutes: float = 60, **texts: Any) -> dict[str, Any]:
    """One worklog of Ada's; `started` is on Berlin's clock."""
    return worklog(started, minutes, **{"author": "Ada Lovelace", "author_id": "ada", **texts})


def loaded(*rows: dict[str, Any], zone: str = BERLIN, connections: tuple[str, ...] = ("Cloud",)) -> pd.DataFrame:
    """A loaded frame; worklog ids are 10000, 10001 and so on."""
    return frame(*rows, zone=zone, loads=[load(name) for name in connections])


def week() -> pd.DataFrame:
    """Three worklogs on Monday, Tuesday and Wednesday, on two issues."""
    return loaded(
        mine("2026-11-16 09:00", 60, comment="one"),
        mine("2026-11-17 09:00", 90, issue="APP-2", comment="two"),
        mine("2026-11-18 09:00", 30),
    )


def with_new(frame: pd.DataFrame, *rows: dict[str, Any]) -> pd.DataFrame:
    """`frame` and below it rows without a worklog id, as somebody adds them by hand."""
    return pd.concat([frame, pd.DataFrame(list(rows))], ignore_index=True)


def set_cell(frame: pd.DataFrame, row: int, column: str, cell: object) -> pd.DataFrame:
    """A copy in which one cell is `cell`, of whatever type; a new column is missing elsewhere."""
    cells = frame[column].tolist() if column in frame else [None] * len(frame)
    cells[row] = cell
    return frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=object)})


def problems_of(act: Callable[[], Plan]) -> list[tuple[object, str]]:
    """Row and column of each problem; [] if there is a plan."""
    try:
        act()
    except InvalidChanges as invalid:
        return [(problem.row, problem.column) for problem in invalid.problems]
    return []


def refusal(before: pd.DataFrame, after: pd.DataFrame, **options: bool) -> str:
    """The reason of the only problem."""
    try:
        plan_changes(before, after, **options)
    except InvalidChanges as invalid:
        (problem,) = invalid.problems
        return problem.reason
    return ""
