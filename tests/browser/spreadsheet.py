"""The grid as a person uses it: click a cell, type, paste, look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Keyboard, Locator, expect

from tests.browser.grid_in_kernel import COLUMNS
from tests.browser.notebook import Notebook

TITLES = [column.title for column in COLUMNS]
CELLS = (
    "from tests.browser.grid_in_kernel import Example\nexample = Example()\nexample.grid",
    "example.grid",
)
SECOND_VIEW = 1
_ASK = """code => {
    const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({code});
    let printed = '';
    future.onIOPub = ({content}) => { printed += content.text ?? '' };
    return future.done.then(() => printed);
}"""


class Spreadsheet:
    """The grid in the output of a notebook's cell; rows are counted from 0 as they are shown."""

    def __init__(self, notebook: Notebook, cell: int = 0) -> None:
        self.notebook = notebook
        self.output = notebook.output(cell)
        self.keyboard: Keyboard = notebook.page.keyboard
        expect(self.active).to_be_visible()  # only then a click stays where it was made

    @property
    def rows(self) -> Locator:
        return self.output.locator(".tabulator-row")

    @property
    def active(self) -> Locator:
        """The cell in which typing would begin."""
        return self.output.locator("[id^=rn-grid-active-]")

    @property
    def foot(self) -> Locator:
        return self.output.locator(".rn-grid-foot")

    def cell(self, row: int, title: str) -> Locator:
        return self.rows.nth(row).get_by_role("gridcell").nth(TITLES.index(title))

    def expect_column(self, title: str, *texts: str, first: int = 0) -> None:
        """Wait until a column's cells from row `first` on show these texts."""
        for row, text in enumerate(texts, first):
            expect(self.cell(row, title)).to_have_text(text)

    def click(self, row: int, title: str, **options: Any) -> None:
        self.cell(row, title).click(position={"x": 5, "y": 5}, **options)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keyboard.press(key)

    def type(self, text: str, *then: str) -> None:
        self.keyboard.type(text)
        self.press(*then)

    def paste(self, text: str) -> None:
        self.notebook.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.press("Control+v")

    def copied(self) -> str:
        self.press("Control+c")
        return str(self.notebook.page.evaluate("navigator.clipboard.readText()"))

    def filter(self, text: str) -> None:
        self.output.get_by_label("Filter rows").fill(text)

    def sort(self, title: str) -> None:
        self.output.get_by_role("columnheader", name=title).click()

    def actions(self) -> Sequence[Sequence[list[object]]]:
        """What Python got, when it has got all there is: for each action its [key, column, text]."""
        told: Sequence[Sequence[list[object]]] = self.ask("example.actions")
        return told

    def ask(self, expression: str) -> Any:
        """Its value in the kernel, when that has got all there is; asked without a cell."""
        expect(self.foot).not_to_contain_text("not yet received")
        code = f"import json; print(json.dumps({expression}))"
        return json.loads(self.notebook.page.evaluate(_ASK, code))
