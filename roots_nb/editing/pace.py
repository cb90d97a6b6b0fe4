"""Not faster than Jira Cloud allows: waiting before a request beats being refused after it.

The figures are Atlassian's: a bucket of requests for each method that fills at so many a second, and for each issue 20
writes in two and 100 in thirty seconds. Kept a little below, because Jira counts when a request arrives and we when it
leaves.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from roots_nb.jira.client import CLOUD, Deployment
from roots_nb.progress import Progress

REQUESTS_A_SECOND = {"GET": 95, "POST": 95, "PUT": 47, "DELETE": 47}
WRITES_PER_ISSUE = ((19, 2.1), (99, 30.5))
_SHORTEST_WAIT_SECONDS = 0.001  # less is lost in rounding, and would be waited again and again


class Pace:
    """Says when the next request may go. Safe in several threads; waits are told to `progress` and end with a stop."""

    def __init__(self, progress: Progress, deployment: Deployment) -> None:
        self._progress = progress
        self._is_limited = deployment is CLOUD
        self._lock = threading.Lock()
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._left = {method: float(size) for method, size in REQUESTS_A_SECOND.items()}
        self._filled_at = dict.fromkeys(REQUESTS_A_SECOND, time.monotonic())

    def before_read(self) -> None:
        self._await("GET", "")

    def before_write(self, method: str, issue: str) -> None:
        self._await(method, issue)

    def hold(self, method: str, seconds: float) -> None:
        """Nobody sends this method for so long: Jira refused one for all."""
        with self._lock:
            self._left[method] = min(self._left[method], 1 - seconds * REQUESTS_A_SECOND[method])
            self._filled_at[method] = time.monotonic()

    def _await(self, method: str, issue: str) -> None:
        while self._is_limited and (seconds := self._take(method, issue)) > 0:
            if seconds > 1:
                self._progress.waiting(seconds, "Jira allows only so many changes in a while.")
            self._progress.wait(max(seconds, _SHORTEST_WAIT_SECONDS))

    def _take(self, method: str, issue: str) -> float:
        """0 and the request is counted, or the seconds until there may be room."""
        with self._lock:
            now = time.monotonic()
            self._fill(method, now)
            missing = (1 - self._left[method]) / REQUESTS_A_SECOND[method]
            wait = max(missing, self._wait_for_issue(issue, now))
            if wait <= 0:
                self._left[method] -= 1
                if issue:
                    self._sent[issue].append(now)
            return wait

    def _fill(self, method: str, now: float) -> None:
        rate = REQUESTS_A_SECOND[method]
        self._left[method] = min(float(rate), self._left[method] + (now - self._filled_at[method]) * rate)
        self._filled_at[method] = now

    def _wait_for_issue(self, issue: str, now: float) -> float:
        sent = self._sent[issue]
        while sent and now - sent[0] >= WRITES_PER_ISSUE[-1][1]:
            sent.popleft()
        full = [sent[-most] + seconds - now for most, seconds in WRITES_PER_ISSUE if len(sent) >= most]
        return max(full, default=0.0)
