"""Worklogs that do not exist yet, as rows of the frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from roots_nb.editing.cells import BadCell, is_missing, parse_cell, read_name
from roots_nb.editing.change import FIELDS
from roots_nb.errors import InvalidChanges, Problem
from roots_nb.worklogs import TEXT_COLUMNS, TIME_COLUMNS, find_zone, worklogs_of_rows


def new_worklogs(
    rows: Iterable[Mapping[str, object]] | pd.DataFrame,
    *,
    connection: str | None = None,
    zone: str | tzinfo | None = None,
) -> pd.DataFrame:
    """Make drafts: worklogs to create, with the columns and dtypes of `load_worklogs`.

    >>> drafts = rn.new_worklogs(
    ...     [{"issue": "APP-7", "started": "2026-11-16 09:00", "time_spent": "1h 30m", "comment": "Review"}],
    ...     zone=worklogs["started"].dt.tz,
    ... )
    >>> plan = rn.plan_changes(worklogs, rn.concat_worklogs([worklogs, drafts]))

    Parameters
    ----------
    rows : iterable of dict, or DataFrame
        `issue`, `started` (a time, or text such as "2026-11-16 09:00") and `time_spent` (a Timedelta, or text such as
        "1h 30m"); optionally `comment` and `connection`. Whatever else there is, is not read.
    connection : str, optional
        Name of the connection of rows that name none. It may stay open where only one connection is loaded.
    zone : str or tzinfo, optional
        In which times without a zone count, and the frame's zone. Needed for such times only; otherwise UTC.

    Returns
    -------
    pandas.DataFrame
        Oldest first. `worklog_id`, `created` and `updated` are missing; texts that
        only Jira knows are "".

    Raises
    ------
    InvalidChanges
        Some cells cannot be used; every one is named.
    InvalidInput
        Unknown zone.
    """
    labels = rows.index if isinstance(rows, pd.DataFrame) else itertools.count()
    given: Iterable[Mapping[Any, object]] = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    clock = find_zone(zone) if isinstance(zone, str) else zone
    problems: list[Problem] = []
    drafts = [_draft(label, cells, connection, clock, problems) for label, cells in zip(labels, given, strict=False)]
    if problems:
        raise InvalidChanges(problems)
    return worklogs_of_rows(drafts, clock or ZoneInfo("UTC"))


def _draft(
    label: object,
    cells: Mapping[Any, object],
    connection: str | None,
    zone: tzinfo | None,
    problems: list[Problem],
) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in FIELDS:
        cell = cells.get(name)
        try:
            values[name] = "" if name == "comment" and is_missing(cell) else parse_cell(name, cell, zone)
        except BadCell as bad:
            problems.append(Problem(label, name, cell, str(bad)))
    texts = {**dict.fromkeys(TEXT_COLUMNS, ""), "project": str(values.get("issue")).rpartition("-")[0]}
    own = {"connection": read_name(cells.get("connection")) or connection, "worklog_id": None}
    return {**texts, **dict.fromkeys(TIME_COLUMNS), **own, **values}
