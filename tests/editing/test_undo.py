"""Taking a run back: a plan like any other, and only of what still stands as the run left it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from roots_nb.demo.model import JiraSite
from roots_nb.editing.plan import plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, plan_undo, runs
from roots_nb.errors import InvalidInput, UnfinishedRun
from tests.editing.desk import Desk, Edit, add, at, change, delete, minutes_of, move, states
from tests.faults.fault import Answer, Fault, Meanwhile, Reset, unauthorised

EVERY_ACTION: tuple[Edit, ...] = (
    change("one", time_spent=minutes_of(90), started=at("2026-11-16 08:15")),
    change("two", comment="zwei"),
    move("three", "OPS-1"),
    delete("four"),
    add("new"),
)
LONGER = change("one", time_spent=minutes_of(90))


def undo(desk: Desk, result: Result) -> Result:
    return desk.apply(plan_undo(result.run))


def test_undo_brings_everything_back(desk: Desk) -> None:
    """Each action, also from a new kernel; the worklogs say what they said, and the result is as loaded."""
    held = desk.contents()
    result = desk.do(*EVERY_ACTION)
    assert desk.contents() != held
    desk.new_kernel()
    undone = undo(desk, result)
    assert states(undone) == {"done": 5}
    assert desk.contents() == held
    assert undone.worklogs["comment"].sort_values().tolist() == ["four", "one", "three", "two"]


def test_undo_is_planned_in_reverse_order_with_nothing_sent(desk: Desk) -> None:
    """And shows what it does."""
    result = desk.do(*EVERY_ACTION)
    desk.world.log.clear()
    plan = plan_undo(result.run)
    assert desk.world.log.requests == []
    assert plan.undoes == result.run
    actions = [each.action for each in plan.operations]
    assert actions == ["delete", "create", "move", "update", "update"]
    assert f"undo {result.run[:8]}" in plan._repr_html_()


def test_undo_consists_of_changes_of_its_own(desk: Desk) -> None:
    """With ids that are the same whenever it is planned; what it makes again is a new worklog."""
    result = desk.do(*EVERY_ACTION)
    plan, again = plan_undo(result.run), plan_undo(result.run)
    removal, revival, *_ = plan.operations
    assert (removal.action, removal.after) == ("delete", None)
    assert (revival.action, revival.before, revival.worklog_id) == ("create", None, "")
    ids = [each.op_id for each in plan.operations]
    assert ids == [each.op_id for each in again.operations]
    assert {*ids}.isdisjoint(result.changes["op_id"])
    desk.apply(plan)
    assert [each.action for each in plan_undo(plan.run).operations if each.kept is not None] == ["create"]


def test_undo_leaves_what_somebody_had_changed_like_me(desk: Desk) -> None:
    """Of two fields they had set one before: only the other was sent, and only it is taken back."""
    plan = desk.plan(change("one", time_spent=minutes_of(90), comment="Eins"))
    desk.someone_changes("one", seconds=5400)
    assert states(undo(desk, desk.apply(plan))) == {"done": 1}
    assert desk.get("one").seconds == 5400


def test_undo_sends_the_changed_fields_alone(desk: Desk) -> None:
    """The old time spent, and no comment."""
    result = desk.do(LONGER)
    desk.world.log.clear()
    undo(desk, result)
    (put,) = desk.writes()
    assert put.body == {"timeSpentSeconds": 3600}


def test_undo_of_a_merged_change_puts_back_what_apply_saw(desk: Desk) -> None:
    """Their change of another field stays."""
    plan = desk.plan(LONGER)
    desk.someone_changes("one", started=at("2026-11-16 07:00").to_pydatetime())
    undo(desk, desk.apply(plan))
    assert (desk.get("one").seconds, desk.get("one").started) == (3600, at("2026-11-16 07:00"))


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        (change("one", time_spent=minutes_of(90)), "one"),
        (move("one", "OPS-1"), "one"),
        (add("new"), "new"),
    ],
    ids=["update", "move", "create"],
)
@pytest.mark.parametrize("theirs", [{"seconds": 60}, {}], ids=["field", "version"])
def test_undo_leaves_alone_what_was_changed_since(desk: Desk, edit: Edit, name: str, theirs: dict[str, Any]) -> None:
    """Only where the after-image still stands, down to the version."""
    result = desk.do(edit)
    held = desk.someone_changes(name, **theirs)
    desk.world.log.clear()
    undone = undo(desk, result)
    assert states(undone) == {"conflict": 1}
    assert (desk.writes(), desk.get(name)) == ([], held)


def test_undo_takes_back_what_was_edited_and_reverted_before_the_run_had_ended(desk: Desk) -> None:
    """The last look has seen that nothing is different: the run left it so."""
    plan = desk.plan(LONGER)

    def edit_and_revert() -> None:
        desk.someone_changes("one", seconds=60)
        desk.someone_changes("one", seconds=5400)

    desk.world.faults.when(lambda request: request.method == "PUT", Meanwhile(edit_and_revert, after=True))
    assert states(undo(desk, desk.apply(plan))) == {"done": 1}
    assert desk.get("one").seconds == 3600


def test_undo_leaves_alone_what_was_changed_before_the_run_had_ended(desk: Desk) -> None:
    """Between the write and the last look: theirs was seen, but it is not what the run left."""
    plan = desk.plan(LONGER)
    theirs = Meanwhile(lambda: desk.someone_changes("one", seconds=60), after=True)
    desk.world.faults.when(lambda request: request.method == "PUT", theirs)
    result = desk.apply(plan)
    assert states(undo(desk, result)) == {"conflict": 1}
    assert desk.get("one").seconds == 60


def test_undo_of_a_create_that_is_gone_is_already_so(desk: Desk) -> None:
    """There is nothing left to delete."""
    result = desk.do(add("new"))
    desk.someone_deletes("new")
    assert states(undo(desk, result)) == {"already_so": 1}
    assert len(plan_undo(result.run)) == 0


def test_undo_knows_its_accounts_and_issues(desk: Desk) -> None:
    """From the run; Jira is asked for nothing that was loaded with the frame."""
    plan = desk.plan(LONGER)
    its_plan = plan_undo(desk.apply(plan).run)
    assert its_plan.accounts == plan.accounts
    desk.world.log.clear()
    undone = desk.apply(its_plan)
    assert not [request for request in desk.world.log.requests if request.path.endswith("/issue/APP-1")]
    assert undone.worklogs["summary"].tolist() == ["Summary of APP-1"]


def test_undo_twice_is_empty(desk: Desk) -> None:
    """What was taken back is not taken back again, nor is what was as wanted already."""
    result = desk.do(*EVERY_ACTION)
    undo(desk, result)
    assert len(plan_undo(result.run)) == 0
    assert desk.apply(plan_undo(result.run)).run == ""


def test_undo_again_takes_up_what_was_a_conflict(desk: Desk) -> None:
    """The rest is done already; the conflict is one again until it stands as it did."""
    result = desk.do(change("one", time_spent=minutes_of(90)), change("two", comment="zwei"))
    desk.someone_changes("one", seconds=60)
    assert states(undo(desk, result)) == {"done": 1, "conflict": 1}
    assert [each.worklog_id for each in plan_undo(result.run).operations] == [str(desk.get("one").id)]


def test_conflict_of_an_undo_can_be_overwritten(desk: Desk) -> None:
    """As any other."""
    result = desk.do(LONGER)
    desk.someone_changes("one", seconds=60)
    again = undo(desk, result).replan(overwrite=["time_spent"])
    assert states(desk.apply(again)) == {"done": 1}
    assert desk.get("one").seconds == 3600


def test_undo_planned_twice_is_applied_once(desk: Desk) -> None:
    """Two cells, two plans of the same undo: what was deleted comes back once."""
    result = desk.do(delete("four"))
    first, second = plan_undo(result.run), plan_undo(result.run)
    assert states(desk.apply(first)) == {"done": 1}
    desk.world.log.clear()
    with pytest.raises(InvalidInput, match="plan_undo"):
        desk.apply(second)
    assert desk.world.log.requests == []
    assert len(desk.find("four")) == 1


def test_undo_of_an_undo_does_it_again(desk: Desk) -> None:
    """Redo is one more plan."""
    result = desk.do(*EVERY_ACTION)
    held = desk.contents()
    undone = undo(desk, result)
    redone = undo(desk, undone)
    assert states(redone) == {"done": 5}
    assert desk.contents() == held
    listed = runs().set_index("run")
    assert listed.loc[result.run, "undone_by"] == undone.run
    assert listed.loc[redone.run, "undoes"] == undone.run


@pytest.mark.parametrize("refusal", [Answer(429, headers={"Retry-After": "61"}), unauthorised()], ids=["429", "401"])
def test_undo_leaves_alone_what_was_made_by_hand_after_a_refusal(desk: Desk, refusal: Fault) -> None:
    """The create was surely not done, so the equal worklog is somebody's own."""
    plan = desk.plan(add("new", started="2026-11-20 15:00"))
    desk.world.faults.when(lambda request: request.method == "POST", refusal)
    run = desk.apply(plan).run
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new")
    desk.new_kernel()
    result = desk.resume(run)
    assert states(result) == {"already_so": 1}
    assert len(plan_undo(run)) == 0


def test_undo_in_doubt_that_was_closed_is_not_done_twice(cloud_desk: Desk) -> None:
    """Cloud's mark tells what it has made."""
    desk = cloud_desk
    run = desk.do(delete("one")).run
    close_run(undo_in_doubt(desk, run))
    assert states(desk.apply(plan_undo(run))) == {"already_so": 1}
    assert len(desk.find("one")) == 1


def test_undo_in_doubt_that_was_closed_is_warned_of(server_desk: Desk) -> None:
    """On Data Center nobody can tell but who looks."""
    desk = server_desk
    run = desk.do(delete("one")).run
    close_run(undo_in_doubt(desk, run))
    plan = plan_undo(run)
    assert list(plan.warnings.values()) == ["may have been made by an undo that was closed: look in Jira first"]
    assert "may have been made" in plan._repr_html_()


def test_undo_without_any_doubt_warns_of_nothing(server_desk: Desk) -> None:
    run = server_desk.do(delete("one"), change("two", time_spent=minutes_of(90))).run
    assert plan_undo(run).warnings == {}


def undo_in_doubt(desk: Desk, run: str) -> str:
    """The undo's answer is lost, and nobody can look; its run."""
    plan = plan_undo(run)
    desk.world.log.clear()
    desk.world.faults.when(lambda request: request.method == "POST", Reset(after=True))
    desk.world.faults.when(lambda request: desk.world.log.count("POST") == 1, unauthorised())
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    desk.new_kernel()
    return result.run


def test_undo_tells_all_that_jira_keeps_otherwise(cloud_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sentences."""
    desk, create = cloud_desk, cloud_desk.site.create_worklog
    desk.world.ann.roles = frozenset({"Developers"})
    desk.someone_changes("one", visibility=("role", "Developers"))
    run = desk.do(delete("one")).run
    otherwise = {"visibility": None, "comment": "cut"}
    monkeypatch.setattr(desk.site, "create_worklog", lambda *given, **more: create(*given, **{**more, **otherwise}))
    assert desk.apply(plan_undo(run)).changes["note"].tolist() == [
        "Jira did not take over: visibility. Jira keeps something else than it was given: the comment."
    ]


def test_undo_of_a_delete_makes_one_of_two_equal_ones_again(desk: Desk) -> None:
    """An equal one that stands is not taken for it."""
    desk.world.add_worklog("APP-2", "2026-11-19 09:00", comment="four")
    loaded = desk.load()
    first = loaded.index[loaded["comment"] == "four"][0]
    result = desk.apply(plan_changes(loaded, loaded.assign(delete=loaded.index == first)))
    assert len(desk.find("four")) == 1
    assert states(undo(desk, result)) == {"done": 1}
    assert len(desk.find("four")) == 2


@pytest.mark.parametrize("edit", [delete("one"), move("one", "OPS-1")], ids=["delete", "move"])
def test_undo_keeps_restriction_and_properties(cloud_desk: Desk, edit: Edit) -> None:
    """What comes back is as restricted as it was, and holds what other programs kept there."""
    desk = cloud_desk
    desk.world.ann.roles = frozenset({"Developers"})
    desk.someone_changes("one", visibility=("role", "Developers"), properties={"billing": 2})
    undo(desk, desk.do(edit))
    back = desk.get("one")
    assert (back.visibility, back.properties["billing"]) == (("role", "Developers"), 2)
    assert desk.issue_of("one") == "APP-1"


def test_undo_tells_what_jira_does_not_take_over(cloud_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worklog is back, and less restricted than it was."""
    desk, create = cloud_desk, JiraSite.create_worklog
    desk.world.ann.roles = frozenset({"Developers"})
    desk.someone_changes("one", visibility=("role", "Developers"))
    run = desk.do(delete("one")).run
    monkeypatch.setattr(JiraSite, "create_worklog", lambda *args, **more: create(*args, **{**more, "visibility": None}))
    result = desk.apply(plan_undo(run))
    assert (states(result), result.changes["note"].tolist()) == ({"done": 1}, ["Jira did not take over: visibility."])


def test_undo_keeps_the_restriction_on_data_center(server_desk: Desk) -> None:
    """There are no properties there."""
    server_desk.world.ann.roles = frozenset({"Developers"})
    server_desk.someone_changes("four", visibility=("role", "Developers"))
    undo(server_desk, server_desk.do(delete("four")))
    assert server_desk.get("four").visibility == ("role", "Developers")


def test_undo_of_deletes_wants_no_confirmation_but_of_many_creates(desk: Desk) -> None:
    """More than ten deletes are confirmed, whoever planned them."""
    result = desk.do(*(add(f"n{n}", started=f"2026-11-20 {n + 8:02}:00", minutes=15) for n in range(11)))
    plan = plan_undo(result.run)
    assert plan.confirmation == "delete 11"
    with pytest.raises(InvalidInput, match="delete 11"):
        desk.apply(plan, confirm=None)


def test_nothing_to_undo_where_nothing_was_done(desk: Desk) -> None:
    """What was as wanted, a conflict or failed was not the run's doing."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)), change("two", time_spent=minutes_of(90)), add("new"))
    desk.someone_changes("one", seconds=60)
    desk.someone_changes("two", seconds=5400)
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new")
    result = desk.apply(plan)
    assert states(result) == {"conflict": 1, "already_so": 2}
    assert len(plan_undo(result.run)) == 0


def test_half_run_is_undone_once_it_is_closed(desk: Desk) -> None:
    """Until then it is to be resumed or closed; then the half that was done is taken back."""
    held = desk.contents()
    plan = desk.plan(
        change("one", time_spent=minutes_of(90)), change("two", comment="zwei"), change("three", comment="3")
    )
    desk.world.faults.when(lambda request: desk.world.log.count("PUT") == 3, unauthorised())
    result = desk.apply(plan)
    assert states(result) == {"done": 2, "not_sent": 1}
    with pytest.raises(UnfinishedRun, match=result.run):
        plan_undo(result.run)
    close_run(result.run)
    desk.new_kernel()
    assert states(undo(desk, result)) == {"done": 2}
    assert desk.contents() == held


def test_undo_of_no_run_is_refused() -> None:
    """And says where to look."""
    for name in ("0" * 32, "../../etc", ""):
        with pytest.raises(InvalidInput, match=r"runs\(\) lists them"):
            plan_undo(name)


def test_result_of_an_undo_equals_a_fresh_load_of_what_it_touched(desk: Desk) -> None:
    """Patched from Jira's own answers."""
    result = desk.do(*EVERY_ACTION)
    undone = undo(desk, result)
    loaded = desk.load()
    touched = loaded["comment"].isin(["one", "two", "three", "four"])
    pd.testing.assert_frame_equal(undone.worklogs, loaded[touched].reset_index(drop=True))
