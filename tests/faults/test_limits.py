"""Rate limits, on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.faults.conftest import RIGHT, CountingApp, Serve
from tests.faults.limits import CloudLimits, DataCenterLimits


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def send(client: requests.Session, method: str, url: str, **options: object) -> requests.Response:
    return client.request(method, url, timeout=5, **options)  # type: ignore[arg-type]


def accepted(client: requests.Session, method: str, url: str, attempts: int) -> int:
    """How many of so many requests were not refused."""
    return sum(send(client, method, url).status_code != 429 for _ in range(attempts))


@pytest.mark.parametrize(("method", "limit"), [("GET", 100), ("POST", 100), ("PUT", 50), ("DELETE", 50)])
def test_cloud_allows_a_burst_of_each_method(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock, method: str, limit: int
) -> None:
    """As many a second as Cloud documents, and no more than that after a pause."""
    limits = CloudLimits(app, clock=clock)
    url = serve(limits)
    assert accepted(client, method, url, limit + 3) == limit
    assert limits.refusals == {"jira-burst-based": 3}
    clock.seconds += 0.1
    assert accepted(client, method, url, limit // 10 + 1) == limit // 10
    clock.seconds += 3600
    assert accepted(client, method, url, limit + 1) == limit


def test_cloud_burst_refusal_has_clouds_headers(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """Retry-After in whole seconds, X-RateLimit-* and the reason; the app is not called."""
    url = serve(CloudLimits(app, clock=clock, burst_per_second={"GET": 1}))
    send(client, "GET", url)
    reply = send(client, "GET", url)
    assert reply.status_code == 429
    assert reply.headers["RateLimit-Reason"] == "jira-burst-based"
    assert reply.headers["Retry-After"] == "1"
    assert reply.headers["X-RateLimit-Limit"] == "1"
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert reply.headers["X-RateLimit-NearLimit"] == "true"
    reset = datetime.fromisoformat(reply.headers["X-RateLimit-Reset"])
    assert abs(reset - datetime.now(UTC)) < timedelta(seconds=30)
    assert list(reply.json()) == ["errorMessages", "errors"]
    assert app.calls == 1
    assert send(client, "PUT", url).status_code == 200


def test_cloud_limits_writes_on_one_issue(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """20 in any 2 s, of all methods together; reads and other issues are not touched."""
    limits = CloudLimits(app, clock=clock)
    site = serve(limits)
    url = site + "/rest/api/2/issue/APP-1/worklog"
    assert accepted(client, "POST", url, 10) == 10
    clock.seconds += 1.5
    assert accepted(client, "PUT", url + "/1", 6) + accepted(client, "DELETE", url + "/1", 6) == 10
    reply = send(client, "POST", url)
    assert (reply.status_code, reply.headers["RateLimit-Reason"]) == (429, "jira-per-issue-on-write")
    assert (reply.headers["Retry-After"], reply.headers["X-RateLimit-Limit"]) == ("1", "20")
    assert send(client, "GET", url).status_code == 200
    assert send(client, "POST", site + "/rest/api/2/issue/APP-10/worklog").status_code == 201
    assert limits.refusals == {"jira-per-issue-on-write": 3}
    clock.seconds += 0.5
    assert accepted(client, "POST", url, 11) == 10


def test_cloud_limits_writes_on_one_issue_over_half_a_minute(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """100 in any 30 s; Retry-After reaches to where the oldest falls out."""
    url = serve(CloudLimits(app, clock=clock)) + "/rest/api/3/issue/10001/worklog"
    for _ in range(5):
        assert accepted(client, "POST", url, 20) == 20
        clock.seconds += 2
    reply = send(client, "POST", url)
    assert (reply.headers["Retry-After"], reply.headers["X-RateLimit-Limit"]) == ("20", "100")
    clock.seconds += 20
    assert accepted(client, "POST", url, 21) == 20


def test_cloud_counts_a_refused_write_nowhere(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """A write refused for the burst does not use up the issue's room, and the other way round."""
    limits = CloudLimits(app, clock=clock, burst_per_second={"POST": 2}, writes_per_issue=[(3, 10)])
    url = serve(limits) + "/rest/api/2/issue/APP-1/worklog"
    assert accepted(client, "POST", url, 5) == 2
    clock.seconds += 1
    assert accepted(client, "POST", url, 3) == 1
    assert limits.refusals == {"jira-burst-based": 3, "jira-per-issue-on-write": 2}
    assert send(client, "POST", url.replace("APP-1", "APP-2")).status_code == 201


@pytest.mark.parametrize("path", ["/rest/api/2/issue/bulkfetch", "/rest/api/2/search/jql", "/browse/APP-1"])
def test_cloud_takes_no_other_path_for_an_issue(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock, path: str
) -> None:
    """What is no write on an issue has no limit of an issue."""
    url = serve(CloudLimits(app, clock=clock, writes_per_issue=[(1, 60)])) + path
    assert accepted(client, "POST", url, 3) == 3


def test_data_center_says_what_is_left(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """Every reply to a user has the headers; Retry-After is 0 while tokens remain; 429 when there are none."""
    limits = DataCenterLimits(app, clock=clock, size=2, fill=10, interval_seconds=60)
    url = serve(limits)
    replies = [send(client, "GET", url, auth=RIGHT) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["1", "0", "0"]
    assert [reply.headers["Retry-After"] for reply in replies] == ["0", "6", "6"]
    for reply in replies:
        assert reply.headers["X-RateLimit-Limit"] == "2"
        assert reply.headers["X-RateLimit-FillRate"] == "10"
        assert reply.headers["X-RateLimit-Interval-Seconds"] == "60"
    assert (limits.refusals, app.calls) == (1, 2)


def test_data_center_goes_on_after_retry_after(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """Who waits as long as told gets exactly one request more."""
    url = serve(DataCenterLimits(app, clock=clock, size=1, fill=10, interval_seconds=60))
    client.auth = RIGHT
    assert accepted(client, "GET", url, 2) == 1
    clock.seconds += 5.9
    assert accepted(client, "GET", url, 1) == 0
    clock.seconds += 0.1
    assert accepted(client, "GET", url, 2) == 1


def test_data_center_gives_each_user_a_bucket(
    app: CountingApp, client: requests.Session, serve: Serve, clock: ManualClock
) -> None:
    """Users and tokens do not share; anonymous requests are neither limited nor told."""
    url = serve(DataCenterLimits(app, clock=clock, size=1))
    headers = [{"Authorization": f"Bearer {token}"} for token in ("a", "a", "b")]
    assert [send(client, "GET", url, headers=h).status_code for h in headers] == [200, 429, 200]
    assert send(client, "GET", url, auth=RIGHT).status_code == 200
    reply = send(client, "GET", url)
    assert reply.status_code == 200
    assert "X-RateLimit-Limit" not in reply.headers
