"""Of several pieces of work only the newest counts: what is typed or chosen next replaces what was being asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from roots_nb.errors import RootsError
from roots_nb.progress import Progress
from roots_nb.widgets.background import Background, Run, on_a_thread

_Result = TypeVar("_Result")


class Newest:
    """Does the newest piece of work; an older one is stopped, and what it still brings or tells is dropped.

    Parameters
    ----------
    tell : callable
        Receives the sentences of `WidgetProgress`.
    run : callable
        How a job is run; by default on a thread.
    """

    def __init__(self, tell: Callable[[str], None] = lambda sentence: None, *, run: Run = on_a_thread) -> None:
        self._tell, self._run = tell, run
        self._lock = threading.RLock()
        self._doing: Background | None = None

    @property
    def busy(self) -> bool:
        return self._doing is not None

    def start(
        self,
        work: Callable[[Progress], _Result],
        then: Callable[[_Result], None],
        otherwise: Callable[[RootsError], None],
        *,
        run: Run | None = None,
    ) -> None:
        """Do `work` in place of whatever is being done; `run` for this once, where it is on a thread already."""
        doing = Background(lambda sentence: self._pass_on(doing, self._tell, sentence), run=run or self._run)
        with self._lock:
            self.cancel()
            self._doing = doing
        doing.start(work, partial(self._deliver, doing, then), partial(self._deliver, doing, otherwise))

    def stop(self) -> None:
        """Ask the work to stop; `otherwise` then receives `Stopped`."""
        with self._lock:
            if self._doing is not None:
                self._doing.stop()

    def cancel(self) -> None:
        """Stop the work and drop what it brings."""
        with self._lock:
            self.stop()
            self._doing = None

    def _deliver(self, doing: Background, show: Callable[[Any], None], answer: object) -> None:
        """Within the lock: nothing newer begins while an answer is being shown."""
        with self._lock:
            if self._doing is doing:
                self._doing = None
                show(answer)

    def _pass_on(self, doing: Background, tell: Callable[[str], None], sentence: str) -> None:
        with self._lock:
            if self._doing is doing:
                tell(sentence)
