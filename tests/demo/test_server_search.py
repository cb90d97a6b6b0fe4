"""Search: Cloud's pages by token, Data Center's by number, and what the index knows when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roots_nb.demo.searches import Searches
from tests.demo.conftest import Jira, MakeJira

MINE = "worklogAuthor = currentUser()"


def _fill(jira: Jira, issues: int) -> None:
    """APP-4 and so on, until there are `issues`."""
    for number in range(4, issues + 1):
        jira.site.add_issue(f"APP-{number}", f"Number {number}")


def _search(jira: Jira, jql: str, *, user: str = "ada", **params: Any) -> dict[str, Any]:
    path = "/search/jql" if jira.site.is_cloud else "/search"
    answer = jira.send("GET", path, user=user, params={"jql": jql, **params})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _keys(jira: Jira, jql: str, **more: Any) -> list[str]:
    return [issue["key"] for issue in _search(jira, jql, fields="summary", **more)["issues"]]


# --- Cloud


def test_old_search_is_gone_from_cloud(cloud: Jira) -> None:
    """410 with Atlassian's words, for both methods and versions."""
    for version in ("2", "3"):
        cloud.version = version
        for answer in (cloud.get("/search", jql="project = APP"), cloud.send("POST", "/search", json={})):
            assert answer.status_code == 410
            assert answer.json()["errorMessages"][0].startswith("The requested API has been removed. Please migrate")


def test_cloud_answers_ids_alone_by_default(cloud: Jira) -> None:
    """No total, no keys; the last page has no token."""
    body = _search(cloud, "project = APP ORDER BY key")
    ids = [{"id": str(cloud.site.issues[f"APP-{n}"].id)} for n in (1, 2, 3)]
    assert body == {"issues": ids, "isLast": True}


def test_cloud_pages_by_token(cloud: Jira) -> None:
    _fill(cloud, 7)
    seen, token = [], None
    for size in (3, 3, 1):
        more: dict[str, Any] = {"nextPageToken": token} if token else {}
        body = _search(cloud, "project = APP ORDER BY key", maxResults=3, fields="key", **more)
        assert len(body["issues"]) == size
        seen += [issue["key"] for issue in body["issues"]]
        token = body.get("nextPageToken")
        assert body["isLast"] == (token is None)
    assert seen == [f"APP-{n}" for n in range(1, 8)]


def test_cloud_pages_do_not_move_when_issues_come_between(cloud: Jira) -> None:
    """A page can also be asked for again."""
    _fill(cloud, 5)
    jql = "project = APP ORDER BY key DESC"
    first = _search(cloud, jql, maxResults=2, fields="key")
    cloud.site.add_issue("APP-6", "New")
    for _ in range(2):
        second = _search(cloud, jql, maxResults=2, fields="key", nextPageToken=first["nextPageToken"])
        assert [issue["key"] for issue in second["issues"]] == ["APP-3", "APP-2"]


def test_cloud_page_token_is_bound_to_its_query_and_user(cloud: Jira) -> None:
    token = _search(cloud, "project = APP", maxResults=1)["nextPageToken"]
    for jql, user, sent in (
        ("key = APP-1", "ada", token),
        ("project = APP", "bob", token),
        ("project = APP", "ada", "x"),
    ):
        params = {"jql": jql, "nextPageToken": sent}
        assert cloud.send("GET", "/search/jql", user=user, params=params).status_code == 400


def test_cloud_pages_shrink_when_fields_are_asked(cloud: Jira) -> None:
    """5000 ids fit on a page, but only 100 issues with fields."""
    _fill(cloud, 250)
    assert len(_search(cloud, "project = APP", maxResults=5000)["issues"]) == 250
    page = _search(cloud, "project = APP", maxResults=5000, fields="summary,worklog")
    assert (len(page["issues"]), page["isLast"]) == (100, False)


@pytest.mark.parametrize("limit", ["0", "5001", "-1", "x"])
def test_cloud_refuses_other_page_sizes(cloud: Jira, limit: str) -> None:
    assert cloud.get("/search/jql", jql="project = APP", maxResults=limit).status_code == 400


@pytest.mark.parametrize("jql", [None, "", "ORDER BY key"])
def test_cloud_refuses_a_query_without_restriction(cloud: Jira, jql: str | None) -> None:
    answer = cloud.get("/search/jql", **({} if jql is None else {"jql": jql}))
    assert (answer.status_code, answer.json()["errorMessages"][0].split()[0]) == (400, "Unbounded")


def test_cloud_search_by_post_takes_arrays(cloud: Jira) -> None:
    """`fields` is an array there, not a string with commas."""
    body = {"jql": "key = APP-1", "fields": ["summary", "labels"], "maxResults": 10}
    (issue,) = cloud.send("POST", "/search/jql", json=body).json()["issues"]
    assert issue["fields"] == {"summary": "Fix the login", "labels": ["web", "bug"]}
    for wrong in ({"fields": "summary"}, {"jql": 7}, {"maxResults": "many"}, {"reconcileIssues": "10000"}):
        assert cloud.send("POST", "/search/jql", json=body | wrong).status_code == 400


def test_fields_can_be_repeated_or_joined(cloud: Jira) -> None:
    for fields in ("summary,labels", ["summary", "labels"]):
        (issue,) = _search(cloud, "key = APP-1", fields=fields)["issues"]
        assert set(issue["fields"]) == {"summary", "labels"}


def test_navigable_fields_leave_out_the_worklog(cloud: Jira) -> None:
    (navigable,) = _search(cloud, "key = APP-1", fields="*navigable")["issues"]
    (everything,) = _search(cloud, "key = APP-1", fields="*all")["issues"]
    assert set(everything["fields"]) - set(navigable["fields"]) == {"worklog", "timetracking"}


# --- Data Center


def test_data_center_pages_by_number(data_center: Jira) -> None:
    _fill(data_center, 7)
    page = _search(data_center, "project = APP ORDER BY key", startAt=5, maxResults=3)
    assert (page["startAt"], page["maxResults"], page["total"]) == (5, 3, 7)
    assert [issue["key"] for issue in page["issues"]] == ["APP-6", "APP-7"]
    assert "worklog" not in page["issues"][0]["fields"]


def test_data_center_caps_its_pages(data_center: Jira) -> None:
    """50 by default, a thousand at most, and the answer says so."""
    _fill(data_center, 1010)
    sizes: list[tuple[dict[str, Any], int]] = [({}, 50), ({"maxResults": 5000}, 1000), ({"maxResults": 0}, 0)]
    for params, limit in sizes:
        page = _search(data_center, "", fields="summary", **params)
        assert (page["maxResults"], len(page["issues"]), page["total"]) == (limit, limit, 1010)


def test_data_center_search_by_post(data_center: Jira) -> None:
    body = {"jql": "key = APP-1", "startAt": 0, "maxResults": 5, "fields": ["summary"]}
    answer = data_center.send("POST", "/search", json=body).json()
    assert (answer["total"], answer["issues"][0]["fields"]) == (1, {"summary": "Fix the login"})
    assert data_center.send("POST", "/search", json=body | {"startAt": "x"}).status_code == 400


# --- both


@pytest.mark.parametrize(
    "jql", ["colour = red", "project = ", 'summary ~ "open', "worklogDate >= soon", "project = APP x"]
)
def test_query_that_is_not_understood_is_400(jira: Jira, jql: str) -> None:
    path = "/search/jql" if jira.site.is_cloud else "/search"
    answer = jira.get(path, jql=jql)
    assert (answer.status_code, len(answer.json()["errorMessages"])) == (400, 1)


def test_unknown_project_finds_nothing(jira: Jira) -> None:
    assert _search(jira, "project = NOPE")["issues"] == []


def test_search_counts_days_in_the_zone_of_who_asks(jira: Jira) -> None:
    """01:30 in Berlin is the day before in New York."""
    moment = datetime(2026, 11, 16, 0, 30, tzinfo=UTC)
    for person in jira.people.values():
        jira.site.add_worklog("APP-1", person, moment, 3600)
    sunday, monday = (f'{MINE} AND worklogDate = "2026-11-{day}"' for day in (15, 16))
    assert [_keys(jira, jql, user=user) for user in ("ada", "bob") for jql in (sunday, monday)] == [
        [],
        ["APP-1"],
        ["APP-1"],
        [],
    ]


def test_search_finds_by_author_alone_and_by_day_alone(jira: Jira) -> None:
    """Author and day need not be of one worklog: who asks must filter."""
    ada, bob = jira.people["ada"], jira.people["bob"]
    monday = datetime(2026, 11, 16, 9, tzinfo=UTC)
    jira.site.add_worklog("APP-1", ada, monday - timedelta(days=300), 60)
    jira.site.add_worklog("APP-1", bob, monday, 60)
    jira.site.add_worklog("APP-2", bob, monday, 60)
    week = 'worklogDate >= "2026-11-16" AND worklogDate <= "2026-11-22"'
    assert _keys(jira, f"{MINE} AND {week}") == ["APP-1"]
    assert _keys(jira, f"{week} ORDER BY key") == ["APP-1", "APP-2"]
    assert _keys(jira, f"{MINE} OR {week} ORDER BY key") == ["APP-1", "APP-2"]


def test_search_shows_the_oldest_twenty_worklogs(jira: Jira) -> None:
    for day in range(25):
        jira.site.add_worklog("APP-1", jira.people["ada"], jira.clock.now - timedelta(days=day), 60)
    (issue,) = _search(jira, MINE, fields="worklog")["issues"]
    inline = issue["fields"]["worklog"]
    assert (inline["total"], inline["maxResults"], len(inline["worklogs"])) == (25, 20, 20)


def test_search_does_not_find_restricted_worklogs(jira: Jira) -> None:
    jira.site.add_worklog("APP-1", jira.people["ada"], jira.clock.now, 60, visibility=("role", "Developers"))
    jql = 'worklogDate = "2026-11-20"'
    assert (_keys(jira, jql), _keys(jira, jql, user="bob")) == (["APP-1"], [])


def test_search_asks_the_index_for_own_issues(jira: Jira, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a site of any size a query for own worklogs in a range looks at the issues that can fit, not at all."""
    _fill(jira, 300)
    for number in range(1, 301):
        jira.site.add_worklog(f"APP-{number}", jira.people["bob"], jira.clock.now - timedelta(days=number), 60)
    jira.site.add_worklog("APP-7", jira.people["ada"], jira.clock.now, 60)
    looked_at = []
    original = Searches.worklogs

    def spy(self: Searches, issue: Any, reconciled: Any) -> Any:
        looked_at.append(issue.key)
        return original(self, issue, reconciled)

    monkeypatch.setattr(Searches, "worklogs", spy)
    week = '(worklogDate >= "2026-11-16") AND worklogDate <= 2026-11-22'
    assert [issue["id"] for issue in _search(jira, f"{MINE} AND {week}", fields="id")["issues"]]
    assert set(looked_at) == {"APP-7"}


# --- index lag


@pytest.fixture(params=["cloud", "datacenter"])
def lagging(request: pytest.FixtureRequest, make_jira: MakeJira) -> Jira:
    return make_jira(request.param, index_lag_seconds=10)


def _add(jira: Jira) -> int:
    answer = jira.send("POST", "/issue/APP-1/worklog", json={"timeSpentSeconds": 60, "comment": "first"})
    return int(answer.json()["id"])


def test_search_lags_behind_writes(lagging: Jira) -> None:
    """For ten seconds a new worklog is not found; the issue's own list has it at once."""
    assert _keys(lagging, MINE) == []
    _add(lagging)
    assert lagging.get("/issue/APP-1/worklog").json()["total"] == 1
    lagging.clock.advance(9.9)
    assert _keys(lagging, MINE) == []
    lagging.clock.advance(0.1)
    assert _keys(lagging, MINE) == ["APP-1"]


def test_search_shows_old_content_while_it_lags(lagging: Jira) -> None:
    """Changed and deleted worklogs are still found as they were, one write after the other."""
    path = f"/issue/APP-1/worklog/{_add(lagging)}"
    lagging.clock.advance(60)
    lagging.send("PUT", path, json={"comment": "second"})
    lagging.clock.advance(6)
    lagging.send("DELETE", path)

    def comments() -> list[str]:
        issues = _search(lagging, MINE, fields="worklog")["issues"]
        return [one["comment"] for issue in issues for one in issue["fields"]["worklog"]["worklogs"]]

    assert comments() == ["first"]
    lagging.clock.advance(4)
    assert comments() == ["second"]
    lagging.clock.advance(6)
    assert comments() == []


def test_reconciled_issues_do_not_lag(make_jira: MakeJira) -> None:
    """Cloud reads the named issues afresh, in the match and in their content."""
    jira = make_jira("cloud", index_lag_seconds=10)
    _add(jira)
    issue_id = jira.site.issues["APP-1"].id
    (issue,) = _search(jira, MINE, fields="worklog", reconcileIssues=issue_id)["issues"]
    assert issue["fields"]["worklog"]["total"] == 1
    body = {"jql": MINE, "fields": ["summary"], "reconcileIssues": [issue_id]}
    assert len(jira.send("POST", "/search/jql", json=body).json()["issues"]) == 1
    assert _keys(jira, MINE) == []


@pytest.mark.parametrize("ids", ["APP-1", ",".join(map(str, range(51)))])
def test_reconciled_issues_are_at_most_fifty_ids(cloud: Jira, ids: str) -> None:
    assert cloud.get("/search/jql", jql=MINE, reconcileIssues=ids).status_code == 400
