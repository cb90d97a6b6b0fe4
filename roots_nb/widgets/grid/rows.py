"""What a grid shows: columns, rows of text, and the changes of them, as plain values."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

Kind = Literal["text", "key", "number", "check", "state"]
State = Literal["", "new", "changed", "removed", "problem", "conflict", "done"]
Value = str | bool
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column.

    Parameters
    ----------
    name : str
        Unique; what rows and edits call it.
    title : str
        What stands above it.
    kind : str
        "text" takes what room is left and may have several lines; "key" is short; "number" is aligned right; "check" is
        a box to tick, whose values are booleans; "state" is read-only and shows the row's state.
    editable : bool
    width_hint : int
        Pixels; of a "text" column the least.
    hint : str
        Shown while the mouse rests on the title.
    """

    name: str
    title: str
    kind: Kind = "text"
    editable: bool = False
    width_hint: int = 100
    hint: str = ""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row as it is to be shown.

    Parameters
    ----------
    key : str
        Unique; never shown.
    cells : mapping
        A column's name -> its text, a bool in a "check" column. What is missing is empty.
    problems : mapping
        A column's name -> what is wrong with its text, a sentence.
    changed : collection of str
        Names of columns to mark as changed.
    sort_as : mapping
        A column's name -> the number by which it is sorted, where the text does not sort as it should ("1h 30m").
    state, state_text : str
        The row's state, shown as an icon and this text in the "state" column; a "removed" row is struck through.
    """

    key: str
    cells: Mapping[str, Value] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    changed: Collection[str] = ()
    sort_as: Mapping[str, float] = field(default_factory=dict)
    state: State = ""
    state_text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wrote into a cell; a bool in a "check" column."""

    key: str
    column: str
    text: Value


@dataclass(frozen=True, slots=True)
class CellUpdate:
    """A cell as it is to be shown from now on; `problem` is empty when there is none."""

    key: str
    column: str
    text: Value
    problem: str = ""
    changed: bool = False
    sort_as: float | None = None


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """The state of a row from now on."""

    key: str
    state: State = ""
    text: str = ""


class ShownRows:
    """The rows as the browser shows them, so that a view opened later can have them; not guarded against threads."""

    def __init__(self, columns: Sequence[GridColumn]) -> None:
        self._blank: dict[str, Value] = {column.name: False if column.kind == "check" else "" for column in columns}
        self._rows: dict[str, _ShownRow] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def keys(self) -> list[str]:
        """In the order in which they are shown when nothing is sorted."""
        return list(self._rows)

    def replace(self, rows: Iterable[GridRow]) -> None:
        """Forget all rows and take these. Raises ValueError for a key that is there twice."""
        before, self._rows = self._rows, {}
        try:
            self.insert(rows)
        except ValueError:
            self._rows = before
            raise

    def insert(self, rows: Iterable[GridRow], before: str | None = None) -> list[str]:
        """Insert rows before the one with this key, at the end without; returns the new keys."""
        added = [(row.key, _ShownRow(row, self._blank)) for row in rows]
        keys = [key for key, _ in added]
        if len({*keys, *self._rows}) < len(keys) + len(self._rows):
            raise ValueError("the key of a row is unique")
        present = list(self._rows.items())
        at = self.keys().index(before) if before in self._rows else len(present)
        self._rows = dict([*present[:at], *added, *present[at:]])
        return keys

    def remove(self, keys: Iterable[str]) -> list[str]:
        """Remove these rows; returns the keys of those that were there."""
        return [key for key in keys if self._rows.pop(key, None) is not None]

    def write(self, edit: Edit) -> None:
        """What the browser shows from the moment of the edit on."""
        self.update(CellUpdate(edit.key, edit.column, edit.text))

    def update(self, change: CellUpdate | RowUpdate) -> None:
        """Keep a change; one of a row that is gone is dropped."""
        row = self._rows.get(change.key)
        if row is not None:
            row.take(change)

    def encode(self, keys: Iterable[str] | None = None) -> bytes:
        """Rows, all without `keys`, column by column as JSON, as the front end reads it."""
        rows = {key: self._rows[key] for key in (self._rows if keys is None else keys)}
        numbered = list(enumerate(rows.values()))
        content: dict[str, Any] = {
            "keys": list(rows),
            "values": {name: [row.values[name] for row in rows.values()] for name in self._blank},
            "ranks": [[n, name, rank] for n, row in numbered for name, rank in row.sort_as.items()],
            "problems": [[n, name, reason] for n, row in numbered for name, reason in row.problems.items()],
            "changed": [[n, name] for n, row in numbered for name in sorted(row.changed)],
            "states": [[n, row.state, row.state_text] for n, row in numbered if row.state or row.state_text],
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class _ShownRow:
    """A row that changes."""

    __slots__ = ("changed", "problems", "sort_as", "state", "state_text", "values")

    def __init__(self, row: GridRow, blank: Mapping[str, Value]) -> None:
        self.values = {name: row.cells.get(name, empty) for name, empty in blank.items()}
        self.problems = {name: reason for name, reason in row.problems.items() if reason}
        self.changed = set(row.changed)
        self.sort_as = dict(row.sort_as)
        self.state: State = row.state
        self.state_text = row.state_text

    def take(self, change: CellUpdate | RowUpdate) -> None:
        if isinstance(change, RowUpdate):
            self.state, self.state_text = change.state, change.text
            return
        name = change.column
        self.values[name] = change.text
        self.changed = self.changed | {name} if change.changed else self.changed - {name}
        _set_or_drop(self.problems, name, change.problem or None)
        _set_or_drop(self.sort_as, name, change.sort_as)


def _set_or_drop(values: dict[str, _T], name: str, value: _T | None) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value
