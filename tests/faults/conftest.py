"""A server, a client and an app that counts what it did, for the tests of the middleware itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import requests
from werkzeug.datastructures import Authorization
from werkzeug.wrappers import Response

from roots_nb.demo import server as demo_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Serve = Callable[["WSGIApplication"], str]

READ_TIMEOUT_SECONDS = 0.2
RIGHT = ("ada", "right")


class CountingApp:
    """Answers worklog requests as Jira does, 401 to a wrong password, and keeps the body of each request."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    @property
    def calls(self) -> int:
        return len(self.bodies)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(environ)(environ, start_response)

    def _answer(self, environ: WSGIEnvironment) -> Response:
        self.bodies.append(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        credentials = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
        if credentials and credentials.type == "basic" and credentials.password != RIGHT[1]:
            return Response("", 401)
        if environ["REQUEST_METHOD"] == "DELETE":
            return Response(status=204)
        status = 201 if environ["REQUEST_METHOD"] == "POST" else 200
        return Response('{"id": "10000", "comment": "é"}', status, content_type="application/json")


def innermost(error: BaseException) -> BaseException:
    """The error of the operating system or the HTTP library under one of requests."""
    while inner := next((a for a in error.args if isinstance(a, BaseException)), None):
        error = inner
    return error


def send(client: requests.Session, url: str, method: str = "POST") -> requests.Response:
    body = {"timeSpentSeconds": 60} if method in ("POST", "PUT") else None
    return client.request(method, url, json=body, timeout=READ_TIMEOUT_SECONDS, allow_redirects=False)


@pytest.fixture
def app() -> CountingApp:
    return CountingApp()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an app until the test ends; returns its URL."""
    with ExitStack() as stack:

        def start(app: WSGIApplication) -> str:
            return stack.enter_context(demo_server.serve(app)).url

        yield start


@pytest.fixture
def client() -> Iterator[requests.Session]:
    """A real client that reads no environment."""
    with requests.Session() as session:
        session.trust_env = False
        yield session
