"""How long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def timed(call: Callable[[], _T]) -> tuple[float, _T]:
    """Seconds, and what the call returned."""
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result
