"""What holds for every request, whatever is asked of Jira."""

from __future__ import annotations

import logging
import os
import pickle
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import requests_cache
from werkzeug.wrappers import Response

from roots_nb import errors
from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from roots_nb.demo.server import serve
from roots_nb.jira import http as http_module
from roots_nb.jira.http import Http, auth_for
from tests.faults.fault import Answer, Meanwhile, Reset
from tests.world import TOKEN, InstantProgress, World

PATH = "/rest/api/2/myself"


def http_to(world: World) -> Http:
    return Http(world.connection, auth_for(world.connection, Secret(TOKEN)))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
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


def test_netrc_is_not_read(server: World, fresh_home: Path) -> None:
    """A matching entry would replace our header by another account's."""
    netrc = fresh_home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login bob password secret\n")
    netrc.chmod(0o600)
    http_to(server).read(PATH)
    assert server.log.requests[-1].auth == "bearer"


def test_cookies_are_neither_kept_nor_sent() -> None:
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
    assert not any(b"canary" in path.read_bytes() for path in cache_files())


def test_reply_that_is_too_large_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile or broken server cannot fill the memory."""
    monkeypatch.setattr(http_module, "LARGEST_REPLY_BYTES", 2**17)
    world.faults.when(lambda request: True, Answer(status=200, body=["x" * 2**18]))
    with pytest.raises(errors.UnexpectedAnswer, match="larger than"):
        http_to(world).read(PATH)


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


def test_logs_hold_no_secret(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Even with everything logged."""
    caplog.set_level(logging.DEBUG)
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    assert caplog.records
    assert TOKEN not in caplog.text


def cache_files() -> list[Path]:
    home = Path(os.environ["HOME"])
    return [path for path in home.rglob("*") if path.is_file()]


def test_cache_is_private_and_without_secrets(world: World) -> None:
    """Files 0600 in a folder 0700, no token, no header of authorisation."""
    http = http_to(world)
    http.use_cache("5:ann")
    assert http.read(PATH, cached=True).cached_since is None
    assert http.read(PATH, cached=True).cached_since is not None
    assert len(world.log.requests) == 1
    files = cache_files()
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert TOKEN.encode() not in path.read_bytes()
        assert b"Basic " not in path.read_bytes()


def test_accounts_do_not_share_a_cache(world: World) -> None:
    """What Ann read is not an answer to Bob."""
    for account in ("5:ann", "5:bob"):
        http = http_to(world)
        http.use_cache(account)
        assert http.read(PATH, cached=True).cached_since is None
    assert len(world.log.requests) == 2


def test_write_makes_the_cache_of_every_process_old(world: World) -> None:
    """A second session of the same account, as in another kernel, does not read what was cached before."""
    world.add_issues(1)
    one, other = http_to(world), http_to(world)
    for http in (one, other):
        http.use_cache("5:ann")
    one.read(PATH, cached=True)
    assert other.read(PATH, cached=True).cached_since is not None
    with pytest.raises(errors.JiraError):
        one.write("POST", "/rest/api/2/issue/APP-9/worklog", {}, {"timeSpentSeconds": 60})
    assert other.read(PATH, cached=True).cached_since is None


def test_errors_and_broken_answers_are_not_cached(world: World) -> None:
    """Nor is an old answer given in the place of a new error."""
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    world.faults.when(lambda request: True, Answer(status=404, body={"errorMessages": ["gone"]}))
    with pytest.raises(errors.NotFound):
        http.read(PATH, cached=True, refresh=True)
    world.faults.when(lambda request: True, Answer(status=403, body={"errorMessages": ["no"]}))
    with pytest.raises(errors.Forbidden):
        http.read("/rest/api/2/field", cached=True)
    assert http.read("/rest/api/2/field", cached=True).cached_since is None


@pytest.mark.parametrize("rubbish", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_corrupt_cache_file_is_replaced(world: World, rubbish: bytes) -> None:
    """Five minutes of convenience are not worth an error."""
    http = http_to(world)
    http.use_cache("5:ann")
    (path,) = [each for each in cache_files() if each.suffix == ".sqlite"]
    http.close()
    for each in path.parent.glob("*.sqlite*"):
        each.unlink()
    path.write_bytes(rubbish)
    again = http_to(world)
    again.use_cache("5:ann")
    again.read(PATH, cached=True)
    assert again.read(PATH, cached=True).cached_since is not None
    assert again.cache_problem == ""


def test_cache_that_breaks_during_a_load_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The load goes on without it and says so."""
    http = http_to(world)
    http.use_cache("5:ann")

    def broken(*_: object, **__: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(requests_cache.SQLiteCache, "get_response", broken)
    assert http.read(PATH, cached=True).body["displayName"] == "Ann"
    assert "malformed" in http.cache_problem


def test_unusable_cache_directory_costs_only_the_cache(world: World, fresh_home: Path) -> None:
    """A file where the folder should be: reading goes on, uncached, and the reason is kept."""
    (fresh_home / ".cache").write_text("not a folder")
    http = http_to(world)
    http.use_cache("5:ann")
    assert http.read(PATH, cached=True).body["displayName"] == "Ann"
    assert http.read(PATH, cached=True).cached_since is None
    assert "cannot be used" in http.cache_problem


def test_planted_pickle_in_the_cache_is_not_executed(world: World, fresh_home: Path) -> None:
    """requests-cache's default would run whatever lies in its file."""
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    (path,) = [each for each in cache_files() if each.suffix == ".sqlite"]
    mark = fresh_home / "executed"

    class Trap:
        def __reduce__(self) -> object:
            return (mark.write_text, ("executed",))

    connection = sqlite3.connect(path)
    connection.execute("UPDATE responses SET value = ?", (pickle.dumps(Trap()),))
    connection.commit()
    connection.close()
    assert http.read(PATH, cached=True).body["displayName"] == "Ann"
    assert not mark.exists()


def test_stop_is_obeyed_before_the_next_request(world: World) -> None:
    """A stop requested earlier means that nothing is sent."""
    progress = InstantProgress()
    progress.request_stop()
    with pytest.raises(errors.Stopped):
        http_to(world).read(PATH, progress=progress)
    assert world.log.requests == []


def test_concurrent_reads_of_a_cached_session_are_all_answered(world: World) -> None:
    """SQLite, threads and one session."""
    http = http_to(world)
    http.use_cache("5:ann")
    barrier = threading.Barrier(16)

    def read(n: int) -> str:
        barrier.wait()
        return str(http.read(PATH, {"n": n % 4}, cached=True).body["displayName"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(read, range(16))) == ["Ann"] * 16
