"""The workbook as Excel will read it."""

from __future__ import annotations

import io
import re
from datetime import datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.workbook import workbook_bytes
from tests.reports.frames import WEEK, frame, load, worklog

ROWS = (
    worklog("2026-11-16 09:00", 90),
    worklog("2026-11-17 13:15", 100, issue="APP-10"),
    worklog("2026-11-16 09:00", 20, connection="Server"),
)
HEAD = 8  # row of the matrix' heads, counted from 1


def a_week(*rows: dict[str, object]) -> Report:
    return report(frame(*(rows or ROWS), loads=[load(), load("Server")]), WEEK)


def sheet(made: Report, name: str, *, values: bool = False) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(made)), data_only=values)[name]


def row_of(page: Worksheet, first: str) -> int:
    return next(cell.row for cell in page["A"] if cell.value == first)


def test_totals_are_formulas_that_carry_their_values() -> None:
    """A previewer reads the value, Excel the formula."""
    formulas, values = sheet(a_week(), "Report"), sheet(a_week(), "Report", values=True)
    total = row_of(formulas, "Total")
    assert formulas.cell(total, 5).value == f"=SUBTOTAL(9,E{HEAD + 1}:E{HEAD + 5})"
    assert formulas.cell(HEAD + 2, 12).value == f"=SUM(E{HEAD + 2}:K{HEAD + 2})"
    assert values.cell(total, 5).value == timedelta(minutes=110)
    assert values.cell(total, 12).value == timedelta(minutes=210)
    assert formulas.cell(total, 12).number_format == "[h]:mm"


def test_each_connection_has_a_total_over_its_own_rows() -> None:
    """Formulas by position, so that no name can be read as a pattern."""
    formulas, values = sheet(a_week(), "Report"), sheet(a_week(), "Report", values=True)
    cloud, server = row_of(formulas, "Total Cloud"), row_of(formulas, "Total Server")
    assert formulas.cell(cloud, 5).value == f"=SUBTOTAL(9,E{HEAD + 1}:E{HEAD + 3})"
    assert formulas.cell(server, 5).value == f"=SUBTOTAL(9,E{HEAD + 4}:E{HEAD + 5})"
    assert values.cell(server, 12).value == timedelta(minutes=20)


def test_a_project_can_be_folded_below_its_sum() -> None:
    """Excel's own outline; the grand total does not count the sums of the projects again."""
    formulas, values = sheet(a_week(), "Report"), sheet(a_week(), "Report", values=True)
    assert [formulas.row_dimensions[HEAD + n].outlineLevel for n in (1, 2, 3, 4)] == [0, 1, 1, 0]
    assert formulas.sheet_properties.outlinePr.summaryBelow is False
    assert [formulas.cell(HEAD + 1, n).value for n in (1, 2, 3)] == ["Cloud", "APP", ""]
    assert values.cell(HEAD + 1, 12).value == timedelta(minutes=190)


def test_days_are_dates_and_durations_are_numbers() -> None:
    """Excel can compute on both."""
    page = sheet(a_week(), "Report")
    assert page.cell(HEAD, 5).value == datetime(2026, 11, 16)
    assert page.cell(HEAD + 2, 5).value == timedelta(minutes=90)
    assert page.cell(HEAD + 2, 6).value is None
    lines = sheet(a_week(), "Worklogs")
    assert [cell.value for cell in lines[4]][:6] == [
        datetime(2026, 11, 17),
        time(13, 15),
        "Cloud",
        "APP",
        "APP-10",
        "Summary of APP-10",
    ]
    assert lines.cell(4, 7).value == timedelta(minutes=100)


def test_seconds_are_shown_where_there_are_any() -> None:
    """What is added up to the second is printed to the second."""
    page = sheet(a_week(worklog("2026-11-16 09:00", 0.5)), "Worklogs")
    assert page.cell(2, 7).number_format == "[h]:mm:ss"


def test_issues_lead_to_jira_and_heads_stay_in_sight() -> None:
    """Links, frozen panes, A4, one page wide, heads on each page."""
    page = sheet(a_week(), "Report")
    assert page.cell(HEAD + 2, 3).hyperlink.target == "https://acme.atlassian.net/browse/APP-1"
    assert page.freeze_panes == f"D{HEAD + 1}"
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (
        "9",
        "landscape",
    ) or page.page_setup.paperSize == 9
    assert page.page_setup.fitToWidth in (None, 1)
    assert page.print_title_rows == f"${HEAD}:${HEAD}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "https://x.test/", "\t=1", "5", "_x0041_"])
def test_no_text_becomes_a_formula_a_link_or_a_number(text: str) -> None:
    """The text comes back as it was."""
    row = worklog("2026-11-16 09:00", 5, summary=text, comment=text, project=text, connection=text)
    made = report(frame(row), WEEK)
    lines, page = sheet(made, "Worklogs"), sheet(made, "Report")
    for cell in (*(lines.cell(2, n) for n in (3, 4, 6, 8)), *(page.cell(HEAD + 1, n) for n in (1, 2, 4))):
        assert (cell.value, cell.data_type) == (text, "s")


def test_a_text_longer_than_excel_allows_is_shortened_not_lost() -> None:
    """Excel's limit is 32,767 characters."""
    page = sheet(a_week(worklog("2026-11-16 09:00", 5, comment="x" * 40_000)), "Worklogs")
    assert len(page.cell(2, 8).value) == 32_767
    assert page.cell(2, 8).value.endswith("x…")


def test_a_part_of_any_name_is_the_title_of_its_workbook() -> None:
    """Also one that no file can hold."""
    name = "half\ud800\x00 a letter"
    part = a_week(worklog("2026-11-16 09:00", 5, project=name)).only(project=name)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(part)))
    assert book.properties.title == book["Report"].cell(1, 1).value == "Worklogs 2026-W47 · half\ufffd\ufffd a letter"


def test_an_empty_or_incomplete_week_says_so_in_the_workbook() -> None:
    """The file is read without the notebook beside it."""
    made = report(frame(loads=[load(), load("Server", problem="No reply.")]), WEEK)
    texts = [cell.value for cell in sheet(made, "Report")["A"]]
    assert "Server: No reply." in texts
    assert "No worklogs on Cloud." in texts
    assert sheet(made, "Report").cell(6, 2).value == "INCOMPLETE"


def test_a_workbook_is_written_to_a_file(tmp_path: Path) -> None:
    """And read back."""
    path = a_week().to_excel(tmp_path / "week.xlsx")
    assert openpyxl.load_workbook(path).sheetnames == ["Report", "Worklogs"]


def test_the_workbook_to_hand_in_has_lines_to_sign_and_nothing_private() -> None:
    """No target, no balance, no checks, and an absence is not even shaded."""
    schedule = Schedule(absences=[{"day": "2026-11-17", "name": "Dentist"}])
    made = report(frame(*ROWS, loads=[load()]), WEEK, schedule=schedule)
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(made)))
    texts = [str(cell.value) for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {"Date", "Signature", "Signature of the customer"} <= set(texts)
    assert book.sheetnames == ["Report", "Worklogs"]
    assert not [text for text in texts if re.search("Dentist|absent|Target|Balance|Required", text)]
    assert book["Report"].cell(HEAD, 6).fill.fgColor.rgb == book["Report"].cell(HEAD, 5).fill.fgColor.rgb


def test_my_workbook_shades_an_absence_from_top_to_bottom() -> None:
    """As my page does."""
    made = report(frame(*ROWS, loads=[load()]), WEEK, schedule=Schedule(absences={"day": "2026-11-17"}))
    page = openpyxl.load_workbook(io.BytesIO(workbook_bytes(made, "mine")))["Report"]
    shades = [page.cell(row, 6).fill.fgColor.rgb for row in range(HEAD, row_of(page, "Total") + 1)]
    assert set(shades) == {page.cell(HEAD, 10).fill.fgColor.rgb}
    assert set(shades) != {page.cell(HEAD, 5).fill.fgColor.rgb}


def test_columns_are_as_wide_as_the_names_in_them() -> None:
    """The key of an issue that is cut off is another issue."""
    row = worklog("2026-11-16 09:00", 5, issue="INFRASTRUCTURE-12345", connection="The site of our customer")
    for page, head in ((sheet(a_week(row), "Report"), HEAD), (sheet(a_week(row), "Worklogs"), 1)):
        widths = {cell.value: page.column_dimensions[cell.column_letter].width for cell in page[head]}
        assert widths["Issue"] > 20
        assert widths["Project"] > 14
        assert widths["Connection"] > 24
        assert widths["Summary"] == pytest.approx(44, abs=1)


def test_a_text_that_fits_has_one_line_and_a_wide_one_two() -> None:
    """Chinese letters are twice as wide; a row that is too low hides the end of a comment."""
    texts = ["Charge $5 instead of $50 for express delivery", "請求書の合計を丸める前に合計する請求書の合計を"]
    page = sheet(a_week(*(worklog("2026-11-16 09:00", 5, summary=text) for text in texts)), "Worklogs")
    heights = {page.cell(row, 6).value: page.row_dimensions[row].height for row in (2, 3)}
    assert [heights[text] for text in texts] == [None, 30]


def test_my_workbook_has_the_balance_as_formulas() -> None:
    """Below zero as decimal hours, for Excel shows a negative time as a row of crosses."""
    formulas, values = (
        openpyxl.load_workbook(io.BytesIO(workbook_bytes(a_week(), "mine")), data_only=data)["Balance"]
        for data in (False, True)
    )
    assert [cell.value for cell in formulas[2]][5:7] == ["=(B2-E2)*24", "=SUM(F$2:F2)"]
    assert [cell.value for cell in values[2]][1:7] == [
        timedelta(minutes=110),
        timedelta(hours=8),
        None,
        timedelta(hours=8),
        pytest.approx(-6 - 1 / 6),
        pytest.approx(-6 - 1 / 6),
    ]
    assert values[9][5].value == pytest.approx(-36.5)
    assert values[7][7].value == "weekend"


def test_decimal_hours_are_numbers_of_hours() -> None:
    """Whoever likes 1.50 better than 1:30."""
    made = report(frame(*ROWS, loads=[load()]), WEEK, decimal=True)
    page = openpyxl.load_workbook(io.BytesIO(workbook_bytes(made)), data_only=True)["Report"]
    assert (page.cell(HEAD + 2, 5).value, page.cell(HEAD + 2, 5).number_format) == (1.5, "0.00")
    assert page.cell(row_of(page, "Total"), 12).value == pytest.approx(3.5)
