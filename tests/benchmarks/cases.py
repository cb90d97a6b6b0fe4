"""The figures: what a load asks for, and how long it takes beside something that does the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from statistics import mean, median

import pandas as pd

from roots_nb import load_worklogs
from roots_nb.connections.connection import DeploymentName
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from tests.benchmarks.baselines import AtlassianLoop, Bare, PycontribsLoop
from tests.benchmarks.clock import medians, timed
from tests.benchmarks.fresh import load_large
from tests.benchmarks.reporting import REPORT, reporting
from tests.benchmarks.sites import DEPLOYMENTS, NAMES, ROWS, WEEK, Asked, BenchSite, year_of
from tests.benchmarks.table import Figure, Goal, count
from tests.benchmarks.write_back import applying, planning

Sites = Mapping[tuple[str, DeploymentName], BenchSite]

_ROUNDS = 5
_HEAVY = ("matplotlib", "keyring", "jupyterlab", "IPython")
_BARE = Goal("≤", 1.3)


def all_figures(sites: Sites) -> Iterator[Figure]:
    """In the order of the table."""
    for case, figures in (("inline", inline_lists), ("cut", cut_lists), ("meetings", one_long_list)):
        for deployment in DEPLOYMENTS:
            yield from figures(sites[case, deployment])
    for deployment in DEPLOYMENTS:
        yield from large_loads(sites, deployment)
    for deployment in DEPLOYMENTS:
        yield from reporting(sites["working year", deployment])
    yield from planning()
    for deployment in DEPLOYMENTS:
        yield from applying(sites["edits", deployment])
    yield from importing()


def inline_lists(site: BenchSite) -> list[Figure]:
    """All worklogs come with the search."""
    case = ("200 issues × 5 worklogs", NAMES[site.deployment])
    worklogs, asked = _first_load(site)
    seconds, bare_seconds = _beside_bare(site, asked)
    loops = {"pycontribs": PycontribsLoop, "atlassian-python-api": AtlassianLoop}
    loop_seconds = {name: _loop(loop(site)) for name, loop in loops.items()}
    again_seconds, asked_again = _load_twice(site)
    return [
        count(*case, "rows", len(worklogs), "=", 1000),
        count(*case, "requests after sign-in", len(asked), "≤", 3),
        Figure(*case, "load", seconds, "s"),
        Figure(*case, "load ÷ its requests bare", seconds / bare_seconds, goal=_BARE),
        *(
            Figure(*case, f"loop with {name} ÷ load", other / seconds, goal=Goal("≥", 20))
            for name, other in loop_seconds.items()
        ),
        count(*case, "requests of the second load", len(asked_again), "=", 0),
        Figure(*case, "second load ÷ first", again_seconds / seconds),
    ]


def cut_lists(site: BenchSite) -> list[Figure]:
    """The search brings the 20 oldest worklogs of each issue, and none of them is mine."""
    case = ("+ 30 older of others each", NAMES[site.deployment])
    worklogs, asked = _first_load(site)
    seconds, bare_seconds = _beside_bare(site, asked)
    return [
        count(*case, "rows", len(worklogs), "=", 1000),
        count(*case, "requests after sign-in", len(asked), "≤", 203),
        count(*case, "most in flight", max(each.concurrency for each in asked), "≤", 8),
        Figure(*case, "load", seconds, "s"),
        Figure(*case, "load ÷ its requests bare", seconds / bare_seconds, goal=_BARE),
    ]


def one_long_list(site: BenchSite) -> list[Figure]:
    """On Cloud my 17 and nine of Bob's are in the week and the day of padding on either side."""
    case = ("one issue, 17 of 3,000 mine", NAMES[site.deployment])
    worklogs, asked = _first_load(site)
    transferred = sum(len(page["worklogs"]) for page in Bare(site, asked).fetch())
    return [
        count(*case, "rows", len(worklogs), "=", 17),
        count(*case, "worklogs transferred", transferred, "=", 26 if site.deployment == "cloud" else 3000),
    ]


def large_loads(sites: Sites, deployment: DeploymentName) -> list[Figure]:
    """Each load in a process of its own; the latency of each page is in the seconds."""
    case = (" / ".join(f"{rows:,}" for rows in ROWS) + " rows", NAMES[deployment])
    ways = [*ROWS, *ROWS[-2::-1]]  # up and down again: what else the machine does meets all
    loads = [load_large(sites[year_of(rows), deployment], sites["inline", deployment]) for rows in ways]
    by_rows = {rows: [load for asked, load in zip(ways, loads, strict=True) if asked == rows] for rows in ROWS}
    (largest,) = by_rows[ROWS[-1]]
    ms = [1000 * mean(load.seconds for load in same) / rows for rows, same in by_rows.items()]
    cpu = [mean(load.cpu_seconds for load in same) / rows for rows, same in by_rows.items()]
    return [
        count(*case, "rows of the last", largest.rows, "=", ROWS[-1]),
        *(Figure(*case, f"load of {rows:,}, a row", each, "ms") for rows, each in zip(ROWS, ms, strict=True)),
        Figure(*case, f"row ÷ row of {ROWS[-2]:,}", ms[-1] / ms[-2], goal=Goal("≤", 1.1)),
        Figure(*case, "the same, CPU of the client alone", cpu[-1] / cpu[-2]),
        Figure(*case, "load of the last", largest.seconds, "s"),
        Figure(*case, "first issues done", largest.seconds_to_first_progress, "s"),
        Figure(*case, "peak memory above start", largest.peak_mib, "MiB"),
        Figure(*case, "frames of its report ÷ load", largest.frames_seconds / largest.seconds, goal=REPORT),
    ]


def importing() -> list[Figure]:
    """What the import costs beside the libraries that any such tool needs, and what it leaves out."""
    case = ("import roots_nb", "")
    loaded = f"print(sum(name in sys.modules for name in {_HEAVY}))"
    heavy = int(_python(f"import roots_nb, sys; {loaded}"))
    imports = ("import roots_nb", "import pandas, requests")
    seconds, bare_seconds = medians([partial(_python, each) for each in imports], _ROUNDS)
    return [
        Figure(*case, "in a new process", seconds, "s"),
        Figure(*case, "÷ import pandas, requests", seconds / bare_seconds),
        count(*case, "of " + ", ".join(_HEAVY), heavy, "=", 0),
    ]


# --- how it is measured


def _load(jira: Jira, *, refresh: bool = True) -> pd.DataFrame:
    return load_worklogs(jira, WEEK, refresh=refresh, progress=Progress())


def _first_load(site: BenchSite) -> tuple[pd.DataFrame, list[Asked]]:
    """The first load of a session and what it asked."""
    jira = site.sign_in()
    site.clear_log()
    return _load(jira), site.log()


def _beside_bare(site: BenchSite, asked: list[Asked]) -> list[float]:
    """Seconds of the first load of a session, and of its requests sent by `Bare`, whose session is warm."""
    bare = Bare(site, asked)
    sessions = [site.sign_in() for _ in range(_ROUNDS)]
    return medians([lambda: _load(sessions.pop()), bare.fetch], _ROUNDS)


def _loop(loop: PycontribsLoop | AtlassianLoop) -> float:
    """Seconds of one run, which is long enough to need no other."""
    seconds, rows = timed(loop.fetch)
    assert rows == 1000, rows
    return seconds


def _load_twice(site: BenchSite) -> tuple[float, list[Asked]]:
    """Seconds of a load that the cache answers, and what several of them asked all the same."""
    jira = site.sign_in()
    _load(jira)
    site.clear_log()
    seconds = []
    for _ in range(_ROUNDS):
        second, worklogs = timed(lambda: _load(jira, refresh=False))
        assert len(worklogs) == 1000, len(worklogs)
        seconds.append(second)
    return median(seconds), site.log()


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
