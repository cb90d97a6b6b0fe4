"""What a report costs beside loading its worklogs."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pandas as pd

from roots_nb import load_worklogs, report
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from tests.benchmarks.clock import medians
from tests.benchmarks.sites import NAMES, WORKING_YEAR, BenchSite
from tests.benchmarks.table import Figure, Goal, count

REPORT = Goal("≤", 0.25)

_ROUNDS = 3


def frames(worklogs: pd.DataFrame, period: str) -> None:
    """The tables of a report."""
    made = report(worklogs, period)
    _ = made.matrix, made.days, made.balance, made.split("project"), made.checks


def reporting(site: BenchSite) -> list[Figure]:
    """A year of one person; what matplotlib and others do once in a process is not counted."""
    case = ("a year of one person", NAMES[site.deployment])
    jira = site.sign_in()
    worklogs = _load(jira)
    _page(worklogs)
    with tempfile.TemporaryDirectory() as folder:
        steps = [partial(_load, jira), partial(_page, worklogs), partial(_workbook, worklogs, Path(folder))]
        load_seconds, page_seconds, workbook_seconds = medians(steps, _ROUNDS)
    return [
        count(*case, "rows", len(worklogs), "=", 3000),
        Figure(*case, "load", load_seconds, "s"),
        Figure(*case, "page and XLSX of it ÷ load", (page_seconds + workbook_seconds) / load_seconds, goal=REPORT),
        Figure(*case, "XLSX alone ÷ load", workbook_seconds / load_seconds),
    ]


def _load(jira: Jira) -> pd.DataFrame:
    return load_worklogs(jira, WORKING_YEAR, refresh=True, progress=Progress())


def _page(worklogs: pd.DataFrame) -> None:
    """As it is shown in a notebook, with its charts."""
    report(worklogs, WORKING_YEAR)._repr_html_()


def _workbook(worklogs: pd.DataFrame, folder: Path) -> None:
    report(worklogs, WORKING_YEAR).to_excel(folder / "year.xlsx", force=True)
