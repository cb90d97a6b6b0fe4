"""How far a load is, in a widget: a bar with the number of issues read."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf

from markupsafe import Markup

from roots_nb.progress import Part, Progress
from roots_nb.progress_bars import progress_html

SECONDS_BETWEEN_DRAWINGS = 0.1


class LoadProgress(Part):
    """Draws at most ten bars a second, as part of a `whole` that can be stopped."""

    def __init__(self, whole: Progress, draw: Callable[[Markup], None]) -> None:
        super().__init__(whole)
        self._draw, self._drawn_at = draw, -inf

    def step(self, done: int, total: int | None, what: str) -> None:
        if time.monotonic() - self._drawn_at >= SECONDS_BETWEEN_DRAWINGS:
            self._drawn_at = time.monotonic()
            counted = f"{done:,}" if total is None else f"{done:,} of {total:,}"
            self._draw(progress_html(f"Loading worklogs: {counted} {what}", done, total))
