"""What we send is what Atlassian's own description of Cloud allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from roots_nb.jira.wire import format_time
from roots_nb.worklogs import load_worklogs
from tests.demo.openapi import MISSING, is_available, validate_request
from tests.world import InstantProgress, World

DESCRIBED = ("/search/jql", "/worklog", "/myself", "/serverInfo")


@pytest.mark.skipif(not is_available(), reason=MISSING)
def test_every_request_is_a_described_one(cloud: World) -> None:
    """Signing in, loading with pages and cut lists, reading, adding, updating, deleting."""
    for key in cloud.add_issues(120):
        cloud.add_worklog(key, "2026-11-16 08:00")
    for n in range(25):
        created = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n)
        cloud.add_worklog("APP-1", "2020-01-01 08:00", author=cloud.bob, created=created)
    jira = cloud.sign_in()
    load_worklogs(jira, "2026-W47", progress=InstantProgress())
    started = format_time(datetime(2026, 11, 17, 9, tzinfo=UTC))
    made = jira.add_worklog("APP-1", {"started": started, "timeSpentSeconds": 600, "comment": "x"})
    jira.update_worklog("APP-1", made["id"], {"timeSpentSeconds": 1200})
    jira.delete_worklog("APP-1", made["id"])
    checked = 0
    for request in cloud.log.requests:
        body = request.body
        if isinstance(body, dict) and "comment" in body:
            body = {name: value for name, value in body.items() if name != "comment"}  # text in v2, a document in v3
        if any(part in request.path for part in DESCRIBED):
            validate_request(request.method, request.path, request.query, body)
            checked += 1
    assert checked == len(cloud.log.requests) >= 6
