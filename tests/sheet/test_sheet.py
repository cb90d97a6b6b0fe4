"""The sheet without a widget: what is typed into it, what that means, and what is left when it was applied."""

from __future__ import annotations

import threading
import time

import pandas as pd
import pytest

from roots_nb.editing.drafts import new_worklogs
from roots_nb.editing.runs import plan_undo
from roots_nb.errors import InvalidChanges, InvalidInput
from roots_nb.sheet.sheet import CellText, Sheet
from roots_nb.sheet.view import RowView
from roots_nb.worklogs import COLUMNS, concat_worklogs
from tests.editing.desk import Desk, moment, states
from tests.editing.frames import loaded, mine, set_cell, week

ONE, TWO, THREE = (f"Cloud/{10_000 + n}" for n in range(3))


def write(sheet: Sheet, key: str, **texts: str | bool) -> RowView:
    """Write into cells of one row, one after the other; returns the row as it is then."""
    (view,) = sheet.write(CellText(key, column, text) for column, text in texts.items())
    return view


def add(sheet: Sheet, **texts: str) -> str:
    """Add a row and return its key."""
    (view,) = sheet.add([texts])
    return view.key


def view(sheet: Sheet, key: str) -> RowView:
    (found,) = sheet.views([key])
    return found


def refusals(sheet: Sheet) -> list[tuple[object, str]]:
    """Row and column of all that the plan refuses."""
    with pytest.raises(InvalidChanges) as invalid:
        sheet.plan()
    return [(problem.row, problem.column) for problem in invalid.value.problems]


def actions(sheet: Sheet) -> list[str]:
    return sheet.plan().changes["action"].tolist()


# --- what is shown and typed


def test_rows_are_shown_as_text() -> None:
    """Days, times and durations as people read them, with numbers that sort them."""
    sheet = Sheet(week())
    first, second, _ = sheet.views()
    assert first.cells == {
        "connection": "Cloud",
        "day": "Mon 16 Nov",
        "start": "9:00",
        "time_spent": "1:00",
        "issue": "APP-1",
        "comment": "one",
        "summary": "Summary of APP-1",
        "delete": False,
    }
    assert (first.problems, first.changed, first.state) == ({}, frozenset(), "")
    assert first.sort_as["day"] < second.sort_as["day"]
    assert second.sort_as["time_spent"] == 90 * 60


@pytest.mark.parametrize("text", ["1h 30m", "1.5", "1,5h", "90m", "1:30", " 90 min "])
def test_time_spent_is_read_in_every_spelling(text: str) -> None:
    """And shown in one."""
    sheet = Sheet(week())
    edited = write(sheet, ONE, time_spent=text)
    assert (edited.cells["time_spent"], edited.changed, edited.state_text) == ("1:30", {"time_spent"}, "Changed")
    assert sheet.edited["time_spent"].iloc[0] == pd.Timedelta(minutes=90)


def test_day_and_start_are_one_time() -> None:
    """Each is changed without the other; seconds that are not shown stay."""
    sheet = Sheet(loaded(mine("2026-11-16 09:12:37.123")))
    write(sheet, ONE, day="17.11.")
    assert sheet.edited["started"].iloc[0] == pd.Timestamp("2026-11-17 09:12:37.123", tz="Europe/Berlin")
    edited = write(sheet, ONE, start="10")
    assert (edited.cells["day"], edited.cells["start"], edited.changed) == ("Tue 17 Nov", "10:00", {"day", "start"})
    assert sheet.edited["started"].iloc[0] == pd.Timestamp("2026-11-17 10:00", tz="Europe/Berlin")
    write(sheet, ONE, start="2026-11-18 11:30")
    assert sheet.edited["started"].iloc[0] == pd.Timestamp("2026-11-18 11:30", tz="Europe/Berlin")


def test_text_as_it_was_is_the_value_as_it_was() -> None:
    """So an undo leaves nothing behind: neither of seconds nor of a comment's line ends or unprintable characters."""
    sheet = Sheet(loaded(mine("2026-11-16 09:12:37.123", 61.5, comment="two\r\nlines \x07 \ud800")))
    before = view(sheet, ONE)
    write(sheet, ONE, day="17", start="10:00", time_spent="3h", comment="x", issue="APP-9", delete=True)
    after = write(sheet, ONE, **{name: text for name, text in before.cells.items() if name != "summary"})
    assert after == before
    assert not sheet.is_edited
    assert actions(sheet) == []


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("time_spent", "abc", "is not a duration"),
        ("time_spent", "1d", "counts days or weeks"),
        ("time_spent", "", "It is missing."),
        ("time_spent", "0", "is no time"),
        ("time_spent", "25h", "a day or more"),
        ("time_spent", "1.51", "not a whole number of minutes"),
        ("day", "Nobday", "is not a day"),
        ("day", "16 Nov 2027", "is in the future"),
        ("start", "soon", "is not a time of day"),
        ("start", "", "It is missing."),
        ("issue", "APP-", "is not an issue key"),
        ("issue", "APP-1 and APP-2", "is not an issue key"),
        ("issue", "https://acme.atlassian.net/projects/APP", "is not an issue key"),
        ("issue", "https://evil.example/browse/APP-7", "another site than https://acme.atlassian.net"),
        ("comment", "x" * 32_768, "Jira takes 32,767"),
    ],
)
def test_bad_cell_keeps_its_text_and_reason(column: str, text: str, reason: str) -> None:
    """It is in no frame with another value, and the plan refuses it by row and column."""
    frame = week()
    sheet = Sheet(frame)
    bad = write(sheet, TWO, **{column: text})
    assert bad.cells[column] == text
    assert reason in bad.problems[column]
    assert bad.state == "problem"
    pd.testing.assert_frame_equal(sheet.edited[list(COLUMNS)], frame)
    assert refusals(sheet) == [(1, column)]
    assert sheet.counts.problems == 1


def test_bad_cell_is_mended_by_the_next_text() -> None:
    """And a good cell beside it is kept meanwhile."""
    sheet = Sheet(week())
    write(sheet, ONE, comment="good", time_spent="abc", day="Nobday", start="10:00")
    mended = write(sheet, ONE, time_spent="2", day="Tue")
    assert (mended.problems, mended.cells["day"], mended.cells["start"]) == ({}, "Tue 17 Nov", "10:00")
    assert mended.changed == {"comment", "time_spent", "day", "start"}


def test_clock_change_is_asked_about() -> None:
    """A skipped hour has no time, a repeated one needs the offset, which may be typed."""
    sheet = Sheet(loaded(mine("2026-10-25 09:00"), zone="Europe/Berlin"))
    assert "is twice in Europe/Berlin" in write(sheet, ONE, start="2:30").problems["start"]
    edited = write(sheet, ONE, start="2:30+01:00")
    assert (edited.problems, edited.cells["start"]) == ({}, "2:30+01:00")
    assert "does not exist" in write(sheet, ONE, start="29.3.2026 2:30").problems["start"]


@pytest.mark.parametrize("started", ["2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"])
def test_same_day_in_another_spelling_keeps_the_offset(started: str) -> None:
    """The start shows it; on another day it is the time of day alone."""
    sheet = Sheet(loaded(mine(started), zone="Europe/Berlin"))
    for day in ("2026-10-25", "25 Oct", "25.10.2026"):
        edited = write(sheet, ONE, day=day)
        assert (edited.problems, edited.cells["day"], edited.changed) == ({}, "Sun 25 Oct", frozenset())
    assert write(sheet, ONE, day="26 Oct").cells["start"] == "2:30"
    assert "is twice in Europe/Berlin" in write(sheet, ONE, day="25 Oct").problems["start"]


@pytest.mark.parametrize(
    "text",
    [
        "app-77",
        "https://acme.atlassian.net/browse/APP-77?focusedId=1",
        "https://acme.atlassian.net/x?selectedIssue=APP-77",
    ],
)
def test_issue_is_a_key_or_a_link(text: str) -> None:
    """A key is never cut short."""
    sheet = Sheet(week())
    assert write(sheet, ONE, issue=text).cells["issue"] == "APP-77"
    assert actions(sheet) == ["move"]


def test_odd_value_that_was_loaded_may_stay() -> None:
    """Only what is new is judged."""
    sheet = Sheet(loaded(mine("2026-11-16 09:00", 90.5)))
    write(sheet, ONE, comment="edited")
    assert actions(sheet) == ["update"]


# --- new rows and deleted ones


def test_new_row_says_what_it_still_needs() -> None:
    """Nothing is wrong before everything was typed; a row that nobody wrote into is none."""
    sheet = Sheet(week())
    key = add(sheet)
    assert view(sheet, key).state_text == "New"
    assert (sheet.counts.edits, len(sheet.edited), actions(sheet)) == (0, 3, [])
    typed = write(sheet, key, day="16", issue="app-9")
    assert typed.cells["day"] == "Mon 16 Nov"
    assert (typed.problems, typed.state_text) == ({}, "New, incomplete")
    assert sheet.counts.problems == 1
    assert refusals(sheet) == [(3, "start"), (3, "time_spent")]
    assert set(view(sheet, key).problems) == {"start", "time_spent"}
    done = write(sheet, key, start="14:00", time_spent="1")
    assert (done.problems, done.state_text) == ({}, "New")
    assert actions(sheet) == ["create"]
    assert (sheet.counts.new, sheet.counts.gain) == (1, pd.Timedelta(hours=1))


def test_pasted_rows_are_added_with_their_texts() -> None:
    """Good and bad ones; they can be taken away again."""
    sheet = Sheet(week())
    rows = sheet.add([{"day": "Mon", "start": "9", "time_spent": "1", "issue": "APP-3"}, {"time_spent": "abc"}])
    assert [row.state for row in rows] == ["new", "problem"]
    assert sheet.remove([rows[1].key, "nobody"]) == [rows[1].key]
    assert actions(sheet) == ["create"]


def test_row_that_is_ticked_is_deleted_whatever_else_it_says() -> None:
    """Its cells are not judged; unticked they are again. A new one is left out."""
    sheet = Sheet(week())
    write(sheet, ONE, time_spent="abc")
    ticked = write(sheet, ONE, delete=True)
    assert (ticked.state, ticked.problems) == ("removed", {})
    new = add(sheet, day="Mon")
    write(sheet, new, delete=True)
    assert actions(sheet) == ["delete"]
    assert sheet.counts[:4] == (0, 0, 1, 0)
    assert "time_spent" in write(sheet, ONE, delete=False).problems


def test_row_that_equals_another_is_refused_on_its_own_cell() -> None:
    """As the plan says; the next edit of the row takes the mark away."""
    sheet = Sheet(week())
    texts = {"day": "Mon", "start": "9", "time_spent": "1", "issue": "APP-3"}
    sheet.add([texts])
    second = add(sheet, **texts)
    assert refusals(sheet) == [(4, "start")]
    assert "equals another row" in view(sheet, second).problems["start"]
    assert len(sheet.plan(allow_twins=True)) == 2
    refusals(sheet)
    assert write(sheet, second, comment="other").problems == {}
    assert actions(sheet) == ["create", "create"]


def test_new_row_names_one_of_several_connections() -> None:
    """A loaded one stays where it is; a link has to be one of its own site."""
    rows = mine("2026-11-16 09:00"), mine("2026-11-17 09:00", connection="Server")
    sheet = Sheet(loaded(*rows, connections=("Cloud", "Server")))
    new = add(sheet, day="Mon", start="9", time_spent="1", issue="http://localhost:8080/jira/browse/APP-3")
    assert view(sheet, new).state_text == "New, incomplete"
    assert refusals(sheet) == [(2, "connection")]
    assert "There is Cloud or Server." in write(sheet, new, connection="Nobody").problems["connection"]
    assert write(sheet, new, connection="server").cells["connection"] == "Server"
    assert "stays where it is" in write(sheet, ONE, connection="Server").problems["connection"]
    assert write(sheet, ONE, connection="Cloud").problems == {}
    assert sheet.plan().changes["connection"].tolist() == ["Server"]


# --- counts and frames


def test_counts_are_those_of_the_plan() -> None:
    """Time as well, whatever was typed and taken back on the way."""
    sheet = Sheet(week())
    write(sheet, ONE, time_spent="3h")
    write(sheet, ONE, time_spent="2:15")
    write(sheet, TWO, delete=True)
    write(sheet, THREE, comment="x", time_spent="abc")
    write(sheet, THREE, time_spent="0:30")
    gone = add(sheet, day="Mon", start="9", time_spent="8", issue="APP-3")
    add(sheet, day="Tue", start="9", time_spent="0:45", issue="APP-3")
    sheet.remove([gone])
    plan, counts = sheet.plan(), sheet.counts
    assert counts[:4] == (2, 1, 1, 0)
    assert plan.counts == {"update": 2, "delete": 1, "create": 1}
    assert counts.gain == plan.hours.sum() == pd.Timedelta(minutes=75 - 90 + 45)
    sheet.discard()
    assert sheet.counts == Sheet(week()).counts


def test_edited_frame_is_a_copy_in_the_schema() -> None:
    """With `delete`, new rows below; whoever changes it changes nothing here, nor does the frame that was given."""
    frame = week()
    sheet = Sheet(frame)
    write(sheet, ONE, comment="edited")
    write(sheet, THREE, delete=True)
    add(sheet, day="Mon", start="9", time_spent="1", issue="APP-3")
    edited = sheet.edited
    assert edited.dtypes.drop("delete").to_dict() == frame.dtypes.to_dict()
    assert edited["delete"].tolist() == [False, False, True, False]
    assert edited["worklog_id"].isna().tolist() == [False, False, False, True]
    assert edited.attrs == frame.attrs
    edited.loc[:, "comment"] = "pandas"
    frame.loc[:, "comment"] = "pandas"
    assert sheet.edited["comment"].tolist() == ["edited", "two", "", ""]
    assert sheet.plan().counts == {"update": 1, "delete": 1, "create": 1}


def test_frame_edited_with_pandas_is_taken() -> None:
    """Its changes are shown, also bad ones; rows that are not in it keep what was typed."""
    sheet = Sheet(week())
    write(sheet, ONE, comment="typed", time_spent="abc")
    write(sheet, THREE, comment="typed")
    add(sheet, day="Mon")
    draft = new_worklogs([{"issue": "APP-3", "started": "2026-11-19 09:00", "time_spent": "1h"}], zone="Europe/Berlin")
    frame = concat_worklogs([week(), draft]).query("worklog_id != '10002'")
    frame = set_cell(frame.assign(delete=False), 1, "time_spent", "1,5x")
    frame["started"] = frame["started"].astype(object)
    frame.loc[frame.index[0], "started"] = pd.Timestamp("2026-11-16 10:00")
    sheet.take(frame)
    one, two, three, new = sheet.views()
    assert (one.cells["start"], one.cells["comment"], one.problems) == ("10:00", "one", {})
    assert (two.cells["time_spent"], set(two.problems)) == ("1,5x", {"time_spent"})
    assert three.cells["comment"] == "typed"
    assert (new.cells["day"], new.state) == ("Thu 19 Nov", "new")
    sheet.take(sheet.edited)
    assert [row.state for row in sheet.views()] == ["changed", "", "changed", "new"]


@pytest.mark.parametrize(("column", "cell"), [("summary", "other"), ("delete", "yes"), ("worklog_id", "77")])
def test_frame_that_the_sheet_cannot_show_is_refused(column: str, cell: object) -> None:
    """And what was typed is still there."""
    sheet = Sheet(week())
    write(sheet, ONE, comment="typed")
    with pytest.raises(InvalidChanges, match=column):
        sheet.take(set_cell(week(), 0, column, cell))
    assert view(sheet, ONE).cells["comment"] == "typed"


def test_naive_time_of_pandas_that_the_clocks_skip_is_shown_with_its_reason() -> None:
    """As if it had been typed."""
    frame = loaded(mine("2026-03-29 09:00"))
    sheet = Sheet(frame)
    sheet.take(set_cell(frame, 0, "started", pd.Timestamp("2026-03-29 02:30")))
    shown = view(sheet, ONE)
    assert (shown.cells["day"], shown.cells["start"]) == ("Sun 29 Mar 2026", "2:30")
    assert "does not exist" in shown.problems["start"]


def test_frame_with_drafts_shows_them_as_new() -> None:
    """So what was imported can be looked through before it is sent."""
    draft = new_worklogs([{"issue": "APP-3", "started": "2026-11-19 09:00", "time_spent": "1h"}], zone="Europe/Berlin")
    sheet = Sheet(concat_worklogs([week(), draft]))
    assert [row.state for row in sheet.views()] == ["", "", "", "new"]
    assert actions(sheet) == ["create"]


def test_frame_that_is_none_of_ours_is_refused() -> None:
    """With what to give instead."""
    with pytest.raises(InvalidInput, match="load_worklogs"):
        Sheet(pd.DataFrame({"issue": ["APP-1"]}))


def test_empty_frame_takes_new_rows() -> None:
    """A week in which nothing was logged yet."""
    sheet = Sheet(loaded())
    assert len(sheet) == 0
    add(sheet, day="Mon", start="9", time_spent="1", issue="APP-3")
    assert actions(sheet) == ["create"]


# --- issues


def test_summary_of_a_typed_issue_is_asked_for_once() -> None:
    """Those of the frame are known; what Jira does not have is a problem until something else is typed."""
    sheet = Sheet(week())
    assert write(sheet, ONE, issue="APP-2").cells["summary"] == "Summary of APP-2"
    assert sheet.unknown_issues() == []
    write(sheet, ONE, issue="APP-8")
    write(sheet, TWO, issue="APP-9")
    assert sheet.unknown_issues() == [("Cloud", "APP-8"), ("Cloud", "APP-9")]
    assert [row.cells["summary"] for row in sheet.know_issue("Cloud", "APP-8", "Eight")] == ["Eight"]
    (bad,) = sheet.know_issue("Cloud", "APP-9", "", "Jira has no issue APP-9.")
    assert "Jira has no issue APP-9" in bad.problems["issue"]
    assert sheet.unknown_issues() == []
    assert refusals(sheet) == [(1, "issue")]
    assert sheet.edited["issue"].tolist() == ["APP-8", "APP-2", "APP-1"]
    assert write(sheet, THREE, issue="APP-8").cells["summary"] == "Eight"
    assert write(sheet, TWO, issue="APP-9").problems == {}
    assert sheet.unknown_issues() == [("Cloud", "APP-9")]


def test_issue_is_judged_and_asked_for_anew_where_another_connection_is_chosen() -> None:
    """What one Jira does not have, or a link to another one, says nothing of the next."""
    sheet = Sheet(loaded(mine("2026-11-16 09:00"), connections=("Cloud", "Server")))
    key = add(sheet, connection="Cloud", day="Mon", start="12", time_spent="1", issue="SRV-9")
    sheet.know_issue("Cloud", "SRV-9", "", "There is no SRV-9 here.")
    edited = write(sheet, key, connection="Server")
    assert (edited.problems, edited.cells["issue"], sheet.unknown_issues()) == ({}, "SRV-9", [("Server", "SRV-9")])
    sheet.know_issue("Server", "SRV-9", "Nine")
    assert sheet.plan().changes["issue_new"].tolist() == ["SRV-9"]
    link = add(sheet, connection="Cloud", issue="http://localhost:8080/jira/browse/APP-3")
    assert "another site" in view(sheet, link).problems["issue"]
    edited = write(sheet, link, connection="Server")
    assert (edited.problems, edited.cells["issue"]) == ({}, "APP-3")


# --- edits over another load


def lay_over(sheet: Sheet, frame: pd.DataFrame) -> Sheet:
    """The sheet's edits over another load, as in the next kernel."""
    later = Sheet(frame)
    assert later.lay_over(sheet.unsent()) == []
    return later


def test_unsent_edits_are_laid_over_another_load() -> None:
    """Good and bad ones, new rows and ticks."""
    sheet = Sheet(week())
    write(sheet, ONE, start="10:30", time_spent="abc")
    write(sheet, TWO, delete=True)
    add(sheet, day="Mon", comment="half a row")
    later = lay_over(sheet, week())
    assert later.views() == sheet.views()
    assert later.counts == sheet.counts
    assert later.unsent() == sheet.unsent()


def test_edit_of_what_changed_in_jira_since_is_a_conflict() -> None:
    """In the field that is edited; it is told what it is now and was then, until something is typed there."""
    sheet = Sheet(week())
    write(sheet, ONE, time_spent="2", comment="mine")
    write(sheet, TWO, comment="mine")
    now = week().assign(time_spent=pd.Timedelta(hours=3))
    later = lay_over(sheet, now)
    one, two, _ = later.views()
    assert one.problems == {"time_spent": "Jira has 3:00 now; it was 1:00 when you edited it."}
    assert (one.state, one.state_text, two.state) == ("conflict", "Conflict", "changed")
    assert later.conflicts == [(ONE, "time_spent", one.problems["time_spent"])]
    assert (later.counts.conflicts, later.counts.changed) == (1, 2)
    assert lay_over(later, now).conflicts == later.conflicts
    assert write(later, ONE, time_spent="2:30").state == "changed"


def test_any_change_in_jira_is_a_conflict_of_a_delete_or_a_move() -> None:
    """As when they are applied; it is none any more when the tick is taken away."""
    sheet = Sheet(week())
    write(sheet, ONE, delete=True)
    write(sheet, THREE, issue="APP-9")
    later = lay_over(sheet, week().assign(comment="theirs"))
    assert [key for key, _, _ in later.conflicts] == [ONE, THREE]
    assert write(later, ONE, delete=False).problems == {}
    assert not later.views([ONE])[0].state


def test_edit_that_jira_has_by_now_is_none_any_more() -> None:
    """Somebody wrote the same."""
    sheet = Sheet(week())
    write(sheet, ONE, comment="same")
    assert not lay_over(sheet, set_cell(week(), 0, "comment", "same").astype({"comment": "str"})).is_edited


def test_edit_of_a_worklog_that_is_gone_is_handed_back() -> None:
    """The others are laid over."""
    sheet = Sheet(week())
    write(sheet, ONE, comment="x")
    write(sheet, TWO, comment="y")
    later = Sheet(week()[1:])
    assert [edit.row for edit in later.lay_over(sheet.unsent())] == [ONE]
    assert view(later, TWO).cells["comment"] == "y"


def test_newer_edit_is_not_replaced_by_a_restored_one() -> None:
    """Whoever typed before pressing Restore keeps that."""
    sheet, later = Sheet(week()), Sheet(week())
    write(sheet, ONE, comment="older", time_spent="2", day="abc")
    write(later, ONE, comment="newer", start="10:00")
    later.lay_over(sheet.unsent())
    shown = view(later, ONE)
    assert (shown.cells["comment"], shown.cells["time_spent"]) == ("newer", "2:00")
    assert (shown.cells["day"], shown.cells["start"]) == ("Mon 16 Nov", "10:00")


# --- after it was applied


def keys(sheet: Sheet, *comments: str) -> list[str]:
    found = {row.cells["comment"]: row.key for row in sheet.views()}
    return [found[comment] for comment in comments]


def test_what_was_applied_leaves_the_sheet(desk: Desk) -> None:
    """The rows are what Jira holds now: changed, moved, new and deleted ones; a second plan has nothing to do."""
    sheet = Sheet(desk.load())
    one, two, three = keys(sheet, "one", "two", "three")
    write(sheet, one, time_spent="2", comment="uno")
    write(sheet, two, issue="APP-2")
    write(sheet, three, delete=True)
    add(sheet, day="20", start="14", time_spent="0:30", issue="OPS-1", comment="new")
    result = desk.apply(sheet.plan())
    assert states(result) == {"done": 4}
    assert sheet.settle(result) == []
    assert not sheet.is_edited
    assert [row.cells["comment"] for row in sheet.views()] == ["uno", "two", "four", "five", "new"]
    assert [row.state_text for row in sheet.views()] == ["Saved", "Saved", "", "", "Saved"]
    assert view(sheet, keys(sheet, "two")[0]).cells["issue"] == "APP-2"
    assert len(sheet.plan()) == 0
    again = keys(sheet, "two", "new")
    for key in again:
        write(sheet, key, comment="again")
    assert states(desk.apply(sheet.plan())) == {"done": 2}


def test_what_could_not_be_applied_stays_edited(cloud_desk: Desk) -> None:
    """A conflict shows what Jira holds; a worklog that is gone is handed back."""
    sheet = Sheet(cloud_desk.load())
    one, two, four = keys(sheet, "one", "two", "four")
    for key in (one, two, four):
        write(sheet, key, comment="mine")
    plan = sheet.plan()
    cloud_desk.someone_changes("one", comment="theirs")
    cloud_desk.someone_deletes("two")
    result = cloud_desk.apply(plan)
    lost = sheet.settle(result)
    assert [edit.row for edit in lost] == [two]
    assert sheet.conflicts == [(one, "comment", "Jira has theirs now; it was one when you edited it.")]
    assert view(sheet, four).state == "done"
    assert [row.key for row in sheet.views() if row.state == "conflict"] == [one]
    assert states(cloud_desk.apply(sheet.plan())) == {"done": 1}
    assert cloud_desk.find("mine")[0].comment == "mine"


def test_what_was_edited_since_the_plan_stays_edited(cloud_desk: Desk) -> None:
    """Over what the plan has made of it, which is no conflict; a new row is the worklog that was made of it."""
    sheet = Sheet(cloud_desk.load())
    one, two, three = keys(sheet, "one", "two", "three")
    write(sheet, one, comment="planned", time_spent="2")
    write(sheet, three, comment="planned")
    new = add(sheet, day="20", start="14", time_spent="0:30", issue="OPS-1", comment="new")
    plan = sheet.plan()
    write(sheet, one, comment="later")
    write(sheet, two, time_spent="abc")
    write(sheet, three, comment="three")
    write(sheet, new, comment="new, and what came of it", start="abc")
    sheet.settle(cloud_desk.apply(plan))
    assert view(sheet, one).changed == {"comment"}
    assert sheet.conflicts == []
    assert view(sheet, two).problems.keys() == {"time_spent"}
    assert view(sheet, three).changed == {"comment"}
    (made,) = keys(sheet, "new, and what came of it")
    assert (view(sheet, made).changed, view(sheet, made).problems.keys()) == ({"start", "comment"}, {"start"})
    write(sheet, made, start="15:00")
    write(sheet, two, time_spent="1")
    assert states(cloud_desk.apply(sheet.plan())) == {"done": 3}
    assert [worklog.comment for worklog in cloud_desk.site.worklogs.values()].count("three") == 1
    assert cloud_desk.find("new") == []
    assert cloud_desk.get("new, and what came of it").started == moment("2026-11-20 15:00")


def test_equal_new_rows_are_each_the_worklog_that_was_made_of_it(cloud_desk: Desk) -> None:
    """One is edited since."""
    sheet = Sheet(cloud_desk.load())
    texts = {"day": "20", "start": "14", "time_spent": "0:30", "issue": "OPS-1", "comment": "twin"}
    first, _ = add(sheet, **texts), add(sheet, **texts)
    plan = sheet.plan(allow_twins=True)
    write(sheet, first, comment="later")
    sheet.settle(cloud_desk.apply(plan))
    assert sorted(row.state_text for row in sheet.views() if row.state_text) == ["Changed", "Saved"]
    assert states(cloud_desk.apply(sheet.plan(allow_twins=True))) == {"done": 1}
    assert (len(cloud_desk.find("twin")), len(cloud_desk.find("later"))) == (1, 1)


def test_tick_that_was_taken_away_too_late_is_told(cloud_desk: Desk) -> None:
    """Its worklog is deleted: the row is handed back."""
    sheet = Sheet(cloud_desk.load())
    (one,) = keys(sheet, "one")
    write(sheet, one, delete=True)
    plan = sheet.plan()
    write(sheet, one, delete=False)
    lost = sheet.settle(cloud_desk.apply(plan))
    assert [edit.row for edit in lost] == [one]


def test_changes_that_are_given_up_leave_the_sheet(cloud_desk: Desk) -> None:
    """Whatever was wanted of a row: a value of any field, a move, its end."""
    sheet = Sheet(cloud_desk.load())
    one, two, three, four = keys(sheet, "one", "two", "three", "four")
    write(sheet, one, day="17", start="10", time_spent="2", comment="mine")
    write(sheet, two, issue="APP-2")
    write(sheet, three, delete=True, comment="mine")
    write(sheet, four, comment="mine")
    plan = sheet.plan()
    for name in ("one", "two", "three", "four"):
        cloud_desk.someone_changes(name, seconds=60, comment=f"their {name}")
    sheet.settle(cloud_desk.apply(plan))
    given_up = [change for change in plan.operations if change.before and change.before.comment != "four"]
    rows = sheet.give_up(given_up)
    assert {row.key for row in rows} == {one, two, three}
    assert all((row.state, row.changed, row.problems) == ("", frozenset(), {}) for row in rows)
    assert [row.cells["comment"] for row in sheet.views()][:4] == ["their one", "their two", "their three", "mine"]
    assert sheet.counts.edits == 1
    assert [edit.row for edit in sheet.unsent()] == [four]


def test_what_was_edited_since_stays_when_a_change_is_given_up(cloud_desk: Desk) -> None:
    """Another value, another field, a text that is none, a tick that was set or taken away."""
    sheet = Sheet(cloud_desk.load())
    one, two, three = keys(sheet, "one", "two", "three")
    write(sheet, one, time_spent="2", comment="mine")
    write(sheet, two, time_spent="2")
    write(sheet, three, delete=True)
    plan = sheet.plan()
    for name in ("one", "two", "three"):
        cloud_desk.someone_changes(name, seconds=60)
    sheet.settle(cloud_desk.apply(plan))
    write(sheet, one, comment="later", start="abc")
    write(sheet, two, delete=True)
    write(sheet, three, delete=False, comment="later")
    shown = {row.key: row for row in sheet.give_up(plan.operations)}
    assert (shown[one].changed, shown[one].cells["time_spent"]) == ({"comment", "start"}, "0:01")
    assert shown[one].problems.keys() == {"start"}
    assert (shown[two].cells["delete"], shown[two].changed) == (True, frozenset())
    assert (shown[three].cells["delete"], shown[three].changed) == (False, {"comment"})


def test_run_that_is_resumed_and_undone_leaves_the_other_rows(cloud_desk: Desk) -> None:
    """Their results know only the worklogs they are about."""
    sheet = Sheet(cloud_desk.load())
    (one,) = keys(sheet, "one")
    write(sheet, one, comment="uno")
    result = cloud_desk.apply(sheet.plan())
    sheet.settle(cloud_desk.resume(result.run))
    assert [row.cells["comment"] for row in sheet.views()] == ["uno", "two", "three", "four", "five"]
    sheet.settle(cloud_desk.apply(plan_undo(result.run)))
    assert [row.cells["comment"] for row in sheet.views()] == ["one", "two", "three", "four", "five"]


# --- size and threads


def test_edit_of_a_large_sheet_costs_what_one_of_a_small_sheet_does() -> None:
    """Nothing is gone through: neither the rows nor what is edited already."""
    small, large = Sheet(week()), Sheet(loaded(*[mine("2026-11-16 09:00") for _ in range(1500)]))
    for row in large.views():
        write(large, row.key, time_spent="2h")

    def seconds(sheet: Sheet) -> float:
        began = time.perf_counter()
        for n in range(100):
            write(sheet, ONE, time_spent=f"{n + 1}m")
        return time.perf_counter() - began

    assert min(seconds(large) for _ in range(5)) < 5 * min(seconds(small) for _ in range(5))


def test_edits_on_many_threads_are_all_counted() -> None:
    """While others read."""
    sheet = Sheet(loaded(*[mine("2026-11-16 09:00") for _ in range(40)]))

    def work(part: int) -> None:
        for n in range(part, 40, 4):
            write(sheet, f"Cloud/{10_000 + n}", time_spent="2h")
            assert len(sheet.edited) == 40

    threads = [threading.Thread(target=work, args=[part]) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sheet.counts.changed == 40
    assert sheet.counts.gain == sheet.plan().hours.sum() == pd.Timedelta(hours=40)
