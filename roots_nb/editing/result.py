"""How a run ended: one row per change, the frame as Jira holds it now, and what to do with conflicts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from roots_nb.editing import result_view
from roots_nb.editing.change import FIELDS, Action, Change, operation_id
from roots_nb.editing.history import History, State
from roots_nb.editing.image import Image, differing
from roots_nb.editing.plan import Plan
from roots_nb.editing.planner import SiteAccount
from roots_nb.editing.record import Record, count_states
from roots_nb.errors import InvalidInput, RootsError
from roots_nb.worklogs import empty_worklogs, recounted, worklogs_of_rows

if TYPE_CHECKING:
    from rich.console import RenderableType

_OVERWRITABLE = (*FIELDS, "delete")
_WISHES: dict[Action, str] = {"delete": "deleted", "move": "moved", "update": "changed"}


class Result:
    """Made by `apply_changes` and `resume`; shows itself.

    Attributes
    ----------
    run : str
        Names the run: for `resume`, `plan_undo` and `close_run`. "" when there was nothing to change.
    problems : tuple of RootsError
        Why it stopped before the end, one for each site that did.
    zone : ZoneInfo or None
        Of the frame that was edited; None when there was nothing to change.
    counts : dict
        How many changes are "done", "already_so", "conflict", "failed", "unknown" and "not_sent"; they sum to the plan.
    notes : list of str
        What else was noticed, as sentences.
    """

    def __init__(
        self, records: Sequence[Record], problems: Sequence[RootsError] = (), *, worklogs: pd.DataFrame | None = None
    ) -> None:
        self._records = records
        self._base = worklogs
        self.run = records[0].run if records else ""
        self.problems = tuple(problems)
        self.zone = ZoneInfo(records[0].zone) if records else None
        self.counts: dict[State, int] = count_states(records)
        self.notes = [note for record in records for note in record.notes]

    def state_of(self, op_id: str) -> State:
        """The state of one change of the plan."""
        return next(record.histories[op_id].outcome.state for record in self._records if op_id in record.histories)

    def __len__(self) -> int:
        return sum(self.counts.values())

    @property
    def is_finished(self) -> bool:
        """Whether every change has ended and was verified; otherwise `resume` goes on."""
        return all(record.is_finished for record in self._records)

    @property
    def is_open(self) -> bool:
        """Whether `resume` would go on: neither finished nor closed."""
        return any(record.is_open for record in self._records)

    def with_worklogs(self, worklogs: pd.DataFrame) -> Result:
        """The same result, whose `worklogs` are this frame, patched: the one that was edited, or one with more rows."""
        return Result(self._records, self.problems, worklogs=worklogs)

    @property
    def changes(self) -> pd.DataFrame:
        """One row per change.

        Returns
        -------
        DataFrame
            state, note, action, connection, worklog_id (of a created or moved worklog the new one; missing where there
            is none), issue, op_id: all str.
        """
        rows = [_row(change, history) for change, history in self._each()]
        names = ["state", "note", "action", "connection", "worklog_id", "issue", "op_id"]
        return pd.DataFrame(rows, columns=names).astype("str")

    @property
    def conflicts(self) -> pd.DataFrame:
        """What somebody else changed meanwhile, one row per worklog and field in which they and you differ.

        Returns
        -------
        DataFrame
            connection, worklog_id, issue, field (str), before, theirs, mine (object: as loaded, as in Jira now, as you
            want it), op_id (str). A worklog that is gone has one row whose field is "worklog".
        """
        rows = [[*row, change.op_id] for change, history in self._each() for row in _conflict_rows(change, history)]
        names = ["connection", "worklog_id", "issue", "field", "before", "theirs", "mine", "op_id"]
        frame = pd.DataFrame(rows, columns=names, dtype="object")
        return frame.astype(dict.fromkeys([*names[:4], "op_id"], "str"))

    @property
    def worklogs(self) -> pd.DataFrame:
        """The frame as Jira holds it now, patched with Jira's own answers; nothing is loaded for it.

        Of a run that was resumed in another kernel, only the worklogs that the run is about.
        """
        base = self._base if self._base is not None else empty_worklogs(str(self.zone))
        gone: set[tuple[str, str]] = set()
        rows: list[dict[str, Any]] = []
        for record in self._records:
            for change in record.changes:
                ids, now = _patch(change, record)
                gone |= {(change.connection, worklog_id) for worklog_id in ids}
                rows += now
        identity = pd.MultiIndex.from_frame(base[["connection", "worklog_id"]])
        is_gone = identity.isin(list(gone))
        fresh = worklogs_of_rows(rows, base["started"].dt.tz)
        joined = pd.concat([base[~is_gone], fresh]).sort_values(
            ["started", "connection", "worklog_id"], ignore_index=True
        )
        joined.attrs = dict(base.attrs)
        if "loads" in base.attrs:
            joined.attrs["loads"] = [recounted(load, base[is_gone], fresh) for load in base.attrs["loads"]]
        return joined

    def replan(self, overwrite: Iterable[str], *, operations: Iterable[str] | None = None) -> Plan:
        """A plan that puts my changes of the named fields on top of theirs, for every conflict or some of them.

        Parameters
        ----------
        overwrite : iterable of str
            "issue", "started", "time_spent", "comment"; "delete" for worklogs I wanted to delete.
        operations : iterable of str, optional
            The `op_id` of each conflict that is meant; by default all.

        Returns
        -------
        Plan
            Checked against the worklogs as they are now. Conflicts on worklogs that are gone or somebody else's
            stay out.
        """
        names = frozenset(overwrite)
        if unknown := names - set(_OVERWRITABLE):
            raise InvalidInput(
                f"{', '.join(sorted(unknown))} cannot be overwritten.",
                advice=f"Name some of {', '.join(_OVERWRITABLE)}.",
            )
        meant = frozenset(operations if operations is not None else self.changes["op_id"])
        changes = [
            again
            for change, history in self._each()
            if history.outcome.state == "conflict"
            and change.op_id in meant
            and (again := _again(change, history.outcome.image, names))
        ]
        return plan_of(changes, self._records, self.worklogs)

    @property
    def ends(self) -> list[tuple[Change, State, str]]:
        """Each change as it was planned, its state, and the note on it ("" = none)."""
        return [(change, history.outcome.state, _note(history)) for change, history in self._each()]

    def _each(self) -> Iterable[tuple[Change, History]]:
        return ((change, record.histories[change.op_id]) for record in self._records for change in record.changes)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {state}" for state, n in self.counts.items() if n)
        return f"<Result {self.run[:8]}: {counts or 'nothing to change'}>"

    def _repr_html_(self) -> str:
        return str(result_view.result_html(self))

    def __rich__(self) -> RenderableType:
        return result_view.result_terminal(self)


def plan_of(
    changes: Sequence[Change],
    records: Sequence[Record],
    worklogs: pd.DataFrame,
    *,
    undoes: str = "",
    allow_twins: bool = False,
) -> Plan:
    """A plan of changes to what a run left."""
    accounts = {
        change.connection: SiteAccount(record.site, record.account_id, record.author)
        for record in records
        for change in record.changes
    }
    return Plan(
        run=uuid.uuid4().hex,
        operations=tuple(changes),
        zone=ZoneInfo(records[0].zone),
        worklogs=worklogs,
        allow_twins=allow_twins,
        undoes=undoes,
        issues={
            (change.connection, key): facts
            for record in records
            for change in record.changes
            for key, facts in record.issues.items()
        },
        accounts=accounts,
    )


def _row(change: Change, history: History) -> list[str | None]:
    left = history.outcome.image
    issue = left.values.issue if left else change.issue
    worklog_id = left.worklog_id if left else change.worklog_id
    return [
        history.outcome.state,
        _note(history),
        change.action,
        change.connection,
        worklog_id or None,
        issue,
        change.op_id,
    ]


def _note(history: History) -> str:
    return " ".join(filter(None, (history.outcome.note, history.afterwards)))


def _conflict_rows(change: Change, history: History) -> list[list[object]]:
    if history.outcome.state != "conflict":
        return []
    theirs, before, mine = history.outcome.image, change.before, change.after
    head: list[object] = [change.connection, change.worklog_id, change.issue]
    assert before is not None
    if theirs is None:
        return [[*head, "worklog", "there", "gone", _WISHES[change.action]]]
    fields = sorted(differing(theirs.values, before) | change.changed, key=FIELDS.index)
    wanted = mine or before
    rows = [[*head, f, getattr(before, f), getattr(theirs.values, f), getattr(wanted, f)] for f in fields]
    return rows if mine else [*rows, [*head, "worklog", "there", "there", "deleted"]]


def _again(change: Change, theirs: Image | None, overwrite: frozenset[str]) -> Change | None:
    if theirs is None or not theirs.is_mine or change.before is None:
        return None
    if change.after is None:
        if "delete" not in overwrite:
            return None
        return replace(change, before=theirs.values, updated=theirs.updated)
    mine = {name: getattr(change.after, name) for name in change.changed & overwrite}
    after = replace(theirs.values, **mine)
    if not differing(after, theirs.values):
        return None
    op_id = operation_id(change.site, change.account_id, change.worklog_id, after)
    action: Action = "move" if after.issue != theirs.values.issue else "update"
    return replace(change, op_id=op_id, action=action, before=theirs.values, after=after, updated=theirs.updated)


def _patch(change: Change, record: Record) -> tuple[list[str], list[dict[str, Any]]]:
    """Ids of rows that are not as they were, and the row to put there, if any."""
    history = record.histories[change.op_id]
    outcome = history.outcome
    if not outcome.was_seen:
        return [], []
    now = outcome.image if history.now is None and not history.afterwards else history.now
    ids = [worklog_id for worklog_id in (change.worklog_id, now and now.worklog_id) if worklog_id]
    return ids, [_frame_row(change, now, record)] if now else []


def _frame_row(change: Change, now: Image, record: Record) -> dict[str, Any]:
    key = now.values.issue
    facts = dict.fromkeys(("summary", "issue_type", "epic", "labels"), "") | {"project": key.rpartition("-")[0]}
    return {
        **facts,
        **record.issues.get(key, {}),
        "connection": change.connection,
        "worklog_id": now.worklog_id,
        "issue": key,
        "started": now.values.started,
        "time_spent": now.values.time_spent,
        "comment": now.values.comment,
        "author": record.author if now.is_mine else "",
        "author_id": record.account_id if now.is_mine else "",
        "visibility": now.visibility_text,
        "created": now.created,
        "updated": now.updated,
        "url": f"{change.site}/browse/{key}",
    }
