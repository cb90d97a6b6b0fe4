"""A client that is not ours, `jira` of pycontribs, works with the demo as with any Jira.

Written by others against real sites, it would stumble where the demo only agreed with us. It speaks version 2, signs in
with basic auth on Cloud and with a token on Data Center, and follows the links in the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import cast

import jira as pycontribs
import pytest

from tests.demo.conftest import SECRETS, Jira, MakeJira

STARTED = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["cloud", "datacenter"])
def served(request: pytest.FixtureRequest, make_jira: MakeJira) -> Jira:
    context_path = "" if request.param == "cloud" else "/jira"
    return make_jira(request.param, context_path=context_path)


@pytest.fixture
def client(served: Jira) -> Iterator[pycontribs.JIRA]:
    options = {"server": served.url, "check_update": False}
    if served.site.is_cloud:
        login = ("ada@example.com", f"{SECRETS['api_token']}-ada")
        client = pycontribs.JIRA(options=options, basic_auth=login, max_retries=0)
    else:
        client = pycontribs.JIRA(options=options, token_auth=f"{SECRETS['pat']}-ada", max_retries=0)
    yield client
    client.close()  # type: ignore[no-untyped-call]


def test_client_recognises_the_deployment(served: Jira, client: pycontribs.JIRA) -> None:
    assert client.server_info()["deploymentType"] == ("Cloud" if served.site.is_cloud else "Server")
    assert client._is_cloud == served.site.is_cloud
    assert client.myself()["displayName"] == "Ada L"


def test_client_lists_adds_updates_and_deletes(served: Jira, client: pycontribs.JIRA) -> None:
    """The whole life of a worklog."""
    issue = client.issue("APP-1")
    assert issue.fields.summary == "Fix the login"
    added = client.add_worklog(issue, timeSpent="1h 30m", comment="Überarbeitet 😀", started=STARTED)
    (listed,) = client.worklogs("APP-1")
    assert (listed.id, listed.timeSpentSeconds, listed.comment) == (added.id, 5400, "Überarbeitet 😀")
    assert datetime.fromisoformat(listed.started) == STARTED

    added.update(comment="Neu", timeSpentSeconds=7200)
    read = client.worklog("APP-1", added.id)
    assert (read.comment, read.timeSpent, read.author.displayName) == ("Neu", "2h", "Ada L")

    added.delete()
    assert client.worklogs("APP-1") == []
    assert served.site.worklogs == {}


def test_client_adjusts_the_estimate(served: Jira, client: pycontribs.JIRA) -> None:
    served.site.issues["APP-1"].remaining_estimate_seconds = 3 * 3600
    added = client.add_worklog("APP-1", timeSpent="1h")
    assert client.issue("APP-1").fields.timetracking.remainingEstimate == "2h"
    added.delete(adjustEstimate="new", newEstimate="5h")
    assert client.issue("APP-1").fields.timetracking.remainingEstimate == "5h"


def test_client_pages_through_a_search(served: Jira, client: pycontribs.JIRA) -> None:
    """All 230 issues, by token on Cloud and by number on Data Center, each with its inline worklogs."""
    for number in range(4, 231):
        served.site.add_issue(f"APP-{number}", f"Number {number}")
        served.site.add_worklog(f"APP-{number}", served.people["ada"], STARTED, 60 * number)
    query = 'worklogAuthor = currentUser() AND worklogDate >= "2026-11-16" ORDER BY key'
    found = cast("list[pycontribs.Issue]", client.search_issues(query, maxResults=0, fields="summary,worklog"))
    assert [issue.key for issue in found] == [f"APP-{number}" for number in range(4, 231)]
    assert sum(issue.fields.worklog.worklogs[0].timeSpentSeconds for issue in found) == 60 * sum(range(4, 231))


def test_client_is_told_why(served: Jira, client: pycontribs.JIRA) -> None:
    """Its own exception carries the sentence that Jira answered."""
    with pytest.raises(pycontribs.JIRAError, match="non-editable workflow state") as refused:
        client.add_worklog("APP-3", timeSpent="1h", started=STARTED + timedelta(days=1))
    assert refused.value.status_code == 400


def test_client_with_a_wrong_login_is_refused(served: Jira) -> None:
    login = {"basic_auth": ("ada@example.com", "x")} if served.site.is_cloud else {"token_auth": "x"}
    options = {"server": served.url, "check_update": False}
    client = pycontribs.JIRA(options=options, get_server_info=False, max_retries=0, **login)
    with closing(client), pytest.raises(pycontribs.JIRAError) as refused:
        client.myself()
    assert refused.value.status_code == 401
