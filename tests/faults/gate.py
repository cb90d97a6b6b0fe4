"""A port that can be closed: the one fault no middleware can play, since it is only asked once a connection stands."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from tests.faults.fault import Exchange, Fault, take_over


class Server(Protocol):
    """What `roots_nb.demo.server.serve` returns."""

    @property
    def url(self) -> str: ...

    def stop(self) -> None: ...


class Gate:
    """Serves an app and can refuse connections for a while: the app keeps its state, the site its URL.

    To refuse request 4, let request 3 be the last one answered, and open it where the client waits to try again::

        faults.at(3, LastReply(gate))

    Parameters
    ----------
    start
        Starts a server of the app on the port given, 0 = any: ``lambda port: serve(app, port=port)``.
    """

    def __init__(self, start: Callable[[int], Server]) -> None:
        self._start = start
        self._server = start(0)
        self._placeholder: socket.socket | None = None
        self.url = self._server.url

    def close(self) -> None:
        """Refuse every new connection from now on ("connection refused"); those that stand end with the server."""
        if self._placeholder is None:
            self._server.stop()
            self._placeholder = self._take_port()

    def open(self) -> None:
        """Serve again at the same URL."""
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None
            self._server = self._start(self._port)

    def stop(self) -> None:
        """End the server and give the port back."""
        if self._placeholder is None:
            self._server.stop()
        else:
            self._placeholder.close()
            self._placeholder = None

    @property
    def _port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    def _take_port(self) -> socket.socket:
        """Bound and not listening: connections are refused and nobody else is given the port."""
        placeholder = socket.socket()
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        placeholder.bind(("127.0.0.1", self._port))
        return placeholder


@dataclass(frozen=True, slots=True)
class LastReply(Fault):
    """The ordinary reply, before which `gate` is closed: whatever the client sends next is refused."""

    gate: Gate

    def play(self, exchange: Exchange) -> Response:
        reply = exchange.commit()
        exchange.end()
        with take_over(exchange.connection) as connection:
            self.gate.close()
            connection.sendall(_on_the_wire(reply))
        raise ConnectionAbortedError


def _on_the_wire(reply: Response) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
    head = f"HTTP/1.1 {reply.status}\r\n{headers}Connection: close\r\n\r\n"
    return head.encode("latin-1") + reply.get_data()
