"""What Jira receives when a plan is applied, and what it holds afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from roots_nb.demo.model import Worklog
from roots_nb.demo.rendering import Renderer
from roots_nb.editing import journal
from roots_nb.editing.drafts import new_worklogs
from roots_nb.editing.journal import journal_paths
from roots_nb.editing.plan import plan_changes
from roots_nb.errors import InvalidInput, JournalUnusable
from roots_nb.progress import Progress
from roots_nb.worklogs import concat_worklogs
from tests.editing.desk import Desk, Edit, add, at, change, delete, is_write, minutes_of, moment, move, states
from tests.faults.fault import Answer, Meanwhile, Reset, jira_errors
from tests.world import InstantProgress, World

EVERYTHING: tuple[Edit, ...] = (change("one", time_spent=minutes_of(90)), move("two", "OPS-1"), add("new"))


@pytest.mark.parametrize(
    ("cells", "body"),
    [
        ({"time_spent": minutes_of(90)}, {"timeSpentSeconds": 5400}),
        ({"comment": "Eins"}, {"comment": "Eins"}),
        ({"comment": ""}, {"comment": ""}),
        ({"started": at("2026-11-16 08:15")}, {"started": "2026-11-16T08:15:00.000+0100"}),
        (
            {"started": at("2026-11-16 08:15"), "time_spent": minutes_of(5)},
            {"started": "2026-11-16T08:15:00.000+0100", "timeSpentSeconds": 300},
        ),
    ],
    ids=["time", "comment", "no comment", "start", "start and time"],
)
def test_update_sends_the_changed_fields_alone(desk: Desk, cells: dict[str, Any], body: dict[str, object]) -> None:
    """What was not edited is not sent: a comment would lose its structure."""
    result = desk.do(change("one", **cells))
    (put,) = desk.writes()
    assert (put.method, put.body) == ("PUT", body)
    assert states(result) == {"done": 1}


def test_update_leaves_restriction_and_properties_alone(cloud_desk: Desk) -> None:
    """A worklog for a role stays one, with the properties that other programs keep there."""
    desk = cloud_desk
    desk.world.ann.roles = frozenset({"Developers"})
    desk.someone_changes("one", visibility=("role", "Developers"), properties={"billing": 2})
    desk.do(change("one", time_spent=minutes_of(90)))
    assert desk.get("one").visibility == ("role", "Developers")
    assert desk.get("one").properties == {"billing": 2}
    assert desk.get("one").seconds == 5400


def test_empty_plan_sends_nothing_and_leaves_no_run(desk: Desk) -> None:
    """Not even a look."""
    result = desk.apply(desk.plan())
    assert desk.world.log.requests == []
    assert (len(result), result.run, result.is_finished, journal_paths()) == (0, "", True, [])
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_writes_leave_estimates_alone_and_wake_nobody(cloud_desk: Desk) -> None:
    """Unless asked otherwise: every kind of write, on Cloud."""
    cloud_desk.do(*EVERYTHING)
    assert Counter(request.method for request in cloud_desk.writes()) == {"POST": 2, "PUT": 1, "DELETE": 1}
    for request in cloud_desk.writes():
        assert (request.query["adjustEstimate"], request.query["notifyUsers"]) == ("leave", "false")


def test_data_center_is_told_nothing_that_it_does_not_know(server_desk: Desk) -> None:
    """It has no `notifyUsers`, no properties and nothing to expand."""
    server_desk.do(*EVERYTHING, notify=True)
    assert all(set(request.query) == {"adjustEstimate"} for request in server_desk.writes())
    bodies = [request.body for request in server_desk.writes("POST")]
    assert all(isinstance(body, dict) and "properties" not in body for body in bodies)


def test_writes_tell_watchers_and_estimates_if_asked(cloud_desk: Desk) -> None:
    """Both are one argument away."""
    cloud_desk.do(*EVERYTHING, adjust_estimate="auto", notify=True)
    for request in cloud_desk.writes():
        assert (request.query["adjustEstimate"], request.query["notifyUsers"]) == ("auto", "true")


@pytest.mark.parametrize("estimate", [timedelta(hours=2, minutes=30), pd.Timedelta(hours=2, minutes=30)])
def test_remaining_estimate_is_set_if_asked(desk: Desk, estimate: timedelta) -> None:
    """A duration is what remains afterwards."""
    desk.site.issues["APP-1"].remaining_estimate_seconds = 36_000
    result = desk.do(change("one", time_spent=minutes_of(90)), adjust_estimate=estimate)
    (put,) = desk.writes()
    assert (put.query["adjustEstimate"], put.query["newEstimate"]) == ("new", "150m")
    assert desk.site.issues["APP-1"].remaining_estimate_seconds == 9_000
    assert states(result) == {"done": 1}


def test_remaining_estimate_stays_by_default(desk: Desk) -> None:
    """Jira itself would let it follow."""
    for issue in desk.site.issues.values():
        issue.remaining_estimate_seconds = 36_000
    desk.do(*EVERYTHING, delete("three"))
    assert {issue.remaining_estimate_seconds for issue in desk.site.issues.values()} == {36_000}


# --- creates


def test_create_is_marked_with_random_ids_alone(cloud_desk: Desk) -> None:
    """Everybody who sees the worklog can read the mark."""
    plan = cloud_desk.plan(add("new"))
    cloud_desk.apply(plan)
    (post,) = cloud_desk.writes()
    assert isinstance(post.body, dict)
    mark = {"op_id": plan.operations[0].op_id, "plan_id": plan.run}
    assert post.body["properties"] == [{"key": "roots_nb.op", "value": mark}]
    assert set(post.body) == {"started", "timeSpentSeconds", "comment", "properties"}


def test_create_stands_as_it_was_drafted(desk: Desk) -> None:
    """Author, issue, instant, seconds and comment; the start is sent with the offset in which it was meant."""
    desk.do(add("new", "APP-2", "2026-11-18 23:45", 15))
    new = desk.get("new")
    assert (new.author, desk.issue_of("new")) == (desk.world.ann, "APP-2")
    assert (new.started, new.seconds) == (moment("2026-11-18 23:45"), 900)
    (post,) = desk.writes()
    assert isinstance(post.body, dict)
    assert post.body["started"] == "2026-11-18T23:45:00.000+0100"


def test_create_that_stands_already_is_not_sent(desk: Desk) -> None:
    """Mine, same issue, minute, time spent and comment."""
    plan = desk.plan(add("new"))
    desk.world.add_worklog("APP-1", "2026-11-20 15:00:31", comment="new\r\n")
    result = desk.apply(plan)
    assert states(result) == {"already_so": 1}
    assert desk.writes() == []


@pytest.mark.parametrize(
    "other",
    [
        {"started": "2026-11-20 15:01"},
        {"minutes": 61},
        {"comment": "New"},
        {"key": "APP-2"},
        {"author": "bob"},
    ],
    ids=str,
)
def test_create_is_sent_if_what_stands_differs(desk: Desk, other: dict[str, Any]) -> None:
    """By a minute, in its comment, on another issue or by somebody else."""
    plan = desk.plan(add("new"))
    if "author" in other:
        other = {"author": desk.world.bob}
    desk.world.add_worklog(**{"key": "APP-1", "started": "2026-11-20 15:00", "comment": "new", **other})
    assert states(desk.apply(plan)) == {"done": 1}
    assert len(desk.writes("POST")) == 1


@pytest.mark.parametrize("times", [2, 3])
def test_twins_are_made_as_often_as_planned(desk: Desk, times: int) -> None:
    """With allow_twins, and whatever stands there already."""
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new")
    result = desk.apply(desk.plan(add("new", times=times), allow_twins=True))
    assert states(result) == {"done": times}
    assert len(desk.find("new")) == times + 1
    assert result.changes["worklog_id"].nunique() == times


def test_twin_planned_again_from_the_same_frames_is_made_again(desk: Desk) -> None:
    """Asked for, it is no accident; Cloud's mark on the first one says the same of both."""
    loaded = desk.load()
    for count in (1, 2):
        assert states(desk.apply(plan_changes(loaded, add("new")(loaded), allow_twins=True))) == {"done": 1}
        assert len(desk.find("new")) == count


@pytest.mark.parametrize("edit", [delete("two"), change("two", comment="zwei"), move("two", "APP-2")])
def test_create_may_equal_what_another_change_takes_away(desk: Desk, edit: Edit) -> None:
    """A new worklog with the old values of an edited, moved or deleted one is no second one."""
    result = desk.do(edit, add("two", "APP-1", "2026-11-17 09:00"))
    assert states(result) == {"done": 2}
    alike = [content for content in desk.contents() if content[:2] == ("APP-1", moment("2026-11-17 09:00"))]
    assert [content[3] for content in alike if content[3] == "two"] == ["two"]


def test_draft_on_an_unloaded_issue_is_created(desk: Desk) -> None:
    """And the result knows the issue as Jira does."""
    desk.site.add_issue("OPS-9", "Night shift", labels=("late",))
    loaded = desk.load()
    row = {"issue": "OPS-9", "started": "2026-11-20 15:00", "time_spent": "1h", "comment": "new"}
    drafts = new_worklogs([row], connection=loaded["connection"].iloc[0], zone=loaded["started"].dt.tz)
    result = desk.apply(plan_changes(loaded, concat_worklogs([loaded, drafts])))
    assert states(result) == {"done": 1}
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


# --- once


def test_cell_run_twice_makes_nothing_twice(desk: Desk) -> None:
    """The same plan made again from the same frames finds everything as wanted, and sends nothing."""
    loaded = desk.load()
    edited = add("new")(change("one", time_spent=minutes_of(90))(delete("four")(loaded)))
    desk.apply(plan_changes(loaded, edited), confirm=None)
    held = desk.contents()
    desk.world.log.clear()
    again = desk.apply(plan_changes(loaded, edited), confirm=None)
    assert states(again) == {"already_so": 3}
    assert desk.writes() == []
    assert desk.contents() == held


def test_cell_run_in_a_new_kernel_makes_nothing_twice(desk: Desk) -> None:
    """Loaded anew, edited as before, applied again."""
    edits = (change("one", time_spent=minutes_of(90)), add("new"))
    desk.do(*edits)
    desk.new_kernel()
    again = desk.do(*edits)
    assert states(again) == {"already_so": 1}
    assert len(desk.find("new")) == 1


def test_move_planned_again_is_already_so(desk: Desk) -> None:
    """From the frame of before: the worklog is gone here and stands there."""
    loaded = desk.load()
    edited = move("two", "OPS-1")(loaded)
    desk.apply(plan_changes(loaded, edited))
    desk.world.log.clear()
    assert states(desk.apply(plan_changes(loaded, edited))) == {"already_so": 1}
    assert desk.writes() == []
    assert desk.issue_of("two") == "OPS-1"


def test_plan_applied_twice_returns_its_first_result(desk: Desk) -> None:
    """A second click sends nothing, and tells what the first one did."""
    plan = desk.plan(*EVERYTHING)
    first = desk.apply(plan)
    desk.world.log.clear()
    second = desk.apply(plan)
    assert desk.world.log.requests == []
    assert (second.run, second.counts) == (first.run, first.counts)
    pd.testing.assert_frame_equal(second.changes, first.changes)
    pd.testing.assert_frame_equal(second.worklogs, first.worklogs)


# --- order and refusals


def test_issue_has_one_write_at_a_time_in_the_order_of_the_plan(desk: Desk) -> None:
    """Parallel writes would spoil Jira's total of the issue."""
    names = [f"w{n}" for n in range(6)]
    for n, name in enumerate(names):
        desk.world.add_worklog("APP-1", f"2026-11-20 {9 + n:02}:00", comment=name)
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in reversed(names)))
    desk.apply(plan)
    assert [request.path.rpartition("/")[2] for request in desk.writes()] == [
        change.worklog_id for change in plan.operations
    ]
    assert desk.world.log.max_concurrency == 1


def test_refused_change_fails_with_jiras_words_and_the_rest_goes_on(desk: Desk) -> None:
    """A closed issue takes no changes; others do."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)), add("new"), change("five", time_spent=minutes_of(90)))
    desk.site.issues["APP-1"].closed = True
    result = desk.apply(plan)
    assert states(result) == {"failed": 2, "done": 1}
    failed = result.changes[result.changes["state"] == "failed"]
    assert failed["note"].str.contains("workflow state").all()
    assert desk.get("five").seconds == 5400
    assert (desk.get("one").seconds, desk.find("new"), result.is_finished) == (3600, [], True)


def test_worklog_that_lost_its_author_is_in_nobodys_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An equal one of nobody's is not mine: mine is created beside it."""
    render = Renderer.worklog

    def without_author(self: Renderer, worklog: Worklog, **options: bool) -> dict[str, Any]:
        body = render(self, worklog, **options)
        return {**body, "author": None} if worklog.author is desk.world.bob else body

    monkeypatch.setattr(Renderer, "worklog", without_author)
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new", author=desk.world.bob)
    assert states(desk.do(change("one", time_spent=minutes_of(90)), add("new"))) == {"done": 2}
    assert len(desk.find("new")) == 2


@pytest.mark.parametrize("status", [400, 404, 413])
def test_refused_create_is_sent_once(desk: Desk, status: int) -> None:
    """Asking again would bring the same answer."""
    plan = desk.plan(add("new"))
    refusal = Answer(status, jira_errors("Not this one."))
    desk.world.faults.when(lambda request: request.method == "POST", refusal, times=None)
    result = desk.apply(plan)
    assert states(result) == {"failed": 1}
    assert "Not this one." in result.changes["note"].iloc[0]
    assert len(desk.writes()) == 1


def test_estimate_that_jira_refuses_fails_each_change(desk: Desk) -> None:
    """Nothing is written on the way."""
    result = desk.do(change("one", time_spent=minutes_of(90)), add("new"), adjust_estimate="sideways")
    assert states(result) == {"failed": 2}
    assert (desk.get("one").seconds, desk.find("new")) == (3600, [])


# --- before anything is sent


@pytest.mark.parametrize(
    "edit", [change("one", comment="eins"), delete("one"), add("new")], ids=["PUT", "DELETE", "POST"]
)
def test_burst_that_jira_refuses_is_waited_for(desk: Desk, edit: Edit) -> None:
    """Each method has a limit of its own."""
    plan = desk.plan(edit)
    burst = Answer(429, headers={"Retry-After": "1", "RateLimit-Reason": "jira-burst-based"})
    desk.world.faults.when(is_write, burst)
    assert states(desk.apply(plan, progress=Progress())) == {"done": 1}
    assert len(desk.writes()) == 2


def test_delete_that_is_answered_is_looked_at_once_more(desk: Desk) -> None:
    """By the verification alone."""
    desk.do(delete("one"))
    (sent,) = desk.writes()
    after = [request.path for request in desk.world.log.requests if request.number > sent.number]
    assert [path.rpartition("/")[2] for path in after] == ["worklog"]


@pytest.mark.parametrize("of_cloud", [True, False])
def test_twin_in_doubt_is_not_what_was_there_or_what_others_made(cloud: World, server: World, of_cloud: bool) -> None:
    """Its request was lost; Cloud's mark tells, on Data Center what was there before."""
    desk = Desk(cloud if of_cloud else server)
    plan = desk.plan(add("new"), add("one", started="2026-11-16 09:00"), allow_twins=True)
    desk.world.faults.when(lambda request: request.method == "POST" and request.body["comment"] == "new", Reset())
    if of_cloud:
        by_hand = Meanwhile(lambda: desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new"))
        desk.world.faults.when(lambda request: request.method == "GET" and desk.world.log.count("POST") == 2, by_hand)
    else:
        desk.world.faults.when(lambda request: request.method == "POST" and request.body["comment"] == "one", Reset())
    assert states(desk.apply(plan)) == {"done": 2}
    assert (len(desk.find("new")), len(desk.find("one"))) == (2 if of_cloud else 1, 2)


def test_waits_between_the_tries_of_a_write_double(desk: Desk) -> None:
    """2, 4, 8 and 16 seconds, each up to 30 % more; in the end it is left to resume."""
    plan, progress = desk.plan(change("one", time_spent=minutes_of(90))), InstantProgress()
    desk.world.faults.when(lambda request: request.method == "PUT", Answer(503), times=None)
    result = desk.apply(plan, progress=progress)
    assert all(1 <= wait / least <= 1.3 for wait, least in zip(progress.waits, (2, 4, 8, 16, 16), strict=True))
    assert (desk.world.log.count("PUT"), result.is_open) == (5, True)


def test_every_wait_for_a_reading_is_told(desk: Desk) -> None:
    """Of the login, permissions, an issue's visibility, a worklog that is gone, an issue new to the frame."""
    desk.site.add_issue("OPS-9", "Not loaded")
    plan, progress = desk.plan(move("one", "OPS-9"), delete("four")), InstantProgress()
    looked_at = f"/worklog/{desk.get('four').id}"
    desk.someone_deletes("four")
    desk.new_kernel().http.forget_what_was_read()
    ends = ["/myself", "/mypermissions", "/issue/APP-2", "/issue/OPS-9", looked_at]
    ends += ["/field"] * (not desk.site.is_cloud)
    for end in ends:
        desk.world.faults.when(lambda request, end=end: request.path.endswith(end), Answer(503))  # type: ignore[misc]
    assert states(desk.apply(plan, progress=progress)) == {"done": 1, "already_so": 1}
    assert len(progress.waits) == len(ends)
    asked = [request.query for request in desk.world.log.requests if request.path.endswith("/issue/APP-2")]
    assert [query["fields"] for query in asked] == ["summary"] * 2


def test_plan_that_removes_a_lot_wants_to_be_confirmed(desk: Desk) -> None:
    """Before any request and without a trace; then it is applied."""
    plan = desk.plan(delete("one", "two", "three"))
    for confirm in (None, "", "delete 2", "yes"):
        with pytest.raises(InvalidInput, match='confirm="delete 3"'):
            desk.apply(plan, confirm=confirm)
    assert (desk.world.log.requests, journal_paths()) == ([], [])
    assert states(desk.apply(plan, confirm="delete 3")) == {"done": 3}


def test_no_room_for_the_journal_means_no_request(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be noted is not sent."""
    plan = desk.plan(*EVERYTHING)
    monkeypatch.setattr(journal, "write_private", _full)
    with pytest.raises(JournalUnusable, match=r"No space left.*Nothing was sent"):
        desk.apply(plan)
    assert (desk.world.log.requests, journal_paths()) == ([], [])
    monkeypatch.undo()
    assert states(desk.apply(plan)) == {"done": 3}


def test_disk_full_at_the_first_step_means_no_write(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, the result says so, and with more room the run goes on."""
    plan = desk.plan(*EVERYTHING)
    with monkeypatch.context() as full:
        full.setattr(journal, "_put", _full)
        result = desk.apply(plan)
    assert desk.writes() == []
    assert states(result) == {"not_sent": 3}
    assert [type(problem) for problem in result.problems] == [JournalUnusable]
    assert states(desk.resume(result.run)) == {"done": 3}


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")
