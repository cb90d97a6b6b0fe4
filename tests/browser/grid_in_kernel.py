"""What stands behind the grid in the browser's tests: a few rules in the kernel, and a list of what arrived."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from roots_nb.widgets.grid.rows import CellUpdate, Edit, GridColumn, GridRow, RowUpdate
from roots_nb.widgets.grid.worklog_grid import Draft, WorklogGrid

PROBLEM = "This is no time spent: write 1h 30m, 1.5 or 90m."
HOSTILE = "<img src=x onerror=alert(1)> & <b>bold</b>"
COLUMNS = [
    GridColumn("day", "Day", "key", width_hint=90),
    GridColumn("start", "Start", "key", editable=True, width_hint=70),
    GridColumn("spent", "Time spent", "number", editable=True),
    GridColumn("issue", "Issue", "key", editable=True, width_hint=80),
    GridColumn("summary", "Summary", "text", width_hint=120),
    GridColumn("comment", "Comment", "text", editable=True, width_hint=160),
    GridColumn("delete", "Delete", "check", editable=True, width_hint=70, hint="Tick what is to be deleted"),
    GridColumn("state", "State", "state", width_hint=110),
]


class Example:
    """A grid whose time spent is in whole minutes and is shown in hours.

    Attributes
    ----------
    actions : list
        What arrived: a list of [key, column, text] for each action.
    """

    def __init__(self, rows: int = 40) -> None:
        self.actions: list[list[list[object]]] = []
        self._numbers = count(1)
        self.grid = WorklogGrid(
            COLUMNS, self.take, on_add=self.add, on_remove=self.remove, label="Worklogs of the week"
        )
        self.grid.set_rows(map(_row, range(rows)))

    def reset(self) -> None:
        """All rows are set anew, and then one is added."""
        self.grid.set_rows(map(_row, range(40)))
        self.add([{}])

    def interfere(self) -> None:
        """The row with the key 1 is edited, one is added, the one with the key 3 removed."""
        self.take([Edit("1", "comment", "theirs")])
        self.add([{}])
        self.remove(["3"])

    def answer_late(self) -> None:
        """What is said of a cell before its last edit was seen, but arrives after it."""
        nothing_seen = dict.fromkeys(self.grid._seen, 0)
        cell = ["0", "comment", "late", "", False, None]
        self.grid.send({"type": "show", "seen": nothing_seen, "cells": [cell], "rows": []}, [])

    def take(self, edits: list[Edit]) -> None:
        self.actions.append([[edit.key, edit.column, edit.text] for edit in edits])
        self.grid.show(change for edit in edits for change in _verdict(edit))

    def add(self, drafts: list[Draft]) -> None:
        self.grid.add_rows(self._new(draft) for draft in drafts)

    def _new(self, draft: Draft) -> GridRow:
        return GridRow(f"new-{next(self._numbers)}", {"day": "Fri 27", **draft}, state="new", state_text="New")

    def remove(self, keys: list[str]) -> None:
        self.grid.remove_rows(keys)


def _row(number: int) -> GridRow:
    cells: dict[str, str | bool] = {
        "day": f"Mon {number % 28 + 1:02}",
        "start": f"{8 + number % 9:02}:15",
        "spent": _hours(60 * (number % 12 + 1)),
        "issue": f"APP-{number}",
        "summary": "Checkout: the total is wrong when a voucher is used",
        "comment": HOSTILE if number == 1 else f"Review of part {number}",
    }
    return GridRow(str(number), cells, sort_as={"spent": number % 12 + 1})


def _verdict(edit: Edit) -> Iterable[CellUpdate | RowUpdate]:
    if edit.column == "delete":
        yield CellUpdate(edit.key, edit.column, edit.text, changed=edit.text is True)
        yield RowUpdate(edit.key, "removed", "To delete") if edit.text else RowUpdate(edit.key)
    elif edit.column != "spent":
        yield CellUpdate(edit.key, edit.column, edit.text, changed=True)
        yield RowUpdate(edit.key, "changed", "Changed")
    elif (minutes := _minutes(str(edit.text))) is None:
        yield CellUpdate(edit.key, edit.column, edit.text, PROBLEM, changed=True)
        yield RowUpdate(edit.key, "problem", "Problem")
    else:
        yield CellUpdate(edit.key, edit.column, _hours(minutes), changed=True, sort_as=minutes / 60)
        yield RowUpdate(edit.key, "changed", "Changed")


def _minutes(text: str) -> int | None:
    number, factor = (text[:-1], 1) if text.endswith("m") else (text.removesuffix("h"), 60)
    try:
        return round(float(number) * factor)
    except ValueError:
        return None


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}h"
