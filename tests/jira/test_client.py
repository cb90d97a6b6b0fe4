"""One method a REST call, sent as each deployment wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roots_nb.connections.secrets import Secret
from roots_nb.errors import InvalidInput
from roots_nb.jira.client import LONGEST_JQL_IN_URL, Jira
from roots_nb.jira.signin import sign_in
from tests.faults.fault import Answer
from tests.world import TOKEN, World

STARTED = "2026-11-17T08:00:00.000+0100"


def keys(jira: Jira, jql: str) -> list[str]:
    return [issue["key"] for page in jira.search_issues(jql, ["summary"]) for issue in page.items]


def test_search_asks_the_path_of_its_deployment(world: World) -> None:
    """`/search` is gone on Cloud, `/search/jql` never was on Data Center; fields are always named."""
    world.add_issues(2)
    assert sorted(keys(world.sign_in(), "project = APP")) == ["APP-1", "APP-2"]
    (request,) = world.log.requests
    assert request.path.endswith("/search/jql" if world.deployment == "cloud" else "/search")
    assert request.query["fields"] == "summary"


def test_long_query_goes_in_a_post(world: World) -> None:
    """A URL is cut off somewhere on the way; and nothing of it is cached."""
    world.add_issues(2)
    jql = "key in (" + ", ".join(["APP-1"] * (LONGEST_JQL_IN_URL // 7 + 1)) + ")"
    jira = world.sign_in()
    assert keys(jira, jql) == keys(jira, jql) == ["APP-1"]
    searches = [request for request in world.log.requests if "/search" in request.path]
    assert [request.method for request in searches] == ["POST", "POST"]
    assert isinstance(searches[0].body, dict)
    assert searches[0].body["fields"] == ["summary"]


def test_worklog_is_added_changed_and_deleted(world: World) -> None:
    """Each sent once, with the remaining estimate left alone and without mail where Jira lets one choose."""
    world.add_issues(1)
    jira = world.sign_in()
    made = jira.add_worklog("APP-1", {"started": STARTED, "timeSpentSeconds": 600, "comment": "x"})
    assert jira.update_worklog("APP-1", made["id"], {"timeSpentSeconds": 1200})["timeSpentSeconds"] == 1200
    jira.delete_worklog("APP-1", made["id"])
    assert world.site.issues["APP-1"].worklogs == []
    assert [request.method for request in world.log.requests] == ["POST", "PUT", "DELETE"]
    assert {request.query["adjustEstimate"] for request in world.log.requests} == {"leave"}
    mail = {request.query.get("notifyUsers") for request in world.log.requests}
    assert mail == ({"false"} if world.deployment == "cloud" else {None})
    assert jira.recently_written() == ["APP-1"]


def test_recent_issues_are_suggested_first(world: World) -> None:
    """Those logged on last, then others; each once, with its summary as text."""
    world.add_issues(3)
    world.site.issues["APP-3"].summary = "Review & <b>merge</b>"
    world.add_worklog("APP-3", "2026-11-16 09:00", created=world.now - timedelta(days=1))
    world.add_worklog("APP-2", "2026-11-17 09:00")
    jira = world.sign_in()
    assert jira.pick_issues("") == [("APP-2", "Issue 2"), ("APP-3", "Review & <b>merge</b>"), ("APP-1", "Issue 1")]
    assert jira.pick_issues("merge rev") == [("APP-3", "Review & <b>merge</b>")]
    assert jira.pick_issues("APP-1") == [("APP-1", "Issue 1")]
    assert {request.query["query"] for request in world.log.requests} == {"", "merge rev", "APP-1"}


def test_suggestions_that_are_none_are_left_out(world: World) -> None:
    """A section without issues, and keys that are none."""
    world.add_issues(1)
    jira = world.sign_in()
    sections = [{"label": "History Search"}, {"issues": [{"key": "APP-7"}, {"key": "../x", "summaryText": "y"}, None]}]
    world.faults.when(lambda request: True, Answer(200, {"sections": sections}))
    assert jira.pick_issues("") == [("APP-7", "")]


ODD_KEYS = [
    *(
        "../../myself",
        "..",
        "/etc/passwd",
        "C:\\x",
        "APP-1/worklog/7",
        "APP-1/../APP-2",
        "APP-1%2f..",
        "APP-1;x",
        "CON",
    ),
    *("APP", "app-1", "APP-1?x=1", "APP-1#x", "", " APP-1", "APP-1\n", "APP-1\0", "APP-１", "A" * 5000, "A-1"),
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_issue_key_never_becomes_a_path(cloud: World, key: str) -> None:
    """It is refused before anything is sent, whatever is asked of it."""
    jira, now = cloud.sign_in(), cloud.now
    for ask in (
        lambda: jira.issue(key, ["summary"]),
        lambda: jira.issue_worklogs(key, started_from=now, started_until=now),
        lambda: jira.worklog(key, "7"),
        lambda: jira.add_worklog(key, {}),
        lambda: jira.update_worklog(key, "7", {}),
        lambda: jira.delete_worklog(key, "7"),
    ):
        with pytest.raises(InvalidInput, match="issue key"):
            ask()
    assert cloud.log.requests == []


@pytest.mark.parametrize(
    "worklog_id", ["7/../8", "../7", "/7", "7?x=1", "7#x", "7%2f8", "", "-7", "7\n", "CON", "7\0", "٧"]
)
def test_odd_worklog_id_never_becomes_a_path(cloud: World, worklog_id: str) -> None:
    """It is refused before anything is sent, whatever is asked of it."""
    jira = cloud.sign_in()
    for ask in (
        lambda: jira.worklog("APP-1", worklog_id),
        lambda: jira.update_worklog("APP-1", worklog_id, {}),
        lambda: jira.delete_worklog("APP-1", worklog_id),
    ):
        with pytest.raises(InvalidInput):
            ask()
    assert cloud.log.requests == []


def test_token_expiry_is_the_next_of_data_centers_list(server: World) -> None:
    """One that has expired already does not hide it."""
    now = datetime.now(UTC)
    server.site.add_credential("pat", server.ann, "old", expires=now - timedelta(days=30))
    server.site.add_credential("pat", server.ann, "soon", expires=now + timedelta(days=12))
    server.site.add_credential("pat", server.bob, "other", expires=now + timedelta(days=2))
    expires = (now + timedelta(days=12)).astimezone(ZoneInfo("Europe/Berlin"))
    assert server.sign_in().token_expires() == expires.date()
    server.site.remove_credential("soon")
    assert server.sign_in().token_expires() is None


def test_list_of_tokens_that_is_refused_costs_nothing(server: World) -> None:
    """An administrator may have closed it; the login holds all the same."""
    jira = server.sign_in()
    server.faults.when(lambda request: "/pat/" in request.path, Answer(status=401), times=None)
    assert jira.token_expires() is None
    assert jira.myself().display_name == "Ann"


def test_token_expiry_on_cloud_is_what_was_noted(cloud: World) -> None:
    """Cloud does not tell."""
    assert cloud.sign_in().token_expires() is None
    noted = replace(cloud.connection, token_expires="2026-12-31")
    assert sign_in(noted, Secret(TOKEN)).token_expires() == date(2026, 12, 31)
