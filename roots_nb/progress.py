"""How long work tells what it does and how it is stopped. By default it tells nobody."""

from __future__ import annotations

import threading

from roots_nb.errors import Stopped


class Progress:
    """Receives the progress of one long piece of work, possibly from several threads; does nothing by default.

    Subclasses override `step`, `waiting` and `close` to show something. `request_stop` may be called from any
    thread; it is obeyed before the next request and at once during a wait.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()

    def step(self, done: int, total: int | None, what: str) -> None:
        """`done` of `total` (None = not known yet) of `what`, for example issues."""

    def waiting(self, seconds: float, why: str) -> None:
        """Work pauses for `seconds` because of `why` (a sentence)."""

    def close(self) -> None:
        """The work has ended, well or not."""

    def request_stop(self) -> None:
        self._stop.set()

    def check_stop(self) -> None:
        """Raise `Stopped` if a stop was requested."""
        if self._stop.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sit a wait out; raise `Stopped` as soon as a stop is requested."""
        self._stop.wait(seconds)
        self.check_stop()


class Part(Progress):
    """One of several pieces of work: it tells the whole's progress, and stops with it or alone."""

    def __init__(self, whole: Progress) -> None:
        super().__init__()
        self._whole = whole

    def step(self, done: int, total: int | None, what: str) -> None:
        self._whole.step(done, total, what)

    def waiting(self, seconds: float, why: str) -> None:
        self._whole.waiting(seconds, why)

    def check_stop(self) -> None:
        super().check_stop()
        self._whole.check_stop()

    def wait(self, seconds: float) -> None:
        self._whole.wait(seconds)
        self.check_stop()
