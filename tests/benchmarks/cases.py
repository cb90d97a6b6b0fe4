"""The figures: what a load asks for, and how long it takes beside something that does the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median

import pandas as pd

from roots_nb import load_worklogs
from roots_nb.connections.connection import DeploymentName
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from tests.benchmarks.baselines import Bare, NaturalLoop
from tests.benchmarks.clock import timed
from tests.benchmarks.fresh import load_large
from tests.benchmarks.sites import DEPLOYMENTS, WEEK, Asked, BenchSite
from tests.benchmarks.table import Figure, Goal, count
from tests.benchmarks.write_back import applying, planning

Sites = Mapping[tuple[str, DeploymentName], BenchSite]

_ROUNDS = 5
_NAMES = {"cloud": "Cloud", "datacenter": "Data Center"}
_HEAVY = ("matplotlib", "keyring", "jupyterlab", "IPython")
_BARE = Goal("≤", 1.3)


def all_figures(sites: Sites) -> Iterator[Figure]:
    """In the order of the table."""
    for case, figures in (("inline", inline_lists), ("cut", cut_lists), ("meetings", one_long_list)):
        for deployment in DEPLOYMENTS:
            yield from figures(sites[case, deployment])
    for deployment in DEPLOYMENTS:
        yield from large_loads(sites, deployment)
    yield from planning()
    for deployment in DEPLOYMENTS:
        yield from applying(sites["edits", deployment])
    yield from importing()


def inline_lists(site: BenchSite) -> list[Figure]:
    """All worklogs come with the search."""
    case = ("200 issues × 5 worklogs", _NAMES[site.deployment])
    worklogs, asked = _first_load(site)
    seconds, bare_seconds = _beside_bare(site, asked)
    natural_seconds = _natural_loop(site)
    again_seconds, asked_again = _load_twice(site)
    return [
        count(*case, "rows", len(worklogs), "=", 1000),
        count(*case, "requests after sign-in", len(asked), "≤", 3),
        Figure(*case, "load", seconds, "s"),
        Figure(*case, "load ÷ its requests bare", seconds / bare_seconds, goal=_BARE),
        Figure(*case, "loop with pycontribs", natural_seconds, "s"),
        Figure(*case, "loop with pycontribs ÷ load", natural_seconds / seconds, goal=Goal("≥", 20)),
        count(*case, "requests of the second load", len(asked_again), "=", 0),
        Figure(*case, "second load ÷ first", again_seconds / seconds),
    ]


def cut_lists(site: BenchSite) -> list[Figure]:
    """The search brings the 20 oldest worklogs of each issue, and none of them is mine."""
    case = ("+ 30 older of others each", _NAMES[site.deployment])
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
    case = ("one issue, 17 of 3,000 mine", _NAMES[site.deployment])
    worklogs, asked = _first_load(site)
    transferred = sum(len(page["worklogs"]) for page in Bare(site, asked).fetch())
    return [
        count(*case, "rows", len(worklogs), "=", 17),
        count(*case, "worklogs transferred", transferred, "=", 26 if site.deployment == "cloud" else 3000),
    ]


def large_loads(sites: Sites, deployment: DeploymentName) -> list[Figure]:
    """Each load in a process of its own; the latency of each page is in the seconds."""
    case = ("10,000 issues × 10 worklogs", _NAMES[deployment])
    small = sites["inline", deployment]
    before = load_large(sites["year of 10,000", deployment], small)
    large = load_large(sites["year of 100,000", deployment], small)
    after = load_large(sites["year of 10,000", deployment], small)
    fewer = before.rows + after.rows
    growth = large.seconds / large.rows / ((before.seconds + after.seconds) / fewer)
    growth_of_cpu = large.cpu_seconds / large.rows / ((before.cpu_seconds + after.cpu_seconds) / fewer)
    return [
        count(*case, "rows", large.rows, "=", 100_000),
        Figure(*case, "load", large.seconds, "s"),
        Figure(*case, "first issues done", large.seconds_to_first_progress, "s"),
        Figure(*case, "peak memory above start", large.peak_mib, "MiB"),
        Figure(*case, "row ÷ row with 1,000 issues", growth, goal=Goal("≤", 1.1)),
        Figure(*case, "the same, CPU of the client alone", growth_of_cpu),
    ]


def importing() -> list[Figure]:
    """What the import costs beside the libraries that any such tool needs, and what it leaves out."""
    case = ("import roots_nb", "")
    loaded = f"print(sum(name in sys.modules for name in {_HEAVY}))"
    heavy = int(_python(f"import roots_nb, sys; {loaded}"))
    seconds, bare_seconds = _medians(partial(_python, "import roots_nb"), partial(_python, "import pandas, requests"))
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


def _beside_bare(site: BenchSite, asked: list[Asked]) -> tuple[float, float]:
    """Seconds of the first load of a session, and of its requests sent by `Bare`, whose session is warm."""
    bare = Bare(site, asked)
    sessions = [site.sign_in() for _ in range(_ROUNDS)]
    return _medians(lambda: _load(sessions.pop()), bare.fetch)


def _natural_loop(site: BenchSite) -> float:
    """Seconds of one run, which is long enough to need no other."""
    loop = NaturalLoop(site)
    seconds, rows = timed(lambda: loop.fetch("2026-11-16", "2026-11-22"))
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


def _medians(ours: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Seconds of both, run in turns, so that a busy moment meets both."""
    rounds = [(timed(ours)[0], timed(other)[0]) for _ in range(_ROUNDS)]
    return median(one for one, _ in rounds), median(two for _, two in rounds)


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
