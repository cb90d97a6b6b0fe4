"""The spreadsheet as a widget: rows go to the browser, edits come back; what an edit means is for others to say.

No row is ever part of the widget's state, so that no saved notebook holds one (`tests/browser/test_grid.py`): rows
travel as the buffer of a message, to each page when it says that it is ready. Each edit has a number, which comes back
when `on_edit` has returned; the front end shows how many are missing. Everything sent names the last number that had
been seen, so that a verdict on an older text never replaces what was typed since.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from roots_nb.widgets.grid.inbox import Inbox, Message
from roots_nb.widgets.grid.rows import CellUpdate, Edit, GridColumn, GridRow, RowUpdate, ShownRows

Draft = Mapping[str, str]

_BUNDLE = Path(__file__).with_name("static")


class WorklogGrid(anywidget.AnyWidget):
    """A spreadsheet.

    Parameters
    ----------
    columns : sequence of GridColumn
    on_edit : callable
        Gets what one action changed as a list of `Edit`, in order: one for a typed cell, all cells of a paste, a fill
        down, an undo. It answers with `show`: every edited cell as it is to be shown, with its problem if it has one.
        It may be called on any thread, but never on two at a time. An exception marks the cells and goes to the log.
    on_add : callable, optional
        Gets a list of drafts, column name -> text: an empty one for the button "Add row", those that a pasted block has
        below the last row. It answers with `add_rows`. Without it rows cannot be added.
    on_remove : callable, optional
        Gets the keys of rows that were added and whose adding is undone. It answers with `remove_rows`.
    label : str
        What a screen reader calls the table.

    Notes
    -----
    Undo and redo are the front end's: they arrive as ordinary edits. All methods may be called from any thread.
    """

    _esm = _BUNDLE / "grid.js"
    _css = _BUNDLE / "grid.css"

    label = traitlets.Unicode("Worklogs").tag(sync=True)

    def __init__(
        self,
        columns: Sequence[GridColumn],
        on_edit: Callable[[list[Edit]], None],
        *,
        on_add: Callable[[list[Draft]], None] | None = None,
        on_remove: Callable[[list[str]], None] | None = None,
        label: str = "Worklogs",
    ) -> None:
        super().__init__(label=label)
        self.columns = tuple(columns)
        self._on_edit, self._on_add, self._on_remove = on_edit, on_add, on_remove
        self._guard = threading.RLock()  # what is shown and the order of what is sent
        self._shown = ShownRows(columns)
        self._seen: dict[str, int] = {}
        self._answering = threading.local()
        self._inbox = Inbox(self._handle)
        self.on_msg(self._receive)

    def set_rows(self, rows: Iterable[GridRow]) -> None:
        """Show these rows and no others; what could be undone is forgotten. Raises ValueError for a doubled key."""
        with self._guard:
            self._shown.replace(rows)
            if self._seen:
                self._send_all()

    def show(self, changes: Iterable[CellUpdate | RowUpdate]) -> None:
        """Show changed cells and states; an open editor stays open. Changes of rows that are gone are dropped."""
        with self._guard:
            present = [change for change in changes if change.key in self._shown]
            for change in present:
                self._shown.update(change)
            if present:
                self._tell("show", _encode(present))

    def add_rows(self, rows: Iterable[GridRow], at: str | None = None) -> None:
        """Insert rows before the row with the key `at`, at the end without. Raises ValueError for a doubled key."""
        with self._guard:
            keys = self._shown.insert(rows, before=at)
            if keys:
                answers = getattr(self._answering, "request", None)
                self._tell("add", {"at": at, "answers": answers}, self._shown.encode(keys))

    def remove_rows(self, keys: Iterable[str]) -> None:
        """Take rows away; keys that are not there are passed over."""
        with self._guard:
            gone = self._shown.remove(keys)
            if gone:
                self._tell("remove", {"keys": gone})

    def _receive(self, _: object, content: dict[str, Any], __: object) -> None:
        """Every message of the front end arrives here, on whatever thread."""
        if content.get("type") == "ready":
            with self._guard:
                self._seen.setdefault(content["client"], 0)
                self._send_all({"for": content["client"]})
        else:
            self._inbox.put(Message(content["client"], content["number"], content))

    def _handle(self, message: Message) -> None:
        with self._guard:
            self._seen[message.client] = message.number
        self._answering.request = [message.client, message.number]
        try:
            self._act(message.content)
        except Exception:
            self.log.exception("The grid's callback failed")
        finally:
            self._answering.request = None
            with self._guard:
                self._tell("taken", {"client": message.client, "number": message.number})

    def _act(self, content: dict[str, Any]) -> None:
        if content["type"] == "edit":
            self._edit([Edit(*cell) for cell in content["cells"]])
        elif content["type"] == "add" and self._on_add is not None:
            self._on_add(content["drafts"])
        elif content["type"] == "remove" and self._on_remove is not None:
            self._on_remove(content["keys"])

    def _edit(self, edits: list[Edit]) -> None:
        with self._guard:
            for edit in edits:
                self._shown.write(edit)
        try:
            self._on_edit(edits)
        except BaseException as error:
            reason = f"This edit was not taken over ({type(error).__name__}). Type it again."
            self.show([CellUpdate(edit.key, edit.column, edit.text, reason) for edit in edits])
            raise

    def _send_all(self, receiver: Mapping[str, str] | None = None) -> None:
        columns = [_column(column) for column in self.columns]
        content = {"columns": columns, "can_add": self._on_add is not None, **(receiver or {})}
        self._tell("rows", content, self._shown.encode())

    def _tell(self, kind: str, content: Mapping[str, object], *buffers: bytes) -> None:
        self.send({"type": kind, "seen": dict(self._seen), **content}, list(buffers))


def _column(column: GridColumn) -> dict[str, object]:
    return {
        "name": column.name,
        "title": column.title,
        "kind": column.kind,
        "editable": column.editable and column.kind != "state",
        "width": column.width_hint,
        "hint": column.hint,
    }


def _encode(changes: Iterable[CellUpdate | RowUpdate]) -> dict[str, object]:
    cells: list[list[object]] = []
    rows: list[list[object]] = []
    for change in changes:
        if isinstance(change, CellUpdate):
            cells.append([change.key, change.column, change.text, change.problem, change.changed, change.sort_as])
        else:
            rows.append([change.key, change.state, change.text])
    return {"cells": cells, "rows": rows}
