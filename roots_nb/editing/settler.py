"""Settles one change after the other: each ends as done, already so, conflict or failed, or stops the site."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

from roots_nb.editing.change import Change
from roots_nb.editing.history import History, Outcome, State
from roots_nb.editing.image import Image, UnreadableWorklog, body_of, differing
from roots_nb.editing.journal import Journal
from roots_nb.editing.mover import Mover
from roots_nb.editing.site import Site
from roots_nb.editing.writer import (
    GONE,
    NOT_MINE,
    TRIES,
    Writer,
    changed_meanwhile,
    difference_from_loaded,
    kept_otherwise,
    lost_in_copy,
    not_visible,
)
from roots_nb.errors import (
    AuthenticationFailed,
    BadRequest,
    Forbidden,
    JiraError,
    JournalUnusable,
    NotFound,
    RootsError,
    Stopped,
)

MERGED = "Merged: somebody changed other fields meanwhile, and these stay."


class Halt(Exception):
    """This site cannot go on now, because of `reason`."""

    def __init__(self, reason: RootsError) -> None:
        super().__init__()
        self.reason = reason


class Settler:
    """Changes of different issues may come from several threads; of one issue one is under way at a time."""

    def __init__(self, site: Site, writer: Writer, journal: Journal, histories: Mapping[str, History]) -> None:
        self._site, self._writer, self._journal, self._histories = site, writer, journal, histories
        self._lock = threading.Lock()
        self._issue_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._ways = {
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "move": Mover(writer, site).carry_out,
        }

    def settle(self, change: Change) -> Outcome:
        """Carry a change out, or find out how it went; the journal knows the outcome when this returns.

        Raises
        ------
        Halt
            Nothing more can be done on this site now; the change is "unknown" or was not sent.
        """
        history = self._histories[change.op_id]
        with self._issues(change):
            try:
                outcome = self._ways[change.action](change, history)
            except (BadRequest, Forbidden, NotFound, UnreadableWorklog) as refusal:
                outcome = self._refused(change, history, refusal)
            except RootsError as problem:
                raise self._halt(change, history, problem) from None
            return self._conclude(change, history, outcome)

    @contextmanager
    def _issues(self, change: Change) -> Iterator[None]:
        """One write at a time on an issue: parallel ones would spoil its total of time spent."""
        with self._lock:
            locks = [self._issue_locks[key] for key in sorted(change.issues)]
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            yield

    def _refused(self, change: Change, history: History, refusal: JiraError) -> Outcome:
        """A refusal counts for the change alone, provided that the login still holds."""
        try:
            self._site.prove_login()
        except (AuthenticationFailed, Stopped) as problem:
            raise self._halt(change, history, problem) from None
        except JiraError:
            pass
        history.problem = refusal
        if history.doubts or history.copy:
            return Outcome("unknown", str(refusal), was_seen=False)
        return Outcome("failed", str(refusal), history.before, was_seen=history.before is not None)

    def _halt(self, change: Change, history: History, problem: RootsError) -> Halt:
        if history.doubts or history.copy:
            with suppress(Halt):
                self._conclude(change, history, Outcome("unknown", problem.message, was_seen=False))
        return Halt(problem)

    def _conclude(self, change: Change, history: History, outcome: Outcome) -> Outcome:
        history.outcome = outcome
        self._writer.claim(history)
        try:
            self._journal.append(outcome.state, change.op_id, **outcome.to_json())
        except JournalUnusable as problem:
            raise Halt(problem) from None
        return outcome

    def _create(self, change: Change, history: History) -> Outcome:
        kept = change.kept or {}
        image = self._writer.make(change, history, kept)
        lost = lost_in_copy(kept, image)
        assert change.after is not None
        notes = [f"Jira did not take over: {lost}." * bool(lost), kept_otherwise(differing(image.values, change.after))]
        state: State = "done" if history.doubts else "already_so"
        return Outcome(state, " ".join(filter(None, notes)), image)

    def _update(self, change: Change, history: History) -> Outcome:
        wanted = change.after
        assert wanted is not None
        for last in TRIES:
            self._site.get_ready("PUT", change.issue)
            now = self._writer.look_at_loaded(change)
            if now is None:
                return self._vanished(change, history)
            if verdict := _verdict(change, now, history):
                return verdict
            body = body_of(wanted, change.changed & differing(now.values, wanted))
            if last:
                break
            after = self._writer.attempt(change, history, "update", now, lambda now: self._site.update(now, body))  # noqa: B023
            if after:
                merged = "" if now.updated == change.updated else MERGED
                other = kept_otherwise(change.changed & differing(after.values, wanted))
                return Outcome("done", " ".join(filter(None, [merged, other])), after)
        raise history.problem

    def _vanished(self, change: Change, history: History) -> Outcome:
        """What was sent may stand on an issue that is not visible any more."""
        if history.doubts and not self._site.is_visible(change.issue):
            return not_visible(change.issue)
        return Outcome("conflict", GONE)

    def _delete(self, change: Change, history: History) -> Outcome:
        for last in TRIES:
            self._site.get_ready("DELETE", change.issue)
            now = self._writer.look_at_loaded(change)
            if now is None:
                return self._gone(change, history)
            if difference := difference_from_loaded(change, now):
                return Outcome("conflict", difference, now)
            if not last and self._writer.attempt(change, history, "delete", now, self._site.delete):
                return Outcome("done")
        raise history.problem

    def _gone(self, change: Change, history: History) -> Outcome:
        """404 also means "no longer visible"; it counts as deleted only while the issue itself is visible."""
        if self._site.is_visible(change.issue):
            return Outcome("done" if history.doubts else "already_so")
        return not_visible(change.issue) if history.doubts else Outcome("conflict", GONE)


def _verdict(change: Change, now: Image, history: History) -> Outcome | None:
    """What is clear before an update is sent: it is as wanted, or somebody else was there; None = send."""
    assert change.before is not None
    assert change.after is not None
    missing = change.changed & differing(now.values, change.after)
    if not missing:
        return Outcome("done" if history.doubts else "already_so", image=now)
    if not now.is_mine:
        return Outcome("conflict", NOT_MINE, now)
    if change.exact and (difference := difference_from_loaded(change, now)):
        return Outcome("conflict", difference, now)
    if theirs := missing & differing(now.values, change.before):
        return Outcome("conflict", changed_meanwhile(theirs), now)
    return None
