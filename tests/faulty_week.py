"""A week with ten faults, as somebody logged it, and the same week as it was; both are tables of this folder."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from roots_nb.demo.model import JiraSite
from roots_nb.durations import parse_duration
from tests.world import World

PERIOD = "2026-W47"
ZONE = ZoneInfo("Europe/Berlin")


class Entry(NamedTuple):
    issue: str
    started: str
    minutes: int
    comment: str


def _read(name: str) -> list[Entry]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return [
            Entry(
                row["issue"], row["started"], parse_duration(row["time_spent"]) // timedelta(minutes=1), row["comment"]
            )
            for row in csv.DictReader(file)
        ]


AS_LOGGED, AS_IT_WAS = _read("week_with_ten_faults.csv"), _read("repaired_week.csv")


def log_faulty_week(world: World) -> None:
    """Log it as Ann; her site gets the issues APP-1, APP-2, OPS-1 and OPS-2."""
    world.site.add_project("OPS", "Operations")
    for key in sorted({entry.issue for entry in AS_IT_WAS}):
        world.site.add_issue(key, f"Summary of {key}")
    for entry in AS_LOGGED:
        world.add_worklog(entry.issue, entry.started, entry.minutes, comment=entry.comment)


def entries_of(site: JiraSite) -> list[Entry]:
    """What the site holds, oldest first, in wall-clock time."""
    return sorted(
        (
            Entry(
                site.issues_by_id[each.issue_id].key,
                f"{each.started.astimezone(ZONE):%Y-%m-%d %H:%M}",
                each.seconds // 60,
                each.comment,
            )
            for each in site.worklogs.values()
        ),
        key=lambda entry: (entry.started, entry.issue),
    )
