"""Jira's JSON to our values and back. Tolerant of missing keys; what cannot be read is told apart, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")
_LARGEST_NUMBER = 2**31
_DIGITS = re.compile(r"[0-9]+")
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"

Json = Mapping[str, Any]


class Unreadable(ValueError):
    """A piece of Jira's answer misses what is needed, or it is of another kind than documented."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in.

    Attributes
    ----------
    account_id : str
        Cloud: account id. Data Center: user key.
    username : str
        Data Center: user name, which older answers give instead of the key. Cloud: "".
    time_zone : str
        IANA name of the profile's zone; "" when Jira does not tell.
    """

    account_id: str
    display_name: str
    username: str = ""
    email: str = ""
    time_zone: str = ""


class Worklog(NamedTuple):
    """One worklog as Jira sent it. Times are aware; `visibility` is "role: Developers" or ""."""

    worklog_id: str
    started: datetime
    seconds: int
    comment: str
    author: str
    author_id: str
    visibility: str
    created: datetime
    updated: datetime


class Issue(NamedTuple):
    """What a row tells of its issue; `labels` are comma-joined, `epic` is a key or ""."""

    issue_id: str
    key: str
    summary: str
    project: str
    issue_type: str
    epic: str
    labels: str


class FoundIssue(NamedTuple):
    """One issue of a search with its inline worklogs, raw. `is_cut`: Jira has more of them, or did not say."""

    issue: Issue
    worklogs: list[Json]
    worklog_total: int
    is_cut: bool


def read_account(json: object) -> Account:
    """The answer of `/myself`; `Unreadable` when it names nobody."""
    user = _mapping(json)
    account_id = _text(user, "accountId") or _text(user, "key") or _text(user, "name")
    if not account_id:
        raise Unreadable("nobody")
    return Account(
        account_id=account_id,
        display_name=_text(user, "displayName") or account_id,
        username=_text(user, "name"),
        email=_text(user, "emailAddress"),
        time_zone=_text(user, "timeZone"),
    )


def read_issue(json: object, *, epic_field: str) -> FoundIssue:
    """One issue of a search; `epic_field` is the id of Data Center's Epic Link field, "" on Cloud."""
    found = _mapping(json)
    fields = _mapping(found.get("fields") or {})
    key = _text(found, "key")
    if not ISSUE_KEY.fullmatch(key):
        raise Unreadable("an issue without a key")
    issue = Issue(
        issue_id=str(found.get("id") or ""),
        key=key,
        summary=_text(fields, "summary"),
        project=_text(_mapping(fields.get("project") or {}), "key") or key.rpartition("-")[0],
        issue_type=_text(_mapping(fields.get("issuetype") or {}), "name"),
        epic=_text(fields, epic_field) if epic_field else _parent_epic(fields),
        labels=", ".join(str(label) for label in _list(fields.get("labels") or [])),
    )
    page = _mapping(fields.get("worklog") or {})
    worklogs = _list(page.get("worklogs") or [])
    total = _whole(page["total"]) if "total" in page else 0
    return FoundIssue(issue, worklogs, total, not page or total > len(worklogs))


def _parent_epic(fields: Json) -> str:
    parent = _mapping(fields.get("parent") or {})
    kind = _mapping(_mapping(parent.get("fields") or {}).get("issuetype") or {})
    return _text(parent, "key") if kind.get("hierarchyLevel") == 1 else ""


def epic_link_field(json: object) -> str:
    """The id of the Epic Link field in the answer of `/field`; "" without one."""
    for field in json if isinstance(json, list) else []:
        schema = field.get("schema") if isinstance(field, dict) else None
        if isinstance(schema, dict) and schema.get("custom") == _EPIC_LINK:
            return str(field.get("id") or "")
    return ""


def next_expiry(json: object, *, today: date) -> date | None:
    """The next day on which one of the listed personal access tokens expires; None if none does."""
    days: list[date] = []
    for token in json if isinstance(json, list) else []:
        try:
            days.append(read_time(_mapping(token).get("expiringAt")).date())
        except Unreadable:
            continue
    return min((day for day in days if day >= today), default=None)


def is_by(worklog: Json, account: Account) -> bool:
    """Whether `account` is the author: by account id (Cloud), else by key, else by name whatever its case.

    Raises
    ------
    Unreadable
        If the worklog does not say who wrote it.
    """
    author = _mapping(_mapping(worklog).get("author"))
    author_id = _text(author, "accountId") or _text(author, "key")
    if author_id:
        return author_id == account.account_id
    name = _text(author, "name")
    if not name:
        raise Unreadable("a worklog without an author")
    return name.casefold() in (account.username.casefold(), account.account_id.casefold())


def is_by_app(worklog: Json) -> bool:
    """Whether an app wrote it, as Tempo does on Cloud."""
    author = worklog.get("author")
    return isinstance(author, dict) and author.get("accountType") == "app"


def read_worklog(json: Json) -> Worklog:
    """One worklog; `Unreadable` without id, start or seconds."""
    author = _mapping(json.get("author") or {})
    started = read_time(json.get("started"))
    created = read_time(json.get("created")) if json.get("created") else started
    worklog_id = str(json.get("id") or "")
    if not _DIGITS.fullmatch(worklog_id):
        raise Unreadable("a worklog without an id")
    return Worklog(
        worklog_id=worklog_id,
        started=started,
        seconds=_whole(json.get("timeSpentSeconds")),
        comment=_text(json, "comment"),
        author=_text(author, "displayName"),
        author_id=_text(author, "accountId") or _text(author, "key") or _text(author, "name"),
        visibility=_visibility(json.get("visibility")),
        created=created,
        updated=read_time(json.get("updated")) if json.get("updated") else created,
    )


def read_time(value: object) -> datetime:
    """Jira's "2026-11-16T09:00:00.000+0100" as an aware datetime."""
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Unreadable("a time that is none") from None
    if moment.tzinfo is None:
        raise Unreadable("a time without a zone")
    return moment


def format_time(moment: datetime) -> str:
    """An aware datetime as Jira demands it: three digits of milliseconds, an offset without a colon."""
    if moment.utcoffset() is None:
        raise ValueError("a naive datetime has no place in Jira")
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}{moment:%z}"[:28]


def _visibility(json: object) -> str:
    if not isinstance(json, dict):
        return ""
    return f"{_text(json, 'type')}: {_text(json, 'value') or _text(json, 'identifier')}"


def _mapping(value: object) -> Json:
    if not isinstance(value, dict):
        raise Unreadable("an object was expected")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("a list was expected")
    return value


def _text(json: Json, key: str) -> str:
    value = json.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{key} is not text")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_NUMBER:
        raise Unreadable("a number was expected")
    return value
