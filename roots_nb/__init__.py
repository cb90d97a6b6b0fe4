"""Your Jira worklogs as a pandas DataFrame: see, repair and hand in your time from a notebook.

>>> import roots_nb as rn
>>> jira = rn.connect()
>>> worklogs = rn.load_worklogs(jira, "last week")
>>> rn.report(worklogs, "last week")
"""

from importlib.metadata import version

from roots_nb import demo, errors
from roots_nb.connecting import connect, connect_all
from roots_nb.connections.connection import Connection
from roots_nb.reports.report import Report, report
from roots_nb.worklogs import concat_worklogs, load_worklogs, show

__version__ = version("roots-nb")

__all__ = [
    "Connection",
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
