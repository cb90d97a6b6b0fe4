"""What the log keeps of each request, and what it counts."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
import requests

from tests.faults.conftest import READ_TIMEOUT_SECONDS, CountingApp, Serve, send
from tests.faults.fault import Reset
from tests.faults.middleware import Faults, RequestLog

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_log_keeps_what_was_asked(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """Method, decoded path and query, parsed body, user, user agent and headers of a request."""
    log = RequestLog(app)
    client.put(
        serve(log) + "/jira/rest/api/2/issue/Ä-1?jql=a%20%3D%20b&fields=x&fields=y&expand=",
        json={"comment": "日本"},
        headers={"User-Agent": "roots-nb/1", "X-Atlassian-Token": "no-check"},
        auth=("ada@example.com", "s3cret"),
        timeout=READ_TIMEOUT_SECONDS,
    )
    (request,) = log.requests
    assert (request.number, request.method, request.path) == (1, "PUT", "/jira/rest/api/2/issue/Ä-1")
    assert request.query == {"jql": "a = b", "fields": "x,y", "expand": ""}
    assert request.body == {"comment": "日本"}
    assert (request.auth, request.user) == ("basic", "ada@example.com")
    assert request.user_agent == "roots-nb/1"
    assert request.headers["x-atlassian-token"] == "no-check"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("authorization", "auth", "user"),
    [
        ("Bearer t0ps3cret", "bearer", hashlib.sha256(b"t0ps3cret").hexdigest()[:8]),
        ("Basic YWRhOnQwcHMzY3JldA==", "basic", "ada"),
        ("Basic t0ps3cret", "", ""),
        ("t0ps3cret", "other", ""),
        ("Token t0ps3cret", "other", ""),
        (None, "", ""),
    ],
)
def test_log_keeps_no_secret(
    app: CountingApp, client: requests.Session, serve: Serve, authorization: str | None, auth: str, user: str
) -> None:
    """Whatever the Authorization header holds, the token and the password stay out of the record."""
    log = RequestLog(app)
    headers = {"Authorization": authorization} if authorization else {}
    client.get(serve(log), headers=headers, timeout=READ_TIMEOUT_SECONDS)
    (request,) = log.requests
    assert (request.auth, request.user) == (auth, user)
    assert "t0ps3cret" not in repr(request)


def test_log_counts_by_method_and_path(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """Method, a regex on the path, both or none; `clear` starts anew."""
    log = RequestLog(app)
    url = serve(log)
    for method, path in [("GET", "/search"), ("POST", "/issue/A-1/worklog"), ("POST", "/search")]:
        send(client, url + path, method)
    assert (log.count(), log.count("POST"), log.count(path="search$"), log.count("POST", r"/A-\d+/")) == (3, 2, 2, 1)
    log.clear()
    assert (log.count(), log.requests, log.max_concurrency) == (0, [], 0)


def test_log_numbers_requests_as_they_come(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """One after the other is never two at once: a request is over before its client can know."""
    log = RequestLog(app)
    url = serve(log)
    for _ in range(20):
        send(client, url)
    assert [request.number for request in log.requests] == list(range(1, 21))
    assert [request.time for request in log.requests] == sorted(request.time for request in log.requests)
    assert log.max_concurrency == 1


def test_log_knows_that_a_reset_request_is_over(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """The next request does not overlap with one that was reset, however late the server's thread ends."""
    faults = Faults(app)
    faults.at(1, Reset())
    next_request = threading.Event()

    def lingering(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            if faults.count:
                next_request.set()
            return faults(environ, start_response)
        except ConnectionAbortedError:
            assert next_request.wait(5)
            raise

    log = RequestLog(lingering)
    url = serve(log)
    with pytest.raises(requests.ConnectionError):
        send(client, url)
    assert send(client, url).status_code == 201
    assert [request.concurrency for request in log.requests] == [1, 1]


def test_log_measures_concurrency(client: requests.Session, serve: Serve) -> None:
    """Five requests that wait for each other are five at once."""
    barrier = threading.Barrier(5, timeout=5)

    def meeting(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        barrier.wait()
        start_response("200 OK", [("Content-Length", "0")])
        return []

    log = RequestLog(meeting)
    url = serve(log)
    threads = [threading.Thread(target=requests.get, args=(url,), kwargs={"timeout": 5}) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.max_concurrency == 5
    assert sorted(request.concurrency for request in log.requests) == [1, 2, 3, 4, 5]
