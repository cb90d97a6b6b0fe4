"""Not faster than Jira Cloud allows: waiting before a request beats being refused after it.

The figures are Atlassian's: for each site so many requests of a method a second, for each issue 20 writes in two and
100 in thirty seconds. Kept a little below, because Jira counts when a request arrives and we when it leaves.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from roots_nb.jira.client import CLOUD, Deployment
from roots_nb.progress import Progress

REQUESTS_A_SECOND = {"GET": 90, "POST": 90, "PUT": 45, "DELETE": 45}
WRITES_PER_ISSUE = ((19, 2.1), (99, 30.5))


class Pace:
    """Says when the next request may go. Safe in several threads; waits are told to `progress` and end with a stop."""

    def __init__(self, progress: Progress, deployment: Deployment) -> None:
        self._progress = progress
        self._is_limited = deployment is CLOUD
        self._lock = threading.Lock()
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._held: dict[str, float] = {}

    def before_read(self) -> None:
        self._await({"GET": ((REQUESTS_A_SECOND["GET"], 1.0),)})

    def before_write(self, method: str, issue: str) -> None:
        self._await({method: ((REQUESTS_A_SECOND[method], 1.0),), issue: WRITES_PER_ISSUE})

    def hold(self, method: str, seconds: float) -> None:
        """Nobody sends this method for so long: Jira refused one for all."""
        with self._lock:
            self._held[method] = max(self._held.get(method, 0.0), time.monotonic() + seconds)

    def _await(self, limits: dict[str, tuple[tuple[int, float], ...]]) -> None:
        while self._is_limited and (seconds := self._take(limits)) > 0:
            if seconds > 1:
                self._progress.waiting(seconds, "Jira allows only so many changes of one issue in half a minute.")
            self._progress.wait(seconds)

    def _take(self, limits: dict[str, tuple[tuple[int, float], ...]]) -> float:
        """0 and the request is counted, or the seconds until there may be room."""
        with self._lock:
            now = time.monotonic()
            wait = max(
                max(self._wait(name, windows, now), self._held.get(name, 0.0) - now) for name, windows in limits.items()
            )
            if wait <= 0:
                for name in limits:
                    self._sent[name].append(now)
            return wait

    def _wait(self, name: str, windows: tuple[tuple[int, float], ...], now: float) -> float:
        sent = self._sent[name]
        while sent and now - sent[0] >= windows[-1][1]:
            sent.popleft()
        full = [sent[-most] + seconds - now for most, seconds in windows if len(sent) >= most]
        return max(full, default=0.0)
