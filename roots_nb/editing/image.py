"""A worklog as Jira holds it at one moment: what changes are checked against, and what the journal keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from roots_nb.editing.change import Values
from roots_nb.errors import UnexpectedAnswer
from roots_nb.jira.wire import Account, Json, Unreadable, format_time, is_by, read_worklog

MARKER = "roots_nb.op"
_SECOND = timedelta(seconds=1)
_DIGITS = re.compile(r"[0-9]+")


class UnreadableWorklog(UnexpectedAnswer):
    """Jira showed a worklog that lacks its start, its seconds, or has them in another shape than documented."""

    def __init__(self, issue: str, worklog_id: str, why: str = "") -> None:
        self.worklog_id = worklog_id
        super().__init__(
            f"Worklog {worklog_id} on {issue} cannot be read{why and f': {why}'}.", advice="Look at it in Jira."
        )


@dataclass(frozen=True, slots=True)
class Image:
    """One worklog as Jira showed it.

    Attributes
    ----------
    worklog_id : str
    values : Values
    is_mine : bool
        Whether the account that is signed in wrote it.
    visibility, visibility_text : dict or None, str
        As Jira sends it, and as the frame shows it.
    properties : dict or None
        Entity properties by key; None where Jira was not asked or has none.
    created, updated : datetime
    """

    worklog_id: str
    values: Values
    is_mine: bool
    visibility: Mapping[str, Any] | None
    visibility_text: str
    created: datetime
    updated: datetime
    properties: Mapping[str, Any] | None = field(default=None)

    @property
    def marker(self) -> tuple[str, str] | None:
        """Operation and run that created it, where Jira keeps such a mark."""
        mark = (self.properties or {}).get(MARKER)
        if not isinstance(mark, dict):
            return None
        return str(mark.get("op_id")), str(mark.get("plan_id"))

    @property
    def kept(self) -> dict[str, Any]:
        """What a copy has to take along besides the values."""
        others = {key: value for key, value in (self.properties or {}).items() if key != MARKER}
        return {"visibility": self.visibility and dict(self.visibility), "properties": others}

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.worklog_id,
            "values": self.values.to_json(),
            "mine": self.is_mine,
            "visibility": self.visibility and dict(self.visibility),
            "visibility_text": self.visibility_text,
            "properties": None if self.properties is None else dict(self.properties),
            "created": self.created.isoformat(),
            "updated": self.updated.isoformat(),
        }

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Image:
        return cls(
            worklog_id=json["id"],
            values=Values.from_json(json["values"]),
            is_mine=json["mine"],
            visibility=json["visibility"],
            visibility_text=json["visibility_text"],
            created=datetime.fromisoformat(json["created"]),
            updated=datetime.fromisoformat(json["updated"]),
            properties=json["properties"],
        )


class Listing(dict[str, Image]):
    """Worklogs of an issue by id.

    Attributes
    ----------
    unread : frozenset of str
        Ids of those that Jira showed as well, but that cannot be read.
    """

    def __init__(self, images: Iterable[Image], unread: Iterable[str]) -> None:
        super().__init__({image.worklog_id: image for image in images})
        self.unread = frozenset(unread)

    def shows(self, worklog_id: str) -> bool:
        """Whether it is there, readable or not."""
        return worklog_id in self or worklog_id in self.unread


def read_image(json: object, issue: str, account: Account) -> Image:
    """Jira's JSON of one worklog on `issue`; `UnexpectedAnswer` when it is none, or `UnreadableWorklog`."""
    worklog_id = str(json.get("id") or "") if isinstance(json, dict) else ""
    if not isinstance(json, dict) or not _DIGITS.fullmatch(worklog_id):
        raise UnexpectedAnswer("Jira's answer cannot be read: it is no worklog.")
    try:
        worklog = read_worklog(json)
    except Unreadable as problem:
        raise UnreadableWorklog(issue, worklog_id, str(problem)) from None
    visibility = json.get("visibility") or None
    if not isinstance(visibility, dict | None):
        raise UnreadableWorklog(issue, worklog_id, "its visibility is no object")
    return Image(
        worklog_id=worklog.worklog_id,
        values=Values(issue, worklog.started, timedelta(seconds=worklog.seconds), worklog.comment),
        is_mine=_is_mine(json, account),
        visibility=visibility,
        visibility_text=worklog.visibility,
        created=worklog.created,
        updated=worklog.updated,
        properties=_properties(json),
    )


def _is_mine(json: Json, account: Account) -> bool:
    """Nobody's is not mine: one that has lost its author must not keep me from changing others on its issue."""
    try:
        return is_by(json, account)
    except Unreadable:
        return False


def _properties(json: Json) -> dict[str, Any] | None:
    listed = json.get("properties")
    if not isinstance(listed, list):
        return None
    return {str(each.get("key")): each.get("value") for each in listed if isinstance(each, dict)}


def differing(one: Values, other: Values) -> frozenset[str]:
    """Names of the fields in which two worklogs differ for Jira, which may drop milliseconds and change line ends."""
    different = {
        "issue": one.issue != other.issue,
        "started": abs(one.started - other.started) >= _SECOND,
        "time_spent": one.time_spent != other.time_spent,
        "comment": plain_comment(one.comment) != plain_comment(other.comment),
    }
    return frozenset(name for name, differs in different.items() if differs)


def looks_like(image: Image, wanted: Values) -> bool:
    """Whether it could be what a create of `wanted` made: mine, the same minute, seconds and comment."""
    same_minute = _minute(image.values.started) == _minute(wanted.started)
    return image.is_mine and same_minute and not differing(image.values, wanted) - {"started"}


def plain_comment(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _minute(moment: datetime) -> float:
    return moment.timestamp() // 60


def body_of(values: Values, fields: Iterable[str]) -> dict[str, object]:
    """What is sent to Jira to set these fields; the start with the offset of the zone it was entered in."""
    parts: dict[str, object] = {
        "started": format_time(values.started),
        "timeSpentSeconds": values.time_spent // _SECOND,
        "comment": values.comment,
    }
    names = {"started": "started", "time_spent": "timeSpentSeconds", "comment": "comment"}
    return {names[name]: parts[names[name]] for name in fields if name in names}
