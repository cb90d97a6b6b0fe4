"""People, worklogs and issues as JSON: Cloud's and Data Center's key names, times in the zone of who asks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from roots_nb.demo import adf
from roots_nb.demo.model import Issue, JiraSite, User, Worklog
from roots_nb.demo.timespent import format_time_spent

INLINE_WORKLOGS = 20
EPIC_LINK_ID = 10006
EPIC_LINK = f"customfield_{EPIC_LINK_ID}"
EPIC_LINK_KIND = "com.pyxis.greenhopper.jira:gh-epic-link"

_NOT_NAVIGABLE = frozenset({"worklog", "timetracking"})
_ISSUE_TYPE_IDS = {"Epic": 10000, "Story": 10001, "Task": 10002, "Sub-task": 10003, "Bug": 10004}
_HIERARCHY_LEVELS = {"Epic": 1, "Sub-task": -1}


class Renderer:
    """Renders for one viewer, under one address; `version` is the REST version asked for ("2", "3", "latest")."""

    def __init__(self, site: JiraSite, viewer: User | None, base_url: str, version: str) -> None:
        self.site = site
        self.viewer = viewer
        self.base_url = base_url
        self.rest_url = f"{base_url}/rest/api/{version}"
        self._as_documents = version == "3"
        self._zone = ZoneInfo(viewer.time_zone if viewer else site.time_zone)
        self._users: dict[str, dict[str, Any]] = {}
        self._fields: dict[str, Callable[[Issue, Sequence[Worklog]], Any]] = {
            "summary": lambda issue, worklogs: issue.summary,
            "project": lambda issue, worklogs: self._project(issue),
            "issuetype": lambda issue, worklogs: self._issue_type(issue.issue_type),
            "labels": lambda issue, worklogs: list(issue.labels),
            "status": lambda issue, worklogs: self._status(issue),
            "created": lambda issue, worklogs: self.time(issue.created),
            "updated": lambda issue, worklogs: self.time(issue.updated),
            "timespent": lambda issue, worklogs: _total_seconds(issue),
            "timeestimate": lambda issue, worklogs: issue.remaining_estimate_seconds,
            "timetracking": lambda issue, worklogs: self._time_tracking(issue),
            "worklog": lambda issue, worklogs: self._inline_worklogs(worklogs),
        }
        if site.is_cloud:
            self._fields["parent"] = lambda issue, worklogs: self._parent(issue)
        else:
            self._fields[EPIC_LINK] = lambda issue, worklogs: issue.epic

    def time(self, moment: datetime) -> str:
        """ "2026-11-16T09:00:00.000+0100": milliseconds, offset without a colon."""
        local = moment.astimezone(self._zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"[:28]

    # --- people

    def user(self, user: User) -> dict[str, Any]:
        """A person as others see them; Cloud tells an e-mail address to its owner alone."""
        known = self._users.get(user.account_id)
        if known is None:
            known = self._users[user.account_id] = self._cloud_user(user) if self.site.is_cloud else self._dc_user(user)
        return known

    def myself(self, user: User) -> dict[str, Any]:
        return {**self.user(user), "locale": user.locale, "expand": "groups,applicationRoles"}

    def _cloud_user(self, user: User) -> dict[str, Any]:
        address = {"emailAddress": user.email} if user is self.viewer else {}
        return {
            "self": f"{self.rest_url}/user?accountId={user.account_id}",
            "accountId": user.account_id,
            **address,
            "avatarUrls": self._avatars(user),
            "displayName": user.display_name,
            "active": True,
            "timeZone": user.time_zone,
            "accountType": user.account_type,
        }

    def _dc_user(self, user: User) -> dict[str, Any]:
        return {
            "self": f"{self.rest_url}/user?username={user.name}",
            "name": user.name,
            "key": user.key,
            "emailAddress": user.email,
            "avatarUrls": self._avatars(user),
            "displayName": user.display_name,
            "active": True,
            "timeZone": user.time_zone,
        }

    def _avatars(self, user: User) -> dict[str, str]:
        size = (16, 24, 32, 48)
        return {f"{one}x{one}": f"{self.base_url}/secure/useravatar?size={one}&ownerId={user.key}" for one in size}

    # --- worklogs

    def worklog(self, worklog: Worklog, *, with_properties: bool = False) -> dict[str, Any]:
        """One worklog. `comment` and `visibility` are absent where there is none."""
        body: dict[str, Any] = {
            "self": f"{self.rest_url}/issue/{worklog.issue_id}/worklog/{worklog.id}",
            "author": self.user(worklog.author),
            "updateAuthor": self.user(worklog.update_author),
            "created": self.time(worklog.created),
            "updated": self.time(worklog.updated),
            "started": self.time(worklog.started),
            "timeSpent": format_time_spent(worklog.seconds, self.site),
            "timeSpentSeconds": worklog.seconds,
            "id": str(worklog.id),
            "issueId": str(worklog.issue_id),
        }
        if worklog.comment:
            body["comment"] = adf.to_document(worklog.comment) if self._as_documents else worklog.comment
        if worklog.visibility is not None:
            body["visibility"] = self._visibility(*worklog.visibility)
        if with_properties and self.site.is_cloud:
            body["properties"] = [{"key": key, "value": value} for key, value in worklog.properties.items()]
        return body

    def visible(self, worklogs: Sequence[Worklog]) -> list[Worklog]:
        """Those the viewer may see."""
        viewer = self.viewer
        return [one for one in worklogs if one.visibility is None or (viewer is not None and viewer.can_see(one))]

    def _visibility(self, kind: str, name: str) -> dict[str, str]:
        if not self.site.is_cloud:
            return {"type": kind, "value": name}
        identifier = name if kind == "role" else str(uuid.uuid5(uuid.NAMESPACE_OID, name))
        return {"type": kind, "value": name, "identifier": identifier}

    def _inline_worklogs(self, worklogs: Sequence[Worklog]) -> dict[str, Any]:
        """The oldest few; `total` counts what the viewer may not see as well."""
        shown = self.visible(worklogs)[:INLINE_WORKLOGS]
        total = len(worklogs)
        limit = INLINE_WORKLOGS if self.site.is_cloud else min(total, INLINE_WORKLOGS)
        return {
            "startAt": 0,
            "maxResults": limit,
            "total": total,
            "worklogs": [self.worklog(worklog) for worklog in shown],
        }

    # --- issues

    def wanted_fields(self, asked: Iterable[str]) -> list[str]:
        """The names of the fields that a `fields` parameter asks for, in a fixed order; unknown ones are ignored."""
        asked = list(asked)
        denied = {name[1:] for name in asked if name.startswith("-")}
        named = {name for name in asked if not name.startswith("-")} or {"*navigable"}
        navigable = set(self._fields) - _NOT_NAVIGABLE
        wanted = set(self._fields) if "*all" in named else named | (navigable if "*navigable" in named else set())
        return [name for name in self._fields if name in wanted and name not in denied]

    def issue(self, issue: Issue, fields: Collection[str], worklogs: Sequence[Worklog]) -> dict[str, Any]:
        """An issue with these fields; `worklogs` is what its `worklog` field is made of."""
        values = {name: self._fields[name](issue, worklogs) for name in fields}
        if not issue.epic:
            values.pop("parent", None)
        return {**self._reference(issue), "fields": values}

    def _reference(self, issue: Issue) -> dict[str, Any]:
        return {"id": str(issue.id), "key": issue.key, "self": f"{self.rest_url}/issue/{issue.id}"}

    def _parent(self, issue: Issue) -> dict[str, Any] | None:
        parent = self.site.issues.get(issue.epic or "")
        if parent is None:
            return None
        return {**self._reference(parent), "fields": {name: self._fields[name](parent, ()) for name in _PARENT_FIELDS}}

    def _project(self, issue: Issue) -> dict[str, Any]:
        project = issue.project
        return {
            "self": f"{self.rest_url}/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
        }

    def _issue_type(self, name: str) -> dict[str, Any]:
        type_id = str(_ISSUE_TYPE_IDS.get(name, 10100))
        body: dict[str, Any] = {
            "self": f"{self.rest_url}/issuetype/{type_id}",
            "id": type_id,
            "name": name,
            "subtask": name == "Sub-task",
        }
        if self.site.is_cloud:
            body["hierarchyLevel"] = _HIERARCHY_LEVELS.get(name, 0)
        return body

    def _status(self, issue: Issue) -> dict[str, Any]:
        name, key, status_id = ("Closed", "done", 6) if issue.closed else ("In Progress", "indeterminate", 3)
        url = f"{self.rest_url}/status/{status_id}"
        return {"self": url, "id": str(status_id), "name": name, "statusCategory": {"key": key, "name": name}}

    def _time_tracking(self, issue: Issue) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for name, seconds in (
            ("remainingEstimate", issue.remaining_estimate_seconds),
            ("timeSpent", _total_seconds(issue)),
        ):
            if seconds is not None:
                body[name] = format_time_spent(seconds, self.site)
                body[f"{name}Seconds"] = seconds
        return body


_PARENT_FIELDS = ("summary", "status", "issuetype")


def _total_seconds(issue: Issue) -> int | None:
    return sum(worklog.seconds for worklog in issue.worklogs) or None
