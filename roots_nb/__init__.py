"""Your Jira worklogs as a pandas DataFrame: see, repair and hand in your time from a notebook.

>>> import roots_nb as rn
>>> jira = rn.connect()
>>> worklogs = rn.load_worklogs(jira, "last week")
>>> rn.report(worklogs, "last week")
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from roots_nb import demo, errors
from roots_nb.connections.connection import Connection
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.drafts import new_worklogs
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, plan_undo, runs
from roots_nb.reports.report import Report, report
from roots_nb.widgets.signing_in import connect, connect_all
from roots_nb.worklogs import concat_worklogs, duration, load_worklogs, show

if TYPE_CHECKING:
    from roots_nb.calendars import read_calendar
    from roots_nb.reports.schedule import Schedule
    from roots_nb.widgets.bulk_editor import BulkEditor
    from roots_nb.widgets.connection_manager import ConnectionManager
    from roots_nb.widgets.report_picker import ReportPicker
    from roots_nb.widgets.review_changes import ReviewChanges
    from roots_nb.widgets.worklog_browser import WorklogBrowser
    from roots_nb.widgets.worklog_form import WorklogForm

__version__ = version("roots-nb")

__all__ = [
    "BulkEditor",
    "Connection",
    "ConnectionManager",
    "Plan",
    "Report",
    "ReportPicker",
    "Result",
    "ReviewChanges",
    "Schedule",
    "WorklogBrowser",
    "WorklogForm",
    "__version__",
    "apply_changes",
    "close_run",
    "concat_worklogs",
    "connect",
    "connect_all",
    "demo",
    "duration",
    "errors",
    "load_worklogs",
    "new_worklogs",
    "plan_changes",
    "plan_undo",
    "read_calendar",
    "report",
    "resume",
    "runs",
    "show",
]


_LATE = {
    "BulkEditor": "roots_nb.widgets.bulk_editor",
    "ConnectionManager": "roots_nb.widgets.connection_manager",
    "ReportPicker": "roots_nb.widgets.report_picker",
    "ReviewChanges": "roots_nb.widgets.review_changes",
    "Schedule": "roots_nb.reports.schedule",
    "WorklogBrowser": "roots_nb.widgets.worklog_browser",
    "WorklogForm": "roots_nb.widgets.worklog_form",
    "read_calendar": "roots_nb.calendars",
}


def __getattr__(name: str) -> object:
    """What brings large libraries is loaded when it is asked for."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
