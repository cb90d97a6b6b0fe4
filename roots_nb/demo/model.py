"""What a Jira site knows: people, projects, issues, worklogs. No HTTP here.

All datetimes are time-zone aware (UTC inside); durations are whole seconds. Written from Jira's public behaviour,
never from the package that talks to it, so that a mistake in the client cannot hide in the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


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


@dataclass(slots=True)
class Project:
    id: int
    key: str
    name: str


@dataclass(slots=True)
class Worklog:
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
