"""What a run leaves of a sheet: how each change ended, and the edits that are still to be made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from roots_nb.editing.cells import read_name
from roots_nb.editing.change import FIELDS, Change
from roots_nb.editing.history import State
from roots_nb.editing.result import Result
from roots_nb.sheet.frame import row_key
from roots_nb.sheet.unsent import UnsentEdit

_DONE: frozenset[State] = frozenset({"done", "already_so"})
_NOTES: dict[State, str] = {
    "done": "Saved",
    "already_so": "Saved",
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


def left_over(edits: Iterable[UnsentEdit], result: Result) -> list[UnsentEdit]:
    """The edits that a run has not made; what was edited since it was planned is laid over what it left."""
    left = {edit.row: edit for edit in edits}
    ids = result.changes["worklog_id"].tolist()
    for (change, state, _), worklog_id in zip(result.ends, ids, strict=True):
        if state in _DONE:
            edit = left.pop(_row_of(change, left.values()), None)
            if edit is not None and edit.worklog_id and change.after is not None:
                key = row_key(change.connection, read_name(worklog_id))
                left[key] = replace(edit, row=key, worklog_id=read_name(worklog_id), before=change.after)
    return list(left.values())


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
