"""What a process holds on to: memory, descriptors, threads, files."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil


@dataclass(frozen=True, slots=True)
class Sample:
    """`at_seconds` is of the monotonic clock; `state_bytes` are those of a folder."""

    at_seconds: float
    memory_mib: float
    descriptors: int
    threads: int
    state_bytes: int


def measure(folder: Path) -> Sample:
    """When nothing is under way: what could be given back was, and servers have seen that their clients are gone."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)
    gc.collect()
    process = psutil.Process()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    descriptors = process.num_fds() if psutil.POSIX else process.num_handles()
    memory_mib = process.memory_info().rss / 2**20
    return Sample(time.monotonic(), memory_mib, descriptors, threading.active_count(), size)


def growth_mib(samples: Sequence[Sample]) -> float:
    """From the first to the last, by the straight line that fits all of them best: one outlier counts little."""
    if len(samples) < 2:
        return 0.0
    at = [each.at_seconds for each in samples]
    slope = np.polyfit(np.subtract(at, at[0]), [each.memory_mib for each in samples], 1)[0]
    return float(slope) * (at[-1] - at[0])
