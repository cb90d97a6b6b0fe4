"""What takes long in a widget: one piece of work at a time on a thread of its own, which a button can stop.

`ipywidgets` may be changed from any thread, so results are delivered on the worker's
(`tests/widgets/test_background.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import Protocol, TypeVar

from roots_nb.errors import RootsError
from roots_nb.progress import Progress

PAUSE_SECONDS = 0.7

Job = Callable[[], None]
Run = Callable[[Job], None]
_Result = TypeVar("_Result")


def on_a_thread(job: Job) -> None:
    """Run `job` on a thread that does not keep the kernel from ending."""
    threading.Thread(target=job, name="roots_nb widget", daemon=True).start()


class WidgetProgress(Progress):
    """Tells every second of a wait how long it still takes, as a sentence; "" when it is over."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def wait(self, seconds: float) -> None:
        for left in range(ceil(seconds), 0, -1):
            self._tell(f"Jira asks to wait, continuing in {left} s")
            super().wait(min(1.0, seconds - left + 1))
        self._tell("")
        self.check_stop()


class Background:
    """Does one piece of work at a time.

    Parameters
    ----------
    tell : callable
        Receives the sentences of `WidgetProgress`.
    run : callable
        How a job is run; by default on a thread. Tests run it at once.
    """

    def __init__(self, tell: Callable[[str], None] = lambda sentence: None, *, run: Run = on_a_thread) -> None:
        self._tell = tell
        self._run = run
        self._lock = threading.Lock()
        self._progress: Progress | None = None

    @property
    def busy(self) -> bool:
        return self._progress is not None

    def start(
        self,
        work: Callable[[Progress], _Result],
        then: Callable[[_Result], None],
        otherwise: Callable[[RootsError], None],
    ) -> bool:
        """Do `work`, then hand its result to `then`, or its error to `otherwise`; False and nothing while busy.

        An error that is none of ours reaches `otherwise` as one sentence with its kind, without its values.
        """
        progress = WidgetProgress(self._tell)
        with self._lock:
            if self._progress is not None:
                return False
            self._progress = progress
        self._run(partial(self._do, progress, work, then, otherwise))
        return True

    def stop(self) -> None:
        """Ask the work under way to stop; `otherwise` then receives `Stopped`."""
        with self._lock:
            if self._progress is not None:
                self._progress.request_stop()

    def _do(
        self,
        progress: Progress,
        work: Callable[[Progress], _Result],
        then: Callable[[_Result], None],
        otherwise: Callable[[RootsError], None],
    ) -> None:
        try:
            deliver = partial(then, work(progress))
        except Exception as error:
            deliver = partial(otherwise, _ours(error))
        finally:
            with self._lock:
                self._progress = None
        try:
            deliver()
        except Exception as error:
            problem = _ours(error)
        else:
            return
        otherwise(problem)


def _ours(error: Exception) -> RootsError:
    if isinstance(error, RootsError):
        return error
    return RootsError(
        f"Something unexpected went wrong ({type(error).__name__}).",
        advice="Try again; if it stays, restart the kernel.",
    )


class Timer(Protocol):
    """What `threading.Timer` is made of."""

    daemon: bool

    def start(self) -> None: ...
    def cancel(self) -> None: ...


class Pause:
    """Calls `action`, on a thread, once typing has paused: `again` is called at each change.

    Parameters
    ----------
    timer : callable
        As `threading.Timer`.
    """

    def __init__(self, action: Job, *, timer: Callable[[float, Job], Timer] = threading.Timer) -> None:
        self._action = action
        self._make = timer
        self._lock = threading.Lock()
        self._timer: Timer | None = None

    @property
    def is_running(self) -> bool:
        """Whether `action` is still to come."""
        return self._timer is not None

    def again(self) -> None:
        with self._lock:
            self._stop()
            timer = self._timer = self._make(PAUSE_SECONDS, lambda: self._end(timer))
            timer.daemon = True
            timer.start()

    def cancel(self) -> None:
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _end(self, timer: Timer) -> None:
        with self._lock:
            if self._timer is timer:
                self._timer = None
        self._action()
