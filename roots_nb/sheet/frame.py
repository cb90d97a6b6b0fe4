"""Frames into the rows of a sheet, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

import pandas as pd

from roots_nb.editing.cells import with_offset
from roots_nb.editing.change import FIELDS, Values
from roots_nb.editing.comparison import IDENTITY
from roots_nb.editing.dates import Dates
from roots_nb.sheet.row import SheetRow, Site
from roots_nb.worklogs import COLUMNS, TEXT_COLUMNS, TIME_COLUMNS


def dates_of(worklogs: pd.DataFrame, zone: tzinfo) -> Dates:
    """The period that was loaded; of several loads all of them."""
    loads = worklogs.attrs["loads"]
    first, last = min(load["first"] for load in loads), max(load["last"] for load in loads)
    return Dates(date.fromisoformat(first), date.fromisoformat(last), zone)


def rows_of(worklogs: pd.DataFrame, site: Site) -> Iterator[SheetRow]:
    """A row for each worklog of a loaded frame, in its order."""
    columns = (worklogs[name].tolist() for name in (*IDENTITY, *FIELDS))
    for connection, worklog_id, issue, started, time_spent, comment in zip(*columns, strict=True):
        moment = with_offset(started.to_pydatetime(warn=False), site.dates.zone)
        values = Values(issue, moment, time_spent.to_pytimedelta(), comment)
        key = row_key(connection, worklog_id)
        yield SheetRow(key, site, connection=connection, worklog_id=worklog_id, loaded=values)


def row_key(connection: str, worklog_id: str) -> str:
    """What the row of a worklog is called, in every sheet of it."""
    return f"{connection}/{worklog_id}"


def draft_of(row: SheetRow, summary: str) -> dict[str, Any]:
    """A new row as `edited_frame` takes it."""
    texts = dict.fromkeys(TEXT_COLUMNS, "") | {"worklog_id": None, "connection": row.connection or None}
    key = row.sound.get("issue")
    facts = {"issue": key, "project": (key or "").rpartition("-")[0], "summary": summary}
    return {**texts, **facts, **row.sound, "delete": row.delete}


def edited_frame(
    before: pd.DataFrame, rows: Mapping[int, SheetRow], drafts: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """The frame with what is wanted.

    Parameters
    ----------
    before : DataFrame
        As loaded, indexed from 0.
    rows : dict
        Position -> row, of those that are edited.
    drafts : sequence of dict
        Rows to put below, with what is known of each by column.
    """
    frame = before.assign(delete=False)
    zone = before["started"].dt.tz
    for name in FIELDS:
        cells = {position: row.sound[name] for position, row in rows.items() if name in row.sound}
        if cells:
            frame.loc[list(cells), name] = _series(name, cells.values(), zone).array
    frame.loc[[position for position, row in rows.items() if row.delete], "delete"] = True
    if drafts:
        below = {name: _series(name, (draft.get(name) for draft in drafts), zone) for name in COLUMNS}
        frame = pd.concat(
            [frame, pd.DataFrame({**below, "delete": [bool(draft.get("delete")) for draft in drafts]})],
            ignore_index=True,
        )
    frame.attrs = dict(before.attrs)
    return frame


def _series(name: str, cells: Iterable[Any], zone: tzinfo) -> pd.Series[Any]:
    if name in TIME_COLUMNS:
        return pd.to_datetime(pd.Series(list(cells), dtype=object), utc=True).dt.tz_convert(zone).dt.as_unit("us")
    return pd.Series(list(cells), dtype="timedelta64[us]" if name == "time_spent" else "str")
