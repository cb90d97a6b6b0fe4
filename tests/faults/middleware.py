"""WSGI middleware for tests: goes wrong on purpose, keeps a log, adds latency. Stack as needed:

    log = RequestLog(faults := Faults(JiraApp(site)))
    faults.at(3, Reset(after=True))

Plain objects around any WSGI app, safe in several threads. `Faults` needs Werkzeug's server: it uses the socket
in `environ["werkzeug.socket"]`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from tests.faults.fault import TELL_END, Exchange, Fault
from tests.faults.request import Request, read_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Predicate = Callable[[Request], bool]


@dataclass(slots=True)
class _Rule:
    matches: Predicate
    fault: Fault
    times: int | None


class Faults:
    """Plays a fault when a request's turn comes; every other request passes untouched."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._rules: list[_Rule] = []
        self._count = 0
        self._played = 0

    @property
    def count(self) -> int:
        """Requests received so far."""
        return self._count

    @property
    def played(self) -> int:
        """Faults played so far."""
        return self._played

    def at(self, n: int, fault: Fault) -> None:
        """Play `fault` at request number `n`, counted from 1 in the order of arrival.

        Raises
        ------
        ValueError
            Request `n` cannot come any more.
        """
        if n <= self._count:
            raise ValueError(f"request {n} cannot come any more: {self._count} have been received")
        self.when(lambda request: request.number == n, fault)

    def when(self, matches: Predicate, fault: Fault, *, times: int | None = 1) -> None:
        """Play `fault` for the next `times` requests that match (None = all). The rule given first wins."""
        with self._lock:
            self._rules.append(_Rule(matches, fault, times))

    def release(self) -> None:
        """End every wait that is under way (`TimeOut`, `Delay`); call it before the server stops."""
        with self._lock:
            released, self._released = self._released, threading.Event()
        released.set()

    def clear(self) -> None:
        """Forget all rules, count from 1 again and end every wait."""
        with self._lock:
            self._rules.clear()
            self._count = self._played = 0
        self.release()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            self._count += 1
            number = self._count
        request = read_request(environ, number=number)
        with self._lock:
            fault = self._next_fault(request)
            exchange = Exchange(environ, self._app, self._released)
        if fault is None:
            return self._app(environ, start_response)
        return fault.play(exchange)(environ, start_response)

    def _next_fault(self, request: Request) -> Fault | None:
        for rule in self._rules:
            if rule.times != 0 and rule.matches(request):
                rule.times = None if rule.times is None else rule.times - 1
                self._played += 1
                return rule.fault
        return None


class RequestLog:
    """Keeps every request it receives, in the order of arrival."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._under_way: set[object] = set()

    @property
    def requests(self) -> list[Request]:
        """The requests received since the last `clear`, as a list of the caller's own."""
        with self._lock:
            return list(self._requests)

    @property
    def max_concurrency(self) -> int:
        """The most requests that were under way at once; 0 when there was none."""
        return max((request.concurrency for request in self.requests), default=0)

    def count(self, method: str | None = None, path: str | None = None) -> int:
        """How many requests used `method` (None = any) and have a path where the regex `path` is found."""
        return sum(
            (method is None or request.method == method) and (path is None or bool(re.search(path, request.path)))
            for request in self.requests
        )

    def clear(self) -> None:
        """Forget the requests; those under way still count for the concurrency of the next."""
        with self._lock:
            self._requests.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        visit = object()
        with self._lock:
            self._under_way.add(visit)
            concurrency = len(self._under_way)
        # The visit ends before the client can know: else its next request would seem to overlap with this one.
        leave = partial(self._under_way.discard, visit)
        environ[TELL_END] = (*environ.get(TELL_END, ()), leave)
        try:
            self._keep(environ, concurrency)
            reply = Response.from_app(self._app, environ, buffered=True)
        finally:
            leave()
        return reply(environ, start_response)

    def _keep(self, environ: WSGIEnvironment, concurrency: int) -> None:
        request = read_request(environ, concurrency=concurrency)
        with self._lock:
            self._requests.append(replace(request, number=len(self._requests) + 1))


class Latency:
    """Lets every request wait `seconds` before the app sees it, as a distant server would."""

    def __init__(self, app: WSGIApplication, seconds: float) -> None:
        self._app = app
        self.seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(self.seconds)
        return self._app(environ, start_response)
