"""The grid in JupyterLab: what is typed, pasted and ticked arrives in Python, and what Python says of it is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.grid_in_kernel import HOSTILE, PROBLEM
from tests.browser.notebook import Notebook, Window, take_picture
from tests.browser.spreadsheet import CELLS, SECOND_VIEW, Spreadsheet
from tests.browser.worlds import check_harmless

pytestmark = pytest.mark.xdist_group("jupyterlab")

OPEN_AT_ONCE = """cell => {
    cell.scrollIntoView();
    cell.dispatchEvent(new MouseEvent('dblclick', {bubbles: true}));
}"""
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
CELL_COUNT = "jupyterapp.shell.currentWidget.content.widgets.length"


@pytest.fixture(scope="module")
def opened(shared_window: Window) -> Iterator[Notebook]:
    """One notebook for all tests; each makes a grid of its own in it."""
    shared_window.begin()
    shared_window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with shared_window.notebook(*CELLS) as notebook:
        yield notebook


@pytest.fixture
def sheet(opened: Notebook) -> Iterator[Spreadsheet]:
    opened.run()
    yield Spreadsheet(opened)
    check_harmless(opened.window)


def test_typing_goes_where_the_keys_lead(sheet: Spreadsheet) -> None:
    """Enter goes down, Tab right, Shift+Tab left, arrows move and end what was typed, Escape takes it back."""
    sheet.click(0, "Time spent")
    sheet.type("1.5", "Enter")
    sheet.type("90m", "Tab")
    sheet.type("APP-77", "Shift+Tab", "ArrowDown")
    sheet.type("7", "Escape")
    expect(sheet.cell(2, "Time spent")).to_have_text("3h")
    sheet.type("2", "ArrowUp")
    expect(sheet.active).to_have_text("1.5h")
    assert sheet.actions() == [
        [["0", "spent", "1.5"]],
        [["1", "spent", "90m"]],
        [["1", "issue", "APP-77"]],
        [["2", "spent", "2"]],
    ]
    sheet.expect_column("Time spent", "1.5h", "1.5h", "2h", "4h")
    sheet.expect_column("State", *["✎Changed"] * 3)


def test_editor_keeps_the_text_when_it_is_opened_by_a_key(sheet: Spreadsheet) -> None:
    """F2, Enter and a double click edit what is there; Alt+Enter makes a second line."""
    sheet.click(3, "Comment")
    sheet.press("F2", "End")
    sheet.type(" and 4", "Alt+Enter")
    sheet.type("second line", "Enter", "Enter", "End")
    sheet.type("!", "ArrowLeft")
    sheet.type("?", "Enter")
    sheet.cell(5, "Comment").dblclick()
    sheet.press("End")
    sheet.type(".")
    sheet.click(9, "Issue")
    assert [action[0][2] for action in sheet.actions()] == [
        "Review of part 3 and 4\nsecond line",
        "Review of part 4?!",
        "Review of part 5.",
    ]
    expect(sheet.cell(3, "Comment")).to_have_text("Review of part 3 and 4 ↵ second line")
    expect(sheet.active).to_have_text("APP-9")


def test_block_from_a_spreadsheet_is_pasted_in_one_step(sheet: Spreadsheet) -> None:
    """Good cells are normalised, bad ones marked and kept, read-only ones left alone; one undo takes all of it back."""
    sheet.click(1, "Time spent")
    sheet.paste('2\tAPP-5\tmine\t"two\r\nlines"\r\nabc\tAPP-6\t\tplain\r\n')
    expect(sheet.foot).to_contain_text("6 cells changed, 2 left out")
    expect(sheet.cell(1, "Time spent")).to_have_text("2h")
    bad = sheet.cell(2, "Time spent")
    expect(bad).to_have_text("⚠abc")
    expect(bad).to_have_attribute("aria-invalid", "true")
    expect(bad).to_have_attribute("title", PROBLEM)
    expect(sheet.cell(1, "Summary")).to_contain_text("Checkout")
    expect(sheet.cell(1, "Comment")).to_have_text("two ↵ lines")
    sheet.click(2, "Time spent")
    expect(sheet.output.get_by_role("status")).to_have_text(f"Time spent: {PROBLEM}")
    sheet.press("Control+z")
    expect(bad).to_have_text("3h")
    expect(bad).not_to_have_attribute("aria-invalid", "true")
    expect(sheet.cell(1, "Comment")).to_have_text(HOSTILE)
    sheet.press("Control+y")
    expect(bad).to_have_text("⚠abc")
    assert [len(action) for action in sheet.actions()] == [6, 6, 6]


@pytest.mark.slow
def test_block_is_copied_as_spreadsheets_read_it(sheet: Spreadsheet) -> None:
    """And pasted over a larger selection it is repeated."""
    sheet.click(0, "Time spent")
    sheet.press("Shift+ArrowRight", "Shift+ArrowDown")
    assert sheet.copied() == "1h\tAPP-0\n2h\tAPP-1"
    sheet.click(4, "Time spent")
    sheet.click(7, "Issue", modifiers=["Shift"])
    sheet.press("Control+v")
    sheet.expect_column("Issue", "APP-0", "APP-1", "APP-0", "APP-1", first=4)
    assert len(sheet.actions()) == 1


@pytest.mark.slow
def test_rows_below_the_last_are_added_by_a_paste(sheet: Spreadsheet) -> None:
    """Undo takes them away again, redo brings them back."""
    sheet.click(39, "Issue")
    sheet.press("Control+End", "Home", "ArrowRight", "ArrowRight", "ArrowRight")
    sheet.paste("APP-1\nAPP-2\nAPP-3\n")
    expect(sheet.foot).to_contain_text("42 rows")
    expect(sheet.foot).to_contain_text("1 cell changed, 2 rows added")
    sheet.press("Control+z")
    expect(sheet.foot).to_contain_text("40 rows")
    sheet.press("Control+y")
    expect(sheet.foot).to_contain_text("42 rows")
    expect(sheet.rows.last).to_contain_text("APP-3")


def test_fill_down_clear_and_tick(sheet: Spreadsheet) -> None:
    """Ctrl+D fills from the first selected row, Delete empties, Space and a click tick."""
    sheet.click(0, "Comment")
    sheet.press("Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    expect(sheet.cell(2, "Comment")).to_have_text("Review of part 0")
    sheet.click(5, "Comment")
    sheet.press("Delete", "ArrowRight", "Space", "ArrowDown")
    tick = sheet.cell(6, "Delete").get_by_role("checkbox")
    tick.click()
    expect(tick).to_be_checked()
    expect(sheet.cell(5, "Delete").get_by_role("checkbox")).to_be_checked()
    expect(sheet.cell(6, "State")).to_have_text("✕To delete")
    tick.click()
    expect(tick).not_to_be_checked()
    assert sheet.actions() == [
        [["1", "comment", "Review of part 0"], ["2", "comment", "Review of part 0"]],
        [["5", "comment", ""]],
        [["5", "delete", True]],
        [["6", "delete", True]],
        [["6", "delete", False]],
    ]


def test_filter_and_sort_change_what_is_shown_not_what_is_edited(sheet: Spreadsheet) -> None:
    """An edit reaches the row one sees; the number behind a text sorts it; a new row stays in sight."""
    sheet.filter("review app-1")
    expect(sheet.foot).to_contain_text("10 of 40 rows")
    sheet.click(0, "Time spent")
    sheet.type("90m", "Enter")
    expect(sheet.cell(0, "Time spent")).to_have_text("1.5h")
    sheet.sort("Time spent")
    sheet.expect_column("Time spent", "1h", "1.5h", "2h")
    sheet.sort("Time spent")
    sheet.expect_column("Time spent", "12h", "8h", "7h")
    sheet.click(0, "Issue")
    sheet.type("APP-500", "Enter")
    expect(sheet.active).to_have_text("APP-19")
    sheet.output.get_by_role("button", name="+ Add row").click()
    expect(sheet.foot).to_contain_text("11 of 41 rows")
    sheet.type("09:00", "Enter")
    sheet.filter("nothing at all")
    expect(sheet.output).to_contain_text("No row has all of these words.")
    sheet.filter("")
    expect(sheet.foot).to_contain_text("41 rows")
    assert sheet.actions()[1:] == [[["11", "issue", "APP-500"]], [["new-1", "start", "09:00"]]]


def test_notebook_does_not_hear_the_keys(sheet: Spreadsheet) -> None:
    """Neither on a read-only cell, nor in an editor, nor in the filter: `b` makes no cell, `dd` deletes none."""
    page = sheet.notebook.page
    before = page.evaluate(CELL_COUNT)
    sheet.click(0, "Summary")
    sheet.type("bbddxa")
    sheet.click(0, "Comment")
    sheet.type("bdd", "Shift+Enter", "Escape")
    sheet.filter("")
    sheet.type("bdd")
    assert page.evaluate(CELL_COUNT) == before
    assert len(sheet.actions()) == 1


def test_markup_is_text(sheet: Spreadsheet) -> None:
    """In a cell, in its editor, in a problem."""
    expect(sheet.cell(1, "Comment")).to_have_text(HOSTILE)
    sheet.click(1, "Comment")
    sheet.press("F2")
    expect(sheet.output.get_by_role("textbox", name="Comment")).to_have_value(HOSTILE)
    sheet.press("Escape")
    sheet.click(1, "Time spent")
    sheet.type(HOSTILE, "Enter")
    expect(sheet.cell(1, "Time spent")).to_have_text(f"⚠{HOSTILE}")
    assert sheet.output.locator("img, b").count() == 0


def test_open_editor_stays_open(sheet: Spreadsheet) -> None:
    """Whatever Python says of the cell and its row, and whatever rows come, go or are set anew meanwhile."""
    sheet.click(1, "Comment")
    sheet.type("half")
    sheet.notebook.execute("example.interfere()")
    expect(sheet.cell(1, "State")).to_have_text("✎Changed")
    sheet.type(" a sentence", "Enter")
    expect(sheet.cell(3, "Issue")).to_have_text("APP-4")
    expect(sheet.foot).to_contain_text("40 rows")
    sheet.click(1, "Comment")
    sheet.type("another")
    sheet.notebook.execute("example.reset()")
    sheet.type(" half", "Tab")
    expect(sheet.cell(3, "Issue")).to_have_text("APP-3")
    expect(sheet.foot).to_contain_text("41 rows")
    expect(sheet.cell(1, "Comment")).to_have_text("another half")
    expect(sheet.output.get_by_role("grid")).to_be_focused()
    assert [action[0][2] for action in sheet.actions()] == ["theirs", "half a sentence", "another half"]


def test_editor_stays_open_in_a_grid_that_is_scrolled_to(sheet: Spreadsheet) -> None:
    """What is typed at once is not lost when all of it is drawn for the first time."""
    page = sheet.notebook.page
    page.set_viewport_size({"width": 1280, "height": 500})
    sheet.notebook.run(SECOND_VIEW)
    sheet.output.scroll_into_view_if_needed()
    second = Spreadsheet(sheet.notebook, SECOND_VIEW)
    second.cell(0, "Comment").evaluate(OPEN_AT_ONCE)
    page.evaluate(TWO_FRAMES)
    sheet.type("typed at once", "Enter")
    expect(second.cell(0, "Comment")).to_have_text("typed at once")
    page.set_viewport_size({"width": 1280, "height": 1000})
    sheet.notebook.clear(SECOND_VIEW)


@pytest.mark.slow
def test_late_word_does_not_replace_what_was_typed_since(sheet: Spreadsheet) -> None:
    """A verdict on an older text of the cell is on its way while somebody types the next."""
    sheet.click(0, "Comment")
    sheet.type("typed since", "Enter")
    sheet.notebook.execute("example.answer_late()")
    sheet.click(1, "Comment")
    sheet.type("another", "Enter")
    assert len(sheet.actions()) == 2
    expect(sheet.cell(0, "Comment")).to_have_text("typed since")


def test_grid_is_used_with_the_keyboard_alone(sheet: Spreadsheet) -> None:
    """From the filter into the table, along its headers, out at its end; a screen reader is told where one is."""
    sheet.output.get_by_label("Filter rows").focus()
    sheet.press("ArrowDown")
    table = sheet.output.get_by_role("grid", name="Week")
    expect(table).to_be_focused()
    sheet.press("ArrowRight", "ArrowDown", "Shift+ArrowDown")
    expect(table).to_have_attribute("aria-activedescendant", str(sheet.active.get_attribute("id")))
    expect(sheet.active).to_have_text("09:15")
    expect(sheet.cell(2, "Start")).to_have_attribute("aria-selected", "true")
    expect(sheet.cell(2, "Day")).to_have_attribute("aria-selected", "false")
    expect(sheet.rows.nth(2)).to_have_attribute("aria-rowindex", "4")
    expect(sheet.cell(2, "Day")).to_have_attribute("aria-readonly", "true")
    sheet.press("Tab", "Escape", "Tab")
    header = sheet.output.get_by_role("columnheader", name="Day")
    expect(header).to_be_focused()
    sheet.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    sheet.press("Shift+Tab", "Control+End", "Tab")
    expect(header).to_be_focused()


def test_rows_are_not_in_the_saved_notebook(sheet: Spreadsheet) -> None:
    """A page that is loaded again and a second view get them from the kernel, with what was edited."""
    sheet.click(0, "Comment")
    sheet.type("canary-of-the-grid", "Enter")
    assert sheet.actions() == [[["0", "comment", "canary-of-the-grid"]]]
    saved = sheet.notebook.save()
    assert "widget-state" in saved
    assert "canary-of-the-grid" not in saved
    assert "Review of part" not in saved
    sheet.notebook.reload_page()
    expect(Spreadsheet(sheet.notebook).cell(0, "Comment")).to_have_text("canary-of-the-grid")
    sheet.notebook.run(SECOND_VIEW)
    second = Spreadsheet(sheet.notebook, SECOND_VIEW)
    sheet.click(0, "Time spent")
    sheet.type("2", "Enter")
    expect(second.cell(0, "Time spent")).to_have_text("2h")
    sheet.notebook.clear(SECOND_VIEW)


def test_grid_is_shown_in_both_themes(sheet: Spreadsheet) -> None:
    """Screenshots for people; the colours are the theme's."""
    sheet.click(0, "Time spent")
    sheet.paste("2\nabc\n3\n")
    expect(sheet.cell(1, "Time spent")).to_have_text("⚠abc")
    sheet.cell(4, "Delete").get_by_role("checkbox").click()
    sheet.click(1, "Time spent")
    sheet.click(6, "Comment", modifiers=["Shift"])
    colours = []
    for theme in ("dark", "light"):
        sheet.notebook.window.set_theme(f"JupyterLab {theme.title()}")
        take_picture(sheet.notebook.page, f"grid-{theme}")
        colours.append(sheet.cell(0, "Issue").evaluate("cell => getComputedStyle(cell).color"))
    assert colours[0] != colours[1]
