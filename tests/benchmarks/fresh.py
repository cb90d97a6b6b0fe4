"""One large load, and its report's frames, in a process of its own: `python -m tests.benchmarks.fresh …`.

Only a fresh process can tell its peak of memory. The small site is loaded first, so that what pandas and others do once
is not counted; what is found is printed as one line of JSON.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import psutil

import roots_nb
from roots_nb.progress import Progress
from tests.benchmarks.clock import timed
from tests.benchmarks.reporting import frames
from tests.benchmarks.sites import WEEK, YEAR, BenchSite


@dataclass(frozen=True, slots=True)
class LargeLoad:
    """`peak_mib` is what the load took at most, less what was there before; CPU is that of the client alone."""

    rows: int
    seconds: float
    cpu_seconds: float
    seconds_to_first_progress: float
    peak_mib: float
    frames_seconds: float


class _FirstStep(Progress):
    """Remembers when the first issues were done."""

    def __init__(self) -> None:
        super().__init__()
        self.at = float("inf")

    def step(self, done: int, total: int | None, what: str) -> None:
        if done and self.at == float("inf"):
            self.at = time.perf_counter()


def load_large(site: BenchSite, small: BenchSite) -> LargeLoad:
    """A year of one site, measured in a new process."""
    command = [sys.executable, "-m", __spec__.name, site.deployment, site.url, small.url]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return LargeLoad(**json.loads(told))


def _measure(site: BenchSite, small: BenchSite) -> LargeLoad:
    roots_nb.load_worklogs(small.sign_in(), WEEK, refresh=True)
    jira = site.sign_in()
    progress = _FirstStep()
    before = psutil.Process().memory_info().rss
    begun, cpu_before = time.perf_counter(), time.process_time()
    worklogs = roots_nb.load_worklogs(jira, YEAR, refresh=True, progress=progress)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu_before
    peak_mib = (_peak_bytes() - before) / 2**20
    frames_seconds, _ = timed(lambda: frames(worklogs, YEAR))
    return LargeLoad(len(worklogs), seconds, cpu_seconds, progress.at - begun, peak_mib, frames_seconds)


def _peak_bytes() -> int:
    """macOS counts in bytes, Linux in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    deployment, url, small_url = sys.argv[1:]
    sites = [BenchSite(deployment, each) for each in (url, small_url)]  # type: ignore[arg-type]
    print(json.dumps(asdict(_measure(*sites))))
