"""An HTTP server for the demo Jira: 127.0.0.1 only, threads that end with their owner, keep-alive, silent.

Werkzeug's own request handler closes every connection after one answer, which no Jira does; ours reads each request to
its end before it answers, so the connection can stay open (`test_server_keeps_the_connection`).
"""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import threading
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.datastructures import Headers
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from roots_nb.demo.app import JiraApp

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["JiraApp", "Server", "serve"]

_HOST = "127.0.0.1"
_BACKLOG = 128
_POLL_SECONDS = 0.02


class _Handler(WSGIRequestHandler):
    """Reads a whole request, runs the app, sends the whole answer, stays."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            self._buffer_body(environ)
            self._send(environ, *run_wsgi_app(self.server.app, environ))
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            self.server.log("error", "%s", traceback.format_exc())
            self.send_error(500)

    def _buffer_body(self, environ: WSGIEnvironment) -> None:
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        size = environ.get("CONTENT_LENGTH") or "0"
        if not chunked and not size.isdigit():
            raise ConnectionError("no length to read by")
        body = environ["wsgi.input"].read(-1 if chunked else int(size))
        environ["wsgi.input"] = io.BytesIO(body)
        if chunked:
            environ["CONTENT_LENGTH"] = str(len(body))

    def _send(self, environ: WSGIEnvironment, body: Iterable[bytes], status: str, headers: Headers) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in {"Server": "Jira", "Date": self.date_time_string()}.items():
            headers.setdefault(name, value)
        bodiless = environ["REQUEST_METHOD"] == "HEAD" or code in ("204", "304")
        length = None if bodiless else headers.get("Content-Length", type=int)
        if length is None and not bodiless:
            headers["Connection"] = "close"
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        sent = sum(map(self.wfile.write, body))
        if length is not None and sent != length:
            self.close_connection = True
        getattr(body, "close", lambda: None)()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing of ordinary requests."""


class _ThreadedServer(ThreadedWSGIServer):
    """Knows its open connections, so that it can end them."""

    daemon_threads = True

    def __init__(self, app: WSGIApplication, listening: socket.socket, tls: ssl.SSLContext | None) -> None:
        super().__init__(_HOST, listening.getsockname()[1], app, _Handler, fd=listening.fileno())
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        if tls is not None:
            # The handshake is left to the connection's own thread: a silent client must not block the others.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.ssl_context = tls

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Server:
    """A running server; also a context manager that stops it.

    Attributes
    ----------
    url : str
        Where it answers: scheme, host, port and context path, no trailing slash.
    """

    def __init__(self, app: WSGIApplication, port: int, context_path: str, tls: ssl.SSLContext | None) -> None:
        with socket.create_server((_HOST, port), backlog=_BACKLOG) as listening:
            self._server = _ThreadedServer(app, listening, tls)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{_HOST}:{self._server.port}{context_path.rstrip('/')}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the listening socket and every connection; harmless when already stopped."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.end_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    app: WSGIApplication, *, port: int = 0, context_path: str = "", ssl_context: ssl.SSLContext | None = None
) -> Server:
    """Serve `app` on 127.0.0.1 in background threads until it is stopped or the process ends.

    Parameters
    ----------
    port
        0 is any free one.
    context_path
        The one of the app's site ("/jira"): what `Server.url` ends in; the app itself refuses other paths.
    ssl_context
        Serves https with it.

    Raises
    ------
    OSError
        The port is taken.
    """
    return Server(app, port, context_path, ssl_context)
