"""A report as an Excel workbook: real dates, durations as numbers, totals as formulas that carry their right values.

Every text is written as a string, so none can be a formula (tests/reports/test_workbook.py reads it back).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import groupby
from math import ceil
from typing import TYPE_CHECKING, Any

from roots_nb import display
from roots_nb.reports import page
from roots_nb.reports.export import lines_of
from roots_nb.reports.matrix import Sums, add_rows, rows_of

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

TEXT_LIMIT = 32_767  # Excel's own; a longer text would be left out
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_A4 = 9
_SHADE = "#EDEDED"
_FIRST_SUM = 4  # column of the first day, after connection, project, issue and summary
_SUMMARY_WIDTH = 44
_LINE_POINTS = 15
_HIGHEST_ROW_POINTS = 409  # Excel's own
_LIST_COLUMNS = (
    ("Day", 12),
    ("Start", 7),
    ("Connection", 14),
    ("Project", 10),
    ("Issue", 12),
    ("Summary", _SUMMARY_WIDTH),
    ("Time spent", 11),
    ("Comment", 60),
)


def workbook_bytes(report: Report) -> bytes:
    """The workbook as the content of an .xlsx file: sheet "Report" with the matrix, sheet "Worklogs" with every row."""
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    with Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"title": page.title(report)})
        seconds = any(line.time_spent % timedelta(minutes=1) for line in lines_of(report))
        hours = "[h]:mm:ss" if seconds else "[h]:mm"
        _write_matrix(_Sheet(book, "Report", hours), report)
        _write_worklogs(_Sheet(book, "Worklogs", hours), report)
    return buffer.getvalue()


@dataclass
class _Sheet:
    """A worksheet that writes by kind of value; rows and columns count from 0."""

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

    def text(self, row: int, column: int, text: str, **style: Any) -> None:
        clean = display.clean_text(text)
        shown = clean if len(clean) <= TEXT_LIMIT else clean[: TEXT_LIMIT - 1] + "…"
        self.sheet.write_string(row, column, shown, self._style(**style))

    def fit_height(self, row: int, *texts: tuple[str, int]) -> None:
        """Room for texts that wrap in columns of a width in characters: not every program makes it by itself."""
        lines = max(sum(ceil(max(1, len(line)) / width) for line in text.splitlines() or [""]) for text, width in texts)
        if lines > 1:
            self.sheet.set_row(row, min(lines * _LINE_POINTS, _HIGHEST_ROW_POINTS))

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
            self.sheet.write_number(row, column, duration / timedelta(days=1), form)
        else:
            self.sheet.write_blank(row, column, None, form)

    def sum(self, row: int, column: int, cells: str, value: timedelta, **style: Any) -> None:
        form = self._style(num_format=self.hours, bold=True, **style)
        self.sheet.write_formula(row, column, f"=SUM({cells})", form, value / timedelta(days=1))

    def _style(self, **style: Any) -> Any:
        key = tuple(sorted(style.items()))
        if key not in self.styles:
            self.styles[key] = self.book.add_format({"valign": "top", **style})
        return self.styles[key]


def _write_matrix(sheet: _Sheet, report: Report) -> None:
    sheet.text(0, 0, page.title(report), bold=True, font_size=16)
    sheet.sheet.set_row(0, 24)
    facts = [fact for fact in page.head(report) if fact[0] != "Total"]
    for row, (name, text) in enumerate(facts, start=1):
        sheet.text(row, 0, name, font_color="#5C5C63")
        sheet.text(row, 1, text, bold=name == "Completeness")
    head = len(facts) + 2
    _write_heads(sheet, head, report)
    row = _write_issues(sheet, head + 1, report)
    for text in (*report.completeness.problems, *page.closing_lines(report)):
        row += 1
        sheet.text(row, 0, text)


def _write_heads(sheet: _Sheet, row: int, report: Report) -> None:
    style = {"bold": True, "bottom": 2}
    for column, name in enumerate(("Connection", "Project", "Issue", "Summary")):
        sheet.text(row, column, name, **style)
    for column, name in enumerate(report.matrix.columns, start=_FIRST_SUM):
        if isinstance(name, date):
            sheet.day(row, column, name, "ddd d mmm", align="right", **_shade(name), **style)
        else:
            sheet.text(row, column, str(name), align="right", **style)
    last = _FIRST_SUM + len(report.matrix.columns)
    sheet.text(row, last, "Total", align="right", **style)
    for columns, width in (
        ((0, 0), 14),
        ((1, 1), 10),
        ((2, 2), 12),
        ((3, 3), _SUMMARY_WIDTH),
        ((_FIRST_SUM, last), 13),
    ):
        sheet.sheet.set_column(*columns, width)
    sheet.sheet.freeze_panes(row + 1, _FIRST_SUM - 1)
    sheet.sheet.repeat_rows(row)


def _write_issues(sheet: _Sheet, top: int, report: Report) -> int:
    """Write issues and totals from row `top` on; returns the row below them."""
    links, columns, rows = page.issue_links(report), [*report.matrix.columns], rows_of(report.matrix)
    for row, sums in enumerate(rows, start=top):
        connection, project, issue, summary = sums.names
        sheet.text(row, 0, connection)
        sheet.text(row, 1, project)
        sheet.link(row, 2, issue, links.get((connection, issue), ""))
        sheet.text(row, 3, summary, text_wrap=True)
        sheet.fit_height(row, (summary, _SUMMARY_WIDTH))
        for column, (name, duration) in enumerate(zip(columns, sums.durations, strict=True), start=_FIRST_SUM):
            sheet.duration(row, column, duration, **_shade(name))
        last = _FIRST_SUM + len(columns)
        sheet.sum(row, last, _cells(row, _FIRST_SUM, row, last - 1), sums.total)
    return _write_totals(sheet, top, rows, columns)


def _write_totals(sheet: _Sheet, top: int, rows: Sequence[Sums], columns: Sequence[object]) -> int:
    """One row a connection (whose issues stand together) if there are several, then the grand total."""
    below = top + len(rows)
    parts = [(f"Total {name}", [*part]) for name, part in groupby(rows, key=lambda row: row.names[0])]
    first = top
    for name, part in parts if len(parts) > 1 else ():
        _write_sums(sheet, below, add_rows((name,), part), (first, first + len(part) - 1), columns)
        first, below = first + len(part), below + 1
    if rows:
        _write_sums(sheet, below, add_rows(("Total",), rows), (top, top + len(rows) - 1), columns)
    return below + 1


def _write_sums(sheet: _Sheet, row: int, sums: Sums, over: tuple[int, int], columns: Sequence[object]) -> None:
    """A row of sums over the rows `over` (first and last)."""
    for column in range(_FIRST_SUM):
        sheet.text(row, column, sums.names[0] if column == 0 else "", bold=True, top=1)
    values = zip([*columns, "Total"], [*sums.durations, sums.total], strict=True)
    for column, (name, value) in enumerate(values, start=_FIRST_SUM):
        sheet.sum(row, column, _cells(over[0], column, over[1], column), value, top=1, **_shade(name))


def _cells(*corners: int) -> str:
    from xlsxwriter.utility import xl_range

    return str(xl_range(*corners))


def _shade(column: object) -> dict[str, str]:
    return {"bg_color": _SHADE} if isinstance(column, date) and column.weekday() >= 5 else {}


def _write_worklogs(sheet: _Sheet, report: Report) -> None:
    for column, (name, width) in enumerate(_LIST_COLUMNS):
        sheet.text(0, column, name, bold=True, bottom=2)
        sheet.sheet.set_column(column, column, width)
    row = 0
    for row, line in enumerate(lines_of(report), start=1):
        sheet.day(row, 0, line.started.date(), align="left")
        sheet.day(row, 1, line.started.time(), "hh:mm", align="left")
        for column, text in enumerate((line.connection, line.project, line.issue, line.summary), start=2):
            sheet.text(row, column, text, text_wrap=column == 5)
        sheet.duration(row, 6, line.time_spent)
        sheet.text(row, 7, line.comment, text_wrap=True, indent=1)
        sheet.fit_height(row, (line.summary, _LIST_COLUMNS[5][1]), (line.comment, _LIST_COLUMNS[7][1]))
    if row:
        sheet.text(row + 1, 0, "Total", bold=True, top=1)
        sheet.sum(row + 1, 6, _cells(1, 6, row, 6), report.total, top=1)
    sheet.sheet.autofilter(0, 0, row, len(_LIST_COLUMNS) - 1)
    sheet.sheet.freeze_panes(1, 0)
    sheet.sheet.repeat_rows(0)
