"""What a result tells: each change's state, the frame as Jira holds it now, and both as people see them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from roots_nb.editing.history import STATES
from roots_nb.editing.plan import plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.result_view import conflict_table, conflicts_table, sentences
from roots_nb.editing.runs import close_run, result_of
from roots_nb.editing.settler import MERGED
from roots_nb.errors import AuthenticationFailed
from roots_nb.reports.report import report
from tests.editing.desk import WEEK, ZONE, Desk, Edit, add, at, change, delete, minutes_of, moment, move, states
from tests.editing.test_preview import kinds
from tests.faults.fault import Answer, Meanwhile, Reset, forbidden, jira_errors, unauthorised
from tests.faults.request import Request
from tests.reports.test_canary import HOSTILE, OUR_TAGS, Tags

LONGER = change("one", time_spent=minutes_of(90))


def of_every_state(desk: Desk) -> Result:
    """Done, already so, a conflict, failed and not sent."""
    plan = desk.plan(
        LONGER,
        change("two", time_spent=minutes_of(90)),
        change("three", time_spent=minutes_of(90)),
        add("refused", started="2026-11-18 15:00"),
        add("not sent", started="2026-11-20 15:00"),
    )
    desk.someone_changes("two", seconds=5400)
    desk.someone_changes("three", seconds=60)
    posts = (Answer(400, jira_errors("No more time here.")), unauthorised())
    for fault in posts:
        desk.world.faults.when(lambda request: request.method == "POST", fault)
    return desk.apply(plan)


def written(result: Result, width: int = 200) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=False).print(result)
    return file.getvalue()


def test_counts_sum_to_the_plan_and_name_every_state(desk: Desk) -> None:
    """Also the states that do not occur."""
    result = of_every_state(desk)
    assert tuple(result.counts) == STATES
    assert result.counts == {"done": 1, "already_so": 1, "conflict": 1, "failed": 1, "unknown": 0, "not_sent": 1}
    assert len(result) == sum(result.counts.values()) == len(result.changes) == 5
    assert [result.state_of(op_id) for op_id in result.changes["op_id"]] == result.changes["state"].tolist()
    assert repr(result) == f"<Result {result.run[:8]}: 1 done, 1 already_so, 1 conflict, 1 failed, 1 not_sent>"


def test_changes_have_the_same_columns_whatever_happened(desk: Desk) -> None:
    """All text, in the order of the plan; empty for an empty plan."""
    names = ["state", "note", "action", "connection", "worklog_id", "issue", "op_id"]
    for result in (of_every_state(desk), desk.new_kernel() and desk.apply(desk.plan())):
        assert list(result.changes) == names
        assert {str(dtype) for dtype in result.changes.dtypes} == {"str"}


@pytest.mark.parametrize("theirs", [{}, {"seconds": 60}, {"comment": "uno"}], ids=["none", "times", "texts"])
def test_conflicts_have_the_same_columns_whatever_conflicts(desk: Desk, theirs: dict[str, Any]) -> None:
    """Values keep their types, whether or not all are of one."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)) if "seconds" in theirs else change("one", comment="Eins"))
    desk.someone_changes("one", **theirs)
    dtypes = desk.apply(plan).conflicts.dtypes.astype(str).to_dict()
    assert dtypes == {
        **dict.fromkeys(["connection", "worklog_id", "issue", "field"], "str"),
        **dict.fromkeys(["before", "theirs", "mine"], "object"),
        "op_id": "str",
    }


def test_conflict_is_shown_side_by_side(desk: Desk) -> None:
    """As loaded, as in Jira now and as I want it; a field that I left alone is told so; of one change or of all."""
    first = change("one", time_spent=minutes_of(90), comment="Eins")
    plan = desk.plan(first, delete("two"), change("four", comment="vier"))
    desk.someone_changes("one", seconds=1800, started=moment("2026-11-16 07:00"))
    desk.someone_changes("two", seconds=1800)
    desk.someone_deletes("four")
    result = desk.apply(plan)
    rows = {
        "one": [
            ["started", "2026-11-16 09:00", "2026-11-16 07:00", "2026-11-16 09:00"],
            ["time_spent", "1:00", "0:30", "1:30"],
            ["comment", "one", "one", "Eins"],
        ],
        "two": [["time_spent", "1:00", "0:30", "1:00"], ["worklog", "there", "there", "deleted"]],
        "four": [["worklog", "there", "gone", "changed"]],
    }
    heads = {name: [change.issue, change.worklog_id] for name, change in zip(rows, plan.operations, strict=True)}
    everything = conflicts_table(result, 9)
    assert [[cell.text for cell in row.cells] for row in everything.rows] == [
        [*heads[name], *row] for name in rows for row in rows[name]
    ]
    words = {"started": "Start", "time_spent": "Time spent", "comment": "Comment", "worklog": "Worklog"}
    rows["one"][0][-1] = rows["two"][0][-1] = "not changed"
    tables = [conflict_table(result, change) for change in plan.operations]
    assert [[[cell.text for cell in row.cells] for row in table.rows] for table in tables] == [
        [[words[field], *values] for field, *values in rows[name]] for name in rows
    ]
    assert [(column.title, column.kind) for column in tables[0].columns] == [
        ("Field", "key"),
        ("As loaded", "text"),
        ("In Jira now", "text"),
        ("Mine", "text"),
    ]
    assert [table.caption for table in tables] == [
        "APP-1 · Mon 16 Nov 2026 09:00 · one",
        "APP-1 · Tue 17 Nov 2026 09:00 · two",
        "APP-2 · Thu 19 Nov 2026 09:00 · four",
    ]


def test_tables_and_notes_are_named_and_set(desk: Desk) -> None:
    """Keys, words and starts stay on one line, times stand right, texts wrap; what stopped it is set apart."""
    html = of_every_state(desk)._repr_html_()
    assert kinds(html) == {
        **dict.fromkeys(["State", "What", "Issue", "Start"], "key"),
        "Time spent": "number",
        **dict.fromkeys(["Comment", "Note"], "text"),
    }
    assert kinds(html, 1) == {
        **dict.fromkeys(["Issue", "Worklog", "Field"], "key"),
        **dict.fromkeys(["As loaded", "In Jira now", "Mine"], "text"),
    }
    assert re.findall(r"<caption>(.*?)</caption>", html)[1:] == ["Conflicts"]
    assert re.findall(r'<ul class="([\w-]+)">', html) == ["rn-problems", "rn-notes"]


def test_view_tells_the_worst_first_and_what_to_do(desk: Desk) -> None:
    """In a notebook and in a terminal."""
    result = of_every_state(desk)
    text = " ".join("".join(Tags(result._repr_html_()).texts).split())
    assert text.index("failed") < text.index("not sent")
    assert "No more time here." in text
    for shown in (text, " ".join(written(result).split())):
        assert "1 done, 1 already so, 1 conflict, 1 failed, 1 not sent" in shown
        assert f'roots_nb.resume(jira, "{result.run}")' in shown
        assert "result.replan(overwrite=[…])" in shown
        assert "Stopped before the end" in shown
    assert "plan_undo" not in text


def test_view_of_a_finished_run_names_undo(desk: Desk) -> None:
    """And not resume."""
    result = desk.do(LONGER)
    for shown in (result._repr_html_(), written(result)):
        assert "plan_undo" in shown
        assert "resume" not in shown
    assert "Conflicts" not in result._repr_html_()
    nothing = desk.apply(desk.plan())
    assert "Nothing to change." in written(nothing)
    assert "<table" not in nothing._repr_html_()


def test_changes_that_are_not_shown_are_counted(desk: Desk) -> None:
    """And nothing is said where all are."""
    result = desk.do(LONGER, delete("two"))
    assert sentences(result, 1)[0] == "… and 1 more changes, in result.changes."
    assert not any("more changes" in sentence for sentence in sentences(result, 2))


def test_tables_in_a_terminal_stand_apart(desk: Desk) -> None:
    """A line between one and the next caption."""
    lines = [line.strip() for line in written(of_every_state(desk)).splitlines()]
    assert lines[lines.index("Conflicts") - 1] == ""


# --- the frame


@pytest.mark.parametrize(
    "edits",
    [
        [change("one", time_spent=minutes_of(90), comment="Eins"), change("two", started=at("2026-11-16 08:00"))],
        [delete("one"), delete("four")],
        [move("one", "OPS-1"), move("five", "APP-2")],
        [add("new", started="2026-11-16 00:00"), add("newer", "OPS-1")],
        [LONGER, move("two", "OPS-1"), delete("four"), add("new")],
    ],
    ids=["updates", "deletes", "moves", "creates", "all"],
)
def test_worklogs_equal_a_fresh_load(desk: Desk, edits: list[Edit]) -> None:
    """Patched from Jira's own answers: texts, versions, order and dtypes."""
    result = desk.apply(desk.plan(*edits))
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_worklogs_equal_a_fresh_load_after_trouble(desk: Desk) -> None:
    """Theirs where there is a conflict, as it was where nothing was sent."""
    result = of_every_state(desk)
    desk.new_kernel()
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_worklogs_are_known_to_be_all(desk: Desk) -> None:
    """What was deleted on purpose is not missing, and what was made on another day is not of the load."""
    result = desk.do(delete("one", "two"), add("new"), add("earlier", started="2026-11-12 09:00"))
    assert str(report(result.worklogs, WEEK).completeness) == "complete"
    assert result.worklogs.attrs["loads"][0]["rows"] == len(desk.load())
    assert str(report(result.worklogs.iloc[2:], WEEK).completeness) == "completeness unknown"


def test_worklogs_keep_what_was_not_sent(desk: Desk) -> None:
    """As it was loaded, until resume has done it."""
    plan = desk.plan(LONGER, delete("two"), move("three", "OPS-1"))
    desk.world.faults.when(lambda request: request.method == "PUT", unauthorised())
    result = desk.apply(plan)
    assert states(result) == {"not_sent": 3}
    desk.new_kernel()
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_worklogs_know_issues_that_were_not_loaded(desk: Desk) -> None:
    """A move to an issue on which nothing was logged: summary, type, epic and labels."""
    desk.site.add_issue("OPS-8", "An epic", issue_type="Epic")
    desk.site.add_issue("OPS-9", "Night shift", issue_type="Bug", epic="OPS-8", labels=("late",))
    result = desk.do(move("one", "OPS-9"))
    assert result.worklogs["epic"].tolist().count("OPS-8") == 1
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_worklogs_have_blanks_where_jira_tells_nothing_of_an_issue(desk: Desk) -> None:
    """The run ends all the same."""
    desk.site.add_issue("OPS-9", "Night shift", issue_type="Bug")
    plan = desk.plan(move("one", "OPS-9"))
    desk.world.faults.when(lambda request: request.path.endswith("/issue/OPS-9"), forbidden(), times=None)
    result = desk.apply(plan)
    assert (states(result), result.is_finished) == ({"done": 1}, True)
    (row,) = result.worklogs.loc[lambda rows: rows["issue"] == "OPS-9"].to_dict("records")
    assert [row[name] for name in ("project", "summary", "issue_type", "epic", "labels")] == ["OPS", "", "", "", ""]


def test_worklogs_are_right_though_the_search_lags(desk: Desk) -> None:
    """The index knows nothing of the changes yet; neither the result nor the next load waits for it."""
    plan = desk.plan(LONGER, move("two", "OPS-1"), delete("four"), add("new"))
    desk.site.index_lag_seconds = 3600
    result = desk.apply(plan)
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_load_from_the_cache_is_right_after_an_apply(desk: Desk) -> None:
    """What was cached before is not read again, in this kernel and in the next."""
    from roots_nb.worklogs import load_worklogs

    for _ in range(2):
        load_worklogs(desk.jira, WEEK, zone=ZONE)
    result = desk.do(LONGER, add("new"))
    pd.testing.assert_frame_equal(load_worklogs(desk.jira, WEEK, zone=ZONE), result.worklogs)
    desk.new_kernel()
    pd.testing.assert_frame_equal(load_worklogs(desk.jira, WEEK, zone=ZONE), result.worklogs)


def test_result_can_be_edited_and_planned_again(desk: Desk) -> None:
    """It is the new truth: it says how it was loaded, and what is done is not planned again."""
    result = desk.do(LONGER, add("new"))
    held = result.worklogs
    again = plan_changes(held, change("one", comment="Eins")(held))
    assert states(desk.apply(again)) == {"done": 1}
    assert desk.get("Eins").seconds == 5400
    assert len(plan_changes(held, held)) == 0


def test_worklogs_leave_the_loaded_frame_alone(desk: Desk) -> None:
    """A frame of its own."""
    loaded = desk.load()
    kept = loaded.copy()
    result = desk.apply(plan_changes(loaded, LONGER(loaded)))
    mine = result.worklogs
    mine["comment"] = "x"
    pd.testing.assert_frame_equal(loaded, kept)
    assert result.worklogs["comment"].tolist() == kept["comment"].tolist()


@pytest.mark.parametrize("zone", ["UTC", "+05:30", "Asia/Tokyo"])
def test_worklogs_keep_the_frames_zone(desk: Desk, zone: str) -> None:
    """Also a zone that has no name."""
    loaded = desk.load()
    times = {name: loaded[name].dt.tz_convert(zone) for name in ("started", "created", "updated")}
    loaded = loaded.assign(**times)
    result = desk.apply(plan_changes(loaded, LONGER(loaded)))
    assert states(result) == {"done": 1}
    assert result.worklogs["started"].dtype == loaded["started"].dtype
    assert result._repr_html_()


def test_result_in_a_new_kernel_knows_what_the_run_is_about(desk: Desk) -> None:
    """Resumed from the journal alone: the same rows for the worklogs that it touched."""
    plan = desk.plan(LONGER, move("two", "OPS-1"), delete("four"), add("new"))
    desk.world.faults.when(lambda request: request.method == "DELETE", unauthorised())
    broken = desk.apply(plan)
    assert broken.counts["not_sent"] + broken.counts["unknown"] >= 1
    desk.new_kernel()
    result = desk.resume(broken.run)
    assert states(result) == {"done": 4}
    loaded = desk.load()
    touched = loaded[loaded["comment"].isin(["one", "two", "new"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(result.worklogs, touched)
    pd.testing.assert_frame_equal(result_of(result.run).worklogs, touched)
    assert result_of(result.run).counts == result.counts


def test_resumed_result_can_be_given_the_frame_that_was_edited(desk: Desk) -> None:
    """Then its worklogs are all that were loaded, not only those of the run."""
    plan = desk.plan(LONGER, add("new"))
    desk.world.faults.when(lambda request: request.method == "POST", unauthorised())
    assert desk.apply(plan).is_open
    desk.new_kernel()
    result = desk.resume(plan.run).with_worklogs(plan.worklogs)
    assert not result.is_open
    assert states(result) == {"done": 2}
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_result_with_another_frame_still_tells_why_it_stopped(desk: Desk) -> None:
    """The problem is the run's."""
    plan = desk.plan(LONGER)
    desk.world.faults.when(lambda request: request.method == "PUT", unauthorised())
    result = desk.apply(plan)
    assert [type(problem) for problem in result.problems] == [AuthenticationFailed]
    assert result.with_worklogs(plan.worklogs).problems == result.problems


def test_closed_result_is_neither_open_nor_finished(desk: Desk) -> None:
    """Resume would not go on with it."""
    plan = desk.plan(LONGER)
    desk.world.faults.when(lambda request: request.method == "PUT", unauthorised())
    desk.apply(plan)
    close_run(plan.run)
    assert (result_of(plan.run).is_open, result_of(plan.run).is_finished) == (False, False)


# --- verification


def test_result_tells_what_somebody_changed_afterwards(desk: Desk) -> None:
    """Between the write and the last look: done, with a note, and the frame as it is now."""
    plan = desk.plan(LONGER, add("new"))
    theirs = Meanwhile(lambda: desk.someone_changes("one", comment="uno"), after=True)
    desk.world.faults.when(lambda request: request.method == "PUT", theirs)
    gone = Meanwhile(lambda: desk.someone_deletes("new"), after=True)
    desk.world.faults.when(lambda request: request.method == "POST", gone)
    result = desk.apply(plan)
    assert states(result) == {"done": 2}
    notes = result.changes.set_index("action")["note"]
    assert notes["update"] == "Somebody changed the comment afterwards."
    assert notes["create"] == "It is not there any more: somebody deleted it, or Jira did not keep it."
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_result_tells_what_jira_keeps_otherwise(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app rounds what it is given up to quarters of an hour."""
    round_up(desk, monkeypatch)
    result = desk.do(change("one", time_spent=minutes_of(50)), add("new", minutes=50))
    assert states(result) == {"done": 2}
    assert result.changes["note"].tolist() == ["Jira keeps something else than it was given: the time spent."] * 2
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


def test_double_of_what_jira_keeps_otherwise_is_told(server_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer was lost, and what stands there does not look like what was wanted."""
    round_up(server_desk, monkeypatch)
    plan = server_desk.plan(add("new", minutes=50))
    server_desk.world.faults.when(lambda request: request.method == "POST", Reset(after=True))
    (note,) = server_desk.apply(plan).changes["note"]
    first, second = server_desk.find("new")
    assert f"Jira may have made it twice: look at {first.id}" in note
    assert str(second.id) not in note


@pytest.mark.parametrize("refused", [False, True])
def test_second_one_that_jira_made_late_is_removed_or_named(cloud_desk: Desk, refused: bool) -> None:
    """It carries the same mark."""
    desk, plan = cloud_desk, cloud_desk.plan(add("new"))

    def make_again() -> None:
        made = desk.get("new")
        more = {"comment": made.comment, "properties": made.properties}
        desk.site.add_worklog("APP-1", desk.world.ann, made.started, made.seconds, **more)

    desk.world.faults.when(lambda request: request.method == "POST", Meanwhile(make_again, after=True))
    if refused:
        desk.world.faults.when(lambda request: request.method == "DELETE", forbidden())
    (note,) = desk.apply(plan).changes["note"]
    _, *second = desk.find("new")
    if refused:
        assert note == f"Jira made it twice, and {second[0].id} could not be removed: delete one by hand."
    else:
        assert (note, second) == ("Jira had made it twice; the second one was removed.", [])


def test_equal_worklog_made_by_hand_meanwhile_is_in_no_doubt(desk: Desk) -> None:
    """It was sent once, or a mark tells them apart."""
    plan = desk.plan(add("new"))
    by_hand = Meanwhile(lambda: desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new"), after=True)
    for fault in [Reset()] * desk.site.is_cloud + [by_hand]:
        desk.world.faults.when(lambda request: request.method == "POST", fault)
    assert desk.apply(plan).changes["note"].tolist() == [""]
    assert len(desk.find("new")) == 2


def test_planned_twin_is_no_second_one(server_desk: Desk) -> None:
    """Though the first was sent twice, and nothing tells them apart."""
    plan = server_desk.plan(add("new", times=2), allow_twins=True)
    server_desk.world.faults.when(lambda request: request.method == "POST", Reset())
    result = server_desk.apply(plan)
    assert (states(result), result.changes["note"].tolist()) == ({"done": 2}, ["", ""])


def round_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    create, edit = desk.site.create_worklog, desk.site.change_worklog

    def quarters(seconds: int) -> int:
        return -(-seconds // 900) * 900

    def change_worklog(worklog: Any, by: Any, **changes: Any) -> Any:
        return edit(worklog, by, **{n: quarters(v) if n == "seconds" else v for n, v in changes.items()})

    monkeypatch.setattr(
        desk.site,
        "create_worklog",
        lambda issue, by, at, seconds, **more: create(issue, by, at, quarters(seconds), **more),
    )
    monkeypatch.setattr(desk.site, "change_worklog", change_worklog)


def test_result_tells_of_a_merge_and_of_what_came_afterwards(desk: Desk) -> None:
    """Two sentences."""
    plan = desk.plan(LONGER)
    desk.someone_changes("one", started=moment("2026-11-16 07:00"))
    theirs = Meanwhile(lambda: desk.someone_changes("one", comment="uno"), after=True)
    desk.world.faults.when(lambda request: request.method == "PUT", theirs)
    (note,) = desk.apply(plan).changes["note"]
    assert note == f"{MERGED} Somebody changed the comment afterwards."


def test_result_tells_of_a_merge_and_of_what_jira_keeps_otherwise(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sentences as well."""
    round_up(desk, monkeypatch)
    plan = desk.plan(change("one", time_spent=minutes_of(50)))
    desk.someone_changes("one", started=moment("2026-11-16 07:00"))
    (note,) = desk.apply(plan).changes["note"]
    assert note == f"{MERGED} Jira keeps something else than it was given: the time spent."


def test_result_tells_of_other_worklogs_on_each_issue(desk: Desk) -> None:
    """None of the notes replaces another."""
    for issue, started in (("APP-1", "2026-11-16 11:00"), ("APP-2", "2026-11-19 11:00")):
        desk.world.add_worklog(issue, started, comment=f"other on {issue}")
    plan = desk.plan(LONGER, delete("four"))
    for method, issue in (("PUT", "APP-1"), ("DELETE", "APP-2")):
        theirs = Meanwhile(lambda issue=issue: desk.someone_changes(f"other on {issue}", seconds=60))  # type: ignore[misc]
        desk.world.faults.when(lambda request, method=method: request.method == method, theirs)  # type: ignore[misc]
    notes = sorted(desk.apply(plan).notes)
    assert [note.split()[3] for note in notes] == ["APP-1", "APP-2"]


def test_result_tells_of_other_worklogs_that_changed_meanwhile(desk: Desk) -> None:
    """Nobody planned it, so people should know."""
    its_id = desk.world.add_worklog("APP-1", "2026-11-16 11:00", comment="other").id
    plan = desk.plan(LONGER)
    theirs = Meanwhile(lambda: desk.someone_changes("other", comment="another"))
    desk.world.faults.when(lambda request: request.method == "PUT", theirs)
    result = desk.apply(plan)
    assert result.notes == [f"Somebody else changed APP-1 {its_id} meanwhile."]
    assert f"APP-1 {its_id} meanwhile" in result._repr_html_()


def test_untouched_worklogs_are_never_told_as_changed(desk: Desk) -> None:
    """Also where unsent changes are days away from the sent ones, among untouched worklogs."""
    desk.world.add_worklog("APP-1", "2026-11-22 20:00", comment="far")
    desk.world.add_worklog("APP-1", "2026-11-22 21:00", comment="far and untouched")
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in ("one", "two", "three", "far")))
    refusal = Answer(403, jira_errors("Not you."))
    desk.world.faults.when(lambda request: request.method == "PUT", refusal, times=3)
    result = desk.apply(plan)
    assert states(result) == {"failed": 3, "not_sent": 1}
    assert not any("meanwhile" in note for note in result.notes)


def test_update_that_jira_does_not_keep_is_unknown(desk: Desk) -> None:
    """Jira said 200, and it is as before: never told as done."""
    plan = desk.plan(LONGER)
    old = desk.get("one")

    def lose() -> None:
        now = desk.get("one")
        desk.site.worklogs[old.id] = old
        worklogs = desk.site.issues["APP-1"].worklogs
        worklogs[worklogs.index(now)] = old

    desk.world.faults.when(lambda request: request.method == "PUT", Meanwhile(lose, after=True))
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    assert not result.is_finished
    assert states(desk.resume(result.run)) == {"done": 1}
    assert desk.get("one").seconds == 5400


def test_update_is_done_although_jira_tells_the_old_version(desk: Desk) -> None:
    """It keeps what it was given: that counts, not when it says that it was updated."""
    plan = desk.plan(LONGER)
    old = desk.get("one")

    def turn_back() -> None:
        now = desk.get("one")
        worklogs = desk.site.issues["APP-1"].worklogs
        worklogs[worklogs.index(now)] = desk.site.worklogs[old.id] = replace(now, updated=old.updated)

    desk.world.faults.when(lambda request: request.method == "PUT", Meanwhile(turn_back, after=True))
    result = desk.apply(plan)
    assert (states(result), result.is_finished, desk.get("one").seconds) == ({"done": 1}, True, 5400)


@pytest.mark.parametrize("edit", [delete("one"), change("one", issue="OPS-1")], ids=["delete", "move"])
def test_worklog_that_jira_does_not_delete_is_unknown(desk: Desk, edit: Edit) -> None:
    """Jira said 204, and shows it afterwards: so does the frame, with the reason."""
    plan, its_id = desk.plan(edit), str(desk.get("one").id)
    desk.world.faults.when(lambda request: request.method == "DELETE", Answer(204))
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    assert result.changes["note"].tolist() == ["Jira said that it was deleted, but it is still there."]
    assert its_id in result.worklogs["worklog_id"].tolist()


def nth_listing(desk: Desk, number: int) -> Callable[[Request], bool]:
    """Whether a request is for the list of an issue's worklogs, so many after the plan was made."""
    return lambda request: (
        request.method == "GET"
        and (request.path.endswith("/worklog") and desk.world.log.count("GET", path="/worklog$") == number)
    )


def test_deleted_worklog_that_is_back_is_unknown(desk: Desk) -> None:
    """It was gone already when its turn came."""
    plan, old = desk.plan(delete("one")), desk.get("one")
    desk.someone_deletes("one")

    def restore() -> None:
        desk.site.worklogs[old.id] = old
        desk.site.issues["APP-1"].worklogs.append(old)

    desk.world.faults.when(nth_listing(desk, 3), Meanwhile(restore))
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    assert result.changes["note"].tolist() == ["Jira said that it was deleted, but it is still there."]


def test_result_tells_what_somebody_changed_of_a_worklog_that_was_there_already(desk: Desk) -> None:
    """What was not sent is verified as well."""
    plan = desk.plan(add("new"))
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="new")
    desk.world.faults.when(nth_listing(desk, 3), Meanwhile(lambda: desk.someone_changes("new", seconds=60)))
    result = desk.apply(plan)
    assert states(result) == {"already_so": 1}
    assert result.changes["note"].tolist() == ["Somebody changed the time spent afterwards."]


def test_update_that_is_sent_again_makes_no_double(server_desk: Desk) -> None:
    """What looks like it is another worklog, and no reason to delete one."""
    desk, plan = server_desk, server_desk.plan(LONGER)
    desk.world.faults.when(lambda request: request.method == "PUT", Reset())
    twin = Meanwhile(lambda: desk.world.add_worklog("APP-1", "2026-11-16 09:00", 90, comment="one"), after=True)
    desk.world.faults.when(lambda request: request.method == "PUT", twin)
    result = desk.apply(plan)
    assert (states(result), result.changes["note"].tolist()) == ({"done": 1}, [""])
    assert len(desk.find("one")) == 2


# --- hostile and many


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_views_hold_nothing_but_our_own_tags(server_desk: Desk, text: str) -> None:
    """Comments, Jira's words and a connection's name: harmless in HTML, and no control character in a terminal."""
    result = hostile_result(server_desk, text)
    assert states(result) == {"conflict": 1, "failed": 1}
    page = result._repr_html_()
    tags = Tags(page)
    assert all(OUR_TAGS.fullmatch(name) for name in tags.names - {"a"})
    assert tags.links
    assert all(re.fullmatch(rf"{server_desk.world.url}/browse/[A-Z]+-\d+", link) for link in tags.links)
    assert not {name for name in tags.attributes if name.startswith("on")}
    page.encode()
    shown = written(result)
    assert not set(shown) & {chr(n) for n in (*range(10), *range(11, 32), *range(127, 160), 0x202E, 0x2066, 0xD800)}
    assert not any(line.startswith("fake line") for line in shown.splitlines())


def hostile_result(desk: Desk, text: str) -> Result:
    plan = desk.plan(change("one", comment=text[:4000]), add(text[:4000], "OPS-1"))
    desk.someone_changes("one", comment=f"theirs {text}")
    refusal = Answer(400, jira_errors(text))
    desk.world.faults.when(lambda request: request.method == "POST", refusal)
    return desk.apply(plan)


def test_thousand_changes_are_shown_in_part(server_desk: Desk) -> None:
    """The first two hundred and how many more; all of them are in `changes`."""
    desk = server_desk
    for n in range(1000):
        desk.world.add_worklog("OPS-1", "2026-11-18 09:00", comment=f"w{n}")
    loaded = desk.load()
    longer: dict[str, Any] = {"time_spent": minutes_of(90)}
    plan = plan_changes(loaded, loaded.assign(**longer))
    desk.world.faults.when(lambda request: True, unauthorised())
    result = desk.apply(plan)
    assert states(result) == {"not_sent": 1005}
    page = result._repr_html_()
    assert page.count("<tr") < 450
    assert len(page) < 200_000
    assert "805 more changes" in page
    assert "955 more changes" in written(result)
