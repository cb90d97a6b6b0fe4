"""The demo's Cloud answers as Atlassian describes them, in version 3; and the check itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from jsonschema import ValidationError

from tests.demo import openapi
from tests.demo.conftest import HOUR, Jira
from tests.demo.openapi import validate_request, validate_response

pytestmark = pytest.mark.skipif(not openapi.is_available(), reason=openapi.MISSING)

DOCUMENT = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}]}


@pytest.fixture
def described(cloud: Jira) -> Jira:
    """Version 3, every answer checked, with two worklogs there: one restricted, one with properties."""
    cloud.version = "3"
    cloud.seed(1, visibility=("role", "Developers"))
    cloud.seed(1, comment="x", properties={"a": 1})

    def check(answer: requests.Response, *_: Any, **__: Any) -> None:
        request = answer.request
        path = (request.url or "").removeprefix(cloud.url).partition("?")[0]
        validate_response(request.method or "", path, answer.status_code, answer.json() if answer.content else None)

    cloud.session.hooks["response"].append(check)
    return cloud


GETS: list[tuple[str, dict[str, Any], int]] = [
    ("/serverInfo", {}, 200),
    ("/myself", {"expand": "groups,applicationRoles"}, 200),
    ("/configuration", {}, 200),
    ("/mypermissions", {"permissions": "EDIT_OWN_WORKLOGS,WORK_ON_ISSUES"}, 200),
    ("/mypermissions", {}, 400),
    ("/issue/picker", {"query": "app"}, 200),
    ("/search/jql", {"jql": "project = APP"}, 200),
    ("/search/jql", {"jql": "project = APP", "fields": "*all", "maxResults": 1}, 200),
    ("/search/jql", {"jql": ""}, 400),
    ("/issue/APP-1/worklog", {}, 200),
    ("/issue/APP-1/worklog", {"expand": "properties", "maxResults": 1}, 200),
    ("/issue/APP-9/worklog", {}, 404),
    ("/issue/APP-1/worklog/10001", {"expand": "properties"}, 200),
    ("/issue/APP-1/worklog/1", {}, 404),
    ("/issue/APP-1/worklog/10001/properties", {}, 200),
    ("/issue/APP-1/worklog/10001/properties/a", {}, 200),
    ("/worklog/updated", {"since": 0, "expand": "properties"}, 200),
    ("/worklog/deleted", {"since": 0}, 200),
]


@pytest.mark.parametrize(("path", "params", "status"), GETS)
def test_answer_is_as_described(described: Jira, path: str, params: dict[str, Any], status: int) -> None:
    """Reading: every resource that the description has, with contents and without."""
    described.clock.advance(120)
    assert described.get(path, **params).status_code == status


def test_answers_to_writes_are_as_described(described: Jira) -> None:
    """Adding, changing, deleting, refusing, properties, by id."""
    added = described.add(HOUR | {"comment": DOCUMENT}, expand="properties").json()["id"]
    one = f"/issue/APP-1/worklog/{added}"
    statuses = [
        described.add(HOUR | {"timeSpentSeconds": 1}).status_code,
        described.put(added, {"timeSpent": "2h"}).status_code,
        described.send("PUT", f"{one}/properties/a", json=1).status_code,
        described.send("PUT", f"{one}/properties/a", json=2).status_code,
        described.send("POST", "/worklog/list", json={"ids": [int(added), 10000]}).status_code,
        described.send("POST", "/search/jql", json={"jql": "project = APP", "fields": ["worklog"]}).status_code,
        described.send("DELETE", f"{one}/properties/a").status_code,
        described.delete(added).status_code,
        described.delete(added).status_code,
    ]
    assert statuses == [400, 200, 201, 200, 200, 200, 204, 204, 404]


# --- the check


@pytest.mark.parametrize(
    "check",
    [
        lambda: validate_response("GET", "/rest/api/2/nowhere", 200, {}),
        lambda: validate_response("PATCH", "/rest/api/2/myself", 200, {}),
        lambda: validate_response("GET", "/rest/api/2/myself", 418, {}),
        lambda: validate_response("DELETE", "/rest/api/2/issue/A-1/worklog/7", 204, {}),
        lambda: validate_request("GET", "/rest/api/2/myself", {"colour": "red"}, None),
        lambda: validate_request("GET", "/rest/api/2/myself", {}, {}),
        lambda: validate_request("POST", "/rest/api/2/issue/A-1/worklog", {}, {"id": "7"}),
    ],
)
def test_check_refuses_what_is_not_described(check: Callable[[], None]) -> None:
    with pytest.raises(AssertionError):
        check()


@pytest.mark.parametrize(
    "check",
    [
        lambda: validate_response("GET", "/rest/api/2/issue/A-1/worklog/7", 200, {"id": 7}),
        lambda: validate_response("GET", "/rest/api/2/myself", 200, {"nickname": "x"}),
        lambda: validate_request("GET", "/rest/api/2/issue/A-1/worklog", {"startedAfter": "today"}, None),
        lambda: validate_request("POST", "/rest/api/2/issue/A-1/worklog", {"adjustEstimate": "AUTO"}, {}),
        lambda: validate_request("POST", "/rest/api/2/search/jql", {}, {"fields": "summary"}),
    ],
)
def test_check_refuses_another_shape(check: Callable[[], None]) -> None:
    with pytest.raises(ValidationError):
        check()


def test_check_takes_version_2_and_the_gateway() -> None:
    """The same operations under another address."""
    path = "/ex/jira/abc/rest/api/2/issue/APP-1/worklog"
    validate_request("GET", path, {"startAt": "0", "startedAfter": "1763280000000", "expand": "properties"}, None)
    validate_request("POST", path, {"notifyUsers": "false"}, HOUR | {"comment": "text"})
    validate_request("GET", "/rest/api/2/search/jql", {"jql": "x", "fields": "summary,worklog"}, None)
    validate_response("GET", path, 200, {"startAt": 0, "total": 1, "worklogs": [{"id": "7", "comment": "text"}]})
