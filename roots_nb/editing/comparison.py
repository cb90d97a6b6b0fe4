"""What differs between a frame as loaded and its edited copy: rows are matched and cells compared, nothing is judged.

Whole columns are compared, one after the other, and only cells that differ are looked at alone: planning takes less
memory than the frame has itself (`tests/editing/test_plan.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from roots_nb.editing.cells import is_missing, read_name
from roots_nb.editing.change import FIELDS
from roots_nb.errors import InvalidInput
from roots_nb.worklogs import COLUMNS

IDENTITY = ("connection", "worklog_id")
_COMPARED = tuple(name for name in COLUMNS if name not in IDENTITY)
_KEEP = "Keep the columns of the frame; if they are its index, reset_index() brings them back."


class Edit(NamedTuple):
    """A row of the edited frame that differs: where, the loaded row, and the cells that differ, by column."""

    position: int
    loaded: Any
    cells: Mapping[str, object]


class Draft(NamedTuple):
    """A row of the edited frame without a worklog id: where, its connection's name ("" = none), and its cells."""

    position: int
    connection: str
    cells: Mapping[str, object]


class Comparison:
    """Two frames, row by row, by connection and worklog id.

    Parameters
    ----------
    before : DataFrame
        As loaded, each worklog once, all with an id.
    after : DataFrame
        In any order and with any index. Columns may be missing, other ones are ignored.
    only_connection : str
        What counts where a row names no connection; "" = nothing.

    Attributes
    ----------
    new, strangers, doubles : list of int
        Positions in the edited frame: of rows without a worklog id, of worklogs that were not loaded, and of worklogs
        that stand there already.
    vanished : tuple of str
        Worklogs that are not in the edited frame, such as "APP-7 10023".
    """

    def __init__(self, before: pd.DataFrame, after: pd.DataFrame, only_connection: str) -> None:
        _refuse_odd_columns(after)
        self._before, self._after = before, after
        self._connections = [name or only_connection for name in _names(after, "connection", only_connection)]
        self.new: list[int] = []
        self.strangers: list[int] = []
        self.doubles: list[int] = []
        self._matches: dict[int, int] = {}
        self._match()

    def _match(self) -> None:
        rows = {key: n for n, key in enumerate(zip(*(_names(self._before, name) for name in IDENTITY), strict=True))}
        if len(rows) < len(self._before):
            raise InvalidInput("The frame as loaded has a worklog twice.", advice="Join frames with concat_worklogs.")
        taken: set[int] = set()
        for position, key in enumerate(zip(self._connections, _names(self._after, "worklog_id"), strict=True)):
            origin = rows.get(key)
            if not key[1]:
                self.new.append(position)
            elif origin is None:
                self.strangers.append(position)
            elif origin in taken:
                self.doubles.append(position)
            else:
                taken.add(origin)
                self._matches[position] = origin
        issues = self._before["issue"].tolist()
        self.vanished = tuple(f"{issues[n]} {key[1]}" for key, n in rows.items() if n not in taken)

    def connection(self, position: int) -> str:
        """The name of the connection of a row of the edited frame; "" = none."""
        return self._connections[position]

    def edits(self) -> Iterator[Edit]:
        """The matched rows in which a cell of the frame's columns differs or `delete` is set, in the frame's order."""
        cells = self._differing_cells()
        positions = sorted(cells)
        loaded = self._before.take([self._matches[position] for position in positions])[list(COLUMNS)]
        for position, row in zip(positions, loaded.itertuples(), strict=True):
            yield Edit(position, row, cells[position])

    def _differing_cells(self) -> dict[int, dict[str, object]]:
        cells: dict[int, dict[str, object]] = defaultdict(dict)
        positions, origins = np.array(list(self._matches)), np.array(list(self._matches.values()))
        for name in _COMPARED:
            if name in self._after:
                new, old = self._after[name].take(positions), self._before[name].take(origins)
                where = np.flatnonzero(~_are_same(old, new))
                for position, cell in zip(positions[where].tolist(), new.iloc[where].tolist(), strict=True):
                    cells[position][name] = cell
        for position, cell in self._marks():
            if position in self._matches:
                cells[position]["delete"] = cell
        return cells

    def _marks(self) -> Iterator[tuple[int, object]]:
        """The cells of the column `delete` that say something."""
        if "delete" not in self._after:
            return
        marks = self._after["delete"].reset_index(drop=True)
        said = marks[marks.notna()]
        if pd.api.types.is_bool_dtype(said.dtype):
            said = said[said.astype(bool)]
        yield from zip(said.index.tolist(), said.tolist(), strict=True)

    def drafts(self) -> Iterator[Draft]:
        """The rows to create, in the frame's order."""
        given = [name for name in (*FIELDS, "delete") if name in self._after]
        columns = {name: self._after[name].take(self.new).tolist() for name in given}
        for n, position in enumerate(self.new):
            cells = {name: column[n] for name, column in columns.items()}
            yield Draft(position, self._connections[position], cells)


def loaded_rows(before: pd.DataFrame) -> pd.DataFrame:
    """The rows of a loaded frame that are worklogs in Jira; a later change of `before` does not reach them.

    Raises
    ------
    InvalidInput
        It has not the columns and dtypes of `load_worklogs`, or gaps where there are none.
    """
    advice = "Give the frame that load_worklogs or concat_worklogs made as `before`."
    if missing := [name for name in COLUMNS if name not in before]:
        raise InvalidInput(f"The frame as loaded lacks {', '.join(missing)}.", advice=advice)
    kinds = isinstance(before["started"].dtype, pd.DatetimeTZDtype), before["time_spent"].dtype.kind == "m"
    if not all(kinds):
        raise InvalidInput("The frame as loaded does not hold times with a zone and durations.", advice=advice)
    is_worklog = [bool(name) for name in _names(before, "worklog_id")]
    rows = before.copy(deep=False) if all(is_worklog) else before[is_worklog]
    needed = [*IDENTITY, *FIELDS, "author_id", "updated"]
    if rows[needed].isna().to_numpy().any():
        raise InvalidInput(f"The frame as loaded has gaps in {', '.join(needed)}.", advice=advice)
    return rows


def _refuse_odd_columns(after: pd.DataFrame) -> None:
    if twice := sorted(set(after.columns[after.columns.duplicated()]) & {*COLUMNS, "delete"}):
        raise InvalidInput(f"The edited frame has {', '.join(twice)} twice.", advice="Keep one column of each name.")


def _names(frame: pd.DataFrame, column: str, default: str = "") -> Sequence[str]:
    if column not in frame and not default:
        raise InvalidInput(f"The edited frame has no column {column}.", advice=_KEEP)
    return [read_name(cell) for cell in frame[column].tolist()] if column in frame else [default] * len(frame)


def _are_same(old: pd.Series[Any], new: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where two columns of one length say the same, by position. A missing text is an empty one.

    A time without a zone is the same if the clock shows the same: whoever stripped the zone has not edited it.
    """
    old, new = old.reset_index(drop=True), new.reset_index(drop=True)
    if isinstance(old.dtype, pd.DatetimeTZDtype) and pd.api.types.is_datetime64_dtype(new.dtype):
        old = old.dt.tz_localize(None)
    if old.dtype == new.dtype == "str":
        return (old.fillna("") == new.fillna("")).to_numpy()
    if old.dtype == new.dtype and old.dtype.kind in "mM":
        return ((old == new) | (old.isna() & new.isna())).to_numpy()
    return np.fromiter(map(_is_same, old.tolist(), new.tolist()), dtype=bool)


def _is_same(old: object, cell: object) -> bool:
    if is_missing(cell):
        return is_missing(old) or old == ""
    if isinstance(old, str):
        return old == (cell if isinstance(cell, str) else read_name(cell))
    return bool(type(old) is type(cell) and old == cell)
