"""Worklogs in JupyterLab as a person meets them: look, filter, add, edit, duplicate, delete, undo; and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.form import button, field
from tests.browser.notebook import Notebook, Window
from tests.browser.test_keyboard import NAME_OF_FOCUSED, tab_through
from tests.browser.worlds import remember
from tests.editing.desk import Desk
from tests.world import World

pytestmark = pytest.mark.xdist_group("jupyterlab")

BROWSER = """from roots_nb.widgets.worklog_browser import WorklogBrowser
browser = WorklogBrowser(period=("2026-11-16", "2026-11-22"))
browser"""
HOSTILE = "<img src=https://elsewhere.invalid/>"
HURRY = """field => {
    for (const text of ["Plan", "Plann", "Planning"]) {
        field.value = text;
        field.dispatchEvent(new InputEvent("input", {bubbles: true}));
    }
    const buttons = [...field.closest(".jp-Cell-outputWrapper").querySelectorAll("button")];
    buttons.find(button => button.textContent === "Save").click();
}"""
EAGER = """() => {
    const isWanted = field => field.checkVisibility() && field.value === "two";
    const observer = new MutationObserver(() => {
        const field = [...document.querySelectorAll(".rn-field-comment textarea")].find(isWanted);
        if (field === undefined) return;
        observer.disconnect();
        field.focus();
    });
    observer.observe(document.body, {childList: true, subtree: true, attributes: true, characterData: true});
}"""
FRAMES = """async () => {
    for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
}"""
NARROW, WIDE = ({"width": width, "height": 1000} for width in (720, 1280))


@pytest.fixture
def desk(window: Window, cloud: World) -> Desk:
    """Ann's week, of which JupyterLab knows the connection."""
    made = Desk(cloud)
    remember(window.lab, cloud, "Work")
    return made


def row(shown: Locator, text: str) -> Locator:
    """The row of the list with this text."""
    return shown.get_by_role("row").filter(has_text=text)


def status(shown: Locator, text: str) -> None:
    expect(shown.locator("[role=status], [role=alert]").filter(has_text=text)).to_be_visible()


def test_week_is_repaired_in_the_list(window: Window, desk: Desk) -> None:
    """Each thing once, with what Jira holds afterwards; text from Jira is text."""
    desk.world.add_worklog("APP-1", "2026-11-18T10:00", comment=HOSTILE)
    with window.notebook(BROWSER) as notebook:
        shown = notebook.run()
        expect(shown).to_contain_text("6 worklogs, 6:00")
        expect(row(shown, "10:00")).to_contain_text(HOSTILE)
        notebook.picture("worklogs")
        filter_and_clear(shown)
        create(notebook, shown)
        save_in_a_hurry(shown, desk)
        duplicate_and_undo(shown)
        assert len(desk.find("Planning")) == 1
        edit_and_undo(shown, desk)
        delete_and_undo(shown, desk)
        settle_conflict(notebook, shown, desk)
        assert "widget-state" in notebook.save()


def filter_and_clear(shown: Locator) -> None:
    field(shown, "Filter").press_sequentially("app-2")
    expect(shown).to_contain_text("1 of 6 worklogs, 1:00 of 6:00")
    expect(row(shown, "APP-1")).to_have_count(0)
    field(shown, "Filter").fill("")
    expect(row(shown, "APP-1")).to_have_count(4)


def create(notebook: Notebook, shown: Locator) -> None:
    row(shown, "Sat 21 Nov").get_by_role("button").click()
    status(shown, "choose one of the recent issues")
    field(shown, "Issue").press_sequentially("of ops")
    status(shown, "Choose one of the suggestions")
    field(shown, "Time spent").fill("1,5x")
    status(shown, "'1,5x' is not a duration")
    expect(button(shown, "Create")).to_be_disabled()
    notebook.picture("worklog-wrong")
    field(shown, "Suggestions").select_option("OPS-1 · Summary of OPS-1")
    status(shown, "Summary of OPS-1")
    field(shown, "Time spent").fill("1,5h")
    field(shown, "Comment").fill("Meeting")
    button(shown, "Create").dblclick()
    status(shown, "Created: OPS-1, Sat 21 Nov 2026, 09:00, 1:30, “Meeting”.")
    expect(row(shown, "Meeting")).to_contain_text("1:30")
    notebook.picture("worklog-created")


def save_in_a_hurry(shown: Locator, desk: Desk) -> None:
    """What was typed last counts, though it is still held back when the press arrives."""
    field(shown, "Comment").fill("Pla")
    expect(button(shown, "Save")).to_be_enabled()
    field(shown, "Comment").evaluate(HURRY)
    status(shown, "Saved: OPS-1, Sat 21 Nov 2026, 09:00, 1:30, “Planning”.")
    assert desk.get("Planning").seconds == 5400


def duplicate_and_undo(shown: Locator) -> None:
    button(shown, "Duplicate").click()
    status(shown, "A copy, not sent yet")
    field(shown, "Start").fill("15")
    button(shown, "Create").click()
    status(shown, "Created: OPS-1, Sat 21 Nov 2026, 15:00")
    expect(row(shown, "Planning")).to_have_count(2)
    button(shown, "Undo").click()
    status(shown, "Undone: OPS-1, Sat 21 Nov 2026, 15:00")
    expect(row(shown, "Planning")).to_have_count(1)
    field(shown, "Comment").fill("not wanted any more")
    button(shown, "Close").click()
    button(shown, "Close without saving").click()
    expect(field(shown, "Comment")).to_have_count(0)


def edit_and_undo(shown: Locator, desk: Desk) -> None:
    row(shown, "one").get_by_role("button", name=re.compile("^Edit")).click()
    expect(button(shown, "Save")).to_be_disabled()
    button(shown, "+15 min").click()
    button(shown, "Save").click()
    status(shown, "Saved: APP-1, Mon 16 Nov 2026, 09:00, 1:15")
    expect(row(shown, "one")).to_contain_text("1:15")
    assert desk.get("one").seconds == 4500
    button(shown, "Undo").click()
    expect(row(shown, "one")).to_contain_text("1:00")
    assert desk.get("one").seconds == 3600


def delete_and_undo(shown: Locator, desk: Desk) -> None:
    row(shown, "four").get_by_role("button", name=re.compile("^Delete")).click()
    status(shown, "Delete APP-2, Thu 19 Nov 2026, 09:00, 1:00, “four”?")
    button(shown, "Delete it").click()
    status(shown, "Deleted: APP-2, Thu 19 Nov 2026, 09:00")
    expect(row(shown, "four")).to_have_count(0)
    assert desk.find("four") == []
    button(shown, "Undo").click()
    expect(row(shown, "four")).to_have_count(1)
    assert len(desk.find("four")) == 1


def settle_conflict(notebook: Notebook, shown: Locator, desk: Desk) -> None:
    """Who is in a field before the form takes the focus stays there."""
    notebook.page.evaluate(EAGER)
    row(shown, "two").get_by_role("button", name=re.compile("^Edit")).click()
    expect(field(shown, "Comment")).to_have_value("two")
    notebook.page.evaluate(FRAMES)
    expect(field(shown, "Comment")).to_be_focused()
    expect(button(shown, "Save")).to_be_disabled()
    field(shown, "Comment").fill("mine")
    desk.someone_changes("two", comment="theirs")
    button(shown, "Save").click()
    status(shown, "Somebody changed this worklog in Jira meanwhile")
    notebook.page.set_viewport_size(NARROW)
    button(shown, "Use mine").scroll_into_view_if_needed()
    notebook.picture("worklog-conflict-narrow")
    notebook.page.set_viewport_size(WIDE)
    button(shown, "Use mine").click()
    expect(row(shown, "mine")).to_have_count(1)
    assert len(desk.find("mine")) == 1


def test_worklog_is_made_and_changed_with_the_keyboard_alone(window: Window, desk: Desk) -> None:
    """The list is one stop of the Tab key, the form is gone through as one reads, and one sees where one is."""
    with window.notebook(BROWSER) as notebook:
        shown, keyboard = notebook.run(), notebook.page.keyboard
        expect(shown).to_contain_text("5 worklogs, 5:00")
        button(shown, "+ Add worklog").focus()
        keyboard.press("Enter")
        status(shown, "choose one of the recent issues")
        expect(field(shown, "Issue")).to_be_focused()
        keyboard.type("of ops")
        status(shown, "Choose one of the suggestions")
        visited = []
        typed = {"Start": "1430", "Time spent": "45m", "Comment": "Typed"}
        for name, is_visible in tab_through(notebook.page, typed, until="Close"):
            visited.append((name, is_visible))
            if name == "Suggestions":
                keyboard.press("ArrowDown")
                status(shown, "Summary of OPS-1")
            if name == "Notify watchers by mail":
                expect(button(shown, "Create")).to_be_enabled()
        steps = ["−15 min", "+15 min", "Round up to 15 min"]
        fields = ["Suggestions", "Date", "Start", "Time spent", *steps, "Comment", "Remaining estimate"]
        assert visited == [(name, True) for name in (*fields, "Notify watchers by mail", "Create", "Close")]
        keyboard.press("Shift+Tab")
        keyboard.press("Enter")
        status(shown, "Created: OPS-1, Mon 16 Nov 2026, 14:30, 0:45, “Typed”.")
        expect(row(shown, "Typed")).to_be_visible()
        shown.locator(".rn-worklogs [tabindex='0']").focus()
        for key in ("End", "Home", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"):
            keyboard.press(key)
        assert notebook.page.evaluate(NAME_OF_FOCUSED) == "Edit"
        keyboard.press("Enter")
        expect(field(shown, "Comment")).to_have_value("Typed")
        expect(field(shown, "Issue")).to_be_focused()
        shown.locator(".rn-worklogs [tabindex='0']").focus()
        assert tab(notebook) == "Issue"
    assert desk.issue_of("Typed") == "OPS-1"


def tab(notebook: Notebook) -> str:
    """Press Tab; the name of what has the focus then."""
    notebook.page.keyboard.press("Tab")
    return str(notebook.page.evaluate(NAME_OF_FOCUSED))
