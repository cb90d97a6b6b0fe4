"""What every trial starts from: a small Jira, a week loaded from it, and what somebody made of that week.

In each worklog's comment stands what will be done with it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Literal
from unittest import mock

import pandas as pd

from roots_nb.connections.connection import DeploymentName
from roots_nb.connections.secrets import Secret
from roots_nb.demo.model import JiraSite
from roots_nb.demo.searches import Searches
from roots_nb.demo.server import JiraApp
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.jira.client import Jira
from roots_nb.jira.http import Http, auth_for
from roots_nb.jira.wire import Account
from roots_nb.progress import Progress
from roots_nb.worklogs import load_worklogs
from tests.faults.write_back.wire import Line, Process
from tests.world import TOKEN, World

Size = Literal["standard", "small"]

LAST_FRIDAY = datetime(2024, 11, 22, 17, tzinfo=UTC)
WEEK = ("2024-11-18", "2024-11-24")
ZONE = "Europe/Berlin"
AUTHOR = "Ann"


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A Jira as it was loaded and what shall be changed; `plan` is told apart from other trials' by `new_plan`."""

    deployment: DeploymentName
    size: Size
    worklogs: pd.DataFrame
    plan: Plan

    def __str__(self) -> str:
        return f"{self.size} plan on {self.deployment}"


@cache
def scene(deployment: DeploymentName, size: Size) -> Scene:
    """The one scene of this kind; all trials in it begin with equal worlds."""
    world = new_world(deployment)
    jira = Line(world.log, Process()).connect(signed_in(world))
    worklogs = load_worklogs(jira, WEEK, zone=ZONE, progress=Progress())
    edited = edit_all(worklogs) if size == "standard" else edit_some(worklogs)
    return Scene(deployment, size, worklogs, plan_changes(worklogs, edited))


def new_world(deployment: DeploymentName) -> World:
    """Three issues of two projects with worklogs of Ann and Bob; ids and times are always the same."""
    with mock.patch("tests.world.JiraApp", _app_of):
        world = World(deployment, now=LAST_FRIDAY)
    world.url = f"http://127.0.0.1:1{world.site.context_path}"
    world.ann.roles = frozenset({"Developers"})
    world.site.add_project("OPS", "Operations")
    for key in ("APP-1", "APP-2", "OPS-1"):
        world.site.add_issue(key, f"Issue {key}")
        world.add_worklog(key, "2024-11-18T08:00", comment="Bob's", author=world.bob)
        world.add_worklog(key, "2024-11-18T09:00", comment="stays")
    world.add_worklog("APP-1", "2024-11-19T09:00", comment="longer")
    world.add_worklog("APP-1", "2024-11-19T10:00", comment="reworded")
    world.add_worklog("APP-1", "2024-11-19T11:00", comment="deleted")
    world.add_worklog("APP-2", "2024-11-20T09:00", comment="earlier")
    world.add_worklog("APP-2", "2024-11-20T10:00", comment="moved", **_restriction(world))
    world.add_worklog("APP-2", "2024-11-20T11:00", comment="longer and reworded")
    world.add_worklog("OPS-1", "2024-11-21T09:00", comment="deleted too")
    return world


def signed_in(world: World, *, in_order: bool = False) -> Jira:
    """Ann's client as signing in would leave it, with nothing sent; `in_order` works on one issue after the other."""
    connection, ann = world.connection, world.ann
    account_id, name = (ann.account_id, "") if world.site.is_cloud else (ann.key, ann.name)
    account = Account(account_id, ann.display_name, name, ann.email, ann.time_zone)
    connection = replace(connection, account_id=account_id)
    jira = Jira(connection, Http(connection, auth_for(connection, Secret(TOKEN))), account)
    if in_order:
        jira.deployment = replace(jira.deployment, most_writes_at_once=1)
    return jira


def edit_all(worklogs: pd.DataFrame) -> pd.DataFrame:
    """Ten changes on three issues: three creates, four updates, a move, two deletes."""
    edited = worklogs.copy()
    _set(edited, "longer", time_spent=pd.Timedelta(hours=2))
    _set(edited, "reworded", comment="Reviewed, then merged")
    _set(edited, "earlier", started=pd.Timestamp("2024-11-20T08:15", tz=ZONE))
    _set(edited, "longer and reworded", time_spent=pd.Timedelta(minutes=90), comment="Talked it over")
    _set(edited, "moved", issue="OPS-1")
    edited["delete"] = edited["comment"].isin(["deleted", "deleted too"])
    return _with_new(edited, [("APP-1", 14, "Stand-up"), ("APP-2", 15, "Planning"), ("OPS-1", 16, "On call")])


def edit_some(worklogs: pd.DataFrame) -> pd.DataFrame:
    """Four changes on two issues, one of each kind."""
    edited = worklogs.copy()
    _set(edited, "earlier", started=pd.Timestamp("2024-11-20T08:15", tz=ZONE))
    _set(edited, "moved", issue="OPS-1")
    edited["delete"] = edited["comment"] == "deleted too"
    return _with_new(edited, [("APP-2", 15, "Planning")])


def _set(edited: pd.DataFrame, role: str, **values: object) -> None:
    its_row = edited["comment"] == role
    for name, value in values.items():
        edited.loc[its_row, name] = value


def _with_new(edited: pd.DataFrame, new: list[tuple[str, int, str]]) -> pd.DataFrame:
    rows = [
        {
            "connection": edited["connection"].iloc[0],
            "issue": issue,
            "started": pd.Timestamp(2024, 11, 22, hour, tz=ZONE),
            "time_spent": pd.Timedelta(minutes=45),
            "comment": comment,
        }
        for issue, hour, comment in new
    ]
    return pd.concat([edited, pd.DataFrame(rows)], ignore_index=True)


def _restriction(world: World) -> dict[str, object]:
    """What a moved worklog has to take along."""
    properties = {"properties": {"billing": {"rate": 2}}} if world.site.is_cloud else {}
    return {"visibility": ("role", "Developers"), **properties}


@cache
def _first_app(deployment: DeploymentName, context_path: str) -> JiraApp:
    return JiraApp(JiraSite(deployment, context_path=context_path))


def _app_of(site: JiraSite) -> JiraApp:
    """A new app with the routes of an earlier one, which take as long to compile as a whole trial."""
    app = copy.copy(_first_app(site.deployment, site.context_path))
    app.site, app._searches = site, Searches(site)
    return app
