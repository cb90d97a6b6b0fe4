"""The report of a period to choose, look at, go into and save: what a person sees, what is asked of Jira."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from roots_nb.errors import NotConnected
from roots_nb.reports import page
from roots_nb.widgets import report_picker
from roots_nb.widgets.bulk_editor import BulkEditor
from roots_nb.widgets.report_picker import ReportPicker
from roots_nb.widgets.review_changes import ReviewChanges
from tests.editing.desk import Desk
from tests.faults.fault import forbidden
from tests.widgets.front_end import Clock, at_once, is_shown, text_of
from tests.world import World

WEEK = "2026-W47"
MakePicker = Callable[..., ReportPicker]


@pytest.fixture
def desk(cloud: World) -> Desk:
    """APP-1 with three worklogs of an hour, APP-2 and OPS-1 with one each, on the five days of a week."""
    return Desk(cloud)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the notebook is."""
    (tmp_path / "notebook").mkdir()
    monkeypatch.chdir(tmp_path / "notebook")
    monkeypatch.setattr(page, "draw_svg", lambda report, name: "<svg></svg>")
    return tmp_path / "notebook"


@pytest.fixture
def make(clock: Clock) -> MakePicker:
    return partial(ReportPicker, run=at_once, timer=clock)


@pytest.fixture
def picker(desk: Desk, make: MakePicker) -> ReportPicker:
    made = make(desk.jira, WEEK)
    desk.world.log.clear()
    return made


def choose(picker: ReportPicker, field: str, label: str) -> None:
    """The first option that begins so."""
    widget = getattr(picker.rows, field)
    widget.value = next(value for name, value in widget.options if name.startswith(label))


def listed(picker: ReportPicker) -> list[str]:
    """The comments of the worklogs behind what is chosen."""
    rows = picker.rows.rows
    return [] if rows is None else rows["comment"].tolist()


def test_picker_shows_the_report_with_the_weeks_before(picker: ReportPicker, desk: Desk) -> None:
    """Whole and complete, with the change against last week; and it says which days were chosen."""
    shown = text_of(picker.page)
    assert "Worklogs 2026-W47" in shown
    assert "Against 2026-W46" in shown
    assert picker.report is not None
    assert str(picker.report.total) == "0 days 05:00:00"
    assert picker.report.completeness.state == "complete"
    assert f"{picker.choice.first.value} {picker.choice.last.value}" == "2026-11-16 2026-11-22"
    assert not is_shown(picker.stop)
    assert not is_shown(picker.status)


def test_other_period_is_loaded(picker: ReportPicker) -> None:
    """By a step, as everywhere else."""
    picker.choice.previous.click()
    assert "Worklogs 2026-W46" in text_of(picker.page)
    assert "No worklogs on Cloud." in text_of(picker.page)


def test_schedule_file_counts_without_asking_jira(picker: ReportPicker, desk: Desk, folder: Path) -> None:
    """And one that cannot be used is told, while the report stays."""
    (folder / "mine.toml").write_text("[[agreement]]\nhours = [1, 1, 1, 1, 1, 0, 0]\n")
    picker.schedule.value = "mine.toml"
    assert picker.report is not None
    assert picker.report.balance["balance"].sum().total_seconds() == 0
    picker.schedule.value = "none.toml"
    assert "none.toml cannot be read" in text_of(picker.status)
    assert "The report below is the one before." in text_of(picker.status)
    assert "Worklogs 2026-W47" in text_of(picker.page)
    assert desk.world.log.requests == []


def test_grouping_makes_a_page_and_a_file_for_each_project(picker: ReportPicker, folder: Path) -> None:
    """What a customer gets has neither target nor other customers' issues."""
    picker.grouping.value = "project"
    shown = text_of(picker.page)
    assert "Worklogs 2026-W47 · APP" in shown
    assert "Worklogs 2026-W47 · OPS" in shown
    assert "Target" not in shown
    picker.files.buttons["Markdown"].click()
    names = ["2026-W47-APP.md", "2026-W47-OPS.md"]
    assert sorted(path.name for path in (folder / "reports").iterdir()) == names
    assert all(f"reports/{name}" in text_of(picker.files.status) for name in names)
    assert "OPS-1" not in (folder / "reports" / names[0]).read_text("utf-8")


def test_file_that_exists_is_replaced_only_when_told_to(picker: ReportPicker, folder: Path) -> None:
    """Asked for, with its name; nothing is written meanwhile."""
    file = folder / "reports" / "2026-W47.xlsx"
    picker.files.buttons["Excel"].click()
    assert openpyxl.load_workbook(file).worksheets
    file.write_text("signed")
    picker.files.buttons["Excel"].click()
    assert "reports/2026-W47.xlsx" in text_of(picker.files.status)
    picker.files.keep.click()
    assert file.read_text() == "signed"
    assert not is_shown(picker.files.overwrite)
    picker.files.buttons["Excel"].click()
    picker.files.overwrite.click()
    assert openpyxl.load_workbook(file).worksheets


def test_file_with_the_balance_is_called_mine(picker: ReportPicker, folder: Path) -> None:
    """So that it is not handed in by mistake."""
    picker.files.buttons["HTML"].click()
    picker.files.face.value = "mine"
    picker.files.buttons["HTML"].click()
    assert "Balance" in (folder / "reports" / "2026-W47-mine.html").read_text("utf-8")
    assert "Balance" not in (folder / "reports" / "2026-W47.html").read_text("utf-8")


def test_files_that_cannot_be_written_are_told(picker: ReportPicker, folder: Path) -> None:
    """Which folder, and what to do."""
    (folder / "reports").write_text("")
    picker.files.buttons["CSV"].click()
    assert "reports cannot be written to" in text_of(picker.files.status)


def test_number_leads_to_its_worklogs(picker: ReportPicker) -> None:
    """An issue, a day of it, a check."""
    assert not is_shown(picker.rows.edit)
    choose(picker, "issue", "APP-1")
    assert listed(picker) == ["one", "two", "three"]
    assert "two" in text_of(picker.rows.listing)
    choose(picker, "day", "Tue 17 Nov")
    assert listed(picker) == ["two"]
    choose(picker, "issue", "any")
    choose(picker, "check", "Under target")
    assert listed(picker) == ["two"]
    assert is_shown(picker.rows.edit)


NUMBER = re.compile(r'<tr class="(\w*)">|data-rows="([^"]*)">([^<]*)<')


def click(picker: ReportPicker, rows: str) -> None:
    picker.page._handle_custom_msg({"rows": json.loads(unescape(rows))}, [])


@pytest.mark.parametrize("period", [WEEK, "2026-11"])
def test_click_on_a_number_leads_to_exactly_its_worklogs(desk: Desk, make: MakePicker, period: str) -> None:
    """Each number of the matrix and each day of the list is the sum of what is listed then; a check has rows."""
    picker = make(desk.jira, period)
    matrix, _, below = picker.page.value.partition("<h3>Checks")
    checks, _, days = below.partition("rn-days")
    for _, rows, text in NUMBER.findall(matrix + days):
        if rows:
            click(picker, rows)
            assert picker.rows.rows is not None
            assert picker.report is not None
            assert picker.report.write_hours(picker.rows.rows["time_spent"].sum()) == text
    assert len(NUMBER.findall(matrix)) > 15
    assert len([rows for _, rows, _ in NUMBER.findall(days) if rows]) > 5
    found = [rows for _, rows, _ in NUMBER.findall(checks) if rows]
    for rows in found:
        click(picker, rows)
        assert listed(picker) != []
    assert found


def test_click_on_what_is_there_no_more_lists_nothing(picker: ReportPicker) -> None:
    """The page in the browser may be an older one."""
    click(picker, '{"connection": "Cloud", "issue": "GONE-1", "day": "2020-01-01"}')
    assert picker.rows.rows is None
    assert text_of(picker.rows.listing) == ""


def test_what_was_applied_is_in_the_report_without_loading(picker: ReportPicker, desk: Desk) -> None:
    """From a number into the spreadsheet and back; a worklog that was deleted on purpose is not missing."""
    choose(picker, "issue", "APP-1")
    picker.rows.edit.click()
    editor = picker.rows.editor
    assert editor is not None
    picker.rows.update.click()
    assert "Nothing has been applied yet" in text_of(picker.rows.note)
    edited = editor.edited
    editor.edited = edited.assign(delete=edited["comment"] == "one")
    editor.review.click()
    assert editor.reviewing is not None
    editor.reviewing.options.confirmation.value = editor.reviewing.plan.confirmation
    editor.reviewing.apply.click()
    assert desk.find("one") == []
    desk.world.log.clear()
    picker.rows.update.click()
    assert desk.world.log.requests == []
    assert picker.report is not None
    assert str(picker.report.total) == "0 days 04:00:00"
    assert picker.report.completeness.state == "complete"
    assert listed(picker) == ["two", "three"]
    assert picker.rows.editor is None


def edit(editor: BulkEditor, name: str, **values: object) -> ReviewChanges:
    """Change a worklog in the editor, and open the review."""
    edited = editor.edited
    for column, value in values.items():
        edited.loc[edited["comment"] == name, column] = value
    editor.edited = edited
    editor.review.click()
    assert editor.reviewing is not None
    return editor.reviewing


def test_editor_that_is_closed_without_an_apply_can_be_opened_again(picker: ReportPicker) -> None:
    """The buttons are those of before."""
    choose(picker, "issue", "APP-1")
    for _ in range(2):
        assert [is_shown(each) for each in (picker.rows.edit, picker.rows.update, picker.rows.leave)] == [
            True,
            False,
            False,
        ]
        picker.rows.edit.click()
        assert [is_shown(each) for each in (picker.rows.edit, picker.rows.update, picker.rows.leave)] == [
            False,
            True,
            True,
        ]
        picker.rows.leave.click()


def hours_of(picker: ReportPicker) -> float:
    assert picker.report is not None
    return picker.report.total / pd.Timedelta(hours=1)


@pytest.mark.parametrize("way", ["update", "leave"])
def test_all_that_was_applied_is_in_the_report(picker: ReportPicker, desk: Desk, way: str) -> None:
    """One review after the other, an undo, and a last one that is not applied; however the editor is left."""
    choose(picker, "issue", "APP-1")
    picker.rows.edit.click()
    editor = picker.rows.editor
    assert editor is not None
    edit(editor, "one", time_spent=pd.Timedelta(hours=3)).apply.click()
    edit(editor, "two", time_spent=pd.Timedelta(hours=2)).apply.click()
    review = edit(editor, "three", delete=True)
    review.apply.click()
    review.undo.click()
    review.apply.click()
    edit(editor, "one", time_spent=pd.Timedelta(hours=5))
    desk.world.log.clear()
    getattr(picker.rows, way).click()
    assert desk.world.log.requests == []
    held = sum(worklog.seconds for worklog in desk.site.worklogs.values()) / 3600
    assert (hours_of(picker), len(listed(picker))) == (held, 3) == (8, 3)


def test_what_is_applied_after_the_editor_was_left_is_in_the_report(desk: Desk, clock: Clock) -> None:
    """It was under way then."""
    jobs: list[Callable[[], None]] = []
    picker = ReportPicker(desk.jira, WEEK, run=jobs.append, timer=clock)
    run_all(jobs)
    choose(picker, "issue", "APP-1")
    picker.rows.edit.click()
    assert picker.rows.editor is not None
    edit(picker.rows.editor, "one", time_spent=pd.Timedelta(hours=3)).apply.click()
    picker.rows.leave.click()
    assert hours_of(picker) == 5
    run_all(jobs)
    assert hours_of(picker) == 7


def test_what_is_applied_while_a_load_is_under_way_is_in_the_report(
    picker: ReportPicker, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jira had answered before."""
    load = report_picker.load_worklogs

    def answered_early(*args: Any, **options: Any) -> pd.DataFrame:
        frame = load(*args, **options)
        choose(picker, "issue", "APP-1")
        picker.rows.edit.click()
        assert picker.rows.editor is not None
        edit(picker.rows.editor, "one", time_spent=pd.Timedelta(hours=3)).apply.click()
        return frame

    monkeypatch.setattr(report_picker, "load_worklogs", answered_early)
    picker.refresh.click()
    assert hours_of(picker) == 7
    picker.rows.update.click()
    assert hours_of(picker) == 7


def test_choice_made_while_a_period_is_loaded_does_not_stop_it(desk: Desk, clock: Clock) -> None:
    """It counts for what is loaded."""
    jobs: list[Callable[[], None]] = []
    picker = ReportPicker(desk.jira, WEEK, run=jobs.append, timer=clock)
    run_all(jobs)
    picker.load("2026-W46")
    picker.grouping.value = "project"
    run_all(jobs)
    assert picker.report is not None
    assert picker.report.period.label == "2026-W46"
    assert "No worklogs in 2026-W46" in picker.page.value
    picker.load(WEEK)
    picker.stop.click()
    run_all(jobs)
    picker.grouping.value = ""
    run_all(jobs)
    assert text_of(picker.status) == ""


def run_all(jobs: list[Callable[[], None]]) -> None:
    """What is begun meanwhile as well."""
    while jobs:
        jobs.pop(0)()


def test_connections_are_chosen(desk: Desk, server: World, make: MakePicker) -> None:
    """Without one of them the report is of the others, whole and complete; without any it says what to do."""
    server.add_issues(1)
    server.add_worklog("APP-1", "2026-11-16 12:00", 30)
    picker = make([desk.jira, server.sign_in()], WEEK)
    assert picker.report is not None
    assert str(picker.report.total) == "0 days 05:30:00"
    on_cloud, on_server = picker.connections.children
    assert [on_cloud.description, on_server.description] == ["Cloud", "Server"]
    on_cloud.value = False
    assert str(picker.report.total) == "0 days 00:30:00"
    assert picker.report.completeness.state == "complete"
    on_server.value = False
    assert "Tick one" in text_of(picker.status)


def test_connection_that_fails_makes_it_incomplete(desk: Desk, server: World, make: MakePicker) -> None:
    """It is named, and the others are there."""
    refused = server.sign_in()
    server.faults.when(lambda request: True, forbidden(), times=None)
    picker = make([desk.jira, refused], WEEK)
    shown = text_of(picker.page)
    assert "INCOMPLETE" in shown
    assert "Server: " in shown
    assert "APP-1" in shown


def test_load_that_fails_is_no_report(desk: Desk, make: MakePicker) -> None:
    """Nothing to save, nothing that looks like an empty week."""
    desk.world.faults.when(lambda request: True, forbidden(), times=None)
    picker = make(desk.jira, WEEK)
    assert text_of(picker.status) != ""
    assert picker.page.value == ""
    assert not is_shown(picker.children[-1])


def test_without_a_connection_the_way_is_told(make: MakePicker) -> None:
    """As a sentence below the period."""

    def connect() -> list[object]:
        raise NotConnected("There is no connection to Jira yet.")

    picker = make(period=WEEK, connect=connect)
    assert "ConnectionManager()" in text_of(picker.status)


def test_period_that_is_none_is_told(desk: Desk, make: MakePicker) -> None:
    """With what can be written instead."""
    assert "is not a period" in text_of(make(desk.jira, "soon").status)


def test_stop_leaves_what_was_there(desk: Desk, clock: Clock) -> None:
    """A load that is stopped is told; Refresh goes on."""
    waiting: list[Callable[[], None]] = []
    picker = ReportPicker(desk.jira, WEEK, run=waiting.append, timer=clock)
    assert is_shown(picker.stop)
    picker.stop.click()
    waiting.pop()()
    assert "Stopped. Press Refresh to load." in text_of(picker.status)
    picker.refresh.click()
    while waiting:
        waiting.pop()()
    assert "Worklogs 2026-W47" in text_of(picker.page)


def test_text_of_others_is_text(desk: Desk, make: MakePicker) -> None:
    """On the page, in the list and in the choices."""
    canary = "<img src=x onerror=alert(1)>"
    desk.world.add_worklog("APP-1", "2026-11-18 10:00", comment=canary)
    picker = make(desk.jira, WEEK)
    choose(picker, "issue", "APP-1")
    assert canary not in picker.page.value + picker.rows.listing.value
    assert "&lt;img src=x" in picker.page.value
    assert "&lt;img src=x" in picker.rows.listing.value
