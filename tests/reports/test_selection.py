"""A part of a report, the rows behind a number, and the same report after changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from roots_nb.errors import InvalidInput
from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from tests.reports.frames import WEEK, frame, load, worklog

ROWS = [
    worklog("2026-11-16 09:00", 60, issue="APP-1"),
    worklog("2026-11-16 10:00", 30, issue="OPS-1"),
    worklog("2026-11-17 09:00", 15, issue="APP-1", connection="Server"),
    worklog("2026-11-03 09:00", 15, issue="OLD-1"),
]


def made(*loads: dict[str, Any], **options: Any) -> Report:
    return report(frame(*ROWS, loads=loads or [load(), load("Server")]), WEEK, **options)


def test_a_part_holds_only_what_was_chosen_and_says_for_whom() -> None:
    """In the head, in the title and in the name of the file."""
    part = made().only(project="APP", connection=["Server"], customer="Nordwind AG")
    assert part.total == timedelta(minutes=15)
    html = str(part.to_html())
    assert "Worklogs 2026-W47 · Server APP" in html
    assert '<dt>Customer</dt><dd><span class="">Nordwind AG' in html
    assert '<dt>Customer</dt><dd><span class="">OPS' in str(made().only(project="OPS").to_html())


def test_a_part_is_written_to_a_file_of_its_own(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """One file per customer in one folder."""
    names = {made().only(project=name).to_html(tmp_path).name for name in ("APP", "OPS")}  # type: ignore[union-attr]
    assert names == {"worklogs-2026-W47-APP.html", "worklogs-2026-W47-OPS.html"}


def test_parts_of_all_projects_add_up_to_the_whole() -> None:
    """Nothing is lost between the customers."""
    whole = made()
    parts = [whole.only(project=name) for name in ("APP", "OPS", "OLD")]
    assert sum((part.total for part in parts), timedelta()) == whole.total
    assert [len(part.worklogs) for part in parts] == [2, 1, 0]


def test_a_part_is_as_complete_as_the_whole_but_for_other_connections() -> None:
    """Another connection's failure is not this customer's."""
    whole = made(load(), load("Server", problem="No reply."))
    assert str(whole.only(project="APP").completeness) == "INCOMPLETE"
    assert str(whole.only(connection="Cloud").completeness) == "complete"
    assert str(whole.only(connection="Server").completeness) == "INCOMPLETE"
    assert str(made().only(project="APP").completeness) == "complete"


def test_an_empty_part_does_not_say_that_the_connection_is_empty() -> None:
    """The customer had no time, Jira had."""
    assert "No worklogs on" not in str(made().only(project="OLD").to_html())


def test_categories_can_be_chosen_and_survive() -> None:
    """By the user's own names."""
    whole = made(categories={"Mine": {"project": "OPS"}})
    assert whole.only(category="Mine").total == timedelta(minutes=30)
    with pytest.raises(InvalidInput, match="no categories"):
        made().only(category="Mine")


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({}, "Nothing was chosen"),
        ({"project": "NORD"}, "no project 'NORD'.*APP, OLD, OPS"),
        ({"connection": ["Cloud", "Clod"]}, "no connection 'Clod'"),
    ],
)
def test_a_name_that_is_nowhere_is_refused(chosen: dict[str, Any], says: str) -> None:
    """A customer without hours is an empty report, a slip of the keyboard is not."""
    with pytest.raises(InvalidInput, match=says):
        made().only(**chosen)


@pytest.mark.parametrize(
    ("wanted", "issues"),
    [
        ({"issue": "APP-1"}, ["APP-1", "APP-1"]),
        ({"issue": "APP-1", "day": date(2026, 11, 16)}, ["APP-1"]),
        ({"day": "2026-11-16"}, ["APP-1", "OPS-1"]),
        ({"day": "2026-W47", "connection": "Server"}, ["APP-1"]),
        ({"project": "OPS", "day": "2026-11-17"}, []),
        ({}, ["APP-1", "OPS-1", "APP-1"]),
    ],
)
def test_every_number_leads_to_its_rows(wanted: dict[str, Any], issues: list[str]) -> None:
    """With the index, the columns and the loads of the frame, ready to be edited."""
    whole = made()
    rows = whole.rows(**wanted)
    assert rows["issue"].tolist() == issues
    assert list(rows.columns) == list(whole.frame.columns)
    assert rows.attrs["loads"] == whole.loads


def test_the_same_report_of_other_rows_keeps_everything_else() -> None:
    """After changes were applied, without asking Jira again."""
    whole = made(
        schedule=Schedule([4] * 7), skip_checks=["overlap"], decimal=True, categories={"A": {"issue": "APP-1"}}
    )
    changed = whole.frame.drop(columns="category").assign(time_spent=timedelta(hours=1))
    again = whole.only(category="A", customer="C").again(changed)
    assert again.total == timedelta(hours=2)
    assert (again.selection.customer, again.decimal, again.skip_checks) == ("C", True, ("overlap",))
    assert again.schedule is whole.schedule
    assert whole.again(changed).total == timedelta(hours=3)


@pytest.mark.parametrize("chosen", [{"project": "OPS"}, {"connection": "Server"}, {"category": "Mine"}], ids=str)
def test_a_part_whose_last_worklog_was_moved_away_is_empty(chosen: dict[str, Any]) -> None:
    """The customer stays, with nothing to pay for."""
    whole = made(categories={"Mine": {"project": "OPS"}})
    moved = whole.frame.drop(columns="category").assign(project="APP", issue="APP-1", connection="Cloud")
    moved.attrs = frame(loads=[load()]).attrs
    again = whole.only(**chosen, customer="Nordwind AG").again(moved)
    assert (again.total, len(again.worklogs), again.selection.customer) == (timedelta(), 0, "Nordwind AG")
    assert again.selection == whole.only(**chosen, customer="Nordwind AG").selection
    assert "Nordwind AG" in str(again.to_html())
