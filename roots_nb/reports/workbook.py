"""A report as an Excel workbook: real dates, durations as numbers, totals as formulas that carry their right values.

Every text is written as a string, so none can be a formula (tests/reports/test_workbook.py reads it back, and
tests/reports/test_three_ways.py lets LibreOffice compute it anew).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from roots_nb.display import clean_text
from roots_nb.reports import head
from roots_nb.reports.balance import add
from roots_nb.reports.export import lines_of
from roots_nb.reports.matrix import Sums, add_rows, rows_of
from roots_nb.reports.sheet import Sheet, cells, column_width
from roots_nb.reports.tables import issue_links

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
Heads = tuple[tuple[str, int], ...]
Shades = dict[object, dict[str, str]]

_SHADE = "#EDEDED"
_FIRST_SUM = 4  # column of the first day, after connection, project, issue and summary
_SUMMARY_WIDTH = 44
_NAMES = (("Connection", 14), ("Project", 10), ("Issue", 12), ("Summary", _SUMMARY_WIDTH))
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
_BALANCE_COLUMNS = (
    ("Day", 16),
    ("Booked", 10),
    ("Target", 10),
    ("Absence", 10),
    ("Required", 10),
    ("Balance, hours", 15),
    ("Running, hours", 15),
    ("Why", 44),
)
_SIGNATURES = ((0, 0, "Date"), (2, 3, "Signature"), (5, 5, "Date"), (7, 9, "Signature of the customer"))
_CHECK_COLUMNS = (("Check", 18), ("Day", 12), ("What", 100))


def workbook_bytes(report: Report, face: str = "to hand in") -> bytes:
    """The workbook as the content of an .xlsx file: the matrix, every worklog, and for "mine" balance and checks."""
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    with Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"title": clean_text(head.title(report))})
        hours = _hours_format(report)
        _write_matrix(Sheet(book, "Report", hours), report, face)
        _write_worklogs(Sheet(book, "Worklogs", hours), report)
        if face == "mine":
            if not report.is_part and report.completeness.state != "incomplete":
                _write_balance(Sheet(book, "Balance", hours), report)
            _write_checks(Sheet(book, "Checks", hours), report)
    return buffer.getvalue()


def _hours_format(report: Report) -> str:
    if report.decimal:
        return "0.00"
    seconds = any(line.time_spent % timedelta(minutes=1) for line in lines_of(report))
    return "[h]:mm:ss" if seconds else "[h]:mm"


def _write_matrix(sheet: Sheet, report: Report, face: str) -> None:
    sheet.text(0, 0, head.title(report), bold=True, font_size=16)
    sheet.sheet.set_row(0, 24)
    facts = [fact for fact in head.facts(report) if fact[0] != "Total"]
    for row, (name, text) in enumerate(facts, start=1):
        sheet.text(row, 0, name, font_color="#5C5C63")
        sheet.text(row, 1, text, bold=name == "Completeness")
    top, shades = len(facts) + 2, _shades(report, face)
    _write_heads(sheet, top, report, shades)
    row = _write_issues(sheet, top + 1, report, shades)
    for text in (*report.completeness.problems, *head.closing_lines(report, "to hand in")):
        row += 1
        sheet.text(row, 0, text)
    if face != "mine":
        _write_signatures(sheet, row + 4)


def _write_signatures(sheet: Sheet, row: int) -> None:
    """Lines to sign on, in print beside each other: date and name, date and customer."""
    for first, last, text in _SIGNATURES:
        for column in range(first, last + 1):
            sheet.text(row, column, text if column == first else "", top=1, font_color="#5C5C63")


def _fitted(report: Report, heads: Heads) -> Heads:
    """Names of connections, projects and issues do not wrap: their columns are as wide as the longest."""
    names = zip(*(row.names[:3] for row in rows_of(report.matrix)), strict=True)
    texts = dict(zip(("Connection", "Project", "Issue"), names, strict=False))
    return tuple((head, column_width(texts.get(head, ()), width)) for head, width in heads)


def _write_heads(sheet: Sheet, row: int, report: Report, shades: Shades) -> None:
    sheet.heads(row, _fitted(report, _NAMES))
    style = {"bold": True, "bottom": 2, "align": "right"}
    for column, name in enumerate(report.matrix.columns, start=_FIRST_SUM):
        if isinstance(name, date):
            sheet.day(row, column, name, "ddd d mmm", **shades.get(name, {}), **style)
        else:
            sheet.text(row, column, str(name), **style)
    last = _FIRST_SUM + len(report.matrix.columns)
    sheet.text(row, last, "Total", **style)
    sheet.sheet.set_column(_FIRST_SUM, last, 11)
    sheet.keep_in_sight(row, _FIRST_SUM - 1)
    sheet.sheet.outline_settings(True, False, True, False)  # the sum of a group stands above it


def _shades(report: Report, face: str) -> Shades:
    """Days off; absences are nobody else's business."""
    days: list[object] = [*report.matrix.columns]
    work = [report.schedule.on(day) for day in days if isinstance(day, date)]
    return {each.day: {"bg_color": _SHADE} for each in work if each.is_day_off or (face == "mine" and each.reason)}


def _write_issues(sheet: Sheet, top: int, report: Report, shades: Shades) -> int:
    """Write issues below their projects, and totals, from row `top` on; returns the row below them."""
    links, row = issue_links(report), top
    columns = [*report.matrix.columns]
    groups = [(names, list(part)) for names, part in groupby(rows_of(report.matrix), key=lambda each: each.names[:2])]
    spans: dict[str, tuple[int, int]] = {}
    for (connection, project), part in groups:
        first = spans.get(connection, (row, row))[0]
        if len(groups) > 1:
            sums = add_rows((connection, project, "", ""), part)
            _write_sums(sheet, row, sums, (row + 1, row + len(part)), columns, shades, num_format=f"{sheet.hours};;")
            row += 1
        for each in part:
            sheet.row(row, (each.names[3], _SUMMARY_WIDTH), level=int(len(groups) > 1))
            _write_issue(sheet, row, each, links.get((connection, each.names[2]), ""), columns, shades)
            row += 1
        spans[connection] = (first, row - 1)
    return _write_totals(sheet, row, report, spans, shades)


def _write_issue(sheet: Sheet, row: int, sums: Sums, link: str, columns: Sequence[object], shades: Shades) -> None:
    connection, project, issue, summary = sums.names
    sheet.text(row, 0, connection)
    sheet.text(row, 1, project)
    sheet.link(row, 2, issue, link)
    sheet.text(row, 3, summary, text_wrap=True)
    for column, (name, duration) in enumerate(zip(columns, sums.durations, strict=True), start=_FIRST_SUM):
        sheet.duration(row, column, duration, **shades.get(name, {}))
    last = _FIRST_SUM + len(columns)
    sheet.sum(row, last, cells(row, _FIRST_SUM, row, last - 1), sums.total)


def _write_totals(
    sheet: Sheet,
    below: int,
    report: Report,
    spans: dict[str, tuple[int, int]],
    shades: Shades,
) -> int:
    """One row a connection (whose issues stand together) if there are several, then the grand total."""
    columns, rows = [*report.matrix.columns], rows_of(report.matrix)
    for name, span in spans.items() if len(spans) > 1 else ():
        part = add_rows((f"Total {name}", "", "", ""), [row for row in rows if row.names[0] == name])
        _write_sums(sheet, below, part, span, columns, shades, top=1)
        below += 1
    if rows:
        span = (min(first for first, _ in spans.values()), max(last for _, last in spans.values()))
        _write_sums(sheet, below, add_rows(("Total", "", "", ""), rows), span, columns, shades, top=1)
    return below + 1


def _write_sums(
    sheet: Sheet,
    row: int,
    sums: Sums,
    over: tuple[int, int],
    columns: Sequence[object],
    shades: Shades,
    **style: Any,
) -> None:
    """A row of sums over the rows `over` (first and last)."""
    for column, text in enumerate(sums.names):
        sheet.text(row, column, text, bold=True, **style)
    values = zip([*columns, "Total"], [*sums.durations, sums.total], strict=True)
    for column, (name, value) in enumerate(values, start=_FIRST_SUM):
        sheet.total(row, column, cells(over[0], column, over[1], column), value, **style, **shades.get(name, {}))


def _write_worklogs(sheet: Sheet, report: Report) -> None:
    sheet.heads(0, _fitted(report, _LIST_COLUMNS), right=(6,))
    row = 0
    for row, line in enumerate(lines_of(report), start=1):
        sheet.day(row, 0, line.started.date(), align="left")
        sheet.day(row, 1, line.started.time(), "hh:mm", align="left")
        for column, text in enumerate((line.connection, line.project, line.issue, line.summary), start=2):
            sheet.text(row, column, text, text_wrap=column == 5)
        sheet.duration(row, 6, line.time_spent)
        sheet.text(row, 7, line.comment, text_wrap=True, align="left", indent=1)
        sheet.row(row, (line.summary, _LIST_COLUMNS[5][1]), (line.comment, _LIST_COLUMNS[7][1]))
    if row:
        for column in range(len(_LIST_COLUMNS)):
            sheet.text(row + 1, column, "" if column else "Total", bold=True, top=1)
        sheet.total(row + 1, 6, cells(1, 6, row, 6), report.total, top=1)
    sheet.sheet.autofilter(0, 0, row, len(_LIST_COLUMNS) - 1)


def _write_balance(sheet: Sheet, report: Report) -> None:
    """Of a day to come only as much is required as is booked, as on the page."""
    sheet.heads(0, _BALANCE_COLUMNS, right=(1, 2, 3, 4, 5, 6))
    factor, row, days = "" if sheet.is_decimal else "*24", 0, report.balance_days
    for row, each in enumerate(days, start=1):
        sheet.day(row, 0, each.day, "ddd yyyy-mm-dd", align="left")
        for column, value in enumerate((each.booked, each.target, each.absence, each.required), start=1):
            sheet.duration(row, column, value)
        difference = f"(B{row + 1}-E{row + 1}){factor}"
        is_due = each.day <= report.last_known
        sheet.signed_hours(row, 5, f"={difference}" if is_due else f"=MAX(0,{difference})", each.balance)
        sheet.signed_hours(row, 6, f"=SUM(F$2:F{row + 1})", each.running)
        sheet.text(row, 7, each.reason, align="left", indent=1)
    sheet.text(row + 1, 0, "Total", bold=True, top=1)
    for column, name in enumerate(("booked", "target", "absence", "required"), start=1):
        value = add(getattr(each, name) for each in days)
        sheet.total(row + 1, column, cells(1, column, row, column), value, top=1)
    balance = add(each.balance for each in days)
    sheet.signed_hours(row + 1, 5, f"=SUM({cells(1, 5, row, 5)})", balance, bold=True, top=1)


def _write_checks(sheet: Sheet, report: Report) -> None:
    sheet.heads(0, _CHECK_COLUMNS)
    row = 0
    for row, each in enumerate(report.findings, start=1):
        sheet.text(row, 0, each.check)
        sheet.day(row, 1, each.day, align="left")
        sheet.text(row, 2, each.text, text_wrap=True)
        sheet.row(row, (each.text, _CHECK_COLUMNS[2][1]))
    for text in [*([] if row else ["Nothing found."]), *head.left_out(report)]:
        row += 1
        sheet.text(row, 0, text)
