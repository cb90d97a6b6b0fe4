"""A run on one site: its changes issue by issue, a few issues at once; then all of it is read again and compared."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from roots_nb.editing.account_lock import AccountLock
from roots_nb.editing.change import Change, spell
from roots_nb.editing.history import SETTLED, History, Outcome
from roots_nb.editing.image import Image, Listing, UnreadableWorklog, differing, looks_like
from roots_nb.editing.journal import Journal
from roots_nb.editing.mover import remove
from roots_nb.editing.record import Record
from roots_nb.editing.settler import Halt, Settler
from roots_nb.editing.site import Options, Site
from roots_nb.editing.writer import Writer
from roots_nb.errors import BadRequest, Forbidden, JiraError, NotFound, RootsError, Stopped
from roots_nb.jira.client import Jira
from roots_nb.jira.wire import Unreadable, read_issue
from roots_nb.progress import Progress

REFUSALS_THAT_STOP_A_PROJECT = 3
_FACTS = ("summary", "project", "issue_type", "epic", "labels")
_ISSUE_FIELDS = ("summary", "project", "issuetype", "parent", "labels")
_T = TypeVar("_T")


class SiteRun:
    """Carries out what a journal has planned and not yet settled, and verifies everything.

    Attributes
    ----------
    record : Record
        Kept up to date.
    problem : RootsError or None
        Why it stopped before the end.
    """

    def __init__(
        self, jira: Jira, journal: Journal, lock: AccountLock, progress: Progress, done: Callable[[], None]
    ) -> None:
        self.record = Record.of(journal)
        self.problem: RootsError | None = None
        self._jira, self._journal, self._account_lock = jira, journal, lock
        self._progress, self._done = progress, done
        options = Options(self.record.run, bool(self.record.undoes), **self.record.options)
        self._site = Site(jira, options, progress)
        self._writer = Writer(self._site, journal, options, self.record.changes, self.record.histories)
        self._settler = Settler(self._site, self._writer, journal, self.record.histories)
        self._lock = threading.Lock()
        self._refusals: Counter[str] = Counter()
        self._before: dict[str, dict[str, Image]] = {}

    def carry_out(self) -> None:
        """Returns when all is done or nothing more can be done; `problem` tells."""
        open_changes = [change for change in self.record.changes if not self._is_settled(change)]
        self._each(self._settle_issue, _by_issue(open_changes))
        self._each(self._verify_issue, self._touched())
        self._each(self._learn_issue, self._unknown_issues())
        if self.problem is None and self.record.is_settled:
            self._guard(lambda: self._note("finished"))

    def _each(self, work: Callable[[_T], None], items: Iterable[_T]) -> None:
        with ThreadPoolExecutor(self._jira.deployment.most_writes_at_once) as pool:
            futures = [pool.submit(self._guard, lambda item=item: work(item)) for item in items]  # type: ignore[misc]
        for future in futures:
            future.result()

    def _guard(self, work: Callable[[], None]) -> None:
        """Whatever goes wrong in one thread ends the others before their next request."""
        try:
            if self.problem is None:
                work()
        except Halt as halt:
            self._stop(halt.reason)
        except RootsError as problem:
            self._stop(problem)

    def _stop(self, problem: RootsError) -> None:
        if isinstance(problem, Stopped):
            problem = Stopped(advice=f'roots_nb.resume(jira, "{self.record.run}") goes on.')
        with self._lock:
            self.problem = self.problem or problem

    def _check_on(self) -> None:
        self._progress.check_stop()
        self._account_lock.heartbeat()

    def _history(self, change: Change) -> History:
        return self.record.histories[change.op_id]

    def _is_settled(self, change: Change) -> bool:
        return self._history(change).outcome.state in SETTLED

    def _note(self, step: str, op: str = "", **facts: object) -> None:
        self.record.take(self._journal.append(step, op, **facts))

    # --- changes

    def _settle_issue(self, changes: Sequence[Change]) -> None:
        """All changes of one issue, in their order."""
        issue, first, last = changes[0].issue, *_range(changes)
        self._check_on()
        with suppress(BadRequest, Forbidden, NotFound):  # each change will be told by itself
            self._before[issue] = self._site.first_listing(issue, first, last, changes[0].worklog_id)
        for change in changes:
            if self.problem is not None or self._is_project_stopped(issue):
                return
            self._check_on()
            outcome = self._settler.settle(change)
            self._count_refusal(issue, outcome, self._history(change))
            self._done()

    def _count_refusal(self, issue: str, outcome: Outcome, history: History) -> None:
        if outcome.state == "failed" and isinstance(history.problem, Forbidden):
            with self._lock:
                self._refusals[_project(issue)] += 1
                stops = self._refusals[_project(issue)] == REFUSALS_THAT_STOP_A_PROJECT
            if stops:
                self._note("project_stopped", project=_project(issue))

    def _is_project_stopped(self, issue: str) -> bool:
        return self._refusals[_project(issue)] >= REFUSALS_THAT_STOP_A_PROJECT

    # --- verification

    def _touched(self) -> list[tuple[str, list[Change]]]:
        """Each issue on which something is settled, with all its changes; a move belongs to two."""
        groups: dict[str, list[Change]] = {}
        for change in self.record.changes:
            for key in change.issues:
                groups.setdefault(key, []).append(change)
        return [(key, group) for key, group in groups.items() if any(map(self._is_settled, group))]

    def _verify_issue(self, issue_and_changes: tuple[str, Sequence[Change]]) -> None:
        """Read an issue again, and compare it with what was done and with how it was before."""
        issue, changes = issue_and_changes
        self._check_on()
        try:
            listing = self._site.listing(issue, *_range(changes))
        except (Forbidden, NotFound):
            self._site.prove_login()
            self._note("unverified", issue=issue)
            return
        for change in changes:
            self._verify(change, issue, listing)
        others = {key: image for key, image in self._before.get(issue, {}).items() if self._writer.is_free(key)}
        if changed := sorted(key for key, image in others.items() if listing.get(key) != image):
            self._note("meanwhile", issue=issue, worklogs=changed)

    def _verify(self, change: Change, issue: str, listing: Listing) -> None:
        history = self._history(change)
        if doubt := _contradiction(change, history, issue, listing):
            self._note("unknown", change.op_id, **Outcome("unknown", doubt, was_seen=False).to_json())
            return
        left = history.outcome.image
        if history.outcome.state not in ("done", "already_so") or left is None or left.values.issue != issue:
            return
        try:
            now = listing.get(left.worklog_id) or self._site.look(issue, left.worklog_id, left.values.started)
        except UnreadableWorklog as problem:
            self._note("checked", change.op_id, note=str(problem), image=None)
            return
        note = self._twins(change, history, left, listing) if change.action in ("create", "move") else ""
        if now is None:
            note = "It is not there any more: somebody deleted it, or Jira did not keep it."
        elif fields := differing(now.values, left.values):
            note = f"Somebody changed {spell(fields)} afterwards."
        if note or now != left:
            self._note("checked", change.op_id, note=note, image=now and now.to_json())

    def _twins(self, change: Change, history: History, left: Image, listing: Listing) -> str:
        """A create that Jira did late stands beside the one that was sent again."""
        mark = (change.op_id, self.record.run)
        others = [image for image in listing.values() if image.worklog_id != left.worklog_id]
        marked = [image for image in others if image.marker == mark]
        kept = [image.worklog_id for image in marked if not remove(self._site, image)]
        if kept:
            return f"Jira made it twice, and {', '.join(kept)} could not be removed: delete one by hand."
        if marked:
            return "Jira had made it twice; the second one was removed."
        assert change.after is not None
        if left.marker is not None or history.sent < 2:
            return ""
        free = [i for i in others if self._writer.is_free(i.worklog_id) and i.worklog_id not in history.seen]
        alike = [i.worklog_id for i in free if looks_like(i, change.after) or looks_like(i, left.values)]
        return f"Jira may have made it twice: look at {', '.join(alike)}, and delete one if so." if alike else ""

    # --- what the frame wants to know of issues that it did not have

    def _unknown_issues(self) -> list[str]:
        left = (self._history(change).outcome.image for change in self.record.changes)
        return sorted({image.values.issue for image in left if image} - self.record.issues.keys())

    def _learn_issue(self, key: str) -> None:
        try:
            epic_field = self._jira.epic_link_field(progress=self._progress)
            fields = (*_ISSUE_FIELDS, *filter(None, [epic_field]))
            json = self._jira.issue(key, fields, progress=self._progress)
            issue = read_issue(json, epic_field=epic_field).issue
        except (JiraError, Unreadable):
            return  # blanks in the frame are better than a run that cannot be finished
        self._note("issue", key=key, facts={name: getattr(issue, name) for name in _FACTS})


def _contradiction(change: Change, history: History, issue: str, listing: Listing) -> str:
    """How the issue's list disproves what became of a change, as a sentence; "" = it does not."""
    stands, copy, wanted = history.outcome.state in ("done", "already_so"), history.copy, change.after
    if stands and change.action in ("delete", "move") and issue == change.issue and listing.shows(change.worklog_id):
        return "Jira said that it was deleted, but it is still there."
    was_taken_back = history.outcome.state in ("conflict", "failed")
    if was_taken_back and copy is not None and listing.shows(copy.worklog_id):
        return f"Jira said that its copy {copy.worklog_id} was deleted, but it is still there."
    now = listing.get(change.worklog_id)
    is_update = history.outcome.state == "done" and change.action == "update"
    if is_update and now and wanted and now.updated == change.updated:
        missing = change.changed & differing(now.values, wanted)
        return "Jira said that it was done, but it is as before." if missing else ""
    return ""


def _by_issue(changes: Iterable[Change]) -> list[list[Change]]:
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.issue, []).append(change)
    return list(groups.values())


def _range(changes: Iterable[Change]) -> tuple[datetime, datetime]:
    starts = [values.started for change in changes for values in (change.before, change.after) if values]
    return min(starts), max(starts)


def _project(issue: str) -> str:
    return issue.rpartition("-")[0]
