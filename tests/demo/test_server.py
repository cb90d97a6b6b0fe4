"""The HTTP server and what stands in front of Jira's resources."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import trustme
from werkzeug.wrappers import Request, Response

from roots_nb.demo.server import serve
from tests.demo.conftest import Jira


def _peer(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def test_server_listens_on_loopback_alone(jira: Jira) -> None:
    """Nothing outside of this computer can reach the demo."""
    assert urlsplit(jira.url).hostname == "127.0.0.1"


def test_server_keeps_the_connection() -> None:
    """Two requests of one client come over one connection, as with a real Jira."""
    ports = []

    @Request.application
    def app(request: Request) -> Response:
        ports.append(request.environ["REMOTE_PORT"])
        return Response(request.get_data(), content_type="text/plain")

    with serve(app) as server, requests.Session() as session:
        answers = [session.post(server.url, data=text, timeout=5).text for text in ("one", "two")]
    assert answers == ["one", "two"]
    assert ports[0] == ports[1]


def test_server_reads_a_chunked_body() -> None:
    """A body sent in chunks arrives whole, and the next request is not mistaken for a part of it."""
    echo = Request.application(lambda request: Response(request.get_data()))
    with serve(echo) as server, requests.Session() as session:
        answers = [session.post(server.url, data=iter([b"a", b"b"]), timeout=5).content for _ in range(2)]
    assert answers == [b"ab", b"ab"]


def test_server_hangs_up_on_an_impossible_length(jira: Jira) -> None:
    """What follows such a request cannot be told apart from it."""
    with socket.create_connection(_peer(jira.url), timeout=5) as connection:
        connection.sendall(b"POST /rest/api/2/myself HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")
        assert connection.recv(100) == b""


def test_server_answers_while_another_request_waits() -> None:
    """Requests do not queue behind a slow one."""
    release, entered = threading.Event(), threading.Event()

    @Request.application
    def app(request: Request) -> Response:
        if request.path == "/slow":
            entered.set()
            release.wait(10)
        return Response(request.path)

    with serve(app) as server:
        slow = threading.Thread(target=requests.get, args=[f"{server.url}/slow"], kwargs={"timeout": 20})
        slow.start()
        assert entered.wait(5)
        assert requests.get(f"{server.url}/fast", timeout=5).text == "/fast"
        release.set()
        slow.join()


def test_server_stops_listening_and_hangs_up(jira: Jira) -> None:
    """After `stop` the port refuses, and a connection that was kept open is closed as well."""
    with serve(lambda environ, start: Response("x")(environ, start)) as server:
        idle = socket.create_connection(_peer(server.url))
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
    with idle:
        while idle.recv(1000):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(_peer(server.url))
    server.stop()


def test_server_says_that_a_port_is_taken(jira: Jira) -> None:
    """Asking for a port in use is an ordinary error, not the end of the process."""
    with pytest.raises(OSError, match="in use"):
        serve(Response("x"), port=_peer(jira.url)[1])


def test_server_turns_a_bug_into_500(capfd: pytest.CaptureFixture[str]) -> None:
    """An exception of the app is answered, and the server lives on."""

    def broken(environ: Any, start_response: Any) -> Any:
        raise ZeroDivisionError

    with serve(broken) as server:
        assert [requests.get(server.url, timeout=5).status_code for _ in range(2)] == [500, 500]


def test_server_is_silent(jira: Jira, capfd: pytest.CaptureFixture[str]) -> None:
    """No request log mixes with what a notebook or a terminal shows."""
    jira.get("/myself")
    jira.get("/nowhere")
    assert capfd.readouterr() == ("", "")


def test_server_serves_https_past_a_silent_client(jira: Jira, tmp_path: Path) -> None:
    """With a TLS context it speaks https, also while another client has connected and says nothing."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    certificate = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(certificate)
    with serve(Response("safe"), ssl_context=context) as server, socket.create_connection(_peer(server.url)):
        assert server.url.startswith("https://127.0.0.1:")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.url, timeout=5)
        assert requests.get(server.url, verify=str(certificate), timeout=5).text == "safe"


@pytest.mark.parametrize("path", ["/rest/api/2/serverInfo", "/jiraffe/rest/api/2/serverInfo", "/", "/jira"])
def test_context_path_is_required(data_center: Jira, path: str) -> None:
    """Outside of its context path the web server answers, in HTML; not Jira."""
    answer = requests.get(data_center.url.removesuffix("/jira") + path, timeout=5)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_context_path_is_in_links(data_center: Jira) -> None:
    """Links in answers begin with the address that was asked."""
    assert data_center.url.endswith("/jira")
    assert data_center.get("/serverInfo").json()["baseUrl"] == data_center.url
    assert data_center.get("/myself").json()["self"].startswith(f"{data_center.url}/rest/api/2/")


@pytest.mark.parametrize("path", ["/rest/api/2/nowhere", "/rest/api/4/myself", "/rest/api/2/myself/", "/rest/x"])
def test_unknown_resource_is_404_in_the_shape_of_cloud(cloud: Jira, path: str) -> None:
    answer = cloud.get(path)
    assert (answer.status_code, set(answer.json())) == (404, {"errorMessages", "errors"})


@pytest.mark.parametrize("path", ["/search/jql", "/nowhere", "/rest/api/3/myself", "/rest//api/2/myself"])
def test_unknown_resource_is_404_in_the_shape_of_data_center(data_center: Jira, path: str) -> None:
    """Data Center has another error body, and neither version 3 nor Cloud's search."""
    answer = data_center.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}


def test_wrong_method_is_405(jira: Jira) -> None:
    answer = jira.send("DELETE", "/issue/APP-1/worklog", json={})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_get_with_a_body_is_blocked_before_cloud(cloud: Jira) -> None:
    """CloudFront refuses a GET with a body, even an empty object, in HTML."""
    answer = cloud.send("GET", "/myself", json={})
    assert (answer.status_code, answer.headers["Server"]) == (403, "CloudFront")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_get_with_a_body_is_fine_on_data_center(data_center: Jira) -> None:
    assert data_center.send("GET", "/myself", json={}).status_code == 200


@pytest.mark.parametrize("headers", [{"User-Agent": "Mozilla/5.0 (X11)"}, {"Content-Type": ""}])
def test_write_without_token_check_is_taken_for_forgery(jira: Jira, headers: dict[str, str]) -> None:
    """A browser-like agent or no content type, and no X-Atlassian-Token: refused as text, although signed in."""
    body = json.dumps({"timeSpentSeconds": 60})
    sent = {"Content-Type": "application/json", "X-Atlassian-Token": "", **headers}
    answer = jira.send("POST", "/issue/APP-1/worklog", data=body, headers=sent)
    assert (answer.status_code, answer.text) == (403, "XSRF check failed")
    assert jira.site.worklogs == {}


def test_write_with_token_check_may_look_like_a_browser(jira: Jira) -> None:
    sent = {"User-Agent": "Mozilla/5.0 (X11)"}
    answer = jira.send("POST", "/issue/APP-1/worklog", json={"timeSpentSeconds": 60}, headers=sent)
    assert answer.status_code == 201


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000, b'{"a": NaN}'])
def test_broken_body_is_400(jira: Jira, body: bytes) -> None:
    """What is no JSON object is the client's mistake, never a failure of the server."""
    headers = {"Content-Type": "application/json"}
    answer = jira.send("POST", "/issue/APP-1/worklog", data=body, headers=headers)
    assert (answer.status_code, set(answer.json())) == (400, {"errorMessages", "errors"})


def test_body_must_say_that_it_is_json(jira: Jira) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = jira.send("POST", "/issue/APP-1/worklog", data='{"timeSpentSeconds": 60}', headers=headers)
    assert answer.status_code == 415


def test_issue_page_shows_text_as_text(jira: Jira) -> None:
    """Links to issues lead to a page with summary and worklogs in which nothing becomes markup."""
    jira.site.add_worklog("APP-3", jira.people["bob"], jira.clock.now, 5400, "<script>alert(1)</script> $HOME")
    page = jira.send("GET", "/browse/APP-3", user=None)
    assert page.status_code == 200
    assert "Old &lt;b&gt;thing&lt;/b&gt;" in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $HOME" in page.text
    assert "1h 30m" in page.text
    assert "Bob N" in page.text
    assert jira.send("GET", "/browse/APP-9", user=None).status_code == 404


def test_issue_page_keeps_restricted_worklogs_to_itself(jira: Jira) -> None:
    """The page asks for no login, so it shows what everybody may see."""
    restricted = ("role", "Developers")
    jira.site.add_worklog("APP-1", jira.people["ada"], jira.clock.now, 60, "secret", visibility=restricted)
    assert "secret" not in jira.send("GET", "/browse/APP-1", user=None).text


def test_home_page_leads_to_the_issues(jira: Jira) -> None:
    """Whoever opens the printed address finds something."""
    assert f'href="{jira.url}/browse/APP-1"' in requests.get(f"{jira.url}/", timeout=5).text
