"""What a run leaves of a sheet: how each change ended, and the edits that are still to be made."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from roots_nb.editing.cells import read_name
from roots_nb.editing.change import FIELDS, Change, Values
from roots_nb.editing.history import State
from roots_nb.editing.result import Result
from roots_nb.sheet.frame import row_key
from roots_nb.sheet.row import SheetRow
from roots_nb.sheet.unsent import UnsentEdit

_DONE: frozenset[State] = frozenset({"done", "already_so"})
SAVED = "Saved"
_NOTES: dict[State, str] = {
    "done": SAVED,
    "already_so": SAVED,
    "conflict": "Conflict",
    "failed": "Failed",
    "unknown": "Not known",
    "not_sent": "Not sent",
}


def notes_of(result: Result) -> dict[str, str]:
    """Row's key -> how its change ended, in a word or two."""
    ids = result.changes["worklog_id"].tolist()
    return {
        row_key(change.connection, read_name(worklog_id) if state in _DONE else change.worklog_id): _NOTES[state]
        for (change, state, _), worklog_id in zip(result.ends, ids, strict=True)
    }


def rows_planned(changes: Iterable[Change], drafts: Iterable[SheetRow]) -> dict[str, str]:
    """`op_id` -> key of the row from which a change was planned; `drafts` are the new rows."""
    new: defaultdict[tuple[str, Values], deque[str]] = defaultdict(deque)
    for row in drafts:
        if not row.delete:
            issue, started, time_spent, comment = map(row.value, FIELDS)
            new[row.connection, Values(issue, started, time_spent, comment or "")].append(row.key)
    return {
        change.op_id: row_key(change.connection, change.worklog_id)
        if change.after is None or change.worklog_id
        else new[change.connection, change.after].popleft()
        for change in changes
    }


def left_over(edits: Iterable[UnsentEdit], result: Result, planned: Mapping[str, SheetRow]) -> list[UnsentEdit]:
    """The edits that a run has not made; what was edited since it was planned is laid over what it left.

    `planned` has the rows, as they are now, from which changes were planned: by `op_id`.
    """
    left = {edit.row: edit for edit in edits}
    ids = result.changes["worklog_id"].tolist()
    for (change, state, _), worklog_id in zip(result.ends, ids, strict=True):
        if state in _DONE:
            row = planned.get(change.op_id)
            edit = left.pop(row.key if row else _row_of(change, left.values()), None)
            if row is not None:
                edit = _since(row, change)
            if edit is not None and change.after is None and row is not None:
                left[edit.row] = edit
            elif edit is not None and change.after is not None and (row or edit.worklog_id):
                key = row_key(change.connection, read_name(worklog_id))
                left[key] = replace(edit, row=key, worklog_id=read_name(worklog_id), before=change.after)
    return list(left.values())


def done_by(result: Result) -> set[str]:
    """The `op_id` of each change that is done."""
    return {change.op_id for change, state, _ in result.ends if state in _DONE}


def _since(row: SheetRow, change: Change) -> UnsentEdit | None:
    """What a row says by now that the change planned from it has not made; None = nothing."""
    if change.after is None:
        return None if row.delete else row.unsent()
    says = {name: row.value(name) for name in FIELDS}
    wanted = {name: value for name, value in says.items() if value not in (None, getattr(change.after, name))}
    edit = replace(row.unsent(), wanted=wanted)
    return None if edit.is_empty else edit


def without(edit: UnsentEdit, change: Change) -> UnsentEdit:
    """What is left of an edit once a change planned from it is given up: what was edited since."""
    if change.after is None:
        return replace(edit, wanted={}, typed={}, delete=False) if edit.delete else edit
    given_up = {name: getattr(change.after, name) for name in change.changed}
    left = {name: value for name, value in edit.wanted.items() if (name, value) not in given_up.items()}
    return replace(edit, wanted=left)


def _row_of(change: Change, edits: Iterable[UnsentEdit]) -> str:
    if change.worklog_id:
        return row_key(change.connection, change.worklog_id)
    return next((edit.row for edit in edits if _is_made_by(edit, change)), "")


def _is_made_by(edit: UnsentEdit, change: Change) -> bool:
    made = {name: getattr(change.after, name) for name in FIELDS}
    return (edit.worklog_id, edit.connection, {"comment": "", **edit.wanted}) == ("", change.connection, made)
