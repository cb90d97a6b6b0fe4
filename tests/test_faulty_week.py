"""A week with ten faults is repaired with pandas, as one would on a Friday."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

import roots_nb as rn
from tests.faulty_week import AS_IT_WAS, PERIOD, entries_of, log_faulty_week
from tests.world import InstantProgress, World

QUARTER = pd.Timedelta(minutes=15)


def test_week_with_ten_faults_is_repaired_with_pandas(world: World) -> None:
    """One plan, and then Jira holds the week as it was."""
    log_faulty_week(world)
    jira = world.sign_in()
    worklogs = rn.load_worklogs(jira, PERIOD, progress=InstantProgress())
    plan = rn.plan_changes(worklogs, repaired(worklogs))
    assert plan.counts == {"create": 2, "update": 6, "move": 1, "delete": 2}
    result = rn.apply_changes(jira, plan, progress=InstantProgress())
    assert result.is_finished
    assert entries_of(world.site) == AS_IT_WAS


def repaired(worklogs: pd.DataFrame) -> pd.DataFrame:
    week = worklogs.copy()
    comment, day = week["comment"], week["started"].dt.day_name()
    week["time_spent"] = week["time_spent"].dt.ceil(QUARTER)
    week["delete"] = (comment == "test") | week.duplicated(["issue", "started", "time_spent", "comment"])
    week.loc[comment == "Support for the import", "issue"] = "OPS-2"
    week.loc[(comment == "") & (day == "Tuesday"), "comment"] = "Interviews"
    week["comment"] = week["comment"].str.replace("Improt", "Import")
    week.loc[(comment == "Prototype") & (day == "Thursday"), "started"] += timedelta(hours=1)
    week.loc[day == "Saturday", "started"] -= timedelta(days=1)
    week.loc[comment == "Import and export", "time_spent"] = rn.duration("3h")
    forgotten = rn.new_worklogs(
        [
            {"issue": "APP-2", "started": "2026-11-16 12:15", "time_spent": "3h", "comment": "Import and export"},
            {"issue": "OPS-1", "started": "2026-11-20 14:00", "time_spent": "1h", "comment": "Planning"},
        ],
        zone=week["started"].dt.tz,
    )
    return rn.concat_worklogs([week, forgotten])
