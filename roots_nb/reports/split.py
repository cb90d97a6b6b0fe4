"""The time of a period by project, epic, issue type, label or category (tests/reports/test_split.py)."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches

import pandas as pd

from roots_nb.errors import InvalidInput
from roots_nb.reports.categories import labels_of
from roots_nb.reports.matrix import total_of

LEVELS = {
    "connection": ["connection"],
    "project": ["connection", "project"],
    "epic": ["connection", "epic"],
    "issue": ["connection", "project", "issue"],
    "issue_type": ["issue_type"],
    "label": ["label"],
    "category": ["category"],
}


def split_time(worklogs: pd.DataFrame, by: str) -> pd.DataFrame:
    """The time by one of `LEVELS`, the most first.

    Returns
    -------
    pandas.DataFrame
        Index: the levels, "" where a worklog has none. Columns time_spent (timedelta64[us]), share (of all time, 0 to
        1; 0 where there is no time), worklogs, issues (int64). A worklog with several labels counts at each of them,
        so that labels may add up to more than all time; everything else adds up to it exactly.

    Raises
    ------
    InvalidInput
        Unknown `by`, or the frame lacks its column.
    """
    if by not in LEVELS:
        near = get_close_matches(str(by), LEVELS, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InvalidInput(f"Time cannot be split by {by!r}.", advice=f"{hint}Known: {', '.join(LEVELS)}.")
    rows = _with_labels(worklogs) if by == "label" else worklogs
    if missing := [name for name in LEVELS[by] if name not in rows.columns]:
        advice = "Give report(..., categories=...)." if by == "category" else "Load the worklogs with load_worklogs."
        raise InvalidInput(f"The frame has no column {missing[0]}.", advice=advice)
    return _added_up(rows, LEVELS[by], total_of(worklogs["time_spent"]))


def _with_labels(worklogs: pd.DataFrame) -> pd.DataFrame:
    if "labels" not in worklogs.columns:
        return worklogs
    labels = worklogs["labels"].fillna("").map(labels_of)
    return worklogs.assign(label=labels).explode("label").astype({"label": "str"})


def _added_up(rows: pd.DataFrame, levels: list[str], total: timedelta) -> pd.DataFrame:
    keys = [rows[name].fillna("").astype("str") for name in levels]
    issues = rows["connection"].astype("str") + "\n" + rows["issue"].astype("str")
    spent = rows["time_spent"].astype("timedelta64[us]").astype("int64")
    groups = pd.DataFrame({"time_spent": spent, "worklogs": 1, "issues": issues}).groupby(keys, sort=True)
    made = groups.agg({"time_spent": "sum", "worklogs": "sum", "issues": "nunique"})
    made = made.astype("int64").sort_values("time_spent", ascending=False, kind="stable")
    share = made["time_spent"] / (total // timedelta(microseconds=1)) if total else made["time_spent"] * 0.0
    made.insert(1, "share", share.astype("float64"))
    made["time_spent"] = made["time_spent"].astype("timedelta64[us]")
    return made
