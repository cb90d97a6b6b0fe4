"""What somebody else wrote into Jira, in every form at once: read as text, run by nobody."""

from __future__ import annotations

from functools import partial

import ipywidgets as widgets

from roots_nb.widgets.bulk_editor import BulkEditor
from roots_nb.widgets.connect_form import ConnectForm
from roots_nb.widgets.connection_manager import ConnectionManager
from roots_nb.widgets.connection_row import ConnectionRow
from roots_nb.widgets.report_page import ReportPage
from roots_nb.widgets.report_picker import ReportPicker
from roots_nb.widgets.review_changes import ReviewChanges
from roots_nb.widgets.worklog_browser import WorklogBrowser
from tests.editing.desk import WEEK, Desk, change, minutes_of
from tests.faults.fault import Answer, jira_errors
from tests.reports.test_canary import Tags
from tests.widgets.front_end import Clock, at_once, fill
from tests.world import World

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>"


def html_widgets() -> list[str]:
    """The content of every HTML widget that there is, and of a report's page."""
    ours = (widgets.HTML, ReportPage)
    return [each.value for each in widgets.widget._instances.values() if isinstance(each, ours)]


def test_text_of_others_is_text_in_every_form(cloud: World) -> None:
    """Summary, comment, project, author and the label of a connection; tables, sentences, conflicts and errors."""
    widgets.Widget.close_all()
    desk = Desk(cloud)
    desk.site.issues["APP-1"].summary = desk.site.projects["APP"].name = desk.world.ann.display_name = HOSTILE
    plan = desk.plan(
        change("one", comment=HOSTILE), change("two", time_spent=minutes_of(90)), change("three", comment="x")
    )
    desk.someone_changes("one", comment=f"{HOSTILE} theirs")
    message = jira_errors(HOSTILE)
    cloud.faults.when(lambda request: request.method == "PUT", Answer(400, message))
    review = ReviewChanges(desk.jira, plan, run=at_once)
    review.apply.click()
    manager = ConnectionManager(
        make_form=partial(ConnectForm, run=at_once, timer=Clock()), make_row=partial(ConnectionRow, run=at_once)
    )
    manager.add.click()
    assert manager.form is not None
    fill(manager.form, cloud, label="<b>Work</b>")
    manager.form.connect.click()
    loaded = desk.load()
    BulkEditor(loaded, desk.jira, run=at_once)
    WorklogBrowser(desk.jira, WEEK, run=at_once, timer=Clock())
    picker = ReportPicker(desk.jira, WEEK, run=at_once, timer=Clock())
    picker.rows.issue.index = 1
    cloud.faults.when(lambda request: True, Answer(400, message), times=None)
    WorklogBrowser(desk.jira, WEEK, run=at_once, timer=Clock())
    pages = html_widgets()
    found = [Tags(page) for page in pages]
    assert sum("&lt;img src=x" in page for page in pages) >= 6
    assert not {"img", "script"} & {name for each in found for name in each.names}
    assert not {name for each in found for name in each.attributes if name.startswith("on")}
