"""Worklogs of the whole site, by when they changed and by id."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.demo.conftest import START, Jira


def _changes(jira: Jira, kind: str, **params: Any) -> dict[str, Any]:
    page: dict[str, Any] = jira.get(f"/worklog/{kind}", **params).json()
    return page


def test_updated_worklogs_leave_out_the_last_minute(jira: Jira) -> None:
    (old,) = jira.seed(1)
    jira.clock.advance(61)
    (fresh,) = jira.seed(1)
    assert [one["worklogId"] for one in _changes(jira, "updated")["values"]] == [old]
    jira.clock.advance(61)
    assert [one["worklogId"] for one in _changes(jira, "updated")["values"]] == [old, fresh]


def test_updated_worklogs_are_paged_oldest_first(jira: Jira) -> None:
    """A thousand a page; the next page begins where this one ended."""
    start = jira.clock.now - timedelta(days=2)
    ids = [
        jira.site.add_worklog("APP-1", jira.people["ada"], START, 60, created=start + timedelta(seconds=n)).id
        for n in range(1500)
    ]
    page = _changes(jira, "updated", since=0)
    assert ([one["worklogId"] for one in page["values"]], page["lastPage"]) == (ids[:1000], False)
    assert page["until"] == page["values"][-1]["updatedTime"] == int((start.timestamp() + 999) * 1000)
    assert page["nextPage"].endswith(f"/worklog/updated?since={page['until']}")
    rest = _changes(jira, "updated", since=page["until"])
    assert ([one["worklogId"] for one in rest["values"]], rest["lastPage"]) == (ids[999:], True)
    assert "nextPage" not in rest


def test_updated_worklogs_hide_what_is_restricted(jira: Jira) -> None:
    jira.seed(1, visibility=("role", "Developers"))
    jira.clock.advance(61)
    values = jira.send("GET", "/worklog/updated", user="bob").json()["values"]
    assert (values, len(_changes(jira, "updated")["values"])) == ([], 1)


def test_deleted_worklogs_are_listed_after_a_minute(jira: Jira) -> None:
    (known,) = jira.seed(1)
    jira.delete(known)
    assert _changes(jira, "deleted")["values"] == []
    moment = int(jira.clock.now.timestamp() * 1000)
    jira.clock.advance(61)
    page = _changes(jira, "deleted", since=moment)
    assert page["values"] == [{"worklogId": known, "updatedTime": moment, "properties": []}]
    assert _changes(jira, "deleted", since=moment + 1)["values"] == []
    assert jira.send("GET", "/worklog/deleted", user=None).status_code == 401
    assert jira.get("/worklog/deleted", since="x").status_code == 400


def test_worklogs_by_id_leave_out_what_is_gone(jira: Jira) -> None:
    """An array, not a page; unknown and hidden ids are missing without a word."""
    (known,), (hidden,) = jira.seed(1), jira.seed(1, visibility=("role", "Developers"))
    ids = {"ids": [known, hidden, 1]}
    mine = jira.send("POST", "/worklog/list", json=ids).json()
    theirs = jira.send("POST", "/worklog/list", user="bob", json=ids).json()
    assert [[one["id"] for one in found] for found in (mine, theirs)] == [[str(known), str(hidden)], [str(known)]]


@pytest.mark.parametrize("ids", [[], list(range(1001)), None, ["x"], [True]])
def test_worklogs_by_id_want_between_one_and_a_thousand(jira: Jira, ids: object) -> None:
    assert jira.send("POST", "/worklog/list", json={"ids": ids}).status_code == 400
    assert jira.send("POST", "/worklog/list", user=None, json={"ids": [1]}).status_code == 401
