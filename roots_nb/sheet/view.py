"""How a row of a sheet is shown: texts, marks and its state in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from roots_nb.display import clean_text
from roots_nb.sheet.row import TITLES, SheetRow, columns_of

RowState = Literal["", "new", "changed", "removed", "problem", "conflict", "done"]


@dataclass(frozen=True, slots=True)
class RowView:
    """A row as it is to be shown.

    Attributes
    ----------
    key : str
    cells : dict
        Column -> text; "delete" -> bool. The columns are those of `TITLES`.
    problems : dict
        Column -> a sentence on what is wrong with it, or on what Jira holds by now.
    changed : frozenset of str
        Columns that are another than loaded.
    sort_as : dict
        Column -> number, of day, start and time spent where they are values.
    state, state_text : str
    """

    key: str
    cells: Mapping[str, str | bool]
    problems: Mapping[str, str]
    changed: frozenset[str]
    sort_as: Mapping[str, float]
    state: RowState
    state_text: str


def view_of(row: SheetRow, summary: str) -> RowView:
    """A row as it is shown now; `summary` is its issue's, "" where nobody knows it."""
    texts: dict[str, str | bool] = {name: row.text(name) for name in TITLES if name not in ("summary", "delete")}
    state, state_text = _state(row)
    return RowView(
        row.key,
        {**texts, "summary": clean_text(summary), "delete": row.delete},
        _marks(row),
        frozenset(name for name, text in texts.items() if row.is_edited and text != row.loaded_text(name)),
        dict(_ranks(row)),
        state,
        state_text,
    )


def _marks(row: SheetRow) -> dict[str, str]:
    """What is wrong with cells; of a row to delete only what Jira holds by now."""
    conflicts = {columns_of(name)[0]: row.conflict(name) for name in row.conflicts}
    return conflicts if row.delete else {**conflicts, **row.refused, **row.problems}


def _ranks(row: SheetRow) -> Iterator[tuple[str, float]]:
    started, time_spent = row.value("started"), row.value("time_spent")
    if started is not None and "day" not in row.typed:
        yield "day", started.timestamp()
        yield "start", started.hour * 60 + started.minute
    if time_spent is not None and "time_spent" not in row.typed:
        yield "time_spent", time_spent.total_seconds()


def _state(row: SheetRow) -> tuple[RowState, str]:
    if row.delete:
        return "removed", "To delete" if row.loaded else "Left out"
    if row.refused or row.problems:
        return "problem", "Problem"
    if row.conflicts:
        return "conflict", "Conflict"
    if row.loaded is None:
        return "new", "New, incomplete" if row.missing else "New"
    if row.is_edited:
        return "changed", row.note or "Changed"
    return ("done", row.note) if row.note else ("", "")
