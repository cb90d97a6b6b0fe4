"""Apply a plan, resume what was interrupted: the only way back to Jira.

One apply at a time for an account on a site. What is planned is on disk before anything is sent; each intent and each
outcome as well. A run that was interrupted is resumed or closed before the account's next one begins
(`tests/faults/write_back/`, `tests/editing/test_apply.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from roots_nb.editing.account_lock import AccountLock, account_lock
from roots_nb.editing.change import Change
from roots_nb.editing.history import SETTLED
from roots_nb.editing.journal import Journal, journal_path
from roots_nb.editing.plan import Plan
from roots_nb.editing.record import Record, open_runs, read_records
from roots_nb.editing.result import Result
from roots_nb.editing.runs import delete_old_runs, undone_operations
from roots_nb.editing.site_run import SiteRun
from roots_nb.errors import InvalidInput, RootsError, Stopped, UnfinishedRun
from roots_nb.jira.client import AdjustEstimate, Jira
from roots_nb.progress import Progress
from roots_nb.progress_bars import default_progress

_Key = tuple[str, str]  # address of the site, account id


def apply_changes(
    jira: Jira | Sequence[Jira],
    plan: Plan,
    *,
    confirm: str | None = None,
    adjust_estimate: AdjustEstimate = "leave",
    notify: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Carry out a plan in Jira, verify it, and tell of each change how it ended.

    A plan is applied once: a second time its first result comes back. Planned anew after it was applied, its changes
    are `already_so`.

    Parameters
    ----------
    jira : Jira or sequence of Jira
        Signed in to every site and account of the plan; more do no harm.
    confirm : str, optional
        `plan.confirmation`, where it is not "".
    adjust_estimate : "leave", "auto" or timedelta
        What becomes of the remaining estimate of each issue: it stays, it follows, or it is set.
    notify : bool
        Whether watchers get mail. Server / Data Center always sends it.
    progress : Progress, optional
        By default a bar in a notebook, a line in a terminal, and nothing when piped.

    Returns
    -------
    Result
        One row per change. Where the work stopped before the end, `result.problems` (of one project:
        `result.notes`) say why, and `resume` goes on.

    Raises
    ------
    InvalidInput
        The plan wants to be confirmed, undoes what another one has undone, or a site of it is missing or signed in as
        somebody else.
    UnfinishedRun
        The account has a run that was interrupted: `resume` it, or `close_run` it.
    RunLocked
        Another notebook is applying changes of this account.
    JournalUnusable
        Nothing can be noted on this disk. Nothing was sent.
    Stopped
        The kernel was interrupted; what was under way was seen through, and `resume` goes on.
    """
    with plan.applying:
        if begun := read_records(plan.run):
            if any(record.is_open for record in begun):
                raise UnfinishedRun([plan.run])
            return Result(begun, worklogs=plan.worklogs)
        if plan.confirmation and confirm != plan.confirmation:
            raise InvalidInput(
                "This plan removes a lot.", advice=f'Look at it, then apply it with confirm="{plan.confirmation}".'
            )
        sites = _sites(jira, {(change.site, change.account_id) for change in plan.operations})
        options = {"adjust_estimate": _as_json(adjust_estimate), "notify": notify, "allow_twins": plan.allow_twins}
        with ExitStack() as stack:
            locks = _lock(stack, sites, plan.run)
            _refuse_unfinished(sites)
            _refuse_undone(plan)
            delete_old_runs()
            journals = {key: stack.enter_context(each) for key, each in _begin(plan, sites, options).items()}
            return Result(*_carry_out(sites, journals, locks, progress), worklogs=plan.worklogs)


def resume(jira: Jira | Sequence[Jira], run: str, *, progress: Progress | None = None) -> Result:
    """Go on with a run that was interrupted: settle what is unknown, send what was not sent, verify everything.

    Parameters
    ----------
    jira : Jira or sequence of Jira
        Signed in, as the same accounts, to the sites on which the run has not ended; more do no harm.
    run : str
        From `result.run` or `runs()`.

    Returns
    -------
    Result
        Of the whole run. Of a run that has ended already, how it ended.

    Raises
    ------
    InvalidInput
        There is no such run, or a site of it is missing or signed in as somebody else.
    RunLocked, JournalUnusable, Stopped
        As `apply_changes`.
    """
    records = read_records(run)
    if not records:
        raise InvalidInput(f"There is no run {run}.", advice="roots_nb.runs() lists them.")
    if not any(record.is_open for record in records):
        return Result(records)
    ended = [record for record in records if not record.is_open]
    sites = _sites(jira, {record.key for record in records if record.is_open})
    with ExitStack() as stack:
        locks = _lock(stack, sites, run)
        journals = {key: stack.enter_context(Journal.open(journal_path(run, *key))) for key in sites}
        for key in [key for key, journal in journals.items() if not Record.of(journal).is_open]:
            ended.append(Record.of(journals.pop(key)))
        carried_out, problems = _carry_out(sites, journals, locks, progress)
        return Result(sorted([*ended, *carried_out], key=lambda record: record.key), problems)


def _as_json(estimate: AdjustEstimate) -> str | int:
    return estimate // timedelta(seconds=1) if isinstance(estimate, timedelta) else estimate


def _sites(jira: Jira | Sequence[Jira], wanted: Iterable[_Key]) -> dict[_Key, Jira]:
    """The Jira for each site and account, in the order in which they are locked."""
    given = [jira] if isinstance(jira, Jira) else list(jira)
    signed_in = {(each.connection.url, each.account.account_id): each for each in given if each.problem is None}
    for site, account_id in sorted(set(wanted) - signed_in.keys()):
        problems = [str(each.problem) for each in given if each.problem and each.connection.url == site]
        raise InvalidInput(
            f"The changes on {site} need the account {account_id}, which is not signed in.",
            advice=" ".join(problems) or "Pass the connection that the worklogs were loaded with. Nothing was sent.",
        )
    return {key: signed_in[key] for key in sorted(wanted)}


def _lock(stack: ExitStack, keys: Iterable[_Key], run: str) -> dict[_Key, AccountLock]:
    return {key: stack.enter_context(account_lock(*key, run=run)) for key in keys}


def _refuse_unfinished(sites: Mapping[_Key, Jira]) -> None:
    if unfinished := open_runs(sites):
        raise UnfinishedRun([records[0].run for records in unfinished])


def _refuse_undone(plan: Plan) -> None:
    """Two plans to undo the same run would make a deleted worklog twice."""
    if plan.undoes and undone_operations(plan.undoes) & {change.op_id for change in plan.operations}:
        raise InvalidInput(
            "This was undone meanwhile, or a part of it.",
            advice=f'roots_nb.plan_undo("{plan.undoes}") plans what is left. Nothing was sent.',
        )


def _begin(plan: Plan, sites: Mapping[_Key, Jira], options: Mapping[str, Any]) -> dict[_Key, Journal]:
    """A journal for each site, or none at all."""
    journals: dict[_Key, Journal] = {}
    try:
        for key, jira in sites.items():
            changes = [change for change in plan.operations if (change.site, change.account_id) == key]
            header = _header(plan, jira, changes, len(sites), options)
            journals[key] = Journal.create(header, [change.to_json() for change in changes])
    except BaseException:
        for journal in journals.values():
            journal.close()
            journal.path.unlink()
        raise
    return journals


def _header(
    plan: Plan, jira: Jira, changes: Sequence[Change], parts: int, options: Mapping[str, Any]
) -> dict[str, Any]:
    names = {change.connection for change in changes}
    return {
        "run": plan.run,
        "site": jira.connection.url,
        "account_id": jira.account.account_id,
        "author": jira.account.display_name,
        "zone": getattr(plan.zone, "key", "UTC"),
        "undoes": plan.undoes,
        "parts": parts,
        "options": options,
        "issues": {key: dict(facts) for (name, key), facts in plan.issues.items() if name in names},
    }


def _carry_out(
    sites: Mapping[_Key, Jira],
    journals: Mapping[_Key, Journal],
    locks: Mapping[_Key, AccountLock],
    progress: Progress | None,
) -> tuple[list[Record], list[RootsError]]:
    """All sites that have a journal at once. An interrupt lets each finish the request that is under way."""
    progress = progress or default_progress("Applying changes")
    tally = _Tally(progress, [Record.of(journal) for journal in journals.values()])
    runs = [SiteRun(sites[key], journal, locks[key], progress, tally.add) for key, journal in journals.items()]
    try:
        with ThreadPoolExecutor(len(runs) or 1) as pool:
            futures = [pool.submit(run.carry_out) for run in runs]
            try:
                wait(futures)
            except KeyboardInterrupt:
                progress.request_stop()
                wait(futures)
                raise Stopped(advice=f'roots_nb.resume(jira, "{runs[0].record.run}") goes on.') from None
        for future in futures:
            future.result()
    finally:
        progress.close()
    return [run.record for run in runs], [run.problem for run in runs if run.problem]


class _Tally:
    """Adds up the settled changes of all sites for the progress."""

    def __init__(self, progress: Progress, records: Iterable[Record]) -> None:
        histories = [history for record in records for history in record.histories.values()]
        self._progress, self._total = progress, len(histories)
        self._done = sum(history.outcome.state in SETTLED for history in histories)
        self._lock = threading.Lock()

    def add(self) -> None:
        with self._lock:
            self._done += 1
            self._progress.step(self._done, self._total, "changes")
