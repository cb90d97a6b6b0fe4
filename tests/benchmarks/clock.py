"""How long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

_T = TypeVar("_T")


def timed(call: Callable[[], _T]) -> tuple[float, _T]:
    """Seconds, and what the call returned."""
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def medians(calls: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Seconds of each, run in turns, so that a busy moment meets all."""
    seconds = [[timed(call)[0] for call in calls] for _ in range(rounds)]
    return [median(each) for each in zip(*seconds, strict=True)]
