"""My worklogs by day: what is loaded, shown, filtered, saved from here, and said when something is missing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import pytest

from roots_nb.errors import Unreachable
from roots_nb.jira.client import Jira
from roots_nb.widgets import worklog_browser
from roots_nb.widgets.worklog_browser import WorklogBrowser
from tests.editing.desk import WEEK, Desk
from tests.faults.fault import Answer, forbidden
from tests.widgets.front_end import Clock, at_once, is_shown, text_of
from tests.world import World

MakeBrowser = Callable[..., WorklogBrowser]


@pytest.fixture
def desk(cloud: World) -> Desk:
    return Desk(cloud)


@pytest.fixture
def make(clock: Clock) -> MakeBrowser:
    return partial(WorklogBrowser, run=at_once, timer=clock)


@pytest.fixture
def browser(desk: Desk, make: MakeBrowser) -> WorklogBrowser:
    """The week of the desk; the log of requests begins behind it."""
    made = make(desk.jira, WEEK)
    desk.world.log.clear()
    return made


def press(browser: WorklogBrowser, label: str) -> None:
    """A button of the list, by what it says it acts on."""
    for row in browser.listing.rows:
        for action, _, each in row["actions"]:
            if each.startswith(label):
                browser.listing._handle_custom_msg({"action": action, "key": row["key"]}, [])
                return
    raise AssertionError(f"there is no {label!r}")


def shown(browser: WorklogBrowser) -> list[str]:
    """Which worklogs can be edited in the list."""
    actions = [action for row in browser.listing.rows for action in row["actions"]]
    return [label.removeprefix("Edit ") for action, _, label in actions if action == "edit"]


def comments(browser: WorklogBrowser) -> list[str]:
    return [name.rpartition("“")[2].rstrip("”") for name in shown(browser)]


def searches(desk: Desk) -> int:
    return sum("/search" in request.path for request in desk.world.log.requests)


def said(browser: WorklogBrowser) -> str:
    return text_of(browser.status)


# --- loading


def test_browser_loads_and_says_what_it_shows(world: World, make: MakeBrowser) -> None:
    """Days, count, total, zone, as of when."""
    desk = Desk(world)
    browser = make(desk.jira, "2026-W47")
    summary = text_of(browser.summary)
    assert summary.startswith(
        "Mon 16 Nov 2026 – Sun 22 Nov 2026 · 5 worklogs, 5:00 · Times are in Europe/Berlin · As of"
    )
    assert comments(browser) == ["one", "two", "three", "four", "five"]
    assert f'href="{world.url}/browse/OPS-1"' in browser.listing.html
    assert browser.worklogs["comment"].tolist() == comments(browser)
    assert not is_shown(browser.stop)


def test_days_without_worklogs_are_there_to_be_filled(browser: WorklogBrowser, make: MakeBrowser, desk: Desk) -> None:
    """As far as they have come, and not in a list of a whole year."""
    days = [row["key"] for row in browser.listing.rows if row["actions"] and row["actions"][0][0] == "add"]
    assert days == [f"2026-11-{day}" for day in range(16, 23)]
    assert [row["key"] for row in make(desk.jira, "2126-W47").listing.rows] == []
    assert len([row for row in make(desk.jira, "2026").listing.rows if "2026-" in row["key"]]) == 5


def test_other_period_is_loaded(browser: WorklogBrowser, desk: Desk, clock: Clock) -> None:
    """Chosen by a step, or by two days."""
    desk.world.add_worklog("APP-1", "2026-11-10 09:00", comment="before")
    browser.choice.previous.click()
    assert comments(browser) == ["before"]
    browser.choice.first.value = browser.choice.last.value = desk.get("two").started.date()
    clock.pause()
    assert comments(browser) == ["two"]
    assert text_of(browser.summary).startswith("Tue 17 Nov 2026 · 1 worklog, 1:00")


def test_answers_of_the_last_minutes_are_called_so(browser: WorklogBrowser, desk: Desk) -> None:
    """Refresh asks Jira."""
    browser.load()
    assert "(from the cache)" in text_of(browser.summary)
    desk.world.add_worklog("APP-1", "2026-11-16 12:00", comment="new")
    browser.refresh.click()
    assert "cache" not in text_of(browser.summary)
    assert "new" in comments(browser)


def test_nothing_found_is_explained(browser: WorklogBrowser, desk: Desk) -> None:
    """Who was asked for, what exactly, and where to look."""
    browser.choice.previous.click()
    told = text_of(browser.notices)
    for text in (
        "No worklogs found on Cloud.",
        "Asked as Ann for 2026-11-09",
        "you yourself",
        "Tempo",
        "JQL: ",
    ):
        assert text in told
    assert f'href="{desk.world.url}/issues/?jql=' in browser.notices.value
    browser.choice.following.click()
    assert not is_shown(browser.notices)


def test_failed_connection_is_told_and_the_others_are_shown(desk: Desk, server: World, make: MakeBrowser) -> None:
    """A part of the week is not the week."""
    other = Desk(server)
    server.faults.when(lambda request: "/search" in request.path, forbidden(), times=None)
    browser = make([desk.jira, other.jira], WEEK)
    assert text_of(browser.notices).startswith("✗ This is not everything:Server: ")
    assert len(shown(browser)) == 5


def test_connection_without_worklogs_is_named(desk: Desk, server: World, make: MakeBrowser) -> None:
    """Without the whole explanation."""
    browser = make([desk.jira, server.sign_in()], WEEK)
    assert text_of(browser.notices) == "No worklogs found on Server."


def test_skipped_worklogs_are_told(desk: Desk, make: MakeBrowser) -> None:
    """What could not be read may be mine."""
    broken = {"id": "1", "key": "APP-1", "fields": {"worklog": {"total": 1, "worklogs": [{"id": "7"}]}}}
    answer = Answer(200, {"issues": [broken], "isLast": True})
    desk.world.faults.when(lambda request: "/search" in request.path, answer)
    browser = make(desk.jira, WEEK)
    assert "Cloud: 1 worklog could not be read." in text_of(browser.notices)


def test_failed_load_is_no_empty_week(desk: Desk, make: MakeBrowser, browser: WorklogBrowser) -> None:
    """Nothing is shown as if it were; Refresh tries again."""
    desk.world.faults.when(lambda request: "/search" in request.path, forbidden())
    browser.choice.previous.click()
    assert "Refresh tries again." in said(browser)
    assert (browser.listing.html, text_of(browser.summary), browser.worklogs.empty) == ("", "", True)
    assert browser.add.disabled
    browser.refresh.click()
    assert "No worklogs found" in text_of(browser.notices)


def test_failed_refresh_keeps_what_was_there(browser: WorklogBrowser, desk: Desk) -> None:
    """And says that it is older."""
    desk.world.faults.when(lambda request: "/search" in request.path, forbidden())
    browser.refresh.click()
    assert "What was loaded before is still shown." in said(browser)
    assert len(shown(browser)) == 5


def test_loading_is_shown_and_stopped(desk: Desk, make: MakeBrowser) -> None:
    """What was there before stays, and is what Refresh is about."""
    jobs: list[Callable[[], None]] = []
    browser = make(desk.jira, WEEK, run=jobs.append)
    assert (said(browser), is_shown(browser.stop), browser.add.disabled) == ("… Loading worklogs …", True, True)
    jobs.pop()()
    assert not is_shown(browser.stop)
    browser.choice.previous.click()
    browser.stop.click()
    jobs.pop()()
    assert said(browser) == "! Stopped. Press Refresh to load.What was loaded before is still shown."
    assert (len(shown(browser)), str(browser.choice.first.value)) == (5, "2026-11-16")


def test_progress_counts_issues(desk: Desk, make: MakeBrowser) -> None:
    """A bar with words."""
    told: list[str] = []
    jobs: list[Callable[[], None]] = []
    browser = make(desk.jira, WEEK, run=jobs.append)
    browser.status.observe(lambda change: told.append(change["new"]), "value")
    jobs.pop()()
    assert any("<progress" in html and "Loading worklogs: " in html and " issues" in html for html in told)
    assert said(browser) == ""


def test_answer_for_an_older_choice_is_dropped(desk: Desk, make: MakeBrowser) -> None:
    """Whoever clicks on has not asked for it any more."""
    jobs: list[Callable[[], None]] = []
    browser = make(desk.jira, WEEK, run=jobs.append)
    browser.load("2026-W46")
    older, newer = jobs
    newer()
    older()
    assert text_of(browser.summary).startswith("Mon 9 Nov 2026")


def test_without_a_connection_it_says_what_to_do(make: MakeBrowser) -> None:
    """And Refresh connects, once there is one."""
    browser = make()
    advice = "Sign in with roots_nb.ConnectionManager() in another cell, then press Refresh."
    assert said(browser) == f"! There is no connection to Jira yet.{advice}"


def test_connections_are_signed_in_once_unless_one_failed(desk: Desk, make: MakeBrowser) -> None:
    """One that failed is tried again."""
    failed = Jira(desk.world.connection, problem=Unreachable("No reply."))
    answers = [[failed], [desk.jira]]
    browser = make(None, WEEK, connect=lambda: answers.pop(0))
    assert "No reply." in said(browser)
    browser.refresh.click()
    assert len(shown(browser)) == 5
    browser.refresh.click()
    assert (said(browser), len(shown(browser))) == ("", 5)


def test_period_that_is_none_is_told(desk: Desk, make: MakeBrowser) -> None:
    """With every spelling that is one."""
    assert "'W99' is not a period." in said(make(desk.jira, "W99"))


def test_what_is_saved_while_a_load_is_under_way_stays_in_the_list(
    desk: Desk, make: MakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jira had answered before."""
    browser = make(desk.jira, WEEK)
    load = worklog_browser.load_worklogs

    def answered_early(*args: Any, **options: Any) -> pd.DataFrame:
        frame = load(*args, **options)
        monkeypatch.setattr(worklog_browser, "load_worklogs", load)
        press(browser, "Edit APP-1, Mon 16")
        assert browser.form is not None
        browser.form.fields.comment.value = "saved meanwhile"
        browser.form.save.click()
        return frame

    monkeypatch.setattr(worklog_browser, "load_worklogs", answered_early)
    browser.refresh.click()
    assert desk.get("saved meanwhile")
    assert comments(browser)[0] == "saved meanwhile"
    browser.refresh.click()
    assert comments(browser)[0] == "saved meanwhile"


# --- filter


def test_filter_looks_into_issue_summary_and_comment(browser: WorklogBrowser) -> None:
    """Each word must be somewhere; totals follow, the frame stays."""
    found = {}
    for text in ("app-2", "SUMMARY of OPS", "app-1 t", "(", ""):
        browser.filter.value = text
        found[text] = comments(browser)
    assert found == {
        "app-2": ["four"],
        "SUMMARY of OPS": ["five"],
        "app-1 t": ["two", "three"],
        "(": [],
        "": ["one", "two", "three", "four", "five"],
    }
    browser.filter.value = "four"
    assert "1 of 5 worklogs, 1:00 of 5:00" in text_of(browser.summary)
    assert len(browser.worklogs) == 5


# --- the form


def test_edit_is_in_the_list_without_loading(browser: WorklogBrowser, desk: Desk) -> None:
    """The frame too."""
    press(browser, "Edit APP-1, Tue 17")
    browser.form.fields.comment.value = "dos"
    browser.form.fields.more.click()
    browser.form.save.click()
    assert comments(browser) == ["one", "dos", "three", "four", "five"]
    assert "5 worklogs, 5:15" in text_of(browser.summary)
    assert browser.worklogs["comment"].tolist() == comments(browser)
    assert searches(desk) == 0
    assert browser.listing.current == f"{desk.get('dos').id}@Cloud"


def test_delete_asks_and_undo_brings_it_back(browser: WorklogBrowser, desk: Desk) -> None:
    """In the list as well."""
    press(browser, "Delete APP-2")
    assert "Delete APP-2, Thu 19 Nov 2026, 09:00, 1:00, “four”?" in text_of(browser.form.status)
    assert desk.writes() == []
    browser.form.confirm.click()
    assert comments(browser) == ["one", "two", "three", "five"]
    browser.form.undo.click()
    assert comments(browser) == ["one", "two", "three", "four", "five"]
    assert browser.worklogs["worklog_id"].tolist()[3] == str(desk.get("four").id)


def test_add_begins_on_its_day_after_the_last_worklog(browser: WorklogBrowser, desk: Desk, clock: Clock) -> None:
    """In the morning of an empty one."""
    press(browser, "Add a worklog on Sat 21")
    fields = browser.form.fields
    assert (str(fields.day.value), fields.start.value) == ("2026-11-21", "9:00")
    press(browser, "Add a worklog on Thu 19")
    fields = browser.form.fields
    assert (str(fields.day.value), fields.start.value) == ("2026-11-19", "10:00")
    fields.issue.text.value, fields.comment.value, fields.time_spent.value = "OPS-1", "new", "30m"
    clock.pause()
    browser.form.save.click()
    assert comments(browser) == ["one", "two", "three", "four", "new", "five"]
    assert browser.worklogs.attrs["loads"][0]["jql"]


@pytest.mark.parametrize(("minutes", "start"), [(90, "2:00+02:00"), (119, "2:29+02:00"), (150, "2:00+01:00")])
def test_add_begins_in_the_hour_that_the_clocks_repeat(desk: Desk, make: MakeBrowser, minutes: int, start: str) -> None:
    """The first or the second time, as the last worklog ends."""
    desk.world.add_worklog("APP-1", "2026-10-25 00:30", minutes)
    browser = make(desk.jira, "2026-10-25")
    press(browser, "Add a worklog on Sun 25")
    assert browser.form.fields.start.value == start


def test_add_without_a_day_begins_within_the_period(browser: WorklogBrowser) -> None:
    """Today, where that is shown."""
    browser.add.click()
    assert str(browser.form.fields.day.value) == "2026-11-16"
    browser.choice.named.value = "this week"
    browser.add.click()
    assert browser.form.fields.day.value == browser._loaded.today


def test_worklog_that_leaves_the_period_is_told(browser: WorklogBrowser, desk: Desk) -> None:
    """It is not lost."""
    press(browser, "Edit APP-1, Mon 16")
    browser.form.fields.day.value = desk.get("one").started.date().replace(day=9)
    browser.form.save.click()
    assert said(browser) == "It is on another day now, which is not shown here."
    assert comments(browser) == ["two", "three", "four", "five"]
    browser.form.undo.click()
    assert (said(browser), comments(browser)[0]) == ("", "one")


def test_refresh_meanwhile_is_not_undone_by_saving(browser: WorklogBrowser, desk: Desk) -> None:
    """Only the worklog of the form is replaced; what changed in Jira is a conflict for the form."""
    press(browser, "Edit APP-1, Mon 16")
    desk.world.add_worklog("APP-1", "2026-11-16 12:00", comment="new")
    browser.refresh.click()
    browser.form.fields.comment.value = "uno"
    browser.form.save.click()
    assert comments(browser) == ["uno", "new", "two", "three", "four", "five"]


def test_unsaved_form_is_not_replaced(browser: WorklogBrowser, desk: Desk) -> None:
    """By none of the buttons that open another; Close asks once."""
    press(browser, "Edit APP-1, Mon 16")
    form = browser.form
    form.fields.comment.value = "uno"
    press(browser, "Edit APP-1, Tue 17")
    press(browser, "Delete APP-2")
    browser.add.click()
    assert browser.form is form
    assert "is not saved" in said(browser)
    browser.close_form.click()
    assert (browser.form, browser.close_form.description) == (form, "Close without saving")
    browser.close_form.click()
    assert (browser.form, browser.listing.current, desk.writes()) == (None, "", [])


def test_untouched_form_makes_room(browser: WorklogBrowser) -> None:
    """It has nothing to lose."""
    press(browser, "Edit APP-1, Mon 16")
    first = browser.form
    press(browser, "Edit APP-1, Tue 17")
    assert browser.form is not first
    assert first.comm is None
    browser.close_form.click()
    assert browser.form is None


def test_worklogs_of_two_connections_are_edited_where_they_are(desk: Desk, server: World, make: MakeBrowser) -> None:
    """Ids may be the same on both."""
    other = Desk(server)
    other.someone_changes("one", comment="there")
    browser = make([desk.jira, other.jira], WEEK)
    row = next(n for n, comment in enumerate(browser.worklogs["comment"]) if comment == "there")
    assert browser.worklogs["worklog_id"].tolist().count(browser.worklogs["worklog_id"][row]) == 2
    press(browser, "Edit APP-1, Mon 16 Nov 2026, 09:00, 1:00, “there”")
    browser.form.fields.comment.value = "changed"
    browser.form.save.click()
    assert (len(other.find("changed")), len(desk.find("one"))) == (1, 1)
    assert sorted(comments(browser))[:2] == ["changed", "five"]
