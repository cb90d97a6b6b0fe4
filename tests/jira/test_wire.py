"""Jira's JSON is read tolerantly, and what cannot be read is never guessed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots_nb.jira.wire import (
    Account,
    Unreadable,
    epic_link_field,
    format_time,
    is_by,
    is_by_app,
    read_account,
    read_issue,
    read_time,
    read_worklog,
)

WORKLOG: dict[str, Any] = {
    "id": "10001",
    "issueId": "10",
    "author": {"accountId": "5:ann", "displayName": "Ann", "accountType": "atlassian"},
    "started": "2026-11-16T09:00:00.000+0100",
    "timeSpentSeconds": 5400,
    "created": "2026-11-16T10:31:00.000+0100",
    "updated": "2026-11-17T08:00:00.000+0100",
    "comment": "Review",
    "visibility": {"type": "role", "value": "Developers"},
}
ANN = Account("5:ann", "Ann")


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in WORKLOG.items() if name != key}


def test_worklog_is_read_whole() -> None:
    """Every field lands where it belongs, in the zone it was sent in."""
    worklog = read_worklog(WORKLOG)
    assert worklog.started == datetime(2026, 11, 16, 9, tzinfo=timezone(timedelta(hours=1)))
    assert (worklog.seconds, worklog.comment, worklog.author) == (5400, "Review", "Ann")
    assert (worklog.author_id, worklog.visibility) == ("5:ann", "role: Developers")
    assert worklog.updated.day == 17


@pytest.mark.parametrize("key", ["comment", "visibility", "issueId", "updated", "created"])
def test_worklog_may_lack(key: str) -> None:
    """Old servers and empty comments leave keys out; the rest is still a worklog."""
    worklog = read_worklog(without(key))
    assert worklog.seconds == 5400
    assert worklog.updated >= worklog.created


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "../1"},
        {"started": None},
        {"started": "yesterday"},
        {"started": "2026-11-16T09:00:00"},
        {"started": 1700000000},
        {"timeSpentSeconds": None},
        {"timeSpentSeconds": "5400"},
        {"timeSpentSeconds": True},
        {"timeSpentSeconds": -60},
        {"timeSpentSeconds": 10**14},
        {"comment": {"type": "doc"}},
    ],
)
def test_worklog_with_nonsense_is_unreadable(change: dict[str, Any]) -> None:
    """A wrong sum is worse than a counted gap."""
    with pytest.raises(Unreadable):
        read_worklog({**WORKLOG, **change})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(WORKLOG)), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_json_is_either_read_or_unreadable(json: object) -> None:
    """No shape of JSON raises anything but Unreadable."""
    worklog = {**WORKLOG, **json} if isinstance(json, dict) else {**WORKLOG, "author": json, "started": json}
    for read in (
        read_worklog,
        read_account,
        lambda each: read_issue(each, epic_field=""),
        lambda each: is_by(each, ANN),
    ):
        try:
            read(worklog)  # type: ignore[operator]
            read(json)  # type: ignore[operator]
        except Unreadable:
            pass


@pytest.mark.parametrize(
    ("author", "account", "mine"),
    [
        ({"accountId": "5:ann"}, ANN, True),
        ({"accountId": "5:bob"}, ANN, False),
        ({"key": "JIRAUSER1", "name": "ann"}, Account("JIRAUSER1", "Ann", "renamed"), True),
        ({"key": "JIRAUSER2", "name": "ann"}, Account("JIRAUSER1", "Ann", "ann"), False),
        ({"name": "ANN"}, Account("JIRAUSER1", "Ann", "ann"), True),
        ({"name": "bob"}, Account("JIRAUSER1", "Ann", "ann"), False),
    ],
)
def test_authorship_is_by_id_then_by_name(author: dict[str, str], account: Account, mine: bool) -> None:
    """A reused name of another person's key is not me; only without a key does the name decide."""
    assert is_by({**WORKLOG, "author": author}, account) is mine


@pytest.mark.parametrize("author", [None, {}, {"displayName": "Ann"}, "Ann"])
def test_worklog_of_nobody_is_unreadable(author: object) -> None:
    """It may be mine, so it must be counted."""
    with pytest.raises(Unreadable):
        is_by({**WORKLOG, "author": author}, ANN)


def test_app_is_told_apart() -> None:
    """Tempo's own user is an app account."""
    assert is_by_app({"author": {"accountType": "app"}})
    assert not is_by_app(WORKLOG)


def test_epic_is_a_parent_of_level_one() -> None:
    """The parent of a sub-task is a story, not an epic."""

    def issue(level: int) -> dict[str, Any]:
        parent = {"key": "APP-1", "fields": {"issuetype": {"hierarchyLevel": level}}}
        return {"id": "1", "key": "APP-2", "fields": {"parent": parent}}

    assert read_issue(issue(1), epic_field="").issue.epic == "APP-1"
    assert read_issue(issue(0), epic_field="").issue.epic == ""


def test_epic_link_is_found_by_its_type() -> None:
    """Its id differs from site to site, its name from language to language."""
    fields = [
        {"id": "summary"},
        {"id": "customfield_7", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
    ]
    assert epic_link_field(fields) == "customfield_7"
    assert epic_link_field([{"id": "summary", "schema": None}]) == ""
    issue = {"id": "1", "key": "APP-2", "fields": {"customfield_7": "APP-1"}}
    assert read_issue(issue, epic_field="customfield_7").issue.epic == "APP-1"


@pytest.mark.parametrize(
    ("page", "is_cut"),
    [
        ({"total": 1, "worklogs": [WORKLOG]}, False),
        ({"total": 21, "worklogs": [WORKLOG] * 20}, True),
        ({"total": 0, "worklogs": []}, False),
        (None, True),
    ],
)
def test_inline_list_is_whole_only_if_it_says_so(page: object, is_cut: bool) -> None:
    """A missing list (time tracking field hidden) is asked for, not taken for empty."""
    assert read_issue({"id": "1", "key": "APP-2", "fields": {"worklog": page}}, epic_field="").is_cut is is_cut


@given(
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_time_survives_the_wire(moment: datetime, zone: str) -> None:
    """Milliseconds and offset come back as they went; Jira takes no other form."""
    aware = moment.replace(tzinfo=ZoneInfo(zone), microsecond=moment.microsecond // 1000 * 1000)
    text = format_time(aware)
    assert read_time(text) == aware
    assert len(text) == 28


def test_naive_time_does_not_reach_the_wire() -> None:
    """Without a zone nobody knows when it was."""
    with pytest.raises(ValueError, match="naive"):
        format_time(datetime(2026, 11, 16, 9))
