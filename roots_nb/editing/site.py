"""One site as the engine meets it: looks at worklogs, sends single writes, and says what an answer means for them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from roots_nb.editing.change import Values
from roots_nb.editing.image import MARKER, Image, Listing, UnreadableWorklog, body_of, read_image
from roots_nb.editing.pace import Pace
from roots_nb.errors import AuthenticationFailed, BadRequest, Forbidden, JiraError, NotFound, RateLimited
from roots_nb.jira.client import AdjustEstimate, Jira
from roots_nb.jira.http import MOST_RETRIES
from roots_nb.jira.replies import LONGEST_WAIT_SECONDS
from roots_nb.progress import Progress

_MAYBE_DONE = frozenset({408, 425, 499})
_FRESH_SECONDS = 1.0
_WORK, _DELETE = "WORK_ON_ISSUES", "DELETE_OWN_WORKLOGS"
_T = TypeVar("_T")


class NoAnswer(Exception):
    """A write of which no answer tells that it was done: it may be done (`maybe_done`), or surely is not."""

    def __init__(self, problem: JiraError, *, maybe_done: bool) -> None:
        super().__init__()
        self.problem, self.maybe_done = problem, maybe_done


@dataclass(frozen=True, slots=True)
class Options:
    """How worklogs are written; the same for all changes of a run."""

    run: str
    undoes: bool = False
    adjust_estimate: AdjustEstimate = "leave"
    notify: bool = False
    allow_twins: bool = False


class Site:
    """Any thread may call it. All methods that ask Jira raise `JiraError`, and `Stopped` while they wait.

    Writes are sent exactly once. They raise `NoAnswer` where nothing tells that they were done, and `BadRequest`,
    `Forbidden`, `NotFound`, `RateLimited` or `AuthenticationFailed` where Jira has surely refused.
    """

    def __init__(self, jira: Jira, options: Options, progress: Progress) -> None:
        self._jira, self._options, self._progress = jira, options, progress
        self._pace = Pace(progress, jira.deployment)
        self._permissions: dict[str, frozenset[str]] = {}
        self._just_read: dict[str, tuple[float, Image]] = {}
        self.keeps_marks = False

    # --- looking

    def look(self, issue: str, worklog_id: str, started: datetime) -> Image | None:
        """How a worklog is now; None when it is gone or not visible.

        One 404 proves nothing: it is also what a login that has ended looks like, or a stumbling proxy. So the list of
        the issue's worklogs that start about then is looked at as well. Raises `UnreadableWorklog` if it is there but
        cannot be read.
        """
        asked_at, image = self._just_read.pop(worklog_id, (0.0, None))
        if image is not None and time.monotonic() - asked_at < _FRESH_SECONDS:
            return image
        self._pace.before_read()
        try:
            return self._image(self._jira.worklog(issue, worklog_id, properties=True, progress=self._progress), issue)
        except NotFound:
            self.prove_login()
        try:
            listing = self.listing(issue, started, started)
        except NotFound:
            self.prove_login()
            return None
        if worklog_id in listing.unread:
            raise UnreadableWorklog(issue, worklog_id)
        return listing.get(worklog_id)

    def listing(self, issue: str, first: datetime, last: datetime) -> Listing:
        """The worklogs of an issue, all authors, that started between two times (Data Center: all)."""
        self._pace.before_read()
        page = self._jira.issue_worklogs(
            issue, started_from=first, started_until=last, cached=False, properties=True, progress=self._progress
        )
        images: list[Image] = []
        unread: list[str] = []
        for json in page.items:
            try:
                images.append(self._image(json, issue))
            except UnreadableWorklog as problem:
                unread.append(problem.worklog_id)
        return Listing(images, unread)

    def first_listing(self, issue: str, first: datetime, last: datetime, worklog_id: str) -> Listing:
        """A `listing` that also serves as the next `look` at one worklog, if that follows at once."""
        asked_at = time.monotonic()
        listing = self.listing(issue, first, last)
        if image := listing.get(worklog_id):
            self._just_read[worklog_id] = (asked_at, image)
        return listing

    def is_visible(self, issue: str) -> bool:
        self._pace.before_read()
        try:
            self._jira.issue(issue, ("summary",), progress=self._progress)
        except NotFound:
            self.prove_login()
            return False
        return True

    def missing_permission(self, source: str, target: str) -> str:
        """What is not allowed of a move, or of taking it back, as a sentence; "" = it is."""
        for key, permission in ((target, _WORK), (target, _DELETE), (source, _DELETE)):
            if key not in self._permissions:
                self._pace.before_read()
                self._permissions[key] = self._jira.permissions(key, (_WORK, _DELETE), progress=self._progress)
            if permission not in self._permissions[key]:
                return f"This account lacks the permission {permission} on {key}."
        return ""

    def prove_login(self) -> None:
        """Raise `AuthenticationFailed` unless the login still holds: without it Jira says 404 to everything."""
        self._jira.myself(progress=self._progress)

    def _image(self, json: object, issue: str) -> Image:
        image = read_image(json, issue, self._jira.account)
        if image.marker is not None:
            self.keeps_marks = True
        return image

    # --- sending

    def get_ready(self, method: str, issue: str) -> None:
        """Wait until a write may go; called before the look that precedes it, so that nothing comes in between."""
        self._pace.before_write(method, issue)
        self._jira.http.sit_out(self._progress)

    def create(self, wanted: Values, op_id: str, kept: Mapping[str, Any]) -> Image:
        """Create a worklog, marked with the operation where Jira keeps such a mark."""
        body = body_of(wanted, ("started", "time_spent", "comment"))
        if kept.get("visibility"):
            body["visibility"] = kept["visibility"]
        if self._jira.deployment.has_worklog_properties:
            properties = {**(kept.get("properties") or {}), MARKER: {"op_id": op_id, "plan_id": self._options.run}}
            body["properties"] = [{"key": key, "value": value} for key, value in properties.items()]
        return self._send(
            "POST", lambda: self._image(self._jira.add_worklog(wanted.issue, body, **self._how()), wanted.issue)
        )

    def update(self, now: Image, body: Mapping[str, object]) -> Image:
        issue, worklog_id = now.values.issue, now.worklog_id
        return self._send(
            "PUT",
            lambda: self._image(self._jira.update_worklog(issue, worklog_id, body, **self._how()), issue),
        )

    def delete(self, now: Image) -> bool:
        issue, worklog_id = now.values.issue, now.worklog_id
        self._send("DELETE", lambda: self._jira.delete_worklog(issue, worklog_id, **self._how()))
        return True

    def _how(self) -> dict[str, Any]:
        options = self._options
        return {"adjust_estimate": options.adjust_estimate, "notify": options.notify, "progress": self._progress}

    def _send(self, method: str, send: Callable[[], _T]) -> _T:
        """Everything that is not known to be undone may be done."""
        try:
            return send()
        except AuthenticationFailed as problem:
            if problem.status_code is not None and problem.status_code < 400:
                raise NoAnswer(problem, maybe_done=True) from None
            raise
        except RateLimited as limit:
            if not limit.retryable or (limit.retry_after_seconds or 0) > LONGEST_WAIT_SECONDS:
                raise
            if "burst" in limit.limit:
                self._pace.hold(method, limit.retry_after_seconds or 1.0)
            raise NoAnswer(limit, maybe_done=False) from None
        except JiraError as problem:
            if isinstance(problem, BadRequest | Forbidden | NotFound) and problem.status_code not in _MAYBE_DONE:
                raise
            raise NoAnswer(problem, maybe_done=problem.was_sent) from None

    def back_off(self, problem: JiraError, tries: int) -> None:
        """At least what Jira asks for; else 2, 4, 8, 16 seconds and up to 30 % more. Over a minute raises `problem`."""
        if (problem.retry_after_seconds or 0) > LONGEST_WAIT_SECONDS:
            raise problem
        least = problem.retry_after_seconds or 2.0 ** min(tries, MOST_RETRIES)
        self.wait(least * random.uniform(1, 1.3), problem.message)  # noqa: S311

    def wait(self, seconds: float, why: str) -> None:
        self._progress.waiting(seconds, why)
        self._progress.wait(seconds)
