"""The report where people look at it first: in JupyterLab."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from roots_nb.headless import templates_folder
from tests.browser.form import button, field
from tests.browser.notebook import Window

pytestmark = pytest.mark.xdist_group("jupyterlab")

DEMO = "%env ROOTS_NB_DEMO=1"
FORMULA = "from IPython.display import HTML; HTML('price: $5 instead of $50')"
DOLLARS = """\
import roots_nb as rn
worklogs = rn.load_worklogs(rn.connect_all(), "last week")
worklogs["summary"] = worklogs["comment"] = {}
rn.{}"""
TEXT = "Charge $5 instead of $50, \\(x\\) and $$y$$"


@pytest.mark.parametrize(
    "view", ['report(worklogs, "last week")', pytest.param("show(worklogs)", marks=pytest.mark.slow)]
)
def test_dollars_are_not_mathematics(window: Window, view: str) -> None:
    """JupyterLab sets what stands between two `$` as a formula, in every HTML output that does not object."""
    with window.notebook(FORMULA, DEMO, DOLLARS.format(repr(TEXT), view)) as notebook:
        expect(notebook.run(0).locator("mjx-container")).to_have_count(1)
        notebook.run(1)
        output = notebook.run(2)
        expect(output.get_by_text(TEXT).first).to_be_visible()
        expect(output.locator("mjx-container")).to_have_count(0)


def test_template_shows_the_week(window: Window) -> None:
    """Run All of the weekly report on the demo: the matrix is there, and nothing is asked of anybody else."""
    template = json.loads((templates_folder() / "02-weekly-report.ipynb").read_text("utf-8"))
    path = window.lab.folder / "02-weekly-report.ipynb"
    template["cells"][1]["source"].insert(0, f"{DEMO}\n")
    path.write_text(json.dumps(template), encoding="utf-8")
    with window.open(path) as notebook:
        notebook.run_all()
        report = notebook.output_of("report = rn.report(")
        expect(report.get_by_role("table").first).to_contain_text("all connections")
        expect(report.get_by_role("img").first).to_be_visible()
        notebook.picture("02-weekly-report")
    assert window.elsewhere == []


PICKER = """%env ROOTS_NB_DEMO=1
from roots_nb.widgets.report_picker import ReportPicker
picker = ReportPicker()
picker"""


def test_picker_leads_from_the_week_to_its_worklogs_and_files(window: Window) -> None:
    """Look, click on a number, open its worklogs in the spreadsheet, save; a file that exists is asked about."""
    with window.notebook(PICKER) as notebook:
        shown = notebook.run()
        expect(shown.get_by_role("table").first).to_contain_text("all connections")
        notebook.picture("report-picker")
        shown.get_by_title("Show the worklogs").first.click()
        expect(button(shown, "Open in the bulk editor")).to_be_in_viewport()
        expect(field(shown, "Issue")).to_have_value("all of APP · Demo Cloud")
        button(shown, "Open in the bulk editor").click()
        expect(shown.locator(".tabulator-row").first).to_be_visible()
        field(shown, "Group").select_option(label="Each project")
        expect(shown.get_by_role("heading", name="NORD")).to_be_visible()
        button(shown, "Excel").click()
        expect(shown).to_contain_text("Demo-Server-NORD.xlsx")
        button(shown, "Excel").click()
        button(shown, "Overwrite").scroll_into_view_if_needed()
        notebook.picture("report-picker-below")
        button(shown, "Overwrite").click()
        expect(shown).to_contain_text("Written beside the notebook")
    assert window.elsewhere == []
