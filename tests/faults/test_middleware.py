"""What a real client sees of each fault, and what the app and the log saw meanwhile."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
import requests

from tests.faults.conftest import READ_TIMEOUT_SECONDS, CountingApp, Serve, innermost, send
from tests.faults.fault import (
    Answer,
    Delay,
    Fault,
    Garbage,
    Meanwhile,
    Reset,
    TimeOut,
    Truncated,
    forbidden,
    html,
    not_found,
    redirect,
    unauthorised,
)
from tests.faults.limits import CloudLimits, DataCenterLimits
from tests.faults.middleware import Faults, Latency, RequestLog
from tests.faults.sign_in import Captcha, SingleSignOn

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

before_and_after = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
JSON_TYPE = "application/json;charset=UTF-8"


@pytest.fixture
def faults(app: CountingApp) -> Faults:
    return Faults(app)


@pytest.fixture
def url(faults: Faults, serve: Serve) -> str:
    return serve(faults) + "/rest/api/2/issue/APP-1/worklog"


@before_and_after
def test_reset_is_a_connection_reset_by_peer(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, after: bool
) -> None:
    """The client gets ECONNRESET; the app was called only if the reset comes after the commit."""
    faults.at(1, Reset(after=after))
    with pytest.raises(requests.ConnectionError) as caught:
        send(client, url)
    error = innermost(caught.value)
    assert isinstance(error, ConnectionResetError)
    assert error.errno == errno.ECONNRESET
    assert app.calls == after
    assert send(client, url).status_code == 201


@before_and_after
def test_time_out_withholds_the_reply(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, after: bool
) -> None:
    """The client runs into its read timeout; the next request is answered."""
    faults.at(1, TimeOut(after=after))
    with pytest.raises(requests.ReadTimeout):
        send(client, url)
    assert app.calls == after
    assert send(client, url).status_code == 201


def test_time_out_ends_when_the_client_gives_up(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """The server's thread does not outlive the client's patience."""
    faults = Faults(app)
    ended = threading.Event()

    def watched(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return faults(environ, start_response)
        finally:
            ended.set()

    faults.at(1, TimeOut())
    with pytest.raises(requests.ReadTimeout):
        send(client, serve(watched))
    assert ended.wait(5)


def test_time_out_closes_the_connection_in_the_end(
    faults: Faults, client: requests.Session, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that would wait for ever does not hang the tests."""
    monkeypatch.setattr("tests.faults.fault.PATIENCE_SECONDS", 0.05)
    faults.at(1, TimeOut())
    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        client.get(url, timeout=5)


def test_release_ends_a_time_out(faults: Faults, client: requests.Session, url: str) -> None:
    """A client that still waits finds the connection closed as soon as waits are released."""
    faults.at(1, TimeOut())
    threading.Timer(0.05, faults.release).start()
    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        client.get(url, timeout=None)


@before_and_after
@pytest.mark.parametrize("status", [400, 413, 429, 500, 502, 503, 504, 599])
def test_answer_replaces_the_reply(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, status: int, after: bool
) -> None:
    """Any status with any headers, before or after the commit; the body is Jira's error collection."""
    faults.at(1, Answer(status, headers={"Retry-After": "7"}, after=after))
    reply = send(client, url)
    assert reply.status_code == status
    assert reply.headers["Retry-After"] == "7"
    assert reply.headers["Content-Type"] == JSON_TYPE
    assert list(reply.json()) == ["errorMessages", "errors"]
    assert app.calls == after


@pytest.mark.parametrize("body", ["<h1>Bad gateway</h1>", ""])
def test_answer_sends_text_as_it_is(faults: Faults, client: requests.Session, url: str, body: str) -> None:
    """A str is the body itself, with the content type that is asked for."""
    faults.at(1, Answer(502, body, content_type="text/html"))
    reply = send(client, url)
    assert (reply.text, reply.headers["Content-Type"]) == (body, "text/html")


@before_and_after
@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 201), ("PUT", 200), ("DELETE", 204)])
def test_garbage_is_a_success_that_is_no_json(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, method: str, status: int, after: bool
) -> None:
    """The status is the app's own where that can have a body, else 200; the JSON is broken."""
    faults.at(1, Garbage(after=after))
    reply = send(client, url, method)
    assert reply.status_code == (status if after and status != 204 else 200)
    assert reply.headers["Content-Type"] == "application/json"
    with pytest.raises(requests.JSONDecodeError):
        reply.json()
    assert app.calls == after


@before_and_after
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_truncated_body_ends_early(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, method: str, after: bool
) -> None:
    """Fewer bytes come than Content-Length says, then the connection ends."""
    faults.at(1, Truncated(after=after))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"IncompleteRead\((\d+) bytes read"):
        send(client, url, method)
    assert app.calls == after


@before_and_after
def test_html_is_a_login_page_with_status_200(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, after: bool
) -> None:
    """What a portal in front of Jira answers."""
    faults.at(1, html(after=after))
    reply = send(client, url)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert "<form>" in reply.text
    assert app.calls == after


@before_and_after
def test_redirect_names_the_location(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, after: bool
) -> None:
    """The location arrives as given."""
    faults.at(1, redirect("https://login.example.test/saml?x=1", after=after))
    reply = send(client, url)
    assert (reply.status_code, reply.headers["Location"]) == (302, "https://login.example.test/saml?x=1")
    assert app.calls == after


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (unauthorised(), 401, "Client must be authenticated to access this resource."),
        (forbidden(), 403, '{"errorMessages": ["You do not have the permission to do this."], "errors": {}}'),
        (
            not_found(),
            404,
            '{"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}',
        ),
    ],
    ids=["401", "403", "404"],
)
def test_refusals_have_jiras_shape(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, fault: Fault, status: int, text: str
) -> None:
    """401 is bare text that calls itself JSON, 403 and 404 are error collections; nothing is committed."""
    faults.at(1, fault)
    reply = send(client, url)
    assert (reply.status_code, reply.text, reply.headers["Content-Type"]) == (status, text, JSON_TYPE)
    assert app.calls == 0


@before_and_after
def test_delay_holds_the_ordinary_reply_back(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, after: bool
) -> None:
    """The reply comes when the wait is released, and it is the app's own."""
    calls_during_the_wait = []

    def release() -> None:
        calls_during_the_wait.append(app.calls)
        faults.release()

    faults.at(1, Delay(60, after=after))
    threading.Timer(0.05, release).start()
    assert send(client, url).json()["id"] == "10000"
    assert calls_during_the_wait == [int(after)]
    assert app.calls == 1


def test_delay_ends_by_itself(faults: Faults, client: requests.Session, url: str) -> None:
    """Nobody needs to release a delay."""
    faults.at(1, Delay(0.01))
    assert send(client, url).status_code == 201


def test_delay_commits_late_when_the_client_has_given_up(
    app: CountingApp, client: requests.Session, serve: Serve
) -> None:
    """The app does its work although nobody waits for the reply any more."""
    late = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            late.set()
        return app(environ, start_response)

    faults = Faults(slow)
    url = serve(faults)
    faults.at(1, Delay(60))
    faults.at(2, Meanwhile(faults.release))
    with pytest.raises(requests.ReadTimeout):
        send(client, url)
    assert not late.is_set()
    assert send(client, url, "GET").status_code == 200
    assert late.wait(5)


@before_and_after
def test_meanwhile_lets_somebody_else_act(
    faults: Faults, app: CountingApp, client: requests.Session, url: str, after: bool
) -> None:
    """The action sees the app before or after its work; the reply is the ordinary one."""
    seen = []
    faults.at(1, Meanwhile(lambda: seen.append(app.calls), after=after))
    assert send(client, url).status_code == 201
    assert seen == [int(after)]


def test_fault_hits_the_numbered_request_alone(
    faults: Faults, app: CountingApp, client: requests.Session, url: str
) -> None:
    """Requests are counted from 1, all of them; the others pass untouched."""
    faults.at(2, Answer(503))
    faults.at(4, Answer(500))
    assert [send(client, url, "GET").status_code for _ in range(5)] == [200, 503, 200, 500, 200]
    assert (faults.count, faults.played, app.calls) == (5, 2, 3)


@pytest.mark.parametrize(
    ("times", "expected"),
    [(1, [503, 201, 201]), (2, [503, 503, 201]), (None, [503, 503, 503])],
)
def test_fault_hits_matching_requests_so_many_times(
    faults: Faults, client: requests.Session, url: str, times: int | None, expected: list[int]
) -> None:
    """A predicate sees the request; None is for ever; what does not match is not counted."""
    faults.when(lambda r: r.body == {"timeSpentSeconds": 60}, Answer(503), times=times)
    assert send(client, url, "GET").status_code == 200
    assert [send(client, url).status_code for _ in range(3)] == expected


def test_first_rule_given_wins(faults: Faults, client: requests.Session, url: str) -> None:
    """Of two rules that match, the older is used up first."""
    faults.when(lambda r: True, Answer(500))
    faults.at(1, Answer(503))
    faults.when(lambda r: True, Answer(504))
    assert [send(client, url).status_code for _ in range(3)] == [500, 504, 201]


@pytest.mark.parametrize("number", [-1, 0, 1])
def test_fault_for_a_request_that_has_been_is_refused(
    faults: Faults, client: requests.Session, url: str, number: int
) -> None:
    """A fault that could never be played is a mistake of the test."""
    send(client, url)
    with pytest.raises(ValueError, match="cannot come any more"):
        faults.at(number, Reset())


def test_clear_forgets_rules_and_counts_anew(faults: Faults, client: requests.Session, url: str) -> None:
    """One server serves many trials."""
    faults.at(2, Answer(503))
    send(client, url)
    faults.clear()
    faults.at(1, Answer(500))
    assert [send(client, url).status_code for _ in range(2)] == [500, 201]


def test_app_gets_the_body_that_was_sent(
    faults: Faults, app: CountingApp, client: requests.Session, serve: Serve
) -> None:
    """Middleware that looks at a body leaves it to the next, and to the app."""
    url = serve(RequestLog(faults))
    client.post(url, data=b"\x00{", timeout=READ_TIMEOUT_SECONDS)
    faults.at(2, Delay(0, after=True))
    client.post(url, json={"comment": "Ärger"}, timeout=READ_TIMEOUT_SECONDS)
    assert app.bodies == [b"\x00{", b'{"comment": "\\u00c4rger"}']


def test_number_is_given_once_under_load(faults: Faults, serve: Serve) -> None:
    """Many clients at once: each rule is played exactly once, and every request gets a number of its own."""
    log = RequestLog(faults)
    url = serve(log)
    for number in range(1, 41, 2):
        faults.at(number, Answer(503))
    statuses: list[int] = []

    def ask() -> None:
        statuses.extend(requests.get(url, timeout=5).status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 20 + [503] * 20
    assert [request.number for request in log.requests] == list(range(1, 41))


def test_middleware_stacks(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """Through every other middleware a fault reaches the client as it is, and the rest passes whole."""
    faults = Faults(app)
    stack = DataCenterLimits(CloudLimits(Captcha(SingleSignOn(Latency(faults, 0), allow_bearer=True))))
    log = RequestLog(stack)
    url = serve(log)
    client.headers["Authorization"] = "Bearer t0ken"
    faults.at(2, Reset(after=True))
    faults.at(3, Truncated(after=True))
    assert send(client, url).json() == {"id": "10000", "comment": "é"}
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        send(client, url)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        send(client, url)
    assert (app.calls, log.count("POST"), log.max_concurrency) == (3, 3, 1)
    assert app.bodies == [b'{"timeSpentSeconds": 60}'] * 3


def test_latency_waits_before_the_app(
    app: CountingApp, client: requests.Session, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request costs the latency once, on the server's thread."""
    waits: list[tuple[float, int]] = []
    monkeypatch.setattr("tests.faults.middleware.time.sleep", lambda s: waits.append((s, app.calls)))
    url = serve(Latency(app, 0.05))
    assert send(client, url).status_code == 201
    assert send(client, url).status_code == 201
    assert waits == [(0.05, 0), (0.05, 1)]


def test_fault_shows_itself(faults: Faults) -> None:
    """A fault in a test's name or failure says what it is."""
    assert repr(Reset(after=True)) == "Reset(after=True)"
    assert repr(TimeOut()) == "TimeOut(after=False)"
