"""The ways in which a request can go wrong: small frozen values that `Faults` plays.

Each takes `after`: False, the app is never called; True, the app has done its work and only its reply is lost
or replaced. POSIX only: `take_over` swaps descriptors.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

TELL_END = "tests.faults.tell_end"  # in the WSGI environment: callables of outer middleware
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.02
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way to the app; `released` is set when waits must end."""

    environ: WSGIEnvironment
    app: WSGIApplication
    released: threading.Event

    def commit(self) -> Response:
        """Let the app do its work to the end; the reply is returned, not sent."""
        return Response.from_app(self.app, self.environ, buffered=True)

    def end(self) -> None:
        """Tell outer middleware that the exchange is over, just before the client can know."""
        for tell in self.environ.get(TELL_END, ()):
            tell()

    @property
    def connection(self) -> socket.socket:
        connection: socket.socket = self.environ["werkzeug.socket"]
        return connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(ABC):
    """What happens instead of the ordinary reply."""

    after: bool = False

    @abstractmethod
    def play(self, exchange: Exchange) -> Response:
        """The reply to send; raises ConnectionAbortedError when there is none."""


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """The connection is reset (TCP RST, "connection reset by peer"); no byte of a reply is sent."""

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        exchange.end()
        with take_over(exchange.connection) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError


@dataclass(frozen=True, slots=True)
class TimeOut(Fault):
    """No reply until the client gives up; on `Faults.release`, or after 30 s, the connection is closed."""

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        _wait_for_client_to_give_up(exchange)
        raise ConnectionAbortedError


@dataclass(frozen=True, slots=True)
class Delay(Fault):
    """The ordinary reply, `seconds` late or on `Faults.release`: the wait is before or after the app's work.

    A client that gives up earlier does not stop it: the app does its work late.
    """

    seconds: float

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            reply = exchange.commit()
            exchange.released.wait(self.seconds)
            return reply
        exchange.released.wait(self.seconds)
        return exchange.commit()


@dataclass(frozen=True, slots=True)
class Meanwhile(Fault):
    """The ordinary reply, with `action` called before or after the app's work: somebody else acts in between."""

    action: Callable[[], object]

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            reply = exchange.commit()
            self.action()
            return reply
        self.action()
        return exchange.commit()


@dataclass(frozen=True, slots=True)
class Answer(Fault):
    """Another reply: any status, headers and body; a str is sent as it is, anything else as JSON.

    Without a body Jira's error collection is sent, with the status's phrase as its message.
    """

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        body = jira_errors(HTTP_STATUS_CODES.get(self.status, "Unknown")) if self.body is None else self.body
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, self.status, dict(self.headers), content_type=self.content_type)


@dataclass(frozen=True, slots=True)
class Garbage(Fault):
    """A success (the app's own status if it has a body, else 200) called JSON whose body is none."""

    def play(self, exchange: Exchange) -> Response:
        status = exchange.commit().status_code if self.after else 200
        return Response('{"id": "10', status if status in (200, 201) else 200, content_type="application/json")


@dataclass(frozen=True, slots=True)
class Truncated(Fault):
    """The connection ends in the middle of the body: half of the app's reply, or of a made-up one."""

    def play(self, exchange: Exchange) -> Response:
        reply = exchange.commit() if self.after else None
        if reply is None or not reply.data:
            reply = Response('{"id": "10000", "self": ""}', content_type="application/json")
        whole = reply.data
        reply.data = whole[: len(whole) // 2]
        reply.headers["Content-Length"] = str(len(whole))
        reply.headers["Connection"] = "close"
        return reply


def html(*, after: bool = False) -> Answer:
    """A login page with status 200, as single sign-on and captive portals answer."""
    return Answer(200, LOGIN_PAGE, content_type="text/html;charset=UTF-8", after=after)


def redirect(location: str, *, status: int = 302, after: bool = False) -> Answer:
    """A redirect to `location`."""
    return Answer(status, "", {"Location": location}, content_type="text/html;charset=UTF-8", after=after)


def unauthorised(*, after: bool = False) -> Answer:
    """Cloud's 401: bare text that calls itself JSON."""
    return Answer(401, "Client must be authenticated to access this resource.", after=after)


def forbidden(*, after: bool = False) -> Answer:
    """A 403 in Jira's shape."""
    return Answer(403, jira_errors("You do not have the permission to do this."), after=after)


def not_found(*, after: bool = False) -> Answer:
    """Jira's 404 for an issue that is gone or hidden."""
    message = "Issue does not exist or you do not have permission to see it."
    return Answer(404, jira_errors(message), after=after)


def jira_errors(*messages: str) -> dict[str, object]:
    """Jira's error collection."""
    return {"errorMessages": list(messages), "errors": {}}


def take_over(connection: socket.socket) -> socket.socket:
    """The connection as a socket of our own; the server's handler goes on with one that has been hung up."""
    ours = socket.socket(fileno=os.dup(connection.fileno()))
    hung_up, other = socket.socketpair()
    other.close()
    with hung_up:
        os.dup2(hung_up.fileno(), connection.fileno())
    return ours


def _wait_for_client_to_give_up(exchange: Exchange) -> None:
    """Until the client hangs up; a client that is still there then finds the connection closed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not exchange.released.is_set() and time.monotonic() < deadline:
        # The request has been read to its end: all that can arrive is the client hanging up.
        if select.select([exchange.connection], [], [], POLL_SECONDS)[0]:
            return
    exchange.end()
    exchange.connection.shutdown(socket.SHUT_RDWR)
