"""Writes down each intent, sends it once, and finds out what became of it. The safety argument is here.

Jira has no conditional write and no transaction, and an answer may get lost. So: look directly before each write, note
the intent on disk, send once, note the outcome. Where no answer tells what happened, look; send again only what is
proven not to have happened. A create is found again by a mark that Cloud keeps with the worklog (an entity property),
on Data Center by what it says, minus what was there before and what belongs to other changes
(`tests/faults/write_back/`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from roots_nb.editing.change import Change, spell
from roots_nb.editing.history import History, Outcome
from roots_nb.editing.image import Image, UnreadableWorklog, differing, looks_like
from roots_nb.editing.journal import Journal
from roots_nb.editing.site import NoAnswer, Options, Site
from roots_nb.errors import NotFound, RootsError
from roots_nb.jira.http import MOST_RETRIES, READ_TIMEOUT_SECONDS

GONE = "It is gone, or not visible any more."
NOT_MINE = "Somebody else wrote it."
TRIES = (False,) * (MOST_RETRIES + 1) + (True,)  # True: only look

_T = TypeVar("_T")


class Writer:
    """Knows the journal, and which worklogs belong to which change. Any thread may call it.

    Parameters
    ----------
    changes : iterable of Change
        All of the run on this site.
    histories : mapping of str to History
        What became of each so far; kept up to date.
    """

    def __init__(
        self,
        site: Site,
        journal: Journal,
        options: Options,
        changes: Iterable[Change],
        histories: Mapping[str, History],
    ) -> None:
        self._site, self._journal, self._options, self._histories = site, journal, options, histories
        self._lock = threading.Lock()
        self._targets = {change.worklog_id for change in changes if change.worklog_id}
        self._owned = {made.worklog_id for history in histories.values() for made in history.made}

    def note(self, change: Change, step: str, **facts: object) -> None:
        """Add a step to the journal and to the history of the change; raises `JournalUnusable`."""
        history = self._histories[change.op_id]
        history.take(self._journal.append(step, change.op_id, **facts))
        self.claim(history)

    def claim(self, history: History) -> None:
        """What a change has made is no other change's."""
        with self._lock:
            self._owned |= {image.worklog_id for image in history.made}

    def is_free(self, worklog_id: str) -> bool:
        """Whether a worklog belongs to no change of the run."""
        return worklog_id not in self._targets and worklog_id not in self._owned

    def look_at_loaded(self, change: Change) -> Image | None:
        """How the worklog that a change is about is now; None when it is gone or not visible."""
        assert change.before is not None
        return self._site.look(change.issue, change.worklog_id, change.before.started)

    def attempt(
        self, change: Change, history: History, request: str, before: Image | None, send: Callable[[Any], _T]
    ) -> _T | None:
        """Note the intent and send once; None when only another look can tell how to go on, after a wait.

        Raises what a surely refused write raises; but 404 to a change of a worklog is a reason to look again.
        """
        facts = {"request": request, "before": before and before.to_json(), "looked_alike": sorted(history.seen)}
        self.note(change, "intent", **facts)
        try:
            return send(before)
        except NoAnswer as trouble:
            history.problem = trouble.problem
            if not trouble.maybe_done:
                self.note(change, "not_done")
            self._site.back_off(trouble.problem, history.sent)
        except RootsError as problem:
            self.note(change, "not_done")
            if request == "create" or not isinstance(problem, NotFound):
                raise
            history.problem = problem
        return None

    # --- creates

    def make(self, change: Change, history: History, kept: Mapping[str, Any], source: Image | None = None) -> Image:
        """The worklog that a change wants; if nothing was sent for it, it was there already (`history.doubts` is 0).

        `kept` is what it takes along besides its values; `source` the worklog it is a copy of.
        """
        wanted = change.after
        assert wanted is not None
        doubts_before = history.doubts
        most = 1 if doubts_before else 2
        for last in TRIES:
            self._site.get_ready("POST", wanted.issue)
            if found := self._find(change, history) or self.find_late(change, history):
                return found
            if last or history.doubts - doubts_before >= most:
                break
            made = self.attempt(
                change, history, "create", source, lambda _: self._site.create(wanted, change.op_id, kept)
            )
            if made:
                return made
        raise history.problem

    def _find(self, change: Change, history: History) -> Image | None:
        """What this change made; while nothing may have arrived, what stands there already and is as good.

        An undo marks what nobody else does, so what a closed run of it made is found as well. Raises
        `UnreadableWorklog` where one that came since cannot be read: it may be what this change made.
        """
        wanted = change.after
        assert wanted is not None
        listing = self._site.listing(wanted.issue, wanted.started, wanted.started)
        alike = [i for i in listing.values() if looks_like(i, wanted) and self.is_free(i.worklog_id)]
        marked = [image for image in listing.values() if image.marker and image.marker[0] == change.op_id]
        if not history.doubts:
            history.seen = listing.unread.union(image.worklog_id for image in alike)
            if self._options.allow_twins:
                alike = marked if self._options.undoes else []
            return oldest(alike)
        found = [image for image in marked if image.marker == (change.op_id, self._options.run)]
        if not found and not self._site.keeps_marks:
            found = [image for image in alike if image.worklog_id not in history.seen and image.marker is None]
        doubtful = filter(self.is_free, listing.unread - history.seen)
        if not found and (worklog_id := next(doubtful, "")):
            raise UnreadableWorklog(wanted.issue, worklog_id)
        return oldest(found)

    def find_late(self, change: Change, history: History) -> Image | None:
        """Look once more after a wait: Jira may still be at work on a request whose answer never came."""
        if not history.doubts or history.last_sent is None:
            return None
        since = (datetime.now(UTC) - history.last_sent).total_seconds()
        seconds = READ_TIMEOUT_SECONDS - since if since >= 0 else READ_TIMEOUT_SECONDS
        if seconds > 0:
            self._site.wait(seconds, "Jira may still be writing; then it is looked at again.")
        return self._find(change, history)


def not_visible(issue: str) -> Outcome:
    """What was sent may stand there, and nobody can tell."""
    return Outcome("unknown", f"{issue} is not visible any more.", was_seen=False)


def difference_from_loaded(change: Change, now: Image) -> str:
    """How a worklog differs from what was loaded, as a sentence; "" = not at all."""
    assert change.before is not None
    if not now.is_mine:
        return NOT_MINE
    if fields := differing(now.values, change.before):
        return changed_meanwhile(fields)
    return "Somebody changed it meanwhile." if change.updated not in (None, now.updated) else ""


def changed_meanwhile(fields: Iterable[str]) -> str:
    return f"Somebody changed {spell(fields)} meanwhile."


def kept_otherwise(fields: Collection[str]) -> str:
    """Of fields in which Jira's answer is not what it was given, as when an app there rounds; "" = there are none."""
    return f"Jira keeps something else than it was given: {spell(fields)}." if fields else ""


def lost_in_copy(kept: Mapping[str, Any], copy: Image) -> str:
    """What a copy lacks of what it should have taken along besides the values; "" = nothing."""
    lost = []
    if (kept.get("visibility") or {}).get("value") != (copy.visibility or {}).get("value"):
        lost.append("visibility")
    held = copy.properties or {}
    return ", ".join([*lost, *(key for key, value in (kept.get("properties") or {}).items() if held.get(key) != value)])


def oldest(images: Iterable[Image]) -> Image | None:
    return min(images, key=lambda image: (image.created, int(image.worklog_id)), default=None)
