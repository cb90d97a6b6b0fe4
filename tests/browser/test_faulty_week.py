"""The week with ten faults repaired in the spreadsheet; `tests/test_faulty_week.py` does it with pandas."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.form import button
from tests.browser.notebook import Window
from tests.browser.spreadsheet import TITLES, Spreadsheet
from tests.browser.worlds import check_harmless, remember
from tests.faulty_week import AS_IT_WAS, PERIOD, entries_of, log_faulty_week
from tests.world import World

pytestmark = pytest.mark.xdist_group("jupyterlab")

EDITOR = f"""\
import roots_nb as rn
jira = rn.connect()
worklogs = rn.load_worklogs(jira, {PERIOD!r})
rn.BulkEditor(worklogs, jira)"""
REPAIRS = [
    (1, "Time spent", "3h"),
    (2, "Time spent", "1h"),
    (4, "Issue", "OPS-2"),
    (5, "Comment", "Interviews"),
    (10, "Comment", "Import of addresses"),
    (11, "Start", "14:15"),
    (13, "Day", "fri"),
]
TO_DELETE = (7, 8)
MOST_STOPS = 30  # of Tab on the way to anything: each issue of a plan is a link
IS_FOCUSED = "element => element === document.activeElement"
FORGOTTEN = "Mon 16 Nov\t12:15\t3h\tAPP-2\t\tImport and export\n20.11.2026\t14:00\t1,0\tOPS-1\t\tPlanning\n"


def test_week_with_ten_faults_is_repaired_in_the_grid(window: Window, cloud: World) -> None:
    """Typed, ticked and pasted, reviewed and applied: Jira holds the week as it was."""
    log_faulty_week(cloud)
    remember(window.lab, cloud, "Cloud")
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with window.notebook(EDITOR) as notebook:
        notebook.run()
        sheet = Spreadsheet(notebook)
        for row, title, text in REPAIRS:
            sheet.click(row, title)
            sheet.type(text, "Enter")
        for row in TO_DELETE:
            sheet.click(row, "Delete")
            sheet.press("Space")
        button(sheet.output, "+ Add row").click()
        expect(sheet.foot).to_contain_text("15 rows")
        sheet.paste(FORGOTTEN)
        expect(sheet.foot).to_contain_text("16 rows")
        notebook.picture("faulty-week")
        button(sheet.output, "Review changes").click()
        button(sheet.output, "Apply 11 changes").click()
        expect(sheet.output.get_by_text("Result: 11 done")).to_be_visible()
        notebook.picture("faulty-week-applied")
        check_harmless(window)
    assert entries_of(cloud.site) == AS_IT_WAS


def test_week_is_repaired_and_undone_with_the_keyboard_alone(window: Window, cloud: World) -> None:
    """From the cell that was run to the last Apply; Jira then holds the week as it was logged."""
    log_faulty_week(cloud)
    as_logged = entries_of(cloud.site)
    remember(window.lab, cloud, "Cloud")
    window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with window.notebook(EDITOR) as notebook:
        notebook.run()
        sheet = Spreadsheet(notebook)
        tab_to(sheet, sheet.output.get_by_role("grid"))
        repair(sheet)
        sheet.press("Escape")
        press(sheet, "Review changes")
        press(sheet, "Apply 11 changes")
        expect(sheet.output.get_by_text("Result: 11 done")).to_be_visible()
        assert entries_of(cloud.site) == AS_IT_WAS
        press(sheet, "Undo")
        expect(sheet.output.get_by_text("Plan to undo")).to_be_visible()
        press(sheet, "Apply 11 changes")
        expect(sheet.output).to_contain_text("What had been applied is taken back.")
    assert entries_of(cloud.site) == as_logged


def repair(sheet: Spreadsheet) -> None:
    """Type, tick, and paste what was forgotten, from wherever the active cell is."""
    for row, title, text in REPAIRS:
        go(sheet, row, title)
        sheet.type(text, "Enter")
    for row in TO_DELETE:
        go(sheet, row, "Delete")
        sheet.press("Space")
    sheet.press("Escape")
    press(sheet, "+ Add row", key="Shift+Tab")
    expect(sheet.foot).to_contain_text("15 rows")
    sheet.paste(FORGOTTEN)
    expect(sheet.foot).to_contain_text("16 rows")


def go(sheet: Spreadsheet, row: int, title: str) -> None:
    sheet.press("Control+Home", *["ArrowDown"] * row, *["ArrowRight"] * TITLES.index(title))


def press(sheet: Spreadsheet, name: str, *, key: str = "Tab") -> None:
    """Go to a button, and press it; of several the last: the table has an Undo of its own."""
    wanted = button(sheet.output, name).last
    expect(wanted).to_be_enabled()
    tab_to(sheet, wanted, key)
    sheet.press("Enter")


def tab_to(sheet: Spreadsheet, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until this is focused."""
    for _ in range(MOST_STOPS):
        sheet.press(key)
        if wanted.evaluate(IS_FOCUSED):
            return
    raise AssertionError(f"Tab does not lead to {wanted}")
