"""Somebody else was faster: what is merged, what is a conflict, and how to go on from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.model import DEFAULT_PERMISSIONS
from roots_nb.editing.result import Result
from roots_nb.editing.runs import result_of
from roots_nb.errors import InvalidInput
from tests.editing.desk import Desk, Edit, change, delete, minutes_of, moment, move, states
from tests.faults.fault import Answer, Meanwhile, Reset, forbidden
from tests.world import World

SHORTER: dict[str, Any] = {"seconds": 1800}
THREE = ("one", "two", "three")


def conflict_of(result: Result) -> list[tuple[object, ...]]:
    """field, before, theirs and mine of each row."""
    rows = result.conflicts[["field", "before", "theirs", "mine"]]
    return [tuple(row) for row in rows.itertuples(index=False, name=None)]


def note_of(result: Result) -> str:
    (note,) = result.changes["note"]
    return str(note)


# --- updates


def test_other_field_changed_meanwhile_is_merged(desk: Desk) -> None:
    """Only my field is sent; theirs stays, and the result says so."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.someone_changes("one", started=moment("2026-11-16 07:00"))
    result = desk.apply(plan)
    (put,) = desk.writes()
    assert put.body == {"timeSpentSeconds": 5400}
    assert (desk.get("one").seconds, desk.get("one").started) == (5400, moment("2026-11-16 07:00"))
    assert states(result) == {"done": 1}
    assert "Merged" in note_of(result)
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_same_field_changed_meanwhile_is_a_conflict(desk: Desk) -> None:
    """Nothing is sent; before, theirs and mine stand side by side."""
    plan = desk.plan(change("one", time_spent=minutes_of(90), comment="Eins"))
    desk.someone_changes("one", **SHORTER)
    result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"conflict": 1}
    assert note_of(result) == "Somebody changed the time spent meanwhile."
    hour, half, mine = timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=90)
    assert conflict_of(result) == [("time_spent", hour, half, mine), ("comment", "one", "one", "Eins")]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_same_change_made_meanwhile_is_already_so(desk: Desk) -> None:
    """Somebody else has set the same value."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.someone_changes("one", seconds=5400)
    result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"already_so": 1}


def test_half_of_my_change_made_meanwhile_leaves_the_other_half(desk: Desk) -> None:
    """What is as wanted is not sent again."""
    plan = desk.plan(change("one", time_spent=minutes_of(90), comment="Eins"))
    desk.someone_changes("one", seconds=5400)
    result = desk.apply(plan)
    (put,) = desk.writes()
    assert put.body == {"comment": "Eins"}
    assert states(result) == {"done": 1}


def test_edit_and_revert_does_not_keep_an_update_back(desk: Desk) -> None:
    """Nothing of theirs is overwritten, so mine is sent and the note tells of the other version."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.someone_changes("one", **SHORTER)
    desk.someone_changes("one", seconds=3600)
    result = desk.apply(plan)
    assert states(result) == {"done": 1}
    assert note_of(result)
    assert desk.get("one").seconds == 5400


def test_line_ends_are_no_difference(desk: Desk) -> None:
    """Jira writes them in its own way."""
    plan = desk.plan(change("one", comment="first\nsecond"))
    desk.someone_changes("one", comment="first\r\nsecond")
    assert states(desk.apply(plan)) == {"already_so": 1}


# --- gone, hidden, not mine


@pytest.mark.parametrize("edit", [change("one", time_spent=minutes_of(90)), move("one", "OPS-1")])
def test_worklog_that_is_gone_is_a_conflict(desk: Desk, edit: Edit) -> None:
    """An update or a move does not bring it back."""
    plan = desk.plan(edit)
    desk.someone_deletes("one")
    result = desk.apply(plan)
    assert (desk.writes(), desk.find("one")) == ([], [])
    assert states(result) == {"conflict": 1}
    wish = "changed" if plan.operations[0].action == "update" else "moved"
    assert conflict_of(result) == [("worklog", "there", "gone", wish)]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())
    assert len(result.replan(overwrite=["time_spent", "issue"])) == 0


def test_delete_of_what_is_gone_is_already_so(desk: Desk) -> None:
    """While its issue can be seen."""
    plan = desk.plan(delete("four"))
    desk.someone_deletes("four")
    result = desk.apply(plan)
    assert states(result) == {"already_so": 1}
    assert desk.writes() == []


@pytest.mark.parametrize(
    "edit",
    [change("five", time_spent=minutes_of(90)), delete("five"), move("five", "APP-1")],
    ids=["update", "delete", "move"],
)
def test_hidden_issue_is_a_conflict_and_never_a_success(desk: Desk, edit: Edit) -> None:
    """404 means gone or not visible any more: a delete is not done because of it."""
    plan = desk.plan(edit)
    held = desk.contents()
    desk.site.set_permissions(desk.world.ann, "OPS", set())
    result = desk.apply(plan)
    assert states(result) == {"conflict": 1}
    assert "visible" in note_of(result)
    assert (desk.writes(), desk.contents()) == ([], held)
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


@pytest.mark.parametrize(
    ("edit", "method", "left"),
    [
        (change("five", time_spent=minutes_of(90)), "PUT", ["OPS-1"]),
        (delete("five"), "DELETE", []),
        (move("five", "APP-1"), "DELETE", ["APP-1"]),
    ],
    ids=["update", "delete", "move"],
)
def test_change_is_unknown_if_the_issue_vanishes_with_the_answer(
    desk: Desk, edit: Edit, method: str, left: list[str]
) -> None:
    """The answer is lost and nothing can be seen afterwards: once it is visible again, resume tells."""
    plan = desk.plan(edit)
    hide = Meanwhile(lambda: desk.site.set_permissions(desk.world.ann, "OPS", set()))
    desk.world.faults.when(lambda request: request.method == method, Reset(after=True))
    desk.world.faults.when(lambda request: desk.world.log.count(method) == 1, hide)
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    assert note_of(result) == "OPS-1 is not visible any more."
    pd.testing.assert_frame_equal(result.worklogs, plan.worklogs)
    desk.site.set_permissions(desk.world.ann, "OPS", DEFAULT_PERMISSIONS)
    assert states(desk.resume(result.run)) == {"done": 1}
    assert [desk.site.issues_by_id[each.issue_id].key for each in desk.find("five")] == left


@pytest.mark.parametrize(
    "edit",
    [change("one", time_spent=minutes_of(90)), delete("one"), move("one", "OPS-1")],
    ids=["update", "delete", "move"],
)
def test_worklog_that_is_not_mine_any_more_is_a_conflict(desk: Desk, edit: Edit) -> None:
    """Only the author's own are touched, whatever the permissions are."""
    plan = desk.plan(edit)
    every = {*DEFAULT_PERMISSIONS, "EDIT_ALL_WORKLOGS", "DELETE_ALL_WORKLOGS"}
    desk.site.set_permissions(desk.world.ann, "APP", every)
    desk.someone_changes("one", author=desk.world.bob)
    result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"conflict": 1}
    assert note_of(result) == "Somebody else wrote it."
    (row,) = result.worklogs.query("comment == 'one'").to_dict("records")
    assert (row["author"], row["author_id"]) == ("", "")
    assert len(result.replan(overwrite=["time_spent", "issue", "delete"])) == 0


# --- moves and deletes


@pytest.mark.parametrize("edit", [delete("one"), move("one", "OPS-1")], ids=["delete", "move"])
@pytest.mark.parametrize(
    "theirs", [SHORTER, {"comment": "one"}, {"visibility": ("role", "Developers")}], ids=["time", "version", "role"]
)
def test_any_difference_keeps_a_delete_or_move_back(desk: Desk, edit: Edit, theirs: dict[str, Any]) -> None:
    """A field, or nothing but the version, as after an edit that was reverted."""
    desk.world.ann.roles = frozenset({"Developers"})
    plan = desk.plan(edit)
    desk.someone_changes("one", **theirs)
    result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"conflict": 1}
    assert "meanwhile" in note_of(result)
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_delete_conflict_shows_what_they_changed_and_what_i_want(desk: Desk) -> None:
    """The field, and below it the worklog."""
    plan = desk.plan(delete("one"))
    desk.someone_changes("one", **SHORTER)
    hour, half = timedelta(hours=1), timedelta(minutes=30)
    assert conflict_of(desk.apply(plan)) == [
        ("time_spent", hour, half, hour),
        ("worklog", "there", "there", "deleted"),
    ]


# --- replan


def test_replan_puts_the_named_fields_on_top_of_theirs(desk: Desk) -> None:
    """The other ones stay as they have them."""
    plan = desk.plan(change("one", time_spent=minutes_of(90), comment="Eins"))
    desk.someone_changes("one", seconds=1800, comment="uno", started=moment("2026-11-16 07:00"))
    again = desk.apply(plan).replan(overwrite=["time_spent"])
    desk.world.log.clear()
    assert states(desk.apply(again)) == {"done": 1}
    (put,) = desk.writes()
    assert put.body == {"timeSpentSeconds": 5400}
    assert desk.get("uno").started == moment("2026-11-16 07:00")


@pytest.mark.parametrize(
    ("edit", "overwrite"), [(move("one", "OPS-1"), "issue"), (delete("one"), "delete")], ids=["move", "delete"]
)
def test_replan_moves_and_deletes_what_they_have_changed(desk: Desk, edit: Edit, overwrite: str) -> None:
    """As it is now: a move takes their values along."""
    plan = desk.plan(edit)
    desk.someone_changes("one", **SHORTER)
    again = desk.apply(plan).replan(overwrite=[overwrite])
    result = desk.apply(again)
    assert states(result) == {"done": 1}
    here = [(desk.issue_of("one"), each.seconds) for each in desk.find("one")]
    assert here == ([("OPS-1", 1800)] if overwrite == "issue" else [])
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_replan_without_names_leaves_everything_theirs(desk: Desk) -> None:
    """And it is empty where nothing of mine is named."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)), delete("four"))
    desk.someone_changes("one", **SHORTER)
    desk.someone_changes("four", **SHORTER)
    result = desk.apply(plan)
    assert len(result.replan(overwrite=[])) == 0
    assert len(result.replan(overwrite=["comment"])) == 0
    assert [each.worklog_id for each in result.replan(overwrite=["time_spent", "delete"]).operations] == [
        str(desk.get("one").id),
        str(desk.get("four").id),
    ]


def test_replan_of_some_conflicts_leaves_the_others(desk: Desk) -> None:
    """Each one is named by its change; none means none."""
    plan = desk.plan(change("one", comment="Eins"), change("two", comment="Zwei"))
    desk.someone_changes("one", comment="uno")
    desk.someone_changes("two", comment="due")
    result = desk.apply(plan)
    named = result.conflicts.set_index("theirs")["op_id"]
    (again,) = result.replan(overwrite=["comment"], operations=[named["due"]]).operations
    assert (again.before.comment, again.after.comment) == ("due", "Zwei")
    assert len(result.replan(overwrite=["comment"], operations=[])) == 0
    assert len(result.replan(overwrite=["comment"])) == 2


def test_replan_is_another_change(desk: Desk) -> None:
    """Of its own id for what it sets now, a move only where the issue is put on top; nobody was there meanwhile."""
    plan = desk.plan(change("one", issue="OPS-1", time_spent=minutes_of(90), comment="Eins"))
    desk.someone_changes("one", seconds=1800, comment="uno")
    result = desk.apply(plan)
    again = {name: result.replan([name]).operations[0] for name in ("issue", "time_spent", "comment")}
    assert [each.action for each in again.values()] == ["move", "update", "update"]
    assert len({plan.operations[0].op_id, *(each.op_id for each in again.values())}) == 4
    plan_again = result.replan(["comment"])
    assert (plan_again.allow_twins, plan_again.undoes) == (False, "")
    done = desk.apply(plan_again)
    assert (states(done), note_of(done)) == ({"done": 1}, "")


def test_replanned_delete_is_kept_back_by_an_edit_that_was_reverted(desk: Desk) -> None:
    """It is about the version that was shown."""
    plan = desk.plan(delete("one"))
    desk.someone_changes("one", **SHORTER)
    again = desk.apply(plan).replan(["delete"])
    desk.someone_changes("one", seconds=60)
    desk.someone_changes("one", **SHORTER)
    assert states(desk.apply(again)) == {"conflict": 1}


def test_refused_change_leaves_what_others_did_in_the_frame(desk: Desk) -> None:
    """Theirs is seen before ours is sent and refused."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.someone_changes("one", comment="uno")
    desk.world.faults.when(lambda request: request.method == "PUT", Answer(400))
    result = desk.apply(plan)
    assert states(result) == {"failed": 1}
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_change_that_nobody_may_look_at_fails(desk: Desk) -> None:
    """Nothing is sent, and the frame keeps what was loaded: nothing else was seen."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    its_look = f"/worklog/{desk.get('one').id}"
    desk.world.faults.when(lambda request: request.path.endswith(its_look), forbidden())
    desk.world.faults.when(lambda request: request.path.endswith("/worklog"), forbidden())
    result = desk.apply(plan)
    assert (states(result), desk.writes()) == ({"failed": 1}, [])
    for told in (result, result_of(result.run).with_worklogs(plan.worklogs)):
        pd.testing.assert_frame_equal(told.worklogs, desk.load())


def test_change_that_nobody_may_look_at_any_more_is_unknown(desk: Desk) -> None:
    """Its answer is lost, and every look is refused: the frame keeps what was loaded."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.world.faults.when(lambda request: request.method == "PUT", Reset(after=True))
    its_look = f"/worklog/{desk.get('one').id}"
    desk.world.faults.when(
        lambda request: request.path.endswith(its_look) and desk.world.log.count("PUT") == 1, forbidden()
    )
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    pd.testing.assert_frame_equal(result.worklogs, plan.worklogs)
    assert states(desk.resume(result.run)) == {"done": 1}


def test_replan_is_checked_against_the_worklog_as_it_was_shown(desk: Desk) -> None:
    """Somebody changes it once more: a conflict again."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.someone_changes("one", **SHORTER)
    again = desk.apply(plan).replan(overwrite=["time_spent"])
    desk.someone_changes("one", seconds=600)
    assert states(desk.apply(again)) == {"conflict": 1}
    assert desk.get("one").seconds == 600


@pytest.mark.parametrize("names", [["time"], ["comment", "author"], "comment"])
def test_replan_refuses_names_that_are_none(desk: Desk, names: list[str]) -> None:
    """And says which there are."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.someone_changes("one", **SHORTER)
    result = desk.apply(plan)
    with pytest.raises(InvalidInput, match=r"cannot be overwritten.*issue, started, time_spent, comment, delete"):
        result.replan(overwrite=names)


# --- at every moment


@pytest.mark.parametrize("deployment", ["cloud", pytest.param("datacenter", marks=pytest.mark.slow)])
def test_edit_is_overwritten_between_look_and_write_alone(deployment: DeploymentName) -> None:
    """Jira has no conditional write. Three updates of one issue cost seven requests: of eight moments for somebody's
    edit one is between a worklog's look and its write; before it is a conflict, after it theirs stays.
    """
    ends = {name: [_end_after_edit(deployment, name, before) for before in range(1, 9)] for name in THREE}
    assert ends == {
        "one": ["conflict", "overwritten", *["theirs"] * 6],
        "two": [*["conflict"] * 3, "overwritten", *["theirs"] * 4],
        "three": [*["conflict"] * 5, "overwritten", *["theirs"] * 2],
    }


def _end_after_edit(deployment: DeploymentName, name: str, before: int) -> str:
    """What becomes of somebody's edit before request number `before`; before the eighth means after the last."""
    with World(deployment).running() as world:
        desk = Desk(world)
        plan = desk.plan(*(change(each, time_spent=minutes_of(90)) for each in THREE))
        theirs = Meanwhile(lambda: desk.someone_changes(name, **SHORTER), after=before == 8)
        world.faults.at(world.faults.count + min(before, 7), theirs)
        result = desk.apply(plan)
        assert world.faults.played == 1
        if desk.get(name).seconds == 1800:
            return "conflict" if result.counts["conflict"] else "theirs"
        return "overwritten" if states(result) == {"done": 3} else "lost"
