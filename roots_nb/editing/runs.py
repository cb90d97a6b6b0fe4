"""Which runs there are, what they left unfinished, and how to take one back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from roots_nb.editing.account_lock import account_lock, who_applies
from roots_nb.editing.change import Change, Values, operation_id
from roots_nb.editing.history import STATES, History, State
from roots_nb.editing.journal import Journal, journal_path, journal_paths, read_journal, run_and_account
from roots_nb.editing.plan import Plan
from roots_nb.editing.record import Record, count_states, read_all_records, read_records
from roots_nb.editing.result import Result, plan_of
from roots_nb.errors import InvalidInput, JournalUnusable, UnfinishedRun

KEPT_SECONDS = 90 * 86400
PERHAPS_MADE = "may have been made by an undo that was closed: look in Jira first"


def runs() -> pd.DataFrame:
    """What was applied on this computer, the newest first.

    Returns
    -------
    DataFrame
        run, begun (datetime, UTC), connections, accounts (str, comma-joined), status ("finished", "interrupted",
        "being applied", "closed" or "unreadable"), changes (int), one int column for each state of a change (done,
        already_so, conflict, failed, unknown, not_sent), undoes, undone_by (str; a run, or ""), problem (str, ""; which
        file cannot be read and what to do: of such a run only what the others tell is known). Empty when nothing was
        applied in the last 90 days.

    Raises
    ------
    JournalUnusable
        The folder of the journals cannot be read.
    """
    records, problems = read_all_records()
    parts: dict[str, list[Record]] = {run: [] for run in problems}
    for record in records:
        parts.setdefault(record.run, []).append(record)
    undone = {record.undoes: record.run for record in records if record.undoes}
    rows = [_run_row(run, its, undone.get(run, ""), problems.get(run)) for run, its in parts.items()]
    texts = ["run", "connections", "accounts", "status", "undoes", "undone_by", "problem"]
    names = ["run", "begun", "connections", "accounts", "status", "changes", *STATES, "undoes", "undone_by", "problem"]
    frame = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(texts, "str"))
    frame["begun"] = pd.to_datetime(frame["begun"], utc=True).astype("datetime64[us, UTC]")
    frame = frame.astype(dict.fromkeys(["changes", *STATES], "int64"))
    return frame.sort_values("begun", ascending=False, ignore_index=True)


def _run_row(run: str, records: list[Record], undone_by: str, problem: JournalUnusable | None) -> list[object]:
    names = sorted({change.connection for record in records for change in record.changes})
    accounts = sorted({record.author for record in records})
    counts = count_states(records)
    begun = min((record.at for record in records), default=None)
    undoes = next((record.undoes for record in records), "")
    head = [run, begun, ", ".join(names), ", ".join(accounts), "unreadable" if problem else _status(records)]
    return [*head, sum(counts.values()), *counts.values(), undoes, undone_by, str(problem or "")]


def _status(records: Iterable[Record]) -> str:
    if _applied_by(records):
        return "being applied"
    if any(record.is_open for record in records):
        return "interrupted"
    return "closed" if any(record.is_closed for record in records) else "finished"


def applied_by(run: str) -> str:
    """Who is carrying out a run at the moment, as `who_applies` tells it; "" = nobody. Raises `JournalUnusable`."""
    return _applied_by(read_records(run))


def _applied_by(records: Iterable[Record]) -> str:
    tellings = (who_applies(*record.key, record.run) for record in records if record.is_open)
    return next(filter(None, tellings), "")


def result_of(run: str) -> Result:
    """How a run stands, from its journal; nothing is sent. Raises `InvalidInput` if there is none."""
    return Result(_records(run))


def close_run(run: str) -> None:
    """Leave an interrupted run as it is, and stop asking for it. What was sent stays; the rest is never sent.

    Raises
    ------
    InvalidInput
        There is no such run.
    RunLocked
        It is under way.
    """
    for record in _records(run):
        with account_lock(*record.key), Journal.open(journal_path(run, *record.key)) as journal:
            if Record.of(journal).is_open:
                journal.append("closed")


def plan_undo(run: str) -> Plan:
    """Plan what takes a run back; nothing is sent.

    Only what the run itself did is undone, and only where Jira still holds what the run left: anything else will be a
    conflict. What was deleted comes back as a new worklog, with a new id and a new `created`.

    Returns
    -------
    Plan
        In reverse order. Empty if there is nothing (more) to undo.

    Raises
    ------
    InvalidInput
        There is no such run.
    UnfinishedRun
        It was interrupted: resume or close it first.
    """
    records = _records(run)
    if any(record.is_open for record in records):
        raise UnfinishedRun([run])
    undone, in_doubt = undone_operations(run), _operations_of_undo(run, "unknown")
    changes = [
        back
        for record in records
        for change in reversed(record.changes)
        if (back := _back(change, record.histories[change.op_id])) and back.op_id not in undone
    ]
    plan = plan_of(changes, records, Result(records).worklogs, undoes=run, allow_twins=True)
    made = [change.op_id for change in changes if change.action == "create" and change.op_id in in_doubt]
    return replace(plan, warnings=dict.fromkeys(made, PERHAPS_MADE))


def undone_operations(run: str) -> set[str]:
    """The operations of all plans to undo a run that stand by now; those plans are of the same accounts.

    Raises
    ------
    JournalUnusable
        A journal of these accounts cannot be read, and it may be the one.
    """
    return _operations_of_undo(run, "done", "already_so")


def _operations_of_undo(run: str, *states: State) -> set[str]:
    accounts = {run_and_account(path)[1] for path in journal_paths(run)}
    of_accounts = [path for path in journal_paths() if run_and_account(path)[1] in accounts]
    return {
        change.op_id
        for record in (Record.of(read_journal(path)) for path in of_accounts)
        if record.undoes == run
        for change in record.changes
        if record.histories[change.op_id].outcome.state in states
    }


def _back(change: Change, history: History) -> Change | None:
    """The change that takes this one back, checked against all that it left; None if it did nothing itself."""
    if history.outcome.state != "done":
        return None
    left = history.after
    before = history.before.values if history.before else change.before
    op_id = operation_id(change.site, change.account_id, f"undo {change.op_id}", None)
    back = replace(change, op_id=op_id, exact=True, updated=left.updated if left else None, kept=None)
    if left is None:
        kept = history.before.kept if history.before else None
        return replace(back, action="create", worklog_id="", before=None, after=before, kept=kept)
    back = replace(back, worklog_id=left.worklog_id, before=left.values)
    if change.action == "create" or before is None:
        return replace(back, action="delete", after=None)
    return replace(back, after=_with_old(change, left.values, before))


def _with_old(change: Change, left: Values, before: Values) -> Values:
    """What others changed besides stays; so does a start that Jira has rounded."""
    return replace(left, **{name: getattr(before, name) for name in change.changed})


def _records(run: str) -> list[Record]:
    records = read_records(run)
    if not records:
        raise InvalidInput(f"There is no run {run}.", advice="roots_nb.runs() lists them.")
    return records


def delete_old_runs() -> None:
    """Runs that ended on all their sites are forgotten after 90 days."""
    by_run: dict[str, list[Path]] = {}
    for path in journal_paths():
        by_run.setdefault(run_and_account(path)[0], []).append(path)
    for paths in by_run.values():
        with contextlib.suppress(OSError, JournalUnusable):
            is_old = all(time.time() - path.stat().st_mtime > KEPT_SECONDS for path in paths)
            if is_old and not any(Record.of(read_journal(path)).is_open for path in paths):
                for path in paths:
                    path.unlink()
