"""The middleware over the demo Jira itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from roots_nb.demo.model import JiraSite, User
from roots_nb.demo.server import JiraApp, serve
from tests.faults.conftest import Serve
from tests.faults.fault import Answer
from tests.faults.gate import Gate, LastReply
from tests.faults.limits import DataCenterLimits
from tests.faults.middleware import Faults, RequestLog
from tests.faults.sign_in import Captcha

ADA = User("a-1", "JIRAUSER1", "ada", "Ada", "ada@example.com", "Europe/Berlin")
BEARER = {"Authorization": "Bearer t0ken"}
MYSELF = "/jira/rest/api/2/myself"
WORKLOGS = "/jira/rest/api/2/issue/APP-1/worklog"


@pytest.fixture
def site() -> JiraSite:
    site = JiraSite("datacenter", context_path="/jira")
    site.add_user(ADA)
    site.add_credential("pat", ADA, "t0ken")
    site.add_credential("password", ADA, "right")
    site.add_project("APP", "App")
    site.add_issue("APP-1", "Work")
    return site


def add_worklog(client: requests.Session, url: str) -> requests.Response:
    body = {"started": "2026-11-16T09:00:00.000+0100", "timeSpentSeconds": 3600}
    return client.post(url + WORKLOGS, json=body, headers=BEARER, timeout=5)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_fault_leaves_the_worklog_committed_or_not(
    site: JiraSite, client: requests.Session, serve: Serve, after: bool
) -> None:
    """A 504 says nothing about what Jira has done."""
    faults = Faults(JiraApp(site))
    faults.at(1, Answer(504, after=after))
    assert add_worklog(client, serve(faults)).status_code == 504
    assert len(site.issues["APP-1"].worklogs) == after


def test_captcha_locks_the_demos_passwords(site: JiraSite, client: requests.Session, serve: Serve) -> None:
    """Wrong passwords lock the right one, while the token still works; the demo sees no more of them."""
    log = RequestLog(JiraApp(site))
    url = serve(Captcha(log)) + MYSELF
    passwords = ["wrong", "wrong", "wrong", "right"]
    replies = [client.get(url, auth=("ada", password), timeout=5) for password in passwords]
    assert [reply.status_code for reply in replies] == [401, 401, 401, 403]
    assert [reply.headers["X-Seraph-LoginReason"] for reply in replies] == [
        *["AUTHENTICATED_FAILED"] * 3,
        "AUTHENTICATION_DENIED",
    ]
    assert client.get(url, headers=BEARER, timeout=5).json()["name"] == "ada"
    assert log.count() == 4


def test_data_center_limits_replace_the_demos_own(site: JiraSite, client: requests.Session, serve: Serve) -> None:
    """Each header is there once, with the limits of the middleware."""
    url = serve(DataCenterLimits(JiraApp(site), size=7)) + MYSELF
    headers = client.get(url, headers=BEARER, timeout=5).headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"], headers["Retry-After"]) == ("7", "6", "0")


@pytest.fixture
def gated(site: JiraSite) -> Iterator[tuple[Gate, Faults]]:
    faults = Faults(JiraApp(site))
    gate = Gate(lambda port: serve(faults, port=port))
    yield gate, faults
    gate.stop()


def test_gate_keeps_what_the_demo_knows(site: JiraSite, client: requests.Session, gated: tuple[Gate, Faults]) -> None:
    """The worklog of the last reply is still there when the same URL answers again."""
    gate, faults = gated
    faults.at(1, LastReply(gate))
    added = add_worklog(client, gate.url).json()
    with pytest.raises(requests.ConnectionError, match="refused"):
        add_worklog(client, gate.url)
    gate.open()
    listed = client.get(gate.url + WORKLOGS, headers=BEARER, timeout=5).json()
    assert [worklog["id"] for worklog in listed["worklogs"]] == [added["id"]]
