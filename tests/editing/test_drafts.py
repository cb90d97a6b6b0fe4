"""New worklogs, as people write them down, become rows of the frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import time_machine

import roots_nb as rn
from roots_nb.errors import InvalidChanges, InvalidInput
from roots_nb.worklogs import empty_worklogs
from tests.editing.frames import NOW, loaded, mine, week
from tests.reports.frames import BERLIN

REVIEW = {"issue": "app-7", "started": "2026-11-19 09:00", "time_spent": "1,5h"}


@pytest.fixture(autouse=True)
def a_day_in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_draft_is_a_row_of_the_frame() -> None:
    """With all columns and dtypes, no worklog id, and durations as people write them."""
    drafts = rn.new_worklogs([{**REVIEW, "comment": "Review"}, REVIEW], zone=BERLIN)
    assert drafts.dtypes.equals(empty_worklogs(BERLIN).dtypes)
    assert drafts["worklog_id"].isna().all()
    assert drafts["issue"].tolist() == ["APP-7"] * 2
    assert drafts["project"].tolist() == ["APP"] * 2
    assert drafts["started"][0] == pd.Timestamp("2026-11-19 09:00", tz=BERLIN)
    assert drafts["time_spent"][0] == pd.Timedelta(minutes=90)
    assert drafts["comment"].tolist() == ["Review", ""]
    for name in ("summary", "issue_type", "epic", "labels", "author", "author_id", "visibility", "url"):
        assert drafts[name].tolist() == ["", ""]


@pytest.mark.parametrize(("issue", "project"), [("A_1-70", "A_1"), ("soon", "")])
def test_draft_is_in_the_project_of_its_issue_key(issue: str, project: str) -> None:
    """A text that is no key is in none; planning will refuse it."""
    assert rn.new_worklogs([{**REVIEW, "issue": issue}], zone=BERLIN)["project"].tolist() == [project]


def test_no_drafts_are_an_empty_frame() -> None:
    """Like that of a week without worklogs."""
    for rows in ([], pd.DataFrame()):
        assert rn.new_worklogs(rows, zone=BERLIN).dtypes.equals(empty_worklogs(BERLIN).dtypes)


@pytest.mark.parametrize("zone", [BERLIN, ZoneInfo(BERLIN)])
def test_zone_may_be_a_name_or_that_of_a_frame(zone: Any) -> None:
    """`worklogs["started"].dt.tz` is at hand."""
    assert rn.new_worklogs([REVIEW], zone=zone)["started"].dt.tz == ZoneInfo(BERLIN)
    with pytest.raises(InvalidInput, match="Mars"):
        rn.new_worklogs([REVIEW], zone="Mars")


def test_time_without_zone_is_not_guessed() -> None:
    """The computer's own zone may be any; a time with its offset needs none."""
    with pytest.raises(InvalidChanges, match=r"row 0, started: 2026-11-19 09:00 is in no time zone.*zone="):
        rn.new_worklogs([REVIEW])
    drafts = rn.new_worklogs([{**REVIEW, "started": "2026-11-19 09:00+01:00"}])
    assert drafts["started"][0] == pd.Timestamp("2026-11-19 08:00", tz="UTC")


def test_draft_that_cannot_be_read_is_named() -> None:
    """All of them, by the label of the row."""
    rows = pd.DataFrame([{**REVIEW, "time_spent": "soon"}, {**REVIEW, "issue": 7}, REVIEW], index=["a", "b", "c"])
    with pytest.raises(InvalidChanges) as caught:
        rn.new_worklogs(rows, zone=BERLIN)
    named = [(problem.row, problem.column, problem.value) for problem in caught.value.problems]
    assert named == [("a", "time_spent", "soon"), ("b", "issue", 7)]


def test_connection_is_that_of_the_row_or_of_all() -> None:
    """It may stay open: one loaded connection is enough to plan with."""
    rows = [{**REVIEW, "connection": "Server"}, {**REVIEW, "started": "2026-11-19 10:00"}]
    assert rn.new_worklogs(rows, zone=BERLIN, connection="Cloud")["connection"].tolist() == ["Server", "Cloud"]
    assert rn.new_worklogs([REVIEW], zone=BERLIN)["connection"].isna().all()


@pytest.mark.parametrize("joined", [True, False])
def test_drafts_can_be_planned(joined: bool) -> None:
    """Joined with what was loaded, or alone."""
    before = week()
    drafts = rn.new_worklogs([REVIEW], zone=before["started"].dt.tz)
    plan = rn.plan_changes(before, rn.concat_worklogs([before, drafts]) if joined else drafts)
    (change,) = plan.operations
    assert (change.action, change.connection, change.issue) == ("create", "Cloud", "APP-7")
    assert len(plan.vanished) == (0 if joined else 3)


def test_joined_drafts_keep_what_is_known_of_the_loads() -> None:
    """They were never loaded, so nothing is lost; a loaded frame that lost its loads still loses all."""
    before = loaded(mine("2026-11-20 09:00"))
    drafts = rn.new_worklogs([REVIEW], zone=BERLIN, connection="Cloud")
    joined = rn.concat_worklogs([drafts, before])
    assert joined.attrs == before.attrs
    assert joined["issue"].tolist() == ["APP-7", "APP-1"]
    assert joined.dtypes.equals(before.dtypes)
    assert rn.concat_worklogs([drafts, drafts]).attrs == {}
    before.attrs.clear()
    assert rn.concat_worklogs([before, drafts, loaded()]).attrs == {}


def test_drafts_count_in_a_report() -> None:
    """What the week will be once they are in Jira."""
    before = week()
    drafts = rn.new_worklogs([REVIEW], zone=BERLIN, connection="Cloud")
    report = rn.report(rn.concat_worklogs([before, drafts]), "2026-W47")
    assert report.total == pd.Timedelta(minutes=60 + 90 + 30 + 90)
