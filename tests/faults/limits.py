"""Rate limits as Jira has them: Cloud's bursts and writes on one issue, Data Center's bucket for each user.

Clocks return seconds that never go back; a test's own clock makes the limits exact.
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from tests.faults.fault import jira_errors
from tests.faults.request import read_credentials, read_path

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Clock = Callable[[], float]

CLOUD_BURST_PER_SECOND = MappingProxyType({"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50})
CLOUD_WRITES_PER_ISSUE = ((20, 2.0), (100, 30.0))
BURST = "jira-burst-based"
PER_ISSUE = "jira-per-issue-on-write"

_ISSUE_WRITTEN = re.compile(r"/rest/api/[^/]+/issue/([A-Za-z][A-Za-z0-9_]*-\d+|\d+)(/|$)")


class TokenBucket:
    """Holds up to `size` tokens and gains `per_second`; starts full. Not thread-safe."""

    def __init__(self, size: float, per_second: float, clock: Clock) -> None:
        self.size = size
        self._per_second = per_second
        self._clock = clock
        self._tokens = float(size)
        self._filled_at = clock()

    @property
    def remaining(self) -> int:
        """Whole tokens left at the last `take`."""
        return int(self._tokens)

    @property
    def wait(self) -> float:
        """Seconds from the last `take` until there is a token; 0 when one is left."""
        return max(0.0, (1 - self._tokens) / self._per_second)

    def take(self) -> bool:
        """Take a token if there is one."""
        now = self._clock()
        gained = (now - self._filled_at) * self._per_second
        self._tokens = min(self.size, round(self._tokens + gained, 9))
        self._filled_at = now
        taken = self._tokens >= 1
        self._tokens -= taken
        return taken


class Window:
    """At most `limit` events in any `seconds`. Not thread-safe."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self._seconds = seconds
        self._events: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until there is room for another event; 0 = now."""
        while self._events and now - self._events[0] >= self._seconds:
            self._events.popleft()
        return self._events[0] + self._seconds - now if len(self._events) >= self.limit else 0.0

    def add(self, now: float) -> None:
        self._events.append(now)


class CloudLimits:
    """Cloud's 429: a burst bucket for each method, and sliding windows for writes on one issue.

    Parameters
    ----------
    burst_per_second
        Size and fill rate of each method's bucket; a method that is missing is not limited.
    writes_per_issue
        Pairs (writes, seconds). An issue is what its key or id in the path says; the two are not matched.

    Attributes
    ----------
    refusals : Counter of str
        How often it said no, for each ``RateLimit-Reason``.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        clock: Clock = time.monotonic,
        burst_per_second: Mapping[str, float] = CLOUD_BURST_PER_SECOND,
        writes_per_issue: Iterable[tuple[int, float]] = CLOUD_WRITES_PER_ISSUE,
    ) -> None:
        limits = tuple(writes_per_issue)
        self._app = app
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = {method: TokenBucket(n, n, clock) for method, n in burst_per_second.items()}
        self._windows: defaultdict[str, list[Window]] = defaultdict(lambda: [Window(*limit) for limit in limits])
        self.refusals: Counter[str] = Counter()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            refusal = self._refusal(environ["REQUEST_METHOD"], read_path(environ))
        return (refusal or self._app)(environ, start_response)

    def _refusal(self, method: str, path: str) -> Response | None:
        windows = self._windows_of(method, path)
        now = self._clock()
        full = max(windows, key=lambda window: window.wait(now), default=None)
        if full is not None and (wait := full.wait(now)):
            return self._refuse(PER_ISSUE, full.limit, wait)
        bucket = self._buckets.get(method)
        if bucket is not None and not bucket.take():
            return self._refuse(BURST, bucket.size, bucket.wait)
        for window in windows:
            window.add(now)
        return None

    def _windows_of(self, method: str, path: str) -> list[Window]:
        issue = _ISSUE_WRITTEN.search(path) if method in ("POST", "PUT", "DELETE") else None
        return self._windows[issue[1].upper()] if issue else []

    def _refuse(self, reason: str, limit: float, wait: float) -> Response:
        self.refusals[reason] += 1
        reset = datetime.now(UTC) + timedelta(seconds=wait)
        headers = {
            "Retry-After": _whole_seconds(wait),
            "X-RateLimit-Limit": f"{limit:g}",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "X-RateLimit-NearLimit": "true",
            "RateLimit-Reason": reason,
        }
        return _too_many_requests(headers)


class DataCenterLimits:
    """Data Center's bucket for each user: its headers on every reply to a request with credentials, and its 429.

    Parameters
    ----------
    size
        Requests a user may send at once.
    fill, interval_seconds
        So many more in every interval, spread evenly over it.

    Attributes
    ----------
    refusals : int
        How often it said no.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        clock: Clock = time.monotonic,
        size: int = 50,
        fill: int = 10,
        interval_seconds: int = 60,
    ) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._headers = {
            "X-RateLimit-Limit": str(size),
            "X-RateLimit-FillRate": str(fill),
            "X-RateLimit-Interval-Seconds": str(interval_seconds),
        }
        self._buckets = defaultdict[str, TokenBucket](lambda: TokenBucket(size, fill / interval_seconds, clock))
        self.refusals = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        auth, user = read_credentials(environ)
        if not auth:
            return self._app(environ, start_response)
        taken, headers = self._take(user.lower())
        reply = Response.from_app(self._app, environ, buffered=True) if taken else _too_many_requests({})
        reply.headers.update(headers)
        return reply(environ, start_response)

    def _take(self, user: str) -> tuple[bool, dict[str, str]]:
        with self._lock:
            bucket = self._buckets[user]
            taken = bucket.take()
            self.refusals += not taken
            left = {"X-RateLimit-Remaining": str(bucket.remaining), "Retry-After": _whole_seconds(bucket.wait)}
        return taken, self._headers | left


def _whole_seconds(wait: float) -> str:
    return str(math.ceil(round(wait, 6)))


def _too_many_requests(headers: Mapping[str, str]) -> Response:
    body = jira_errors("Rate limit exceeded.")
    return Response(json.dumps(body), 429, dict(headers), content_type="application/json;charset=UTF-8")
