"""Who is let in, and the many ways of saying no."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.demo.conftest import SECRETS, Jira, basic

ALL = "project = APP"
UNAUTHENTICATED = "Client must be authenticated to access this resource."


def _send(jira: Jira, path: str, authorization: str | None, method: str = "GET", **more: Any) -> requests.Response:
    headers = {"Authorization": authorization} if authorization else {}
    return jira.send(method, path, user=None, headers=headers, **more)


def _search(jira: Jira, authorization: str | None) -> requests.Response:
    path = "/search/jql" if jira.site.is_cloud else "/search"
    return _send(jira, path, authorization, params={"jql": ALL, "fields": "summary"})


def _gateway(jira: Jira, path: str) -> str:
    return f"/ex/jira/{jira.site.cloud_id}/rest/api/2{path}"


SCOPED = basic("ada@example.com", f"{SECRETS['scoped_token']}-ada")
TOKEN = basic("ada@example.com", f"{SECRETS['api_token']}-ada")


# --- Cloud


def test_api_token_signs_in_with_the_email_in_any_case(cloud: Jira) -> None:
    answer = _send(cloud, "/myself", basic("Ada@Example.com", f"{SECRETS['api_token']}-ada"))
    assert (answer.status_code, answer.json()["accountId"]) == (200, "5b1:ada")


@pytest.mark.parametrize(
    "authorization",
    [
        basic("ada@example.com", "wrong"),
        basic("bob@example.com", f"{SECRETS['api_token']}-ada"),
        basic("ada", f"{SECRETS['password']}-ada"),
        basic("ada@example.com", f"{SECRETS['password']}-ada"),
        SCOPED,
        "Basic !!!",
        "Digest x",
    ],
)
def test_bad_login_on_cloud_is_anonymous(cloud: Jira, authorization: str) -> None:
    """Wrong token, wrong e-mail, a password, a scoped token: search is 200 and empty; only /myself says 401."""
    search = _search(cloud, authorization)
    assert (search.status_code, search.json()) == (200, {"issues": [], "isLast": True})
    assert "X-Seraph-LoginReason" not in search.headers
    myself = _send(cloud, "/myself", authorization)
    assert (myself.status_code, myself.text) == (401, UNAUTHENTICATED)
    assert myself.headers["Content-Type"].startswith("application/json")
    assert myself.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert _send(cloud, "/issue/APP-1", authorization).status_code == 404
    assert _send(cloud, "/field", authorization).json() == []


def test_nobody_is_not_told_of_a_failed_login(cloud: Jira) -> None:
    """Without credentials there is no failed login to report."""
    assert "X-Seraph-LoginReason" not in _send(cloud, "/myself", None).headers


def test_failed_login_can_be_told_on_every_answer(cloud: Jira) -> None:
    """Some sites put the header on the anonymous 200s too."""
    cloud.site.login_reason_on_every_answer = True
    assert _search(cloud, basic("ada@example.com", "x")).headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


def test_expired_token_is_a_bad_login(cloud: Jira) -> None:
    """A token works until the moment it expires."""
    ada = cloud.people["ada"]
    cloud.site.add_credential("api_token", ada, "short", expires=cloud.clock.now + timedelta(seconds=5))
    assert _send(cloud, "/myself", basic(ada.email, "short")).status_code == 200
    cloud.clock.advance(5)
    assert _send(cloud, "/myself", basic(ada.email, "short")).status_code == 401


def test_revoked_token_is_a_bad_login(cloud: Jira) -> None:
    cloud.site.remove_credential(f"{SECRETS['api_token']}-ada")
    assert cloud.get("/myself").status_code == 401
    assert cloud.send("GET", "/myself", user="bob").status_code == 200


@pytest.mark.parametrize("path", ["/myself", "/serverInfo", "/search/jql", "/rest/api/3/myself"])
def test_bearer_on_cloud_is_403_everywhere(cloud: Jira, path: str) -> None:
    """A personal access token means nothing to Cloud, not even on open resources."""
    answer = _send(cloud, path, "Bearer right-pat-ada")
    assert (answer.status_code, answer.json()) == (403, {"error": "Failed to parse Connect Session Auth Token"})


def test_bearer_that_looks_like_a_jwt_is_401_html(cloud: Jira) -> None:
    answer = _send(cloud, "/myself", "Bearer a.b.c")
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "text/html;charset=UTF-8")


# --- Cloud's gateway


def test_tenant_info_tells_the_cloud_id_to_everybody(cloud: Jira) -> None:
    answer = _send(cloud, "/_edge/tenant_info", None)
    assert (answer.status_code, answer.json()) == (200, {"cloudId": cloud.site.cloud_id})


def test_tenant_info_is_unknown_to_data_center(data_center: Jira) -> None:
    assert data_center.get("/_edge/tenant_info").status_code == 404


def test_scoped_token_works_at_the_gateway(cloud: Jira) -> None:
    """There and only there; links then point to the gateway."""
    answer = _send(cloud, _gateway(cloud, "/myself"), SCOPED)
    assert answer.status_code == 200
    assert answer.json()["self"].startswith(f"{cloud.url}/ex/jira/{cloud.site.cloud_id}/rest/api/2/user")


@pytest.mark.parametrize("authorization", [TOKEN, "Bearer x", basic("ada@example.com", "wrong"), None])
def test_gateway_refuses_other_credentials_in_its_own_shape(cloud: Jira, authorization: str | None) -> None:
    """The gateway knows no anonymous visitors."""
    answer = _send(cloud, _gateway(cloud, "/search/jql"), authorization, params={"jql": ALL})
    assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Unauthorized"})


def test_gateway_wants_the_scope(cloud: Jira) -> None:
    """A token without write scope reads, also by POST, but does not write."""
    ada = cloud.people["ada"]
    cloud.site.add_credential("scoped_token", ada, "reader", scopes={"read:jira-work", "read:jira-user"})
    reader = basic(ada.email, "reader")
    read = _send(cloud, _gateway(cloud, "/search/jql"), reader, "POST", json={"jql": ALL})
    write = _send(cloud, _gateway(cloud, "/issue/APP-1/worklog"), reader, "POST", json={"timeSpentSeconds": 60})
    assert (read.status_code, len(read.json()["issues"])) == (200, 3)
    assert write.status_code == 401
    assert write.json() == {"code": 401, "message": "Unauthorized; scope does not match"}
    assert cloud.site.worklogs == {}


@pytest.mark.parametrize("path", ["/ex/jira/other/rest/api/2/myself", "/ex/jira/", "/ex/jira/other"])
def test_gateway_does_not_know_other_sites(cloud: Jira, path: str) -> None:
    answer = _send(cloud, path, SCOPED)
    assert (answer.status_code, answer.json()["code"]) == (404, 404)


# --- Data Center


def test_personal_access_token_signs_in(data_center: Jira) -> None:
    myself = data_center.get("/myself").json()
    assert (myself["name"], myself["key"]) == ("ada", "JIRAUSER1")


def test_bad_personal_access_token_finds_nothing(data_center: Jira) -> None:
    """Search is 200 with total 0; everything else, even serverInfo, is 401 without a login reason."""
    search = _search(data_center, "Bearer wrong")
    assert (search.status_code, search.json()["total"], search.json()["issues"]) == (200, 0, [])
    for path in ("/myself", "/serverInfo", "/issue/APP-1", "/issue/APP-1/worklog"):
        answer = _send(data_center, path, "Bearer wrong")
        assert answer.status_code == 401
        assert "X-Seraph-LoginReason" not in answer.headers
    assert _send(data_center, "/myself", "Bearer wrong").json() == {"message": UNAUTHENTICATED, "status-code": 401}


def test_password_signs_in_with_the_username(data_center: Jira) -> None:
    answer = _send(data_center, "/myself", basic("ADA", f"{SECRETS['password']}-ada"))
    assert (answer.status_code, answer.headers["X-Seraph-LoginReason"]) == (200, "OK")


@pytest.mark.parametrize("user", ["ada", "ada@example.com", "nobody"])
def test_wrong_password_gets_the_login_page(data_center: Jira, user: str) -> None:
    """401 on every resource, search included, with HTML and the reason in a header."""
    wrong = basic(user, "wrong" if user == "ada" else f"{SECRETS['password']}-ada")
    for answer in (_search(data_center, wrong), _send(data_center, "/serverInfo", wrong)):
        assert answer.status_code == 401
        assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
        assert answer.headers["Content-Type"].startswith("text/html")


def test_nobody_is_asked_to_log_in_for_an_issue(data_center: Jira) -> None:
    answer = _send(data_center, "/issue/APP-1", None)
    assert (answer.status_code, answer.json()["errorMessages"][-1]) == (401, "Login Required")


def test_rate_limit_is_told_to_who_is_signed_in(data_center: Jira) -> None:
    """Every authenticated answer, also a 404, has the bucket's headers; retry-after is 0 while tokens remain."""
    for path in ("/myself", "/issue/APP-99"):
        headers = data_center.get(path).headers
        assert headers["retry-after"] == "0"
        for name in ("Limit", "Remaining", "FillRate", "Interval-Seconds"):
            assert int(headers[f"X-RateLimit-{name}"]) > 0
    assert "X-RateLimit-Limit" not in _send(data_center, "/serverInfo", None).headers


def test_personal_access_tokens_are_listed_without_their_secret(data_center: Jira) -> None:
    """Own tokens with their expiry; a token that never expires has none."""
    expires = data_center.clock.now + timedelta(days=12)
    data_center.site.add_credential("pat", data_center.people["ada"], "second", expires=expires)
    answer = data_center.get("/rest/pat/latest/tokens")
    forever, second = answer.json()
    assert "expiringAt" not in forever
    assert second["expiringAt"] == "2026-12-02T13:00:00.000+0100"
    assert second["createdAt"] == "2026-11-20T13:00:00.000+0100"
    assert "second" not in answer.text
    assert SECRETS["pat"] not in answer.text
    assert _send(data_center, "/rest/pat/latest/tokens", None).status_code == 401
