"""What planning and applying cost: memory beside the frame, time beside the best schedule that Jira's limits allow."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from roots_nb import apply_changes, load_worklogs, plan_changes
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from roots_nb.progress import Progress
from roots_nb.worklogs import TEXT_COLUMNS, worklogs_of_rows
from tests.benchmarks.clock import timed
from tests.benchmarks.sites import LATENCY_SECONDS, NAMES, WEEK, BenchSite
from tests.benchmarks.table import Figure, Goal, count
from tests.faults.limits import CLOUD_BURST_PER_SECOND

_AT_ONCE = {"cloud": 8, "datacenter": 2}
_ROWS, _EDITS = 100_000, 10_000


def planning() -> list[Figure]:
    """Ten thousand edits on a frame of a hundred thousand rows."""
    case = (f"plan {_EDITS:,} edits of {_ROWS:,} rows", "")
    frame = _large_frame()
    edited = frame.copy()
    edited.loc[edited.index[:: _ROWS // _EDITS], "time_spent"] = pd.Timedelta(minutes=45)
    seconds, plan = timed(lambda: plan_changes(frame, edited))
    tracemalloc.start()
    plan_changes(frame, edited)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return [
        count(*case, "changes", len(plan), "=", _EDITS),
        Figure(*case, "plan", seconds, "s"),
        Figure(*case, "peak memory ÷ frame", peak / frame.memory_usage(deep=True).sum(), goal=Goal("≤", 2)),
    ]


def _large_frame() -> pd.DataFrame:
    """A frame as loaded from one account, each text with its own bytes."""
    number = np.arange(_ROWS)
    start = pd.Timestamp("2026-01-05 08:00", tz="Europe/Berlin")
    frame = worklogs_of_rows([], ZoneInfo("Europe/Berlin")).reindex(number)
    texts = {name: pd.Series(number).map(f"{name} {{}}".format) for name in TEXT_COLUMNS}
    texts |= {"connection": "Cloud", "worklog_id": pd.Series(number + 10_000).astype(str), "author_id": "5:ann"}
    texts |= {"issue": pd.Series(number % 500 + 1).map("APP-{}".format)}
    frame = frame.assign(**{name: pd.Series(value, index=frame.index, dtype="str") for name, value in texts.items()})
    for name in ("started", "created", "updated"):
        frame[name] = (start + pd.to_timedelta(number, unit="m")).as_unit("us")
    frame["time_spent"] = pd.Series(pd.Timedelta(minutes=30), index=frame.index).astype("timedelta64[us]")
    load = {"connection": "Cloud", "url": "https://a.example", "account_id": "5:ann", "account": "Ann"}
    frame.attrs["loads"] = [load]
    return frame


def applying(site: BenchSite) -> list[Figure]:
    """One change on each of 200 issues, then all five worklogs of 20 issues; on Cloud with Cloud's limits."""
    case = ("200 changes on 200 issues", NAMES[site.deployment])
    jira = site.sign_in()
    worklogs = load_worklogs(jira, WEEK, refresh=True, progress=Progress())
    one_each = worklogs.groupby("issue").head(1).index
    plan, seconds, asked, refused = _apply(site, worklogs, one_each)
    figures = [
        Figure(*case, "apply", seconds, "s"),
        Figure(*case, "best schedule ÷ apply", _best_seconds(site, asked) / seconds, goal=Goal("≥", 0.8)),
        count(*case, "refusals with 429", refused, "=", 0),
        Figure(*case, "time foretold ÷ taken", plan.estimated_seconds / seconds),
    ]
    case = ("100 changes on 20 issues", NAMES[site.deployment])
    many_each = worklogs[worklogs["issue"].isin(sorted(worklogs["issue"].unique())[:20])].index
    plan, seconds, asked, refused = _apply(
        site, load_worklogs(jira, WEEK, refresh=True, progress=Progress()), many_each
    )
    return [
        *figures,
        Figure(*case, "requests ÷ changes", asked.total() / len(plan), goal=Goal("≤", 2)),
        count(*case, "refusals with 429", refused, "=", 0),
        Figure(*case, "time foretold ÷ taken", plan.estimated_seconds / seconds),
    ]


class _Refusals(Progress):
    """Counts how often Jira asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def waiting(self, seconds: float, why: str) -> None:
        self.count += "asks to wait" in why


def _apply(site: BenchSite, worklogs: pd.DataFrame, rows: pd.Index) -> tuple[Plan, float, Counter[str], int]:
    """The plan, seconds, requests by method, and refusals."""
    edited = worklogs.copy()
    edited.loc[rows, "time_spent"] += pd.Timedelta(minutes=15)
    plan, jira, progress = plan_changes(worklogs, edited), site.sign_in(), _Refusals()
    site.clear_log()
    seconds, result = timed(lambda: apply_changes(jira, plan, confirm=plan.confirmation, progress=progress))
    _check(result, len(rows))
    return plan, seconds, Counter(each.method for each in site.log()), progress.count


def _check(result: Result, changes: int) -> None:
    assert result.counts["done"] == changes, result.counts


def _best_seconds(site: BenchSite, asked: Counter[str]) -> float:
    """The least that these requests take, so many at once and, on Cloud, after a burst at the rate of each method."""
    together = asked.total() * LATENCY_SECONDS / _AT_ONCE[site.deployment]
    if site.deployment == "datacenter":
        return together
    paced = ((number - CLOUD_BURST_PER_SECOND[m]) / CLOUD_BURST_PER_SECOND[m] for m, number in asked.items())
    return max(together, *paced)
