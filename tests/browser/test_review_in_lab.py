"""A plan in JupyterLab: looked at, applied, stopped, resumed, settled with somebody else's edit, undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.form import button, field
from tests.browser.notebook import PATIENCE_MS, Notebook, Window
from tests.browser.test_keyboard import FOCUS_IS_VISIBLE, NAME_OF_FOCUSED
from tests.browser.worlds import check_harmless, remember
from tests.editing.desk import WEEK, Desk, is_write
from tests.faults.fault import Answer, Delay, jira_errors
from tests.world import World

pytestmark = pytest.mark.xdist_group("jupyterlab")

MANY, QUICK = 24, 6
LOAD = f"""\
import pandas as pd
import roots_nb as rn
from roots_nb.widgets.review_changes import ReviewChanges
jira = rn.connect()
def week():
    return rn.load_worklogs(jira, {WEEK!r}, refresh=True)
def review(edited, before):
    return ReviewChanges(jira, rn.plan_changes(before, edited))"""
LONGER = """\
before = week()
review(before.assign(time_spent=before["time_spent"] + pd.Timedelta(minutes=30)), before)"""
SMALL = """\
before = week()
named = before["comment"].isin(["one", "two", "four"])
longer = before["time_spent"].mask(named, pd.Timedelta(minutes=90))
review(before.assign(time_spent=longer, delete=before["comment"] == "five"), before)"""
DELETES = """\
before = week()
review(before.assign(delete=True), before)"""


@pytest.fixture
def desk(cloud: World, window: Window) -> Desk:
    remember(window.lab, cloud, "Cloud")
    return Desk(cloud)


@pytest.fixture
def notebook(window: Window, desk: Desk) -> Iterator[Notebook]:
    """With a cell to load, and one for each plan."""
    with window.notebook(LOAD, LONGER, SMALL, DELETES) as opened:
        opened.run()
        yield opened
        assert "widget-state" in opened.save()
        check_harmless(window)


def message(review: Locator) -> Locator:
    """The sentences above the buttons."""
    return review.locator("[role=status], [role=alert]")


def seconds_of(desk: Desk) -> list[int]:
    return sorted(worklog.seconds for worklog in desk.site.worklogs.values())


def test_apply_is_stopped_in_the_middle_resumed_and_undone(notebook: Notebook, desk: Desk) -> None:
    """The bar counts, Stop lets what is under way finish, Resume does the rest, Undo brings everything back."""
    for number in range(MANY - 5):
        desk.world.add_worklog(f"APP-{1 + number % 2}", f"2026-11-{16 + number % 5} {10 + number // 5}:00")
    before = seconds_of(desk)
    review = notebook.run(1)
    notebook.picture("review-plan")
    some_wait = Delay(PATIENCE_MS / 1000)
    desk.world.faults.when(lambda request: is_write(request) and len(desk.writes()) > QUICK, some_wait, times=None)
    button(review, f"Apply {MANY} changes").dblclick()
    expect(review.get_by_role("progressbar")).to_be_visible()
    expect(review.get_by_text(f"of {MANY} changes")).to_be_visible()
    expect(field(review, "Remaining estimate")).to_be_disabled()
    notebook.picture("review-applying")
    button(review, "Stop").click()
    expect(message(review)).to_contain_text("What is under way is finished first")
    desk.world.faults.release()
    expect(message(review)).to_contain_text("not sent: Resume")
    notebook.picture("review-stopped")
    desk.world.faults.clear()
    assert QUICK < len(desk.writes("PUT")) < MANY
    button(review, "Resume").click()
    expect(message(review)).to_contain_text(f"{MANY} done")
    assert seconds_of(desk) == [seconds + 1800 for seconds in before]
    assert len(desk.writes("PUT")) == MANY
    button(review, "Undo").click()
    expect(button(review, "Back to the earlier result")).to_be_visible()
    field(review, "This removes a lot. To apply it, type: remove 12:00").fill("remove 12:00")
    notebook.picture("review-undo")
    button(review, f"Apply {MANY} changes").click()
    expect(message(review)).to_contain_text("What had been applied is taken back.")
    assert seconds_of(desk) == before


def test_conflict_is_settled_side_by_side(notebook: Notebook, desk: Desk) -> None:
    """Somebody edits two of them meanwhile, and Jira refuses one more: mine for one, theirs for the other."""
    review = notebook.run(2)
    desk.someone_changes("one", seconds=1800, comment="one, as somebody else sees it")
    desk.someone_changes("two", seconds=7200)
    refusal = Answer(400, jira_errors("The issue is closed: no time can be logged on it any more."))
    desk.world.faults.when(lambda request: request.method == "DELETE", refusal)
    button(review, "Apply 4 changes").click()
    expect(message(review)).to_contain_text("1 done, 2 conflict, 1 failed")
    expect(review).to_contain_text("no time can be logged on it any more")
    review.get_by_label("Use mine").first.check()
    notebook.picture("review-conflict")
    button(review, "Review my 1 change again").scroll_into_view_if_needed()
    notebook.picture("review-conflict-choices")
    notebook.page.set_viewport_size({"width": 640, "height": 1000})
    message(review).scroll_into_view_if_needed()
    notebook.picture("review-conflict-narrow")
    notebook.page.set_viewport_size({"width": 1280, "height": 1000})
    button(review, "Review my 1 change again").click()
    expect(review).to_contain_text("0:30 → 1:30")
    button(review, "Apply 1 change").click()
    expect(message(review)).to_contain_text("1 done")
    assert seconds_of(desk) == [3600, 3600, 5400, 5400, 7200]
    assert desk.get("one, as somebody else sees it").seconds == 5400
    notebook.save()
    notebook.reload_page()
    expect(notebook.output(2)).to_contain_text("Result: 1 done")


@pytest.mark.slow
def test_deleting_is_confirmed_with_the_keyboard_alone(notebook: Notebook, desk: Desk) -> None:
    """Tab leads from the table to the field, what is typed lets Apply be reached, and Enter deletes."""
    review, keyboard = notebook.run(3), notebook.page.keyboard
    expect(button(review, "Apply 5 changes")).to_be_disabled()
    review.get_by_role("region", name="Time by day").focus()
    visited = []
    for _ in range(3):
        keyboard.press("Tab")
        visited.append((notebook.page.evaluate(NAME_OF_FOCUSED), notebook.page.evaluate(FOCUS_IS_VISIBLE)))
    names = ["Remaining estimate", "Notify watchers by mail", "This removes a lot. To apply it, type: delete 5"]
    assert visited == [(name, True) for name in names]
    keyboard.type("delete 5")
    expect(button(review, "Apply 5 changes")).to_be_enabled()
    notebook.picture("review-confirmation")
    keyboard.press("Tab")
    expect(button(review, "Apply 5 changes")).to_be_focused()
    keyboard.press("Enter")
    expect(message(review)).to_contain_text("5 done")
    assert desk.site.worklogs == {}
    keyboard.press("Tab")
    expect(button(review, "Undo")).to_be_focused()
