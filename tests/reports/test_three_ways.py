"""The same week computed three ways: by the report, by plain SQL over the demo's own data, and by LibreOffice."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from inspect import signature
from pathlib import Path
from re import sub
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from roots_nb import demo
from roots_nb.demo.data import ME, seed_cloud, seed_datacenter
from roots_nb.periods import week_of
from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.workbook import workbook_bytes
from roots_nb.widgets.signing_in import connect_all
from roots_nb.worklogs import load_worklogs
from tests.reports.frames import NOW
from tests.reports.libreoffice import recalculated

SEED = signature(demo.start).parameters["seed"].default
TODAY = datetime.fromisoformat(NOW).date()
LAST_WEEK = week_of(TODAY).previous
SCHEDULE = Schedule([8, 8, 8, 8, 5, 0, 0], country="DE", subdivision="BY", absences={"day": "2026-11-18", "part": 0.5})
A_DAY_EACH = "SELECT day, sum(seconds) FROM worklogs WHERE day BETWEEN ? AND ? GROUP BY day"
A_PROJECT_EACH = (
    "SELECT site, substr(issue, 1, instr(issue, '-') - 1) AS project, sum(seconds) FROM worklogs "
    "WHERE day BETWEEN ? AND ? GROUP BY site, project"
)
AN_ISSUE_AND_DAY_EACH = "SELECT issue, day, sum(seconds) FROM worklogs WHERE day BETWEEN ? AND ? GROUP BY issue, day"


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """My worklogs of both demo sites, read from the sites themselves; days as the clock in Berlin has them."""
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE worklogs (site TEXT, issue TEXT, day TEXT, seconds INTEGER)")
        for name, site in zip(demo.SITE_NAMES, (seed_cloud(TODAY, SEED), seed_datacenter(TODAY, SEED)), strict=True):
            for worklog in site.worklogs.values():
                if worklog.author.display_name == ME.display_name:
                    day = worklog.started.astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
                    row = (name, site.issues_by_id[worklog.issue_id].key, day, worklog.seconds)
                    database.execute("INSERT INTO worklogs VALUES (?, ?, ?, ?)", row)
        yield database
    database.close()


@pytest.fixture
def week(demo_mode: None) -> Report:
    """Last week as anybody gets it: over HTTP, from both sites."""
    return report(load_worklogs(connect_all(), LAST_WEEK), LAST_WEEK, schedule=SCHEDULE)


def asked(database: sqlite3.Connection, question: str) -> list[tuple]:  # type: ignore[type-arg]
    return database.execute(question, (str(LAST_WEEK.first), str(LAST_WEEK.last))).fetchall()


def test_report_and_sql_agree_to_the_second(week: Report, database: sqlite3.Connection) -> None:
    """Days, projects, and each cell of the matrix."""
    by_day = {date.fromisoformat(day): timedelta(seconds=seconds) for day, seconds in asked(database, A_DAY_EACH)}
    assert {day: spent for day, spent in week.days.items() if spent} == by_day
    by_project = {(site, name): timedelta(seconds=seconds) for site, name, seconds in asked(database, A_PROJECT_EACH)}
    assert week.split("project")["time_spent"].to_dict() == by_project
    cells = {
        (issue, str(day)): spent.total_seconds()
        for (_, _, issue, _), row in week.matrix.iterrows()
        for day, spent in row.items()
        if spent
    }
    assert cells == {(issue, day): seconds for issue, day, seconds in asked(database, AN_ISSUE_AND_DAY_EACH)}
    assert len(by_day) > 3


def test_libreoffice_computes_what_the_report_says(week: Report, tmp_path: Path) -> None:
    """From a copy whose cached numbers are all wrong, so that nothing can be taken from them."""
    right = workbook_bytes(week, "mine")
    wrong = tmp_path / "week.xlsx"
    wrong.write_bytes(with_wrong_values(right))
    computed, expected = recalculated(wrong, tmp_path), io.BytesIO(right)
    assert formulas(wrong) != formulas(expected)
    assert formulas(computed) == formulas(expected)
    assert grand_total(computed) == week.total


def with_wrong_values(workbook: bytes) -> bytes:
    """The same formulas, each with 99 as what it gives."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets/"):
                text = sub(r"(</f><v>)[^<]*", r"\g<1>99", text.decode()).encode()
            new.writestr(name, text)
    return made.getvalue()


def formulas(workbook: Path | io.BytesIO) -> dict[tuple[str, str], float]:
    """What each formula gives, as a number of days or hours, rounded to a tenth of a second."""
    pages = openpyxl.load_workbook(workbook)
    where = [(page.title, cell.coordinate) for page in pages for cell in _formula_cells(page)]
    values = openpyxl.load_workbook(workbook, data_only=True)
    return {(page, cell): _number(values[page][cell].value) for page, cell in where}


def _formula_cells(page):  # type: ignore[no-untyped-def]
    return [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]


def _number(value: object) -> float:
    if isinstance(value, timedelta):
        return round(value / timedelta(days=1), 6)
    if isinstance(value, datetime):
        return round((value - datetime(1899, 12, 30)) / timedelta(days=1), 6)
    return round(float(str(value)), 6) if value is not None and not hasattr(value, "hour") else _of_clock(value)


def _of_clock(value: object) -> float:
    """openpyxl takes a duration below a day for a time of day."""
    if value is None:
        return 0.0
    return round((value.hour * 3600 + value.minute * 60 + value.second) / 86400, 6)  # type: ignore[attr-defined]


def grand_total(workbook: Path) -> timedelta:
    page = openpyxl.load_workbook(workbook, data_only=True)["Report"]
    row = next(cell.row for cell in page["A"] if cell.value == "Total")
    return timedelta(days=_number(page.cell(row, 12).value))
