"""Your Jira worklogs as a pandas DataFrame: see, repair and hand in your time from a notebook.

>>> import roots_nb as rn
>>> jira = rn.connect()
>>> worklogs = rn.load_worklogs(jira, "last week")
>>> rn.report(worklogs, "last week")
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from roots_nb import demo, errors
from roots_nb.connections.connection import Connection
from roots_nb.reports.report import Report, report
from roots_nb.widgets.signing_in import connect, connect_all
from roots_nb.worklogs import concat_worklogs, load_worklogs, show

if TYPE_CHECKING:
    from roots_nb.widgets.connection_manager import ConnectionManager

__version__ = version("roots-nb")

__all__ = [
    "Connection",
    "ConnectionManager",
    "Report",
    "__version__",
    "concat_worklogs",
    "connect",
    "connect_all",
    "demo",
    "errors",
    "load_worklogs",
    "report",
    "show",
]


def __getattr__(name: str) -> object:
    """Widgets are loaded when one is asked for: without a screen nobody needs them."""
    if name == "ConnectionManager":
        from roots_nb.widgets.connection_manager import ConnectionManager

        return ConnectionManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
