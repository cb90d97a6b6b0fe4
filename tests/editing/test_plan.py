"""Two frames make a plan: rows are matched whatever happened to them, and whatever cannot be meant is refused."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import time_machine

import roots_nb as rn
from roots_nb.editing.change import Change, operation_id
from roots_nb.errors import InvalidChanges, InvalidInput
from roots_nb.worklogs import COLUMNS, empty_worklogs
from tests.editing.frames import NOW, loaded, mine, problems_of, refusal, set_cell, week, with_new
from tests.reports.frames import load
from tests.world import InstantProgress, World

HOUR = pd.Timedelta(hours=1)


@pytest.fixture(autouse=True)
def a_day_in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def only(plan: rn.Plan) -> Change:
    (change,) = plan.operations
    return change


def test_plan_of_an_unedited_copy_is_empty() -> None:
    """And says so."""
    plan = rn.plan_changes(week(), week())
    assert plan.operations == ()
    assert repr(plan).endswith("nothing to change>")
    assert plan.hours.sum() == pd.Timedelta(0)
    assert plan.confirmation == ""


@pytest.mark.parametrize(
    ("column", "cell", "changed"),
    [
        ("comment", "edited", "comment"),
        ("comment", "", "comment"),
        ("comment", "one ", "comment"),
        ("time_spent", "2h", "time_spent"),
        ("started", "2026-11-16 10:00", "started"),
    ],
)
def test_edited_cell_is_an_update_of_that_field(column: str, cell: str, changed: str) -> None:
    """What was, what shall be, and the version that it is checked against."""
    before = week()
    change = only(rn.plan_changes(before, set_cell(before, 0, column, cell)))
    assert change.action == "update"
    assert change.changed == {changed}
    assert (change.worklog_id, change.connection) == ("10000", "Cloud")
    assert (change.site, change.account_id) == ("https://acme.atlassian.net", "ada")
    assert change.updated == before["updated"][0]


def test_edited_issue_is_a_move() -> None:
    """It touches two issues, whatever else is edited."""
    before = week()
    after = before.assign(issue=["app-9", "APP-2", "APP-1"], comment=["new", "two", ""])
    change = only(rn.plan_changes(before, after))
    assert change.action == "move"
    assert change.issues == {"APP-1", "APP-9"}
    assert change.changed == {"issue", "comment"}


def test_row_marked_to_delete_is_deleted_whatever_else_it_says() -> None:
    """Its other cells are not even judged."""
    before = week()
    after = set_cell(set_cell(before, 1, "delete", True), 1, "time_spent", "nonsense")
    change = only(rn.plan_changes(before, after))
    assert (change.action, change.worklog_id, change.after) == ("delete", "10001", None)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object"])
def test_delete_column_may_be_of_any_boolean_kind(dtype: str) -> None:
    """False and missing leave the row alone."""
    before = week()
    marks = pd.Series([True, False, False], dtype=dtype)
    assert only(rn.plan_changes(before, before.assign(delete=marks))).worklog_id == "10000"


def test_mark_that_is_neither_true_nor_false_is_a_problem() -> None:
    """A zero as well, and in a new row as well."""
    before = week()
    after = with_new(before.assign(delete=[1, 0, None]), mine("2026-11-19 09:00", 0, delete="yes"))
    found = problems_of(lambda: rn.plan_changes(before, after))
    assert found == [(0, "delete"), (1, "delete"), (3, "delete"), (3, "time_spent")]
    assert refusal(before, set_cell(before, 0, "delete", "yes")) == "'yes' is neither True nor False."


def test_new_row_is_a_create() -> None:
    """Connection, issue, start, time spent and comment are read, and the start in the frame's zone."""
    before = week()
    row = {
        "connection": "Cloud",
        "issue": "APP-3",
        "started": "2026-11-19 09:00",
        "time_spent": "1h 30m",
        "comment": "new",
    }
    change = only(rn.plan_changes(before, with_new(before, {**row, "summary": "not read", "author_id": "bob"})))
    assert (change.action, change.worklog_id, change.before, change.updated) == ("create", "", None, None)
    assert change.after is not None
    assert change.after.to_json() == {
        "issue": "APP-3",
        "started": "2026-11-19T09:00:00+01:00",
        "seconds": 5400,
        "comment": "new",
    }


@pytest.mark.parametrize("worklog_id", [None, float("nan"), pd.NA, "", "  "])
def test_new_row_has_any_kind_of_blank_id(worklog_id: object) -> None:
    """An empty cell of a grid is an empty text."""
    before = week()
    after = with_new(before, mine("2026-11-19 09:00", worklog_id=worklog_id))
    assert only(rn.plan_changes(before, after)).action == "create"


def test_new_row_needs_neither_comment_nor_the_only_connection() -> None:
    """There is nothing else that could be meant."""
    before = week()
    after = with_new(before, {"issue": "APP-1", "started": "2026-11-19 09:00", "time_spent": HOUR})
    change = only(rn.plan_changes(before, after))
    assert change.connection == "Cloud"
    assert change.after is not None
    assert change.after.comment == ""


def test_new_row_with_gaps_is_a_problem_in_each() -> None:
    """All at once; of two connections one must be named."""
    before = loaded(mine("2026-11-16 09:00"), connections=("Cloud", "Server"))
    after = with_new(before, {"comment": "?"})
    expected = ["connection", "issue", "started", "time_spent"]
    assert sorted(problems_of(lambda: rn.plan_changes(before, after))) == [(1, name) for name in expected]


def test_column_that_new_rows_lack_is_a_problem() -> None:
    """Nothing stands there."""
    before = week()
    after = pd.DataFrame([{"worklog_id": None, "issue": "APP-1", "time_spent": "1h"}])
    with pytest.raises(InvalidChanges) as caught:
        rn.plan_changes(before, after)
    assert [(each.row, each.column, each.value) for each in caught.value.problems] == [(0, "started", None)]


def test_new_row_that_is_deleted_is_nothing() -> None:
    """Whatever it says."""
    before = week()
    assert len(rn.plan_changes(before, with_new(before, {"delete": True, "started": "?"}))) == 0


def test_missing_row_is_named_and_left_alone() -> None:
    """A filtered frame must never delete."""
    before = week()
    after = before[before["issue"] == "APP-2"].assign(comment="edited")
    plan = rn.plan_changes(before, after)
    assert [change.worklog_id for change in plan.operations] == ["10001"]
    assert plan.vanished == ("APP-1 10000", "APP-1 10002")


def test_rows_are_matched_whatever_the_index_says() -> None:
    """Not even labels that are there twice, or a frame whose own index is odd."""
    before = week().set_axis(["a", "a", "b"])
    after = set_cell(before, 2, "comment", "edited").iloc[::-1].set_axis([0, 0, 0])
    plan = rn.plan_changes(before, after)
    assert only(plan).worklog_id == "10002"
    assert plan.vanished == ()


def test_columns_may_be_missing_or_new() -> None:
    """Only those that are in both are compared."""
    before = week()
    after = before[["worklog_id", "comment"]].assign(mood="good", comment=["one", "edited", ""])
    assert only(rn.plan_changes(before, after)).worklog_id == "10001"


def test_column_of_ids_is_needed() -> None:
    """Else every row would be of a worklog that was never loaded."""
    with pytest.raises(InvalidInput, match="has no column worklog_id"):
        rn.plan_changes(week(), week().drop(columns="worklog_id"))


def test_same_id_on_two_sites_is_two_worklogs() -> None:
    """Ids count on each site alone."""
    rows = [mine("2026-11-16 09:00", connection=name, worklog_id="7") for name in ("Cloud", "Server")]
    before = loaded(*rows, connections=("Cloud", "Server"))
    change = only(rn.plan_changes(before, set_cell(before, 1, "comment", "edited")))
    assert (change.connection, change.site) == ("Server", "http://localhost:8080/jira")


def test_frame_survives_a_csv() -> None:
    """Ids come back as numbers, empty texts as missing, times and durations as text; none of it is an edit."""
    before = loaded(
        mine("2026-11-16 09:00"), mine("2026-10-25 02:30+01:00", 25 * 60, comment="7"), mine("2026-11-17 09:00", 1.5)
    )
    back = pd.read_csv(io.StringIO(before.to_csv(index=False)))
    assert len(rn.plan_changes(before, back)) == 0
    assert only(rn.plan_changes(before, set_cell(back, 1, "comment", "edited"))).changed == {"comment"}


def moved_by_a_day(zone: str | None) -> list[str]:
    """By the clock where there was no zone, else by 24 hours, of which that day had 25."""
    first = "02:30" if zone is None else "01:30"
    return [f"2026-10-26 {clock}:00+01:00" for clock in (first, "02:30")]


def test_read_only_time_may_lose_its_zone() -> None:
    """As text as well: on the clock of the frame it is the same."""
    before = week()
    naive = before["created"].dt.tz_localize(None).astype("str")
    assert len(rn.plan_changes(before, before.assign(created=naive, updated=naive))) == 0
    assert "cannot be changed here" in refusal(before, set_cell(before, 0, "created", "2026-11-16 08:00"))


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_other_zone_is_no_edit(zone: str | None) -> None:
    """The instant is the same; without a zone the clock is, in the fold of a clock change too."""
    before = loaded(mine("2026-10-25 02:30+01:00"), mine("2026-10-25 02:30+02:00"))
    started = before["started"].dt.tz_localize(None) if zone is None else before["started"].dt.tz_convert(zone)
    after = before.assign(started=started, created=started)
    assert len(rn.plan_changes(before, after)) == 0
    moved = rn.plan_changes(before, after.assign(started=started + 24 * HOUR))
    assert [str(moment) for moment in moved.changes["started_new"].tolist()] == moved_by_a_day(zone)


def test_other_instant_of_a_fold_is_an_edit() -> None:
    """The clock shows the same, an hour later."""
    before = loaded(mine("2026-10-25 02:30+02:00"))
    plan = rn.plan_changes(before, before.assign(started=before["started"] + HOUR))
    assert only(plan).changed == {"started"}
    assert "+02:00" in plan._repr_html_()


def test_odd_value_of_before_may_stay() -> None:
    """No time at all, a minute and a half, 25 hours, last century, tomorrow: not this person's edit."""
    before = loaded(
        mine("2026-11-16 09:00", 0),
        mine("2026-11-17 09:00", 1.5),
        mine("2026-11-18 09:00", 25 * 60),
        mine("1999-01-01 09:00"),
        mine("2027-01-01 09:00", comment="x" * 40_000),
    )
    plan = rn.plan_changes(before, before.assign(comment="edited"))
    assert len(plan) == 5
    after = set_cell(before.assign(comment="edited"), 1, "time_spent", "0:02:30")
    assert problems_of(lambda: rn.plan_changes(before, after)) == [(1, "time_spent")]


def test_all_problems_are_told_at_once() -> None:
    """In the order of the frame, by its labels, with what stands there; nothing is planned."""
    before = week().set_axis(["mon", "tue", "wed"])
    after = set_cell(before, 2, "time_spent", "0m")
    after = set_cell(after, 0, "started", "2026-03-29 02:30")
    after = set_cell(after, 2, "comment", None).assign(summary=["other", "Summary of APP-2", "Summary of APP-1"])
    after["comment"] = [*after["comment"][:2], 5]
    with pytest.raises(InvalidChanges) as caught:
        rn.plan_changes(before, after)
    named = [(problem.row, problem.column, problem.value) for problem in caught.value.problems]
    assert sorted(named, key=str) == [
        ("mon", "started", "2026-03-29 02:30"),
        ("mon", "summary", "other"),
        ("wed", "comment", 5),
        ("wed", "time_spent", "0m"),
    ]
    assert [row for row, *_ in named] == ["mon", "mon", "wed", "wed"]
    assert "4 cells cannot be used:\nrow mon, " in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_many_problems_are_counted() -> None:
    """Five are spelled out, the rest is in `problems`."""
    before = loaded(*(mine(f"2026-11-16 {hour:02}:00") for hour in range(9, 16)))
    with pytest.raises(InvalidChanges, match=r"7 cells cannot be used:(?s:.*)And 2 more, in \.problems"):
        rn.plan_changes(before, before.assign(time_spent="x"))


@pytest.mark.parametrize("column", ["started", "time_spent", "comment", "issue"])
def test_emptied_cell_is_a_problem(column: str) -> None:
    """A merge that found nothing must not wipe out what was there."""
    before = week()
    assert refusal(before, set_cell(before, 0, column, None)) == "It is missing."


@pytest.mark.parametrize(
    "column", ["summary", "author", "author_id", "created", "updated", "url", "visibility", "epic"]
)
def test_read_only_column_is_not_edited(column: str) -> None:
    """Jira would not take it; who edits it believes that it does something."""
    before = week()
    assert "cannot be changed here" in refusal(before, set_cell(before, 0, column, "2020-01-01 09:00"))


def test_worklog_of_somebody_else_is_not_changed() -> None:
    """Neither edited nor deleted; unedited ones may be in the frame."""
    before = loaded(mine("2026-11-16 09:00"), mine("2026-11-17 09:00", author="Bob", author_id="bob"))
    assert only(rn.plan_changes(before, set_cell(before, 0, "comment", "edited"))).worklog_id == "10000"
    for after in (set_cell(before, 1, "comment", "edited"), set_cell(before, 1, "delete", True)):
        assert refusal(before, after) == "Bob wrote it; only your own worklogs can be changed."
    assert problems_of(lambda: rn.plan_changes(before, before.assign(comment="edited"))) == [(1, "author_id")]


def test_worklog_that_was_not_loaded_is_a_problem() -> None:
    """It may be of another site, or gone; a new row has no id."""
    before = week()
    stranger = with_new(before, mine("2026-11-19 09:00", worklog_id="1"))
    assert "not in the loaded frame" in refusal(before, stranger)
    assert problems_of(lambda: rn.plan_changes(before, stranger)) == [(3, "worklog_id")]
    other = with_new(before, mine("2026-11-19 09:00", worklog_id="10000", connection="Other"))
    assert refusal(before, other) == "The loaded frame is of 'Cloud' only."
    both = loaded(mine("2026-11-16 09:00"), connections=("Cloud", "Server"))
    new = with_new(both, mine("2026-11-19 09:00", connection="Other"))
    assert refusal(both, new) == "The loaded frame is of 'Cloud', 'Server' only."


def test_connection_that_could_not_sign_in_cannot_be_changed() -> None:
    """Nobody knows whose worklogs they are."""
    before = week()
    before.attrs["loads"] = [load("Cloud", account_id=""), load("Server")]
    assert problems_of(lambda: rn.plan_changes(before, before.assign(comment="x"))) == [
        (n, "connection") for n in range(3)
    ]


def test_worklog_in_two_rows_is_a_problem() -> None:
    """Each row after the first; which of them is meant cannot be known."""
    before = week()
    after = pd.concat([before, before.head(1), before.head(1).assign(comment="edited")], ignore_index=True)
    assert problems_of(lambda: rn.plan_changes(before, after)) == [(3, "worklog_id"), (4, "worklog_id")]


def test_worklog_under_two_connections_is_changed_once() -> None:
    """A connection that was renamed between two loads is still the same account."""
    rows = [mine("2026-11-16 09:00", connection=name, worklog_id="7") for name in ("Cloud", "Old name")]
    before = loaded(*rows, connections=("Cloud",))
    before.attrs["loads"].append({**load("Cloud"), "connection": "Old name"})
    assert "same worklog" in refusal(before, before.assign(comment="edited"))
    assert problems_of(lambda: rn.plan_changes(before, before.assign(comment="edited"))) == [(1, "worklog_id")]


def test_equal_new_rows_are_twins() -> None:
    """Equal to the minute, whatever the line ends; each after the first is a problem unless twins are allowed."""
    before = week()
    row = mine("2026-11-19 09:00:10", issue="APP-5", comment="a\nb")
    twin = {**row, "started": "2026-11-19 09:00:50", "comment": "a\r\nb "}
    after = with_new(before, row, twin, row)
    assert problems_of(lambda: rn.plan_changes(before, after)) == [(4, "started"), (5, "started")]
    plan = rn.plan_changes(before, after, allow_twins=True)
    assert plan.allow_twins
    assert len({change.op_id for change in plan.operations}) == 3


def test_twins_are_numbered_from_nought() -> None:
    """An interrupted run finds each of them again, whichever rows it is planned from."""
    before = week()
    twins = rn.plan_changes(before, with_new(before, *[mine("2026-11-19 09:00")] * 3), allow_twins=True).operations
    ids = {operation_id("https://acme.atlassian.net", "ada", "", twins[0].after, number) for number in range(3)}
    assert {change.op_id for change in twins} == ids


@pytest.mark.parametrize(
    "field", [{"issue": "APP-6"}, {"started": "2026-11-19 09:01"}, {"time_spent": 2 * HOUR}, {"comment": "x"}]
)
def test_rows_that_differ_are_no_twins(field: dict[str, Any]) -> None:
    """In any one of issue, minute, time spent and comment."""
    before = week()
    row = mine("2026-11-19 09:00", issue="APP-5")
    assert len(rn.plan_changes(before, with_new(before, row, {**row, **field}))) == 2


@pytest.mark.parametrize("new_is_first", [True, False])
@pytest.mark.parametrize(("column", "cell"), [("started", "2026-11-19 09:00"), ("issue", "APP-8")])
def test_new_row_equal_to_an_edited_one_is_a_twin(column: str, cell: str, new_is_first: bool) -> None:
    """Or to a moved one. The new row is the one that is refused, wherever it stands."""
    before = week()
    new = mine(**{"started": "2026-11-16 09:00", "issue": "APP-1", "comment": "one", column: cell})
    after = with_new(set_cell(before, 0, column, cell), new)
    after = after.iloc[::-1] if new_is_first else after
    assert problems_of(lambda: rn.plan_changes(before, after)) == [(3, "started")]
    assert len(rn.plan_changes(before, after, allow_twins=True)) == 2


def test_equal_rows_on_two_sites_are_no_twins() -> None:
    """The same hour may be booked with two customers."""
    before = loaded(mine("2026-11-16 09:00"), connections=("Cloud", "Server"))
    rows = [mine("2026-11-19 09:00", connection=name) for name in ("Cloud", "Server")]
    assert len(rn.plan_changes(before, with_new(before, *rows))) == 2


def test_new_row_that_stands_already_is_only_noted() -> None:
    """A cell that is run twice must do no harm: applying will find it."""
    before = week()
    row = mine("2026-11-16 09:00", comment="one")
    plan = rn.plan_changes(before, with_new(before, row))
    assert plan.warnings == {only(plan).op_id: "stands already"}
    changed = rn.plan_changes(before, with_new(set_cell(before, 0, "time_spent", "2h"), row))
    assert changed.warnings == {}
    others = loaded(mine("2026-11-16 09:00", comment="one", author_id="bob"))
    assert rn.plan_changes(others, with_new(others, row)).warnings == {}


@pytest.mark.parametrize(
    ("minutes", "new", "warning"),
    [
        (60, "10h", "more than 4 times the time before"),
        (60, "10:01", "more than 10 hours, more than 4 times the time before"),
        (570, "10h", ""),
        (570, "10:01", "more than 10 hours"),
        (60, "4h", ""),
        (60, "4:01", "more than 4 times the time before"),
        (0, "9h", ""),
    ],
)
def test_much_time_is_noted(minutes: int, new: str, warning: str) -> None:
    """Over ten hours, or over four times as much: "1,5h" that pandas took for 15 hours is seen."""
    before = loaded(mine("2026-11-16 09:00", minutes))
    plan = rn.plan_changes(before, set_cell(before, 0, "time_spent", new))
    assert plan.warnings.get(only(plan).op_id, "") == warning


def test_future_is_refused_only_where_it_is_new() -> None:
    """A day ahead is still today somewhere; further ahead is a typing error."""
    before = week()
    assert "in the future" in refusal(before, set_cell(before, 0, "started", "2026-11-24 13:01"))
    assert only(rn.plan_changes(before, set_cell(before, 0, "started", "2026-11-24 13:00"))).changed == {"started"}


def test_operations_are_the_same_whenever_they_are_planned() -> None:
    """Their ids too; the run is another one."""
    before = week()
    after = with_new(set_cell(before, 0, "comment", "x"), mine("2026-11-19 09:00"))
    one, other = (rn.plan_changes(before, after) for _ in range(2))
    assert one.operations == other.operations
    assert one.run != other.run
    assert len(one.run) == 32
    edits = [set_cell(before, 0, "comment", text) for text in ("x", "y")] + [set_cell(before, 0, "delete", True)]
    assert len({only(rn.plan_changes(before, edited)).op_id for edited in edits}) == 3


def test_hours_are_counted_on_the_days_of_the_frame() -> None:
    """In its zone; days whose sum stays are left out."""
    before = loaded(
        mine("2026-11-16 00:30", 60), mine("2026-11-17 09:00", 30), mine("2026-11-18 09:00"), mine("2026-11-18 10:00")
    )
    after = before.assign(delete=[True, False, False, False])
    after["started"] += pd.to_timedelta([0, 24, 0, 0], unit="h")
    after["time_spent"] += pd.to_timedelta([0, 15, -15, 0], unit="min")
    hours = rn.plan_changes(before, after).hours
    minutes = {date(2026, 11, 16): -60, date(2026, 11, 17): -30, date(2026, 11, 18): 30}
    assert {day: gain / pd.Timedelta(minutes=1) for day, gain in hours.items()} == minutes
    moved = rn.plan_changes(before, before.assign(issue="APP-8")).hours
    assert len(moved) == 0
    for each in (hours, moved):
        assert (each.dtype, each.index.dtype, each.name) == ("timedelta64[us]", object, "time_spent")


def deletes(count: int, of: int) -> rn.Plan:
    before = loaded(*(mine("2026-11-16 09:00", 1) for _ in range(of)))
    return rn.plan_changes(before, before.assign(delete=[n < count for n in range(of)]))


@pytest.mark.parametrize(
    ("count", "of", "asked"),
    [(0, 1, ""), (10, 100, ""), (11, 100, "delete 11"), (2, 4, ""), (3, 5, "delete 3"), (1, 1, "delete 1")],
)
def test_many_deletes_want_to_be_confirmed(count: int, of: int, asked: str) -> None:
    """More than ten, or more than half of what was loaded."""
    assert deletes(count, of).confirmation == asked


@pytest.mark.parametrize(("less", "asked"), [("8h", ""), ("8h 1m", "remove 8:01")])
def test_much_less_time_wants_to_be_confirmed(less: str, asked: str) -> None:
    """More than eight hours less in all, whatever is added elsewhere in between."""
    before = loaded(mine("2026-11-16 09:00", 20 * 60), mine("2026-11-17 09:00", 60))
    after = before.assign(time_spent=[before["time_spent"][0] - rn.duration(less) - HOUR, 2 * HOUR])
    assert rn.plan_changes(before, after).confirmation == asked


def test_undo_may_delete_most_of_what_there_is() -> None:
    """It deletes what was created; more than ten want to be confirmed all the same."""
    few, many = deletes(3, 4), deletes(11, 12)
    assert few.confirmation == "delete 3"
    undo = [rn.Plan("run", plan.operations, plan.zone, plan.worklogs, undoes="other") for plan in (few, many)]
    assert [plan.confirmation for plan in undo] == ["", "delete 11"]


def test_changes_is_a_frame_of_old_and_new() -> None:
    """With the dtypes of the loaded frame, also when it is empty."""
    before = week()
    after = with_new(set_cell(before, 0, "comment", "x").assign(delete=[False, True, False]), mine("2026-11-19 09:00"))
    changes = rn.plan_changes(before, after).changes
    assert changes.columns.tolist() == [
        *("action", "connection", "worklog_id", "issue", "issue_new", "started", "started_new"),
        *("time_spent", "time_spent_new", "comment", "comment_new", "warning", "op_id"),
    ]
    assert changes["action"].tolist() == ["update", "delete", "create"]
    assert changes["connection"].tolist() == ["Cloud"] * 3
    for name in ("worklog_id", "issue", "started", "time_spent", "comment"):
        assert changes[name].tolist()[:2] == before[name].tolist()[:2]
    new = changes.iloc[[0, 2]]
    assert new["issue_new"].tolist() == ["APP-1", "APP-1"]
    assert new["time_spent_new"].tolist() == [HOUR, HOUR]
    assert new["comment_new"].tolist() == ["x", ""]
    assert (
        changes.isna()[["worklog_id", "issue", "started", "time_spent", "comment"]].to_numpy().tolist()[2] == [True] * 5
    )
    assert changes.isna()[["issue_new", "started_new", "time_spent_new", "comment_new"]].to_numpy()[1].all()
    for name in ("started", "started_new"):
        assert changes[name].dtype == before["started"].dtype
    for name in ("time_spent", "comment", "issue"):
        assert changes[name].dtype == changes[f"{name}_new"].dtype == before[name].dtype
    empty = rn.plan_changes(before, before).changes
    assert len(empty) == 0
    assert empty.dtypes.equals(changes.dtypes)


def test_changes_say_which_they_are_and_what_is_noted() -> None:
    """By the id of the operation; "" where nothing is noted."""
    before = week()
    plan = rn.plan_changes(before, before.assign(time_spent=[5 * HOUR, 2 * HOUR, HOUR]))
    assert plan.changes["op_id"].tolist() == [change.op_id for change in plan.operations]
    assert plan.changes["warning"].tolist() == ["more than 4 times the time before", "", ""]


def test_changes_tell_times_of_summer_and_winter() -> None:
    """Each with the offset that the frame's zone has then."""
    before = loaded(mine("2026-10-24 09:00"), mine("2026-10-26 09:00"))
    changes = rn.plan_changes(before, before.assign(comment="edited")).changes
    assert [str(moment) for moment in changes["started"]] == ["2026-10-24 09:00:00+02:00", "2026-10-26 09:00:00+01:00"]


def test_issues_are_what_the_frame_knows_of_them() -> None:
    """Of those that are touched; a copied row with another key does not lend that key its summary."""
    before = week()
    new = {"issue_type": "Task", "epic": "", "labels": "a, b", "project": "APP"}
    after = with_new(
        set_cell(before, 0, "issue", "APP-9"),
        mine("2026-11-19 09:00", issue="APP-5", **new),
        mine("2026-11-19 10:00", issue="APP-6", **{**new, "summary": "Summary of APP-2"}),
    )
    issues = rn.plan_changes(before, after).issues
    assert set(issues) == {("Cloud", "APP-1"), ("Cloud", "APP-5")}
    assert issues["Cloud", "APP-1"]["summary"] == "Summary of APP-1"
    assert issues["Cloud", "APP-5"] == {**new, "summary": "Summary of APP-5"}


def test_draft_without_a_summary_says_nothing_of_its_issue() -> None:
    """Neither a missing nor an empty one hides what another draft knows; nor does one of another connection."""
    before = loaded(mine("2026-11-16 09:00"), connections=("Cloud", "Server"))
    facts = {"issue": "APP-5", "project": "APP", "issue_type": "Task", "epic": "", "labels": ""}
    known = [("Cloud", None), ("Cloud", ""), ("Server", "There"), ("Cloud", "Here")]
    rows = [
        {**mine(f"2026-11-19 {9 + n:02}:00", connection=connection), **facts, "summary": summary}
        for n, (connection, summary) in enumerate(known)
    ]
    issues = rn.plan_changes(before, with_new(before, *rows)).issues
    assert {name: found["summary"] for (name, _), found in issues.items()} == {"Cloud": "Here", "Server": "There"}
    assert rn.plan_changes(before, with_new(before, *rows[:2])).issues == {}


def test_accounts_are_those_of_the_loads() -> None:
    """Site, account and name by connection; several loads of one account are one."""
    before = week()
    before.attrs["loads"] = [load("Cloud"), load("Cloud", first="2026-11-09"), load("Server", account="")]
    assert rn.plan_changes(before, before).accounts == {
        "Cloud": ("https://acme.atlassian.net", "ada", "Ada Lovelace"),
        "Server": ("http://localhost:8080/jira", "ada", ""),
    }


def test_later_change_of_the_loaded_frame_does_not_reach_the_plan() -> None:
    """It is applied to what was loaded."""
    before = week()
    plan = rn.plan_changes(before, before.assign(comment="edited"))
    before["comment"] = "changed behind its back"
    assert plan.worklogs["comment"].tolist() == ["one", "two", ""]


def test_drafts_in_the_loaded_frame_are_no_worklogs() -> None:
    """Two frames with the same draft: it is still to be created."""
    before = rn.concat_worklogs([week(), rn.new_worklogs([mine("2026-11-19 09:00+01:00")])])
    plan = rn.plan_changes(before, before)
    assert only(plan).action == "create"
    assert len(plan.worklogs) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda frame: frame.drop(columns="updated"), "lacks updated"),
        (lambda frame: frame.astype({"started": "str"}), "times with a zone"),
        (lambda frame: frame.assign(started=frame["started"].dt.tz_localize(None)), "times with a zone"),
        (lambda frame: frame.astype({"time_spent": "int64"}), "durations"),
        (lambda frame: frame.assign(comment=None), "gaps"),
        (lambda frame: frame.assign(updated=pd.NaT), "gaps|times"),
        (lambda frame: frame.assign(worklog_id="7"), "twice"),
    ],
)
def test_frame_that_was_not_loaded_is_refused(change: Any, reason: str) -> None:
    """As `before`; the advice says where one comes from."""
    before = change(week())
    with pytest.raises(InvalidInput, match=rf"({reason})(?s:.*)concat_worklogs"):
        rn.plan_changes(before, week())


def test_frame_that_lost_its_loads_is_refused() -> None:
    """pandas.concat drops them: then nobody knows whose worklogs these are."""
    lost = pd.concat([week().head(1), loaded(mine("2026-11-20 09:00"), connections=("Server",))])
    with pytest.raises(InvalidInput, match=r"from which account(?s:.*)concat_worklogs"):
        rn.plan_changes(lost, lost)


def test_connection_of_two_accounts_is_refused() -> None:
    """Its rows could be of either."""
    before = week()
    before.attrs["loads"].append(load("Cloud", account_id="bob"))
    with pytest.raises(InvalidInput, match="Cloud stands for two accounts"):
        rn.plan_changes(before, before)


def test_edited_frame_must_say_which_worklog_is_which() -> None:
    """An id in the index is none; columns of one name cannot be told apart."""
    before = loaded(mine("2026-11-16 09:00"), connections=("Cloud", "Server"))
    for after, reason in (
        (before.set_index("worklog_id"), "no column worklog_id.*reset_index"),
        (before.drop(columns="connection"), "no column connection"),
        (before.set_axis([name.replace("summary", "comment") for name in COLUMNS], axis=1), "comment twice"),
        (before.assign(delete=True).set_axis([*COLUMNS[:-1], "delete", "delete"], axis=1), "delete twice"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            rn.plan_changes(before, after)


def test_empty_week_can_be_filled() -> None:
    """Only drafts, and not even those."""
    empty = empty_worklogs("Europe/Berlin")
    empty.attrs["loads"] = [load()]
    assert len(rn.plan_changes(empty, empty)) == 0
    plan = rn.plan_changes(empty, rn.new_worklogs([mine("2026-11-19 09:00")], zone="Europe/Berlin"))
    assert only(plan).action == "create"
    assert plan.hours.sum() == HOUR


def test_loaded_frame_can_be_planned(world: World) -> None:
    """Cloud and Data Center: the account that loaded is the author."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-17 09:00")
    worklogs = rn.load_worklogs(world.sign_in(), "2026-W47", progress=InstantProgress())
    sent = len(world.log.requests)
    plan = rn.plan_changes(worklogs, worklogs.assign(comment="edited"))
    assert only(plan).account_id == world.sign_in().account.account_id
    assert only(plan).site == world.url
    assert only(plan).updated == worklogs["updated"][0]
    assert plan.changes["started"][0] == datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert sent > 0


def big(rows: int) -> pd.DataFrame:
    one = loaded(mine("2026-11-16 09:00"))
    frame = one.loc[one.index.repeat(rows)].reset_index(drop=True)
    numbers = np.arange(rows)
    frame["worklog_id"] = pd.Series([str(10_000 + n) for n in numbers], dtype="str")
    frame["issue"] = pd.Series([f"APP-{n % 500}" for n in numbers], dtype="str")
    frame["comment"] = pd.Series([f"Comment number {n}" for n in numbers], dtype="str")
    frame["started"] -= pd.to_timedelta(numbers, unit="min")
    return frame


def test_planning_takes_less_memory_than_the_frame() -> None:
    """A tenth of the rows edited; whole columns are compared one at a time."""
    before = big(20_000)
    after = before.sample(frac=1, random_state=1)
    after.loc[after.index % 10 == 0, "comment"] = "edited"
    tracemalloc.start()
    plan = rn.plan_changes(before, after)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(plan) == 2_000
    assert peak < before.memory_usage(deep=True).sum()


def estimate(before: pd.DataFrame, **edits: object) -> float:
    return rn.plan_changes(before, before.assign(**edits)).estimated_seconds


@pytest.mark.parametrize(
    ("facts", "latency_seconds", "at_once"),
    [({}, 0.2, 8), ({"latency_seconds": 2.0}, 2.0, 8), ({"deployment": "datacenter"}, 0.2, 2)],
)
def test_estimate_counts_requests(facts: dict[str, Any], latency_seconds: float, at_once: int) -> None:
    """Two requests a change and one an issue; several issues at once, the last one alone; as slow as the last load."""
    before = big(1_000)
    before.attrs["loads"] = [load(**facts)]
    an_issue = 2 * 2 + 1
    requests = 500 * an_issue / at_once + an_issue * (at_once - 1) / at_once
    assert estimate(before, comment="edited") == pytest.approx(requests * latency_seconds)
    assert estimate(before) == 0


def test_estimate_knows_the_limits_of_jira() -> None:
    """A hundred writes in half a minute on one issue, and so many in a second on all."""
    before = big(1_000)
    before.attrs["loads"] = [load(latency_seconds=0.001)]
    assert estimate(before, comment="edited") == pytest.approx(1_000 / 47)
    one_issue = before.assign(issue="APP-1")
    for writes, paced in ((1_000, 999 // 99 * 30.5), (100, 30.5), (20, 2.1)):
        assert estimate(one_issue.head(writes), comment="edited") == pytest.approx(paced)
    assert estimate(one_issue.head(99), comment="edited") == pytest.approx(98 // 19 * 2.1)
    assert estimate(one_issue.head(19), comment="edited") < 2.1


def test_moves_take_longer_than_updates_and_deletes() -> None:
    """They need more requests."""
    before = big(10)
    update, delete, move = (
        estimate(before, **edit) for edit in ({"comment": "x"}, {"delete": True}, {"issue": "APP-999"})
    )
    assert update == delete < move
