"""What holds for every request, whatever is asked of Jira."""

from __future__ import annotations

import base64
import gc
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType, FunctionType, ModuleType, TracebackType

import pytest
import requests
from werkzeug.wrappers import Response

from roots_nb import errors
from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from roots_nb.demo.server import serve
from roots_nb.jira import http as http_module
from roots_nb.jira.http import Anonymous, Http, auth_for
from tests.faults.fault import Answer, Fault, Meanwhile, Reset, Truncated, html, redirect
from tests.world import TOKEN, InstantProgress, World

PATH = "/rest/api/2/myself"


def http_to(world: World) -> Http:
    return Http(world.connection, auth_for(world.connection, Secret(TOKEN)))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
def test_redirects_are_not_followed(world: World, method: str, status: int) -> None:
    """A followed redirect can leak the token or turn a write into a read."""
    world.faults.when(lambda request: True, Answer(status=status, headers={"Location": f"{world.url}{PATH}?moved"}))
    http = http_to(world)
    with pytest.raises(errors.NotJira, match="redirect to 127"):
        http.read(PATH) if method == "GET" else http.write(method, PATH, {}, None if method == "DELETE" else {})
    assert len(world.log.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "fault", [Reset(after=True), Answer(status=503, after=True), Answer(status=429, headers={"Retry-After": "0"})]
)
def test_writes_are_sent_once(world: World, method: str, fault: object) -> None:
    """Sent again blindly, a worklog whose answer was lost would be doubled."""
    world.faults.when(lambda request: True, fault, times=None)  # type: ignore[arg-type]
    with pytest.raises(errors.JiraError):
        http_to(world).write(method, "/rest/api/2/issue/APP-1/worklog", {}, {"timeSpentSeconds": 60})
    assert len(world.log.requests) == 1


def test_get_has_no_body_and_every_request_says_who_asks(world: World) -> None:
    """Cloud's edge refuses a GET with a body, and a browser's User-Agent fails the XSRF check."""
    http_to(world).read(PATH, {"expand": "groups"})
    (request,) = world.log.requests
    assert "content-length" not in request.headers
    assert "transfer-encoding" not in request.headers
    assert request.user_agent.startswith("roots-nb/")
    assert request.headers["x-atlassian-token"] == "no-check"
    assert "cookie" not in request.headers


def test_user_and_password_are_sent_as_utf8(server: World) -> None:
    """`requests` would send Latin-1, which Jira does not understand."""
    server.site.add_credential("password", server.ann, "pässwörd-日本")
    server.ann.name = "änn"
    connection = Connection("Server", "datacenter", server.url, "password", "änn")
    http = Http(connection, auth_for(connection, Secret("pässwörd-日本")))
    assert http.read(PATH).body["name"] == "änn"


@pytest.mark.parametrize("variable", [True, False], ids=["NETRC", "home"])
def test_netrc_is_not_read(
    server: World, fresh_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: bool
) -> None:
    """A matching entry would replace our header by another account's, and sign in the question that needs none.

    For a site on this computer the environment is not asked anyway; a real host is what counts.
    """
    monkeypatch.setattr(Connection, "is_loopback", False)
    netrc = (tmp_path if variable else fresh_home) / ".netrc"
    netrc.write_text("machine 127.0.0.1 login bob password secret\n")
    netrc.chmod(0o600)
    if variable:
        monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(server.url) == ("bob", "secret")
    http_to(server).read(PATH)
    Http(server.connection, Anonymous()).read("/rest/api/2/serverInfo")
    assert [request.auth for request in server.log.requests] == ["bearer", ""]


def test_cookies_are_neither_kept_nor_sent(fresh_home: Path) -> None:
    """A session cookie would act as somebody even after the token is gone."""
    seen: list[str] = []

    def app(environ: dict[str, str], start_response: object) -> object:
        seen.append(environ.get("HTTP_COOKIE", ""))
        reply = Response("{}", content_type="application/json", headers={"Set-Cookie": "JSESSIONID=canary; Path=/"})
        return reply(environ, start_response)  # type: ignore[arg-type]

    with serve(app) as server:  # type: ignore[arg-type]
        connection = Connection("Server", "datacenter", server.url, "pat")
        http = Http(connection, auth_for(connection, Secret(TOKEN)))
        http.use_cache("JIRAUSER1")
        for path in ("/a", "/b", "/c"):
            http.read(path, cached=True)
            http.read(path)
    assert seen == [""] * 6
    kept = [path for path in fresh_home.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"canary" in path.read_bytes() for path in kept)


def test_reply_that_is_too_large_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile or broken server cannot fill the memory."""
    monkeypatch.setattr(http_module, "LARGEST_REPLY_BYTES", 2**17)
    world.faults.when(lambda request: True, Answer(status=200, body=["x" * 2**18]))
    with pytest.raises(errors.UnexpectedAnswer, match="larger than"):
        http_to(world).read(PATH)


def test_stop_is_heard_while_a_reply_drips(world: World) -> None:
    """A long answer does not make Stop wait for its end."""
    world.faults.when(lambda request: True, Answer(status=200, body=["x" * 2**22]))

    class Stopping(InstantProgress):
        asked = 0

        def check_stop(self) -> None:
            self.asked += 1
            if self.asked == 3:
                self.request_stop()
            super().check_stop()

    progress = Stopping()
    with pytest.raises(errors.Stopped):
        http_to(world).read(PATH, progress=progress)
    assert progress.asked == 3


def walked_from(error: BaseException) -> list[object]:
    """All that a debugger reaches from an error: causes, frames, their variables, and what these hold; no `Secret`.

    The frames of this file are left out, and code, which leads to everything.
    """
    closed = (Secret, ModuleType, type, FunctionType, FrameType, TracebackType, threading.Thread, logging.Logger)
    found: dict[int, object] = {}
    todo: list[object] = [error]
    while todo:
        item = todo.pop()
        if id(item) in found or isinstance(item, closed):
            continue
        found[id(item)] = item
        todo += gc.get_referents(item)
        if isinstance(item, BaseException):
            frames = [frame for frame, _ in traceback.walk_tb(item.__traceback__)]
            todo += [item.__cause__, item.__context__]
            todo += [
                value for each in frames if each.f_code.co_filename != __file__ for value in each.f_locals.values()
            ]
    return list(found.values())


BROKEN = [
    *(
        Answer(status=status, body="{", headers={"Retry-After": "3600"})
        for status in (200, 400, 401, 403, 404, 429, 500)
    ),
    html(),
    redirect("https://login.example.test"),
    Reset(),
    Truncated(),
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: f"{type(fault).__name__}-{getattr(fault, 'status', '')}")
def test_no_frame_of_an_error_leads_to_the_token(world: World, fault: Fault) -> None:
    """A debugger walks from the traceback to the response, its request and their headers."""
    world.faults.when(lambda request: True, fault, times=None)
    for ask in (lambda http: http.read(PATH, patient=False), lambda http: http.write("POST", PATH, {}, {})):
        with pytest.raises(errors.JiraError) as caught:
            ask(http_to(world))
        reached = walked_from(caught.value)
        assert any(isinstance(each, Http) for each in reached)
        texts = [
            each if isinstance(each, bytes) else each.encode() for each in reached if isinstance(each, str | bytes)
        ]
        basic = base64.b64encode(f"ann@example.com:{TOKEN}".encode())
        assert [text for text in texts if TOKEN.encode() in text or basic in text] == []


def test_proxy_of_the_environment_is_not_used_for_this_computer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo works in a company that sets HTTP_PROXY for everything."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert http_to(world).read(PATH).body["displayName"] == "Ann"


def test_at_most_eight_requests_are_under_way(world: World) -> None:
    """Whoever calls, from however many threads."""
    http = http_to(world)
    eight = threading.Barrier(8, timeout=10)
    world.faults.when(lambda request: True, Meanwhile(eight.wait), times=None)
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda n: http.read(PATH, {"n": n}), range(72)))
    assert world.log.max_concurrency == 8


def test_all_requests_of_a_site_wait_when_one_is_told_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Jira asks one of us to wait, the others do not go on asking."""
    clock = [1000.0]
    monkeypatch.setattr(http_module.time, "monotonic", lambda: clock[0])
    http = http_to(world)
    world.faults.at(1, Answer(status=429, headers={"Retry-After": "20"}))

    class Waiting(InstantProgress):
        def wait(self, seconds: float) -> None:
            if not other.waits:
                http.read(PATH, progress=other)
            clock[0] += seconds

    class Other(InstantProgress):
        def wait(self, seconds: float) -> None:
            clock[0] += seconds

    other = Other()
    http.read(PATH, progress=Waiting())
    assert other.waits[0] >= 20


@pytest.mark.parametrize(("passed", "rest"), [(19.5, [0.5]), (20.0, [])])
def test_only_the_rest_of_a_wait_is_sat_out(
    cloud: World, monkeypatch: pytest.MonkeyPatch, passed: float, rest: list[float]
) -> None:
    """Whoever asks half a second early waits half a second; when the time is over, nobody waits or is told to."""
    clock = [1000.0]
    monkeypatch.setattr(http_module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(http_module.random, "uniform", lambda least, most: least)
    http = http_to(cloud)
    cloud.faults.at(1, Answer(status=429, headers={"Retry-After": "20"}))

    class Waiting(InstantProgress):
        def wait(self, seconds: float) -> None:
            if clock[0] == 1000.0:
                clock[0] += passed
                http.read(PATH, progress=other)

    other = InstantProgress()
    http.read(PATH, progress=Waiting())
    assert other.waits == rest


def test_each_wait_is_twice_the_last_and_up_to_a_third_longer(cloud: World) -> None:
    """Who was turned away together does not come back together."""
    cloud.faults.when(lambda request: True, Answer(status=503), times=None)
    progress = InstantProgress()
    with pytest.raises(errors.ServerError):
        http_to(cloud).read(PATH, progress=progress)
    assert [least <= wait <= least * 1.3 for least, wait in zip((2, 4, 8, 16), progress.waits, strict=True)] == [
        True
    ] * 4


def test_wait_of_a_minute_is_sat_out(cloud: World) -> None:
    """To the second, without the third on top: more than a minute is never waited."""
    cloud.faults.at(1, Answer(status=429, headers={"Retry-After": "60"}))
    progress = InstantProgress()
    http_to(cloud).read(PATH, progress=progress)
    assert progress.waits[0] == 60


def test_search_is_read_by_post(cloud: World) -> None:
    """A long query does not fit into an address; Jira finds it in the body."""
    cloud.add_issues(2)
    query = {"jql": "key = APP-2", "fields": ["summary"]}
    reply = http_to(cloud).read("/rest/api/2/search/jql", json=query)
    assert [issue["key"] for issue in reply.body["issues"]] == ["APP-2"]
    assert [request.method for request in cloud.log.requests] == ["POST"]


def test_interrupt_leaves_no_frame_with_the_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a request: a traceback with local variables would show the header."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        http_to(world).read(PATH)
    files = [str(each.path) for each in caught.traceback]
    assert files
    assert not any(name in file for file in files for name in ("/requests/", "/urllib3/"))


def test_logs_hold_no_secret(
    world: World,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even with everything logged, and with what `http.client` prints of each request when it is told to."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(HTTPConnection, "debuglevel", 1)
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    http.read(PATH)
    assert caplog.records
    said = caplog.text + "".join(capsys.readouterr())
    assert TOKEN not in said
    assert "Authorization" not in said


def test_stop_is_obeyed_before_the_next_request(world: World) -> None:
    """A stop requested earlier means that nothing is sent."""
    progress = InstantProgress()
    progress.request_stop()
    with pytest.raises(errors.Stopped):
        http_to(world).read(PATH, progress=progress)
    assert world.log.requests == []
