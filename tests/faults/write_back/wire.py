"""A wire without sockets: a client's requests go straight into a WSGI app, and break on the way as real ones do.

A `Line` stands in for the adapter of a `requests` session, so that a request costs half a millisecond. What a server
does wrong is played by `tests.faults.middleware.Faults`, as over HTTP; what only sockets can do is played here by the
error that the client would meet (`test_wire.py` compares the two).
"""

from __future__ import annotations

import errno
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError
from werkzeug.http import http_date
from werkzeug.wrappers import Response

from roots_nb.jira.client import Jira
from tests.faults.fault import Exchange, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_POOL = HTTPConnectionPool("127.0.0.1")


class Crash(BaseException):
    """The process is gone; nothing catches it on purpose."""


class Process:
    """What a crash ends: from then on nothing of it reaches the network or the disk, whichever thread tries."""

    def __init__(self) -> None:
        self.is_gone = False

    def check(self) -> None:
        if self.is_gone:
            raise Crash

    def crash(self) -> NoReturn:
        self.is_gone = True
        raise Crash


class Line(HTTPAdapter):
    """Leads the requests of one process into `app`, several at once if several threads send."""

    def __init__(self, app: WSGIApplication, process: Process) -> None:
        super().__init__()
        self._app = app
        self._process = process

    def connect(self, jira: Jira) -> Jira:
        """Let everything that `jira` sends take this line."""
        for scheme in ("http://", "https://"):
            jira.http._session.mount(scheme, self)
        return jira

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self._process.check()
        try:
            reply = Response.from_app(self._app, _environ_of(request), buffered=True)
        except Crash:
            self._process.crash()
        self._process.check()  # what arrives after the crash is never seen
        return self.build_response(request, _received(reply, request.method))


@dataclass(frozen=True, slots=True)
class Refused(Fault):
    """The connection is refused: nothing was sent."""

    def play(self, exchange: Exchange) -> Response:
        reason = NewConnectionError(HTTPConnection("127.0.0.1"), f"[Errno {errno.ECONNREFUSED}] Connection refused")
        raise requests.ConnectionError(MaxRetryError(_POOL, "/", reason))


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """The connection is reset; no byte of a reply arrives."""

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        reset = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        raise requests.ConnectionError(ProtocolError("Connection aborted.", reset))


@dataclass(frozen=True, slots=True)
class TimeOut(Fault):
    """The client gives up waiting for the reply."""

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        raise _read_timeout()


@dataclass(frozen=True, slots=True)
class LateCommit(Fault):
    """The client gives up waiting, and the app does its work only when `commit` is called, once."""

    _held: list[Exchange] = field(default_factory=list)

    def play(self, exchange: Exchange) -> Response:
        self._held.append(exchange)
        raise _read_timeout()

    def commit(self) -> None:
        while self._held:
            self._held.pop().commit()


@dataclass(frozen=True, slots=True)
class Crashed(Fault):
    """The client's process ends, before its request arrives or before the reply does."""

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        raise Crash


def _read_timeout() -> requests.ReadTimeout:
    return requests.ReadTimeout(ReadTimeoutError(_POOL, "/", "Read timed out."))


def _environ_of(request: requests.PreparedRequest) -> WSGIEnvironment:
    url = urlsplit(str(request.url))
    body = request.body or b""
    return {
        **{_variable(name): _text(value) for name, value in request.headers.items()},
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body.encode() if isinstance(body, str) else body),
    }


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _received(reply: Response, method: str | None) -> HTTPResponse:
    """The reply as urllib3 would hand it on: a body shorter than announced breaks while it is read."""
    headers = {"Date": http_date(), **dict(reply.headers)}
    body = io.BytesIO(reply.get_data())
    return HTTPResponse(body, headers, reply.status_code, preload_content=False, request_method=method)
