"""A worksheet that is written by kind of value: text is never a formula, a date is a date, a duration a number.

XlsxWriter writes what a formula gives beside it, so that previewers, which do not compute, show the right number.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from math import ceil
from typing import Any

from roots_nb import display

TEXT_LIMIT = 32_767  # Excel's own; a longer text would be left out
_A4 = 9
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_LINE_POINTS = 15
_HIGHEST_ROW_POINTS = 409  # Excel's own


@dataclass
class Sheet:
    """Rows and columns count from 0.

    Parameters
    ----------
    book : xlsxwriter.Workbook
    name : str
    hours : str
        Number format of durations, such as "[h]:mm"; with "0.00" they are written as hours, else as days.
    """

    book: Any
    name: str
    hours: str
    sheet: Any = field(init=False)
    styles: dict[tuple[tuple[str, Any], ...], Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.sheet = self.book.add_worksheet(self.name)
        self.sheet.set_landscape()
        self.sheet.set_paper(_A4)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.set_footer("&L&A&RPage &P of &N")

    def heads(self, row: int, heads: tuple[tuple[str, int], ...], *, right: tuple[int, ...] = ()) -> None:
        """Names and widths of columns; stays in sight and is printed on each page."""
        for column, (name, width) in enumerate(heads):
            align: dict[str, Any] = {"align": "right"} if column in right else {"align": "left"}
            if column - 1 in right and column not in right:
                align["indent"] = 1
            self.text(row, column, name, bold=True, bottom=2, **align)
            self.sheet.set_column(column, column, width)
        self.keep_in_sight(row, 0)

    def keep_in_sight(self, row: int, columns: int) -> None:
        """What is above and in this row, and left of `columns`, does not scroll; the row heads each printed page."""
        self.sheet.freeze_panes(row + 1, columns)
        self.sheet.repeat_rows(row)

    def text(self, row: int, column: int, text: str, **style: Any) -> None:
        clean = display.clean_text(text)
        shown = clean if len(clean) <= TEXT_LIMIT else clean[: TEXT_LIMIT - 1] + "…"
        self.sheet.write_string(row, column, shown, self._style(**style))

    def row(self, row: int, *texts: tuple[str, int], level: int = 0) -> None:
        """Room for texts that wrap in columns of a width in characters: not every program makes it by itself.

        Rows of a `level` above 0 can be folded below their sum.
        """
        lines = max(
            sum(ceil(max(1, _width(line)) / width) for line in text.splitlines() or [""]) for text, width in texts
        )
        height = min(lines * _LINE_POINTS, _HIGHEST_ROW_POINTS) if lines > 1 else None
        if height or level:
            self.sheet.set_row(row, height, None, {"level": level})

    def link(self, row: int, column: int, text: str, url: str) -> None:
        if url:
            self.sheet.write_url(row, column, url, self._style(font_color="#0B57D0"), text)
        else:
            self.text(row, column, text)

    def day(self, row: int, column: int, day: date | time, number_format: str = "yyyy-mm-dd", **style: Any) -> None:
        self.sheet.write_datetime(row, column, day, self._style(num_format=number_format, **style))

    def duration(self, row: int, column: int, duration: timedelta, **style: Any) -> None:
        form = self._style(num_format=self.hours, **style)
        if duration:
            self.sheet.write_number(row, column, self.number(duration), form)
        else:
            self.sheet.write_blank(row, column, None, form)

    def sum(self, row: int, column: int, over: str, value: timedelta, **style: Any) -> None:
        """The sum of cells."""
        self._formula(row, column, f"=SUM({over})", value, style)

    def total(self, row: int, column: int, over: str, value: timedelta, **style: Any) -> None:
        """The sum of cells without the totals among them, and of a filtered list only of what is shown."""
        self._formula(row, column, f"=SUBTOTAL(9,{over})", value, style)

    def _formula(self, row: int, column: int, formula: str, value: timedelta, style: dict[str, Any]) -> None:
        form = self._style(**{"num_format": self.hours, "bold": True, **style})
        self.sheet.write_formula(row, column, formula, form, self.number(value))

    def signed_hours(self, row: int, column: int, formula: str, value: timedelta, **style: Any) -> None:
        """Hours that may be below zero, as a decimal number: Excel cannot show a negative time."""
        form = self._style(num_format="+0.00;-0.00;0.00", **style)
        self.sheet.write_formula(row, column, formula, form, value / _HOUR)

    @property
    def is_decimal(self) -> bool:
        return "h" not in self.hours

    def number(self, duration: timedelta) -> float:
        """A duration as a cell holds it: in days, or in hours if they are shown as decimals."""
        return duration / (_HOUR if self.is_decimal else _DAY)

    def _style(self, **style: Any) -> Any:
        key = tuple(sorted(style.items()))
        if key not in self.styles:
            self.styles[key] = self.book.add_format({"valign": "top", **style})
        return self.styles[key]


def _width(line: str) -> float:
    """In digits, the measure of columns: letters are a little narrower, Chinese ones are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 0.95 for letter in line)


def column_width(texts: Iterable[str], least: int, most: int = 40) -> int:
    """Room for the longest of some texts that do not wrap."""
    return max([least, *(min(ceil(_width(text)) + 2, most) for text in texts)])


def cells(*corners: int) -> str:
    """ "E9:K9" of first row, first column, last row, last column, counted from 0."""
    from xlsxwriter.utility import xl_range

    return str(xl_range(*corners))
