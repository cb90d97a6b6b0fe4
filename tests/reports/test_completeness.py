"""When a report may say that it is complete."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from roots_nb.reports.completeness import Completeness
from roots_nb.reports.report import report
from tests.reports.frames import WEEK, frame, load, worklog


def judged(*loads: dict[str, Any], period: str = WEEK, zone: str = "Europe/Berlin") -> Completeness:
    names = {each["connection"] for each in loads}
    rows = [worklog("2026-11-18 09:00", 30, connection=name) for name in sorted(names)]
    return report(frame(*rows, loads=loads, zone=zone), period).completeness


def test_loads_over_the_whole_period_without_problems_are_complete() -> None:
    """Nothing to say."""
    assert judged(load(), load("Server")) == Completeness("complete")


def test_a_frame_without_loads_is_never_complete() -> None:
    """pandas drops attrs in concat and merge."""
    first, second = (frame(worklog("2026-11-18 09:00", 30, worklog_id=n), loads=[load(as_of=n)]) for n in "12")
    made = report(pd.concat([first, second]), WEEK).completeness
    assert made.state == "unknown"
    assert str(made) == "completeness unknown"


def test_a_connection_that_failed_makes_it_incomplete_and_says_why() -> None:
    """A failed load is never an empty week."""
    made = judged(load(), load("Server", problem="No reply from jira.example.org."))
    assert made.state == "incomplete"
    assert made.problems == ("Server: No reply from jira.example.org.",)


def test_a_failed_load_that_was_repeated_is_overcome() -> None:
    """Loading the failed connection again and joining both frames completes the week."""
    assert judged(load(), load("Server", problem="No reply."), load("Server")).state == "complete"


def test_worklogs_that_could_not_be_read_make_it_incomplete() -> None:
    """Their time is missing in the sum."""
    made = judged(load(skipped=2))
    assert made.problems == ("Cloud: 2 worklogs could not be read.",)
    assert str(made) == "INCOMPLETE"


@pytest.mark.parametrize("facts", [{"first": "2026-11-17"}, {"last": "2026-11-21"}, {"first": "2026-12-01"}])
def test_a_load_that_leaves_days_out_makes_it_incomplete(facts: dict[str, str]) -> None:
    """Days that were not loaded are not days without work."""
    made = judged(load(**{"last": "2026-12-31", **facts}))
    assert made.state == "incomplete"
    assert "of this period was loaded" in made.problems[0]


def test_two_loads_that_meet_cover_the_period_together() -> None:
    """A week over the end of a month, from two months."""
    parts = load(first="2026-11-01", last="2026-11-18"), load(first="2026-11-19", last="2026-11-30", rows=0)
    assert judged(*parts).state == "complete"
    assert judged(parts[0], {**parts[1], "first": "2026-11-20"}).state == "incomplete"


def test_rows_missing_from_one_of_two_loads_are_not_called_complete() -> None:
    """Filtering one week before joining it with another leaves less than was loaded."""
    weeks = load(first="2026-11-09", last="2026-11-15", rows=3), load(rows=2)
    assert judged(*weeks).state == "unknown"
    overlapping = load(first="2026-11-09", last="2026-11-22", rows=1), load()
    assert judged(*overlapping).state == "complete"


def test_days_of_another_zone_leave_hours_out() -> None:
    """New York's Sunday ends six hours after Berlin's, and starts later as well."""
    assert judged(load(zone="America/New_York")).state == "incomplete"
    assert judged(load(zone="America/New_York", first="2026-11-15")).state == "complete"


def test_a_problem_outside_the_period_does_not_matter() -> None:
    """Last month's failure is not this week's."""
    earlier = load(first="2026-10-01", last="2026-10-31", problem="No reply.", skipped=3, rows=0)
    assert judged(earlier, load()).state == "complete"


def test_a_frame_that_was_filtered_is_not_called_complete() -> None:
    """pandas keeps attrs when rows are filtered."""
    made = frame(worklog("2026-11-18 09:00", 30), worklog("2026-11-19 09:00", 30, issue="OPS-1"), loads=[load()])
    judged = report(made[made["project"] == "APP"], WEEK).completeness
    assert judged.state == "unknown"
    assert "2 worklogs were loaded, the frame holds 1" in judged.problems[0]


def test_rows_of_a_connection_without_a_load_leave_it_unknown() -> None:
    """Somebody joined in rows that the loads know nothing of."""
    rows = [worklog("2026-11-18 09:00", 30), worklog("2026-11-18 09:00", 30, connection="Server")]
    assert report(frame(*rows, loads=[load()]), WEEK).completeness.state == "unknown"


def test_hidden_and_app_worklogs_are_notes() -> None:
    """They are worth knowing and make nothing incomplete."""
    made = judged(load(hidden=1, app_worklogs=4))
    assert made.state == "complete"
    assert made.notes[0].startswith("Cloud: of the issues searched, Jira keeps 1 worklog from this account")
    assert "4 worklogs of apps such as Tempo" in made.notes[1]


def test_a_period_that_was_loaded_again_is_known_since_then() -> None:
    """Thirteen weeks of Monday, and the last one again on Friday; a connection that was not is still of Monday."""
    months = {"first": "2026-08-31", "as_of": "2026-11-16T08:00:00+00:00"}
    made = frame(worklog("2026-11-18 09:00", 30), loads=[load(**months), load(as_of="2026-11-20T08:00:00+00:00")])
    assert report(made, WEEK).last_known == date(2026, 11, 20)
    both = [*made.attrs["loads"], {**load("Server", **months), "rows": 0}]
    assert report(frame(worklog("2026-11-18 09:00", 30), loads=both), WEEK).last_known == date(2026, 11, 16)
