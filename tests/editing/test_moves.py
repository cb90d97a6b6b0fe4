"""A move is a copy, a look and a delete; or nothing of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from roots_nb.demo.model import DEFAULT_PERMISSIONS, JiraSite
from roots_nb.editing.plan import plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run
from tests.editing.desk import Desk, change, delete, minutes_of, moment, move, states
from tests.faults.fault import Answer, Fault, Meanwhile, Reset, forbidden, unauthorised
from tests.faults.request import Request
from tests.world import InstantProgress

MOVE = move("one", "OPS-1")


def is_delete(request: Request) -> bool:
    return request.method == "DELETE"


def strike_the_source(desk: Desk, fault: Fault) -> None:
    """Play `fault` whenever the old worklog is to be deleted; the copy can be."""
    its_path = f"/{desk.get('one').id}"
    desk.world.faults.when(lambda request: is_delete(request) and request.path.endswith(its_path), fault, times=None)


def where(desk: Desk, name: str = "one") -> list[str]:
    """On which issues worklogs with this comment are."""
    return [desk.site.issues_by_id[worklog.issue_id].key for worklog in desk.find(name)]


def test_copy_takes_everything_along(cloud_desk: Desk) -> None:
    """Comment, start, time spent, restriction, and the properties that other programs keep there."""
    desk = cloud_desk
    desk.world.ann.roles = frozenset({"Developers"})
    kept: dict[str, Any] = {"visibility": ("role", "Developers"), "properties": {"billing": {"rate": [2, None]}}}
    old = desk.someone_changes("one", started=moment("2026-11-16 09:07"), seconds=420, **kept)
    plan = desk.plan(MOVE)
    result = desk.apply(plan)
    new = desk.get("one")
    assert where(desk) == ["OPS-1"]
    assert (new.started, new.seconds, new.comment, new.visibility) == (old.started, 420, "one", kept["visibility"])
    mark = {"op_id": plan.operations[0].op_id, "plan_id": plan.run}
    assert new.properties == {**kept["properties"], "roots_nb.op": mark}
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_copy_takes_the_restriction_along_on_data_center(server_desk: Desk) -> None:
    """There are no properties there."""
    server_desk.world.ann.groups = frozenset({"jira-users"})
    server_desk.someone_changes("one", visibility=("group", "jira-users"))
    assert states(server_desk.do(MOVE)) == {"done": 1}
    assert server_desk.get("one").visibility == ("group", "jira-users")


def test_move_may_change_other_fields_as_well(desk: Desk) -> None:
    """One change, one row; the copy is made as it shall be."""
    result = desk.do(change("one", issue="OPS-1", time_spent=minutes_of(90), comment="Eins"))
    assert states(result) == {"done": 1}
    assert (where(desk, "Eins"), desk.get("Eins").seconds, desk.find("one")) == (["OPS-1"], 5400, [])
    assert [request.method for request in desk.writes()] == ["POST", "DELETE"]


def test_result_names_the_new_worklog(desk: Desk) -> None:
    """Its id and its issue."""
    result = desk.do(MOVE)
    row = result.changes.iloc[0]
    assert (row["action"], row["issue"], row["worklog_id"]) == ("move", "OPS-1", str(desk.get("one").id))


def test_permissions_are_asked_on_both_issues_before_the_copy(desk: Desk) -> None:
    """To log and delete there, and to delete here; once for each issue."""
    desk.do(MOVE, move("two", "OPS-1"))
    requests = desk.world.log.requests
    asked = [request.query["issueKey"] for request in requests if request.path.endswith("/mypermissions")]
    assert sorted(asked) == ["APP-1", "OPS-1"]
    last = max(request.number for request in requests if request.path.endswith("/mypermissions"))
    assert last < desk.writes()[0].number


@pytest.mark.parametrize(
    ("project", "lacking"), [("OPS", "WORK_ON_ISSUES"), ("OPS", "DELETE_OWN_WORKLOGS"), ("APP", "DELETE_OWN_WORKLOGS")]
)
def test_move_without_permission_is_refused_before_the_copy(desk: Desk, project: str, lacking: str) -> None:
    """Where a copy could not be deleted, the move could be neither taken back nor undone."""
    plan = desk.plan(MOVE)
    desk.site.set_permissions(desk.world.ann, project, DEFAULT_PERMISSIONS - {lacking})
    result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"failed": 1}
    assert lacking in result.changes["note"].iloc[0]
    assert f"{project}-1" in result.changes["note"].iloc[0]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_move_to_an_issue_that_is_none_fails(desk: Desk) -> None:
    """And nothing is left anywhere."""
    held = desk.contents()
    result = desk.do(move("one", "OPS-404"))
    assert states(result) == {"failed": 1}
    assert (desk.writes(), desk.contents()) == ([], held)


@pytest.mark.parametrize("refusal", [Answer(400), forbidden()], ids=["400", "403"])
def test_refused_delete_takes_the_copy_back(desk: Desk, refusal: Fault) -> None:
    """The old worklog stays, as it was, and Jira's answer is told."""
    plan, old = desk.plan(MOVE), desk.get("one")
    strike_the_source(desk, refusal)
    result = desk.apply(plan)
    assert [request.method for request in desk.writes()] == ["POST", "DELETE", "DELETE"]
    assert (where(desk), desk.get("one")) == (["APP-1"], old)
    assert states(result) == {"failed": 1}
    assert "refuses" in result.changes["note"].iloc[0]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


@pytest.mark.parametrize("theirs", ["edit", "version", "delete"])
def test_source_changed_meanwhile_takes_the_copy_back(desk: Desk, theirs: str) -> None:
    """Between the copy and the delete: theirs counts."""
    plan = desk.plan(MOVE)

    def act() -> None:
        its_id = int(plan.operations[0].worklog_id)
        if theirs == "delete":
            desk.site.delete_worklog(desk.site.worklogs[its_id])
        else:
            seconds = 1800 if theirs == "edit" else 3600
            desk.site.change_worklog(desk.site.worklogs[its_id], desk.world.ann, seconds=seconds)

    desk.world.faults.when(lambda request: request.method == "POST", Meanwhile(act, after=True))
    result = desk.apply(plan)
    assert states(result) == {"conflict": 1}
    notes = {"edit": "Somebody changed the time", "version": "Somebody changed it", "delete": "It is gone"}
    assert notes[theirs] in result.changes["note"].iloc[0]
    assert where(desk) == ([] if theirs == "delete" else ["APP-1"])
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


@pytest.mark.parametrize("lost", ["visibility", "billing", "visibility, billing", "comment, visibility"])
def test_copy_that_lost_something_is_taken_back(cloud_desk: Desk, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """Jira does not take over a restriction, a property, a whole comment: then nothing is moved."""
    desk, create = cloud_desk, JiraSite.create_worklog
    desk.world.ann.roles = frozenset({"Developers"})
    desk.someone_changes("one", visibility=("role", "Developers"), properties={"billing": 2})

    def drop(site: JiraSite, *args: Any, **more: Any) -> Any:
        for name in lost.split(", "):
            more["properties"].pop(name, None)
            more.pop(name, None)
        created = create(site, *args, **more)
        return site.change_worklog(created, desk.world.ann, comment="cut") if "comment" in lost else created

    monkeypatch.setattr(JiraSite, "create_worklog", drop)
    result = desk.do(MOVE)
    assert states(result) == {"failed": 1}
    assert result.changes["note"].tolist() == [f"Jira did not take over: {lost}."]
    assert where(desk) == ["APP-1"]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


@pytest.mark.parametrize("is_reverted", [False, True])
def test_changed_copy_is_not_deleted(desk: Desk, is_reverted: bool) -> None:
    """Somebody works on the copy while the delete is refused: both stay, and the note says where."""
    plan = desk.plan(MOVE)

    def act() -> None:
        copy = desk.find("one")[-1]
        edited = desk.site.change_worklog(copy, desk.world.ann, seconds=60)
        if is_reverted:
            desk.site.change_worklog(edited, desk.world.ann, seconds=copy.seconds)

    its_path = f"/{desk.get('one').id}"
    desk.world.faults.when(is_delete, Answer(400))
    desk.world.faults.when(
        lambda request: request.path.endswith(its_path) and desk.world.log.count("POST") == 1, Meanwhile(act)
    )
    result = desk.apply(plan)
    assert where(desk) == ["APP-1", "OPS-1"]
    assert states(result) == {"unknown": 1}
    assert "is still there" in result.changes["note"].iloc[0]
    assert not result.is_finished


@pytest.mark.parametrize("why", ["conflict", "failed"])
def test_copy_that_comes_back_is_told(desk: Desk, why: str) -> None:
    """The move was taken back, and its copy is shown when all is looked at again: both stand there."""
    plan, old, copies = desk.plan(MOVE), desk.get("one"), []
    if why == "failed":
        strike_the_source(desk, Answer(400))
    else:
        theirs = Meanwhile(lambda: desk.site.change_worklog(old, desk.world.ann, seconds=60), after=True)
        desk.world.faults.when(lambda request: request.method == "POST", theirs)

    def restore() -> None:
        desk.site.worklogs[copies[0].id] = copies[0]
        desk.site.issues["OPS-1"].worklogs.append(copies[0])

    kept = Meanwhile(lambda: copies.append(desk.find("one")[-1]))
    desk.world.faults.when(lambda request: is_delete(request) and "OPS-1" in request.path, kept)
    for then in (lambda: None, restore):  # first the look after the delete, then the verification
        desk.world.faults.when(
            lambda request: bool(copies) and request.path.endswith("/OPS-1/worklog"), Meanwhile(then)
        )
    result = desk.apply(plan)
    assert (states(result), where(desk)) == ({"unknown": 1}, ["APP-1", "OPS-1"])
    (note,) = result.changes["note"]
    assert note == f"Jira said that its copy {copies[0].id} was deleted, but it is still there."


def test_copy_that_somebody_has_deleted_is_taken_back(desk: Desk) -> None:
    """Just before we delete it: 404 is looked into, and it is gone as it should be."""
    plan, faults = desk.plan(MOVE), desk.world.faults
    faults.when(is_delete, Answer(400))
    faults.when(is_delete, Meanwhile(lambda: desk.site.delete_worklog(desk.find("one")[-1])))
    result = desk.apply(plan)
    assert states(result) == {"failed": 1}
    assert (where(desk), result.is_finished) == (["APP-1"], True)
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_copy_is_taken_back_by_the_next_try(desk: Desk) -> None:
    """Its delete is sent again after 2 seconds and up to 30 % more."""
    plan, progress = desk.plan(MOVE), InstantProgress()
    desk.world.faults.when(is_delete, Answer(400))
    desk.world.faults.when(is_delete, Answer(503))
    assert states(desk.apply(plan, progress=progress)) == {"failed": 1}
    assert [2 <= seconds <= 2.6 for seconds in progress.waits] == [True]
    assert where(desk) == ["APP-1"]


@pytest.mark.parametrize("theirs", ["edit", "delete"])
def test_changed_copy_is_told_with_the_source_as_it_is(desk: Desk, theirs: str) -> None:
    """Somebody works on both: the frame shows the source as it was seen last."""
    plan = desk.plan(MOVE)

    def act() -> None:
        old, copy = desk.find("one")
        desk.site.change_worklog(copy, desk.world.ann, seconds=60)
        if theirs == "delete":
            desk.site.delete_worklog(old)
        else:
            desk.site.change_worklog(old, desk.world.ann, comment="theirs")

    its_path = f"/{desk.get('one').id}"
    desk.world.faults.when(
        lambda request: request.path.endswith(its_path) and desk.world.log.count("POST") == 1, Meanwhile(act)
    )
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    loaded = desk.load()
    known = loaded["worklog_id"].isin(plan.worklogs["worklog_id"])
    pd.testing.assert_frame_equal(result.worklogs, loaded[known].reset_index(drop=True))


# --- interrupted in the middle


def stop_at_the_delete(desk: Desk, *, after: bool) -> str:
    """The copy is made; at the delete of the old one the login ends, `after` it was done. The run's name."""
    plan = desk.plan(MOVE)
    desk.world.faults.when(is_delete, Reset(after=True) if after else unauthorised())
    if after:
        desk.world.faults.when(lambda request: desk.world.log.count("DELETE") == 1, unauthorised())
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    desk.new_kernel()
    return result.run


def resumed(desk: Desk, run: str, loaded: pd.DataFrame) -> Result:
    return desk.resume(run).with_worklogs(loaded)


def test_resume_finds_its_copy_deleted(desk: Desk) -> None:
    """The old one stays, and is in the frame as it was."""
    loaded = desk.load()
    run = stop_at_the_delete(desk, after=False)
    desk.site.delete_worklog(desk.find("one")[-1])
    result = resumed(desk, run, loaded)
    assert states(result) == {"conflict": 1}
    assert result.changes["note"].tolist() == ["Somebody deleted its copy on OPS-1."]
    assert where(desk) == ["APP-1"]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_resume_finds_its_copy_deleted_after_the_move(desk: Desk) -> None:
    """The move was done, and what somebody did to the new one is theirs."""
    run = stop_at_the_delete(desk, after=True)
    desk.someone_deletes("one")
    result = desk.resume(run)
    assert states(result) == {"done": 1}
    assert result.changes["note"].tolist() == [
        "It is not there any more: somebody deleted it, or Jira did not keep it."
    ]


def test_resume_does_not_see_the_issue_of_its_copy(desk: Desk) -> None:
    """Nobody can tell until it is visible again; then it goes on."""
    loaded = desk.load()
    run = stop_at_the_delete(desk, after=False)
    desk.site.set_permissions(desk.world.ann, "OPS", set())
    result = resumed(desk, run, loaded)
    assert states(result) == {"unknown": 1}
    assert result.changes["note"].tolist() == ["Its copy is on OPS-1, which is not visible any more."]
    pd.testing.assert_frame_equal(result.worklogs, loaded)
    desk.site.set_permissions(desk.world.ann, "OPS", DEFAULT_PERMISSIONS)
    assert states(desk.resume(run)) == {"done": 1}
    assert where(desk) == ["OPS-1"]


def test_move_whose_answer_is_lost_is_found_done(desk: Desk) -> None:
    """With the new worklog's id, and once."""
    plan = desk.plan(MOVE)
    desk.world.faults.when(is_delete, Reset(after=True))
    result = desk.apply(plan)
    assert states(result) == {"done": 1}
    assert result.changes["worklog_id"].tolist() == [str(desk.get("one").id)]
    assert len(desk.writes()) == 2
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_taking_back_goes_on_after_an_interruption(desk: Desk) -> None:
    """A move that Jira has refused is not tried again by resume: its copy goes."""
    plan = desk.plan(MOVE)
    desk.world.faults.when(is_delete, Answer(400))
    desk.world.faults.when(is_delete, unauthorised())
    run = desk.apply(plan).run
    assert where(desk) == ["APP-1", "OPS-1"]
    desk.new_kernel()
    result = desk.resume(run)
    assert states(result) == {"failed": 1}
    assert "refuses" in result.changes["note"].iloc[0]
    assert where(desk) == ["APP-1"]


def test_copy_of_a_closed_run_is_used_where_it_is_marked(cloud_desk: Desk) -> None:
    """Planned anew, Cloud's mark tells that it is ours: no second one is made."""
    desk, loaded = cloud_desk, cloud_desk.load()
    close_run(stop_at_the_delete(desk, after=False))
    desk.world.log.clear()
    assert states(desk.apply(plan_changes(loaded, MOVE(loaded)))) == {"done": 1}
    assert [request.method for request in desk.writes()] == ["DELETE"]
    assert where(desk) == ["OPS-1"]


def test_equal_worklog_made_by_hand_after_a_refused_copy_is_not_ours(desk: Desk) -> None:
    """Surely nothing was sent, so it is not taken for the copy, and never deleted."""
    plan = desk.plan(MOVE)
    desk.world.faults.when(lambda request: request.method == "POST", Answer(429, headers={"Retry-After": "61"}))
    strike_the_source(desk, forbidden())
    run = desk.apply(plan).run
    by_hand = desk.world.add_worklog("OPS-1", "2026-11-16 09:00", comment="one")
    desk.new_kernel()
    result = desk.resume(run)
    assert states(result) == {"conflict": 1}
    assert where(desk) == ["APP-1", "OPS-1"]
    assert by_hand.id in desk.site.worklogs


def test_moved_worklog_is_known_by_its_mark(cloud_desk: Desk) -> None:
    """Applied again from the frame of before, though somebody has changed it since: it is there, as they left it."""
    desk = cloud_desk
    loaded = desk.load()
    edited = MOVE(loaded)
    desk.apply(plan_changes(loaded, edited))
    desk.someone_changes("one", comment="theirs")
    result = desk.apply(plan_changes(loaded, edited))
    assert states(result) == {"already_so": 1}
    assert result.changes["worklog_id"].tolist() == [str(desk.get("theirs").id)]
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_equal_worklog_on_the_other_issue_is_a_conflict(desk: Desk) -> None:
    """Whether it is the same one nobody can tell: nothing is sent."""
    plan = desk.plan(MOVE)
    desk.world.add_worklog("OPS-1", "2026-11-16 09:00", comment="one")
    result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"conflict": 1}
    assert "equal" in result.changes["note"].iloc[0]
    pd.testing.assert_frame_equal(result.worklogs, plan.worklogs)


def test_ring_of_moves_ends(desk: Desk) -> None:
    """Here to there and there to here, in several threads: no two wait for each other."""
    for n in range(4):
        desk.world.add_worklog("APP-1", f"2026-11-16 1{n}:00", comment=f"a{n}")
        desk.world.add_worklog("OPS-1", f"2026-11-17 1{n}:00", comment=f"o{n}")
    there = [move(f"a{n}", "OPS-1") for n in range(4)]
    here = [move(f"o{n}", "APP-1") for n in range(4)]
    result = desk.do(*there, *here, move("four", "APP-1"), move("five", "APP-2"))
    assert states(result) == {"done": 10}
    assert [where(desk, f"a{n}") for n in range(4)] == [["OPS-1"]] * 4
    assert [where(desk, f"o{n}") for n in range(4)] == [["APP-1"]] * 4
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_several_moves_into_one_issue_come_one_after_the_other(desk: Desk) -> None:
    """From several issues at once, yet with one write at a time on it."""
    result = desk.do(move("one", "OPS-1"), move("two", "OPS-1"), move("four", "OPS-1"))
    assert states(result) == {"done": 3}
    assert [where(desk, name) for name in ("one", "two", "four", "five")] == [["OPS-1"]] * 4
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_move_beside_a_delete_and_an_edit_of_the_same_issue(desk: Desk) -> None:
    """Each is its own change."""
    result = desk.do(MOVE, delete("two"), change("three", time_spent=minutes_of(90)))
    assert states(result) == {"done": 3}
    assert (where(desk), desk.find("two"), desk.get("three").seconds) == (["OPS-1"], [], 5400)
    pd.testing.assert_frame_equal(result.worklogs, desk.load())
