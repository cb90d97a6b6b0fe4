"""How far an apply is, beside a bar: counts, and what is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil, inf

from roots_nb.progress import Part, Progress

SECONDS_BETWEEN_DRAWINGS = 0.1


class ReviewProgress(Part):
    """Tells counts, and every second of a wait why and how long it still takes.

    Of many changes only every hundredth part is told, or one in a tenth of a second.

    Parameters
    ----------
    whole : Progress
        Whose Stop is obeyed.
    what : str
        What is being done, such as "Applying".
    draw : callable
        Receives a sentence, how many are done, and of how many (None = not known yet).
    """

    def __init__(self, whole: Progress, what: str, draw: Callable[[str, int, int | None], None]) -> None:
        super().__init__(whole)
        self._what, self._draw, self._drawn_at = what, draw, -inf
        self._count: tuple[int, int | None] = 0, None
        self._why = ""

    def step(self, done: int, total: int | None, what: str) -> None:
        before, self._count = self._count[0], (done, total)
        if done == total:
            self._show(f"all {done:,} {what}; Jira is read once more to verify them")
        elif total is None or done * 100 // total != before * 100 // total or self._is_long_ago:
            self._show(f"{done:,}{'' if total is None else f' of {total:,}'} {what}")

    @property
    def _is_long_ago(self) -> bool:
        return time.monotonic() - self._drawn_at >= SECONDS_BETWEEN_DRAWINGS

    def waiting(self, seconds: float, why: str) -> None:
        self._why = why

    def wait(self, seconds: float) -> None:
        """Told if it is long enough to be read. The whole waits in silence: it would tell without the reason."""
        for left in range(ceil(seconds), 0, -1):
            if seconds > 1:
                self._show(f"{self._why} Continuing in {left} s.")
            Progress.wait(self._whole, min(1.0, seconds - left + 1))

    def _show(self, sentence: str) -> None:
        self._drawn_at = time.monotonic()
        self._draw(f"{self._what}: {sentence}", *self._count)
