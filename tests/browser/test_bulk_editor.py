"""The bulk editor in JupyterLab: from a typed cell to the review, over a kernel that dies, with many rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.grid_in_kernel import HOSTILE
from tests.browser.notebook import Notebook, Window
from tests.browser.spreadsheet import Spreadsheet
from tests.browser.worlds import check_harmless

pytestmark = pytest.mark.xdist_group("jupyterlab")

BEGIN = "from tests.browser.editor_in_kernel import TimedEditor, week_of\n"
EDITOR, MANY, EMPTY = range(3)
CELLS = (
    f"{BEGIN}editor = TimedEditor(week_of(40))\neditor",
    "editor = TimedEditor(week_of(5000))\neditor",
    "editor = TimedEditor(week_of(0))\neditor",
)
BURST = 40
PAUSE_MS = 20  # with the keys themselves more than twenty edits a second


@pytest.fixture(scope="module")
def notebook(shared_window: Window) -> Iterator[Notebook]:
    """One notebook for all tests."""
    shared_window.begin()
    shared_window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with shared_window.notebook(*CELLS) as opened:
        yield opened
        check_harmless(shared_window)


@pytest.fixture
def sheet(notebook: Notebook) -> Iterator[Spreadsheet]:
    """An editor of its own for each test, with nothing left of the one before."""
    notebook.run(EDITOR)
    yield Spreadsheet(notebook)
    notebook.execute("editor.sheet.discard(); editor._save()")


def press(sheet: Spreadsheet, name: str) -> None:
    sheet.output.get_by_role("button", name=name).click()


def counts(sheet: Spreadsheet) -> Locator:
    return sheet.output.get_by_role("status").filter(has_text="·")


def test_edit_is_counted_and_reviewed(sheet: Spreadsheet) -> None:
    """Typed as people write it, shown in one way, old → new in the review."""
    sheet.click(0, "Day")
    sheet.type("tue", "Tab")
    sheet.type("9", "Tab")
    sheet.type("1,5h", "Tab")
    sheet.type("https://acme.atlassian.net/browse/APP-77", "Enter")
    expect(sheet.cell(0, "State")).to_have_text("✎Changed")
    for title, shown in {"Day": "Tue 17 Nov", "Start": "9:00", "Time spent": "1:30", "Issue": "APP-77"}.items():
        expect(sheet.cell(0, title)).to_have_text(shown)
    expect(counts(sheet)).to_have_text("1 changed · +1:00")
    sheet.cell(1, "Delete").get_by_role("checkbox").click()
    expect(counts(sheet)).to_contain_text("1 changed · 1 to delete")
    press(sheet, "Review changes")
    expect(sheet.output).to_contain_text("Mon 16 Nov 08:15 → Tue 17 Nov 09:00")
    expect(sheet.output).to_contain_text("0:30 → 1:30")
    expect(sheet.output.get_by_role("button", name="Apply 2 changes")).to_be_visible()
    assert sheet.output.locator("img, b b").count() == 0
    sheet.notebook.picture("bulk-editor-review")


def test_pasted_block_shows_what_is_wrong(sheet: Spreadsheet) -> None:
    """Good cells are taken, bad ones keep their text and reason; Review names them, undo takes all back."""
    sheet.click(2, "Time spent")
    sheet.paste("90m\tapp-5\r\nabc\tAPP-\r\n")
    expect(sheet.cell(3, "Time spent")).to_have_text("⚠abc")
    expect(sheet.cell(2, "Time spent")).to_have_text("1:30")
    expect(sheet.cell(2, "Issue")).to_have_text("APP-5")
    expect(counts(sheet)).to_contain_text("1 changed · 1 with a problem")
    press(sheet, "Review changes")
    alert = sheet.output.get_by_role("alert")
    expect(alert).to_contain_text("2 cells cannot be used")
    expect(alert).to_contain_text("'abc' is not a duration")
    sheet.click(3, "Time spent")
    sheet.press("Control+z")
    expect(sheet.cell(3, "State")).to_have_text("")
    expect(sheet.output).to_contain_text("No edits.")
    sheet.cell(1, "Comment").click()
    expect(sheet.cell(1, "Comment")).to_have_text(HOSTILE)


def test_draft_is_restored_after_the_kernel_died(sheet: Spreadsheet) -> None:
    """What had been received, good and bad, and a new row; what was not is counted, so that nobody believes it is."""
    sheet.click(0, "Comment")
    sheet.type("typed before the crash", "Enter")
    sheet.click(1, "Time spent")
    sheet.type("abc", "Enter")
    press(sheet, "+ Add row")
    expect(sheet.foot).to_contain_text("41 rows")
    sheet.type("Mon", "Tab")
    expect(counts(sheet)).to_contain_text("1 changed · 2 with a problem")
    expect(sheet.foot).not_to_contain_text("not yet received")
    sheet.notebook.restart_kernel()
    sheet.click(2, "Comment")
    sheet.type("typed in vain", "Enter")
    expect(sheet.foot).to_contain_text("1 edit not yet received")
    expect(sheet.foot).to_contain_text("after a restart run the cell again")
    sheet.notebook.run(EDITOR)
    again = Spreadsheet(sheet.notebook)
    expect(again.output).to_contain_text("Edits of an earlier session were not applied.")
    sheet.notebook.picture("bulk-editor-restore")
    again.output.get_by_role("button", name="Restore 3 unsent edits from").click()
    expect(again.cell(0, "Comment")).to_have_text("typed before the crash")
    expect(again.cell(1, "Time spent")).to_have_text("⚠abc")
    expect(again.foot).to_contain_text("41 rows")
    assert again.ask("editor.edited.comment[0]") == "typed before the crash"


@pytest.mark.slow
def test_five_thousand_rows_stay_quick(sheet: Spreadsheet, capsys: pytest.CaptureFixture[str]) -> None:
    """Of more than twenty edits a second none is dropped; how long an edit takes is printed."""
    sheet.notebook.run(MANY)
    many = Spreadsheet(sheet.notebook, MANY)
    many.click(0, "Time spent")
    for number in range(1, BURST + 1):
        many.type(f"{number}m", "Enter")
        many.notebook.page.wait_for_timeout(PAUSE_MS)
    assert many.ask(f"[spent.seconds // 60 for spent in editor.edited.time_spent[:{BURST}]]") == [*range(1, BURST + 1)]
    many.click(0, "Time spent")
    many.type("7.25h")
    pressed = many.notebook.page.evaluate("Date.now()")
    many.press("Enter")
    lapse = many.ask("editor.times[-1]") * 1000 - pressed
    with capsys.disabled():
        print(f"\n5,000 rows: an edit is judged and on the disk {lapse:.0f} ms after its key")
    many.notebook.clear(MANY)


def test_empty_week_takes_a_first_row(sheet: Spreadsheet) -> None:
    """With the keyboard alone, from the button to the review."""
    sheet.notebook.run(EMPTY)
    output = sheet.notebook.output(EMPTY)
    expect(output).to_contain_text("There are no worklogs in this period. Press + Add row to write one.")
    output.get_by_role("button", name="+ Add row").press("Enter")
    empty = Spreadsheet(sheet.notebook, EMPTY)
    empty.type("mon", "Tab")
    empty.type("9", "Tab")
    empty.type("1", "Tab")
    empty.type("APP-3", "Enter")
    expect(empty.cell(0, "State")).to_have_text("+New")
    review = output.get_by_role("button", name="Review changes")
    expect(review).to_be_enabled()
    review.press("Enter")
    expect(output.get_by_role("button", name="Apply 1 change")).to_be_visible()
    sheet.notebook.clear(EMPTY)
