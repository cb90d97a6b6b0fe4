"""What a Jira site knows: people, projects, issues, worklogs, credentials, permissions. No HTTP here.

All datetimes are time-zone aware; durations are whole seconds. Written from Jira's public behaviour, never from the
package that talks to it, so that a mistake in the client cannot hide in the server.
"""

from __future__ import annotations

import threading
import uuid
from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal

from roots_nb.demo.index import WorklogIndex

Deployment = Literal["cloud", "datacenter"]
CredentialKind = Literal["api_token", "scoped_token", "pat", "password"]

DEFAULT_PERMISSIONS = frozenset({"BROWSE_PROJECTS", "WORK_ON_ISSUES", "EDIT_OWN_WORKLOGS", "DELETE_OWN_WORKLOGS"})
ALL_SCOPES = frozenset({"read:jira-user", "read:jira-work", "write:jira-work"})


@dataclass(slots=True)
class User:
    """A person or an app. `account_id` identifies on Cloud, `key` and `name` on Data Center."""

    account_id: str
    key: str
    name: str
    display_name: str
    email: str
    time_zone: str
    locale: str = "en_US"
    account_type: str = "atlassian"
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def can_see(self, worklog: Worklog) -> bool:
        """Whether the worklog is unrestricted, or restricted to a group or role of this person."""
        if worklog.visibility is None:
            return True
        kind, name = worklog.visibility
        return name in (self.groups if kind == "group" else self.roles)


@dataclass(slots=True)
class Project:
    id: int
    key: str
    name: str


@dataclass(slots=True)
class Worklog:
    """One piece of logged work. Changing it through a site replaces it, so that a list of worklogs stays as it was."""

    id: int
    issue_id: int
    author: User
    started: datetime
    seconds: int
    comment: str | None
    created: datetime
    updated: datetime
    update_author: User
    visibility: tuple[str, str] | None = None  # ("group" | "role", name)
    properties: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Issue:
    """`epic` is the key of the epic it belongs to; an epic has issue type "Epic"."""

    id: int
    key: str
    project: Project
    summary: str
    issue_type: str
    created: datetime
    epic: str | None = None
    labels: tuple[str, ...] = ()
    closed: bool = False
    remaining_estimate_seconds: int | None = None
    worklogs: list[Worklog] = field(default_factory=list)  # ordered by created, oldest first

    @property
    def updated(self) -> datetime:
        """When the issue or one of its worklogs last changed."""
        return max((worklog.updated for worklog in self.worklogs), default=self.created)


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that signs in `user`. `expires` is the first moment it no longer does; None is never."""

    id: int
    kind: CredentialKind
    user: User
    secret: str
    created: datetime
    expires: datetime | None
    scopes: frozenset[str]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _created(worklog: Worklog) -> tuple[datetime, int]:
    return worklog.created, worklog.id


class JiraSite:
    """One Jira and everything in it.

    Parameters
    ----------
    deployment : "cloud" or "datacenter"
    title, context_path, time_zone : str
        What `serverInfo` calls it; the path it lives under ("" or "/jira"); the server's zone.
    now : callable
        The site's clock; aware.
    index_lag_seconds : float
        How long after a write through REST the search still sees the worklogs as they were before it.
    hours_per_day, days_per_week : float
        What "1d" and "1w" mean here.
    worklog_page_limit : int or None
        Data Center: how many worklogs of an issue are returned until `startAt` and `maxResults` are sent; None is all.
    worklogs_per_issue : int
        How many worklogs an issue can hold (Cloud).

    Attributes
    ----------
    lock : threading.RLock
        Guards every change; hold it to read several things that belong together.
    index : WorklogIndex
        What the search knows of the worklogs.
    revision : int
        Grows with every change of a worklog, an issue or a permission.
    time_tracking : bool
        Set False to turn time tracking off.
    login_reason_on_every_answer : bool
        Cloud: whether a failed login is told on the anonymous 200s too; both have been seen.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        title: str = "",
        context_path: str = "",
        time_zone: str = "Europe/Berlin",
        now: Callable[[], datetime] = _utc_now,
        index_lag_seconds: float = 0.0,
        hours_per_day: float = 8.0,
        days_per_week: float = 5.0,
        worklog_page_limit: int | None = None,
        worklogs_per_issue: int = 10_000,
    ) -> None:
        self.deployment: Deployment = deployment
        self.title = title or ("Jira" if deployment == "cloud" else "Jira Data Center")
        self.context_path = context_path.rstrip("/")
        self.time_zone = time_zone
        self.now = now
        self.index_lag_seconds = index_lag_seconds
        self.hours_per_day = hours_per_day
        self.days_per_week = days_per_week
        self.worklog_page_limit = worklog_page_limit
        self.worklogs_per_issue = worklogs_per_issue
        self.time_tracking = True
        self.login_reason_on_every_answer = False
        self.cloud_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, self.title))
        self.lock = threading.RLock()
        self.revision = 0
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.issues: dict[str, Issue] = {}
        self.issues_by_id: dict[int, Issue] = {}
        self.worklogs: dict[int, Worklog] = {}
        self.deleted: list[tuple[int, datetime]] = []  # worklog id and when, oldest first
        self.credentials: list[Credential] = []
        self._permissions: dict[tuple[str, str], frozenset[str]] = {}
        self._ids = {kind: count(10_000) for kind in ("project", "issue", "worklog", "credential")}
        self.index = WorklogIndex()

    @property
    def is_cloud(self) -> bool:
        return self.deployment == "cloud"

    # --- people and permissions

    def add_user(self, user: User) -> User:
        with self.lock:
            self.users[user.account_id] = user
        return user

    def add_credential(
        self,
        kind: CredentialKind,
        user: User,
        secret: str,
        *,
        expires: datetime | None = None,
        scopes: Iterable[str] = ALL_SCOPES,
    ) -> Credential:
        """Let `secret` sign in `user`; `scopes` count for scoped tokens only."""
        with self.lock:
            new_id = next(self._ids["credential"])
            credential = Credential(new_id, kind, user, secret, self.now(), expires, frozenset(scopes))
            self.credentials.append(credential)
        return credential

    def remove_credential(self, secret: str) -> None:
        """Revoke whatever has this secret; nothing happens if there is none."""
        with self.lock:
            self.credentials = [known for known in self.credentials if known.secret != secret]

    def set_permissions(self, user: User, project_key: str, permissions: Iterable[str]) -> None:
        """Replace what `user` may do in a project (before: `DEFAULT_PERMISSIONS`)."""
        with self.lock:
            self._permissions[user.account_id, project_key] = frozenset(permissions)
            self.revision += 1

    def permissions_of(self, user: User | None, project_key: str) -> frozenset[str]:
        """What `user` may do in a project; nobody in particular (None) may do nothing."""
        if user is None:
            return frozenset()
        return self._permissions.get((user.account_id, project_key), DEFAULT_PERMISSIONS)

    # --- projects and issues

    def add_project(self, key: str, name: str) -> Project:
        with self.lock:
            project = Project(next(self._ids["project"]), key, name)
            self.projects[key] = project
        return project

    def add_issue(
        self,
        key: str,
        summary: str,
        *,
        issue_type: str = "Task",
        epic: str | None = None,
        labels: Sequence[str] = (),
        created: datetime | None = None,
        closed: bool = False,
    ) -> Issue:
        """Add an issue to the project its key names; `created` defaults to now. KeyError: no such project."""
        with self.lock:
            project = self.projects[key.rpartition("-")[0]]
            new_id = next(self._ids["issue"])
            issue = Issue(new_id, key, project, summary, issue_type, created or self.now(), epic, tuple(labels), closed)
            self.issues[key] = issue
            self.issues_by_id[issue.id] = issue
            self.revision += 1
        return issue

    # --- worklogs

    def add_worklog(
        self,
        issue_key: str,
        author: User,
        started: datetime,
        seconds: int,
        comment: str | None = None,
        *,
        created: datetime | None = None,
        visibility: tuple[str, str] | None = None,
        properties: dict[str, object] | None = None,
    ) -> Worklog:
        """Put a worklog there as if it had always been: no permission is checked, the search knows it at once.

        `created` (also the time of the last change) defaults to now.
        """
        created = created or self.now()
        with self.lock:
            issue = self.issues[issue_key]
            new_id = next(self._ids["worklog"])
            worklog = Worklog(new_id, issue.id, author, started, seconds, comment or None, created, created, author)
            worklog.visibility = visibility
            worklog.properties = dict(properties or {})
            self.worklogs[worklog.id] = worklog
            insort(issue.worklogs, worklog, key=_created)
            self.index.add(worklog)
            self.revision += 1
        return worklog

    def create_worklog(self, issue: Issue, author: User, started: datetime, seconds: int, **more: Any) -> Worklog:
        """`add_worklog`, seen by the search only after the index lag."""
        with self.lock:
            self._start_lag(issue)
            return self.add_worklog(issue.key, author, started, seconds, **more)

    def change_worklog(self, worklog: Worklog, by: User, **changes: Any) -> Worklog:
        """Replace a worklog by one with `changes`; returns the new one."""
        with self.lock:
            issue = self.issues_by_id[worklog.issue_id]
            self._start_lag(issue)
            changed = replace(worklog, **changes, updated=self.now(), update_author=by)
            issue.worklogs[issue.worklogs.index(worklog)] = changed
            self.worklogs[worklog.id] = changed
            self.index.remove(worklog)
            self.index.add(changed)
            self.revision += 1
        return changed

    def delete_worklog(self, worklog: Worklog) -> None:
        with self.lock:
            issue = self.issues_by_id[worklog.issue_id]
            self._start_lag(issue)
            issue.worklogs.remove(worklog)
            del self.worklogs[worklog.id]
            self.deleted.append((worklog.id, self.now()))
            self.index.remove(worklog)
            self.revision += 1

    def _start_lag(self, issue: Issue) -> None:
        if self.index_lag_seconds > 0:
            self.index.keep(issue, self.now() + timedelta(seconds=self.index_lag_seconds))
