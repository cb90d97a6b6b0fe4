"""Whatever is sent, the demo answers as Jira would; it never breaks."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from roots_nb.demo.model import Deployment
from roots_nb.demo.server import JiraApp
from tests.demo.conftest import SECRETS, STARTED, Clock, basic, make_site

NAMES = [
    "jql",
    "fields",
    "maxResults",
    "startAt",
    "nextPageToken",
    "reconcileIssues",
    "adjustEstimate",
    "newEstimate",
    "reduceBy",
    "increaseBy",
    "expand",
    "ids",
    "started",
    "timeSpent",
    "timeSpentSeconds",
    "comment",
    "visibility",
    "properties",
    "type",
    "value",
    "key",
    "since",
    "permissions",
    "issueKey",
    "query",
    "startedAfter",
    "startedBefore",
    "currentJQL",
]
PATHS = [
    *("/myself", "/field", "/serverInfo", "/configuration", "/mypermissions", "/issue/picker"),
    *("/search", "/search/jql", "/worklog/updated", "/worklog/list", "/{}"),
    *("/issue/APP-1", "/issue/{}", "/issue/APP-1/worklog", "/issue/{}/worklog", "/issue/APP-1/worklog/10000"),
    *("/issue/APP-1/worklog/{}", "/issue/APP-1/worklog/10000/properties/{}"),
]
PREFIXES = ("/rest/api/2", "/rest/api/3", "/browse", "/ex/jira", "")

texts = st.one_of(
    st.text(max_size=8),
    st.integers().map(str),
    st.sampled_from(
        ["project = APP", "auto", "new", "manual", "1h", "properties", "*all", "-summary", "group", STARTED]
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
bodies = st.one_of(st.dictionaries(st.sampled_from(NAMES), values, max_size=5).map(json.dumps), st.binary(max_size=20))


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_server_never_breaks(deployment: Deployment) -> None:
    """Any method, path, parameters and body: below 500, and what says it is JSON is JSON."""
    site = make_site(deployment, Clock())
    site.add_worklog("APP-1", site.users["5b1:ada"], Clock().now, 3600)
    client = Client(JiraApp(site))
    cloud = deployment == "cloud"
    token = basic("ada@example.com", f"{SECRETS['api_token']}-ada") if cloud else f"Bearer {SECRETS['pat']}-ada"

    @settings(max_examples=400, deadline=None)
    @given(
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
        path=st.builds(str.format, st.sampled_from(PATHS), texts.map(quote)),
        prefix=st.sampled_from(PREFIXES),
        query=st.dictionaries(st.sampled_from(NAMES), texts, max_size=4),
        body=bodies,
        authorization=st.sampled_from([token, token, token, "", "Basic x", "Bearer x", "x"]),
    )
    def send(method: str, path: str, prefix: str, query: Any, body: Any, authorization: str) -> None:
        headers = {"Authorization": authorization, "X-Atlassian-Token": "no-check"}
        content: dict[str, Any] = (
            {"data": body, "content_type": "application/json"} if method in ("POST", "PUT") else {}
        )
        answer = client.open(prefix + path, method=method, query_string=query, headers=headers, **content)
        assert answer.status_code < 500
        if answer.is_json and answer.data and answer.status_code != 401:
            json.loads(answer.data)

    send()
