"""Ann's desk: a small Jira with a week of hers, and the notebook in which she repairs it.

Each worklog's comment is its name in the tests. The site's clock goes on by a second whenever it is looked at, so that
every change has a version of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from roots_nb.demo.model import Worklog
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.result import Result
from roots_nb.jira.client import Jira
from roots_nb.worklogs import load_worklogs
from tests.faults.request import Request
from tests.world import InstantProgress, World

WEEK = ("2026-11-16", "2026-11-22")
ZONE = "Europe/Berlin"
WRITES = ("POST", "PUT", "DELETE")

Edit = Callable[[pd.DataFrame], pd.DataFrame]


class Desk:
    """One kernel after the other in front of one Jira.

    Attributes
    ----------
    world : World
        APP-1 with the worklogs "one", "two" and "three", APP-2 with "four", OPS-1 with "five".
    jira : Jira
        Signed in as Ann; of this kernel.
    """

    def __init__(self, world: World) -> None:
        self.world, self.site = world, world.site
        start, ticks = world.now, itertools.count()
        world.site.now = lambda: start + timedelta(seconds=next(ticks))
        world.site.add_project("OPS", "Operations")
        for key in ("APP-1", "APP-2", "OPS-1"):
            world.site.add_issue(key, f"Summary of {key}", labels=("red", "blue"))
        for key, started, name in (
            ("APP-1", "2026-11-16 09:00", "one"),
            ("APP-1", "2026-11-17 09:00", "two"),
            ("APP-1", "2026-11-18 09:00", "three"),
            ("APP-2", "2026-11-19 09:00", "four"),
            ("OPS-1", "2026-11-20 09:00", "five"),
        ):
            world.add_worklog(key, started, comment=name)
        self.new_kernel()

    def new_kernel(self) -> Jira:
        """Nothing of what the last kernel held is there any more."""
        self.jira = self.world.sign_in()
        return self.jira

    # --- what Ann does

    def load(self, **options: Any) -> pd.DataFrame:
        """Her week, asked anew."""
        return load_worklogs(self.jira, WEEK, zone=ZONE, refresh=True, progress=InstantProgress(), **options)

    def plan(self, *edits: Edit, **options: Any) -> Plan:
        """Load, edit and plan; the log of requests begins behind it."""
        loaded = self.load()
        edited = loaded.copy()
        for edit in edits:
            edited = edit(edited)
        plan = plan_changes(loaded, edited, **options)
        self.world.log.clear()
        return plan

    def apply(self, plan: Plan, **options: Any) -> Result:
        options = {"progress": InstantProgress(), "confirm": plan.confirmation, **options}
        return apply_changes(self.jira, plan, **options)

    def do(self, *edits: Edit, **options: Any) -> Result:
        """Plan and apply."""
        return self.apply(self.plan(*edits), **options)

    def resume(self, run: str, **options: Any) -> Result:
        return resume(self.jira, run, **{"progress": InstantProgress(), **options})

    # --- what Jira holds and was asked

    def find(self, name: str) -> list[Worklog]:
        """The worklogs with this comment, oldest first."""
        return [worklog for worklog in self.site.worklogs.values() if worklog.comment == name]

    def get(self, name: str) -> Worklog:
        """The only one with this comment."""
        (worklog,) = self.find(name)
        return worklog

    def issue_of(self, name: str) -> str:
        return self.site.issues_by_id[self.get(name).issue_id].key

    def contents(self) -> list[tuple[Any, ...]]:
        """What all worklogs of the site say, whatever their ids."""
        return sorted(
            (self.site.issues_by_id[each.issue_id].key, each.started, each.seconds, each.comment, str(each.visibility))
            for each in self.site.worklogs.values()
        )

    def someone_changes(self, name: str, **changes: Any) -> Worklog:
        """Ann herself in the browser, or somebody who may."""
        return self.site.change_worklog(self.get(name), self.world.ann, **changes)

    def someone_deletes(self, name: str) -> None:
        self.site.delete_worklog(self.get(name))

    def writes(self, method: str | None = None) -> list[Request]:
        methods = WRITES if method is None else (method,)
        return [request for request in self.world.log.requests if request.method in methods]


# --- edits


def change(name: str, **values: Any) -> Edit:
    """Set cells of the worklog with this comment."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        its_row = frame["comment"] == name
        assert its_row.sum() == 1
        return frame.assign(**{column: frame[column].mask(its_row, value) for column, value in values.items()})

    return edit


def delete(*names: str) -> Edit:
    return lambda frame: frame.assign(delete=frame["comment"].isin(names))


def move(name: str, issue: str) -> Edit:
    return change(name, issue=issue)


def add(
    name: str, issue: str = "APP-1", started: str = "2026-11-20 15:00", minutes: float = 60, times: int = 1
) -> Edit:
    """Rows without a worklog id, as somebody adds them by hand."""
    row = {"issue": issue, "started": at(started), "time_spent": minutes_of(minutes), "comment": name}

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        rows = [{"connection": frame["connection"].iloc[0], **row}] * times
        return pd.concat([frame, pd.DataFrame(rows)], ignore_index=True)

    return edit


def at(started: str) -> pd.Timestamp:
    """Wall-clock time at Ann's desk."""
    return pd.Timestamp(started, tz=ZONE)


def moment(started: str) -> datetime:
    return at(started).to_pydatetime()


def minutes_of(minutes: float) -> pd.Timedelta:
    return pd.Timedelta(minutes=minutes)


def is_write(request: Request) -> bool:
    return request.method in WRITES


def states(result: Result) -> dict[str, int]:
    """The states that occur."""
    return {state: count for state, count in result.counts.items() if count}
