"""The report of a period in a notebook: choose, look, go to the worklogs behind a number, save the files.

Loading, drawing and saving run on workers. What was loaded is reported again without asking Jira when anything but the
period changes, and after changes were applied (`tests/widgets/test_report_picker.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from roots_nb import connecting
from roots_nb.editing.result import Result
from roots_nb.errors import InvalidInput, NotConnected, RootsError, Stopped
from roots_nb.jira.client import Jira
from roots_nb.periods import Period, parse_period
from roots_nb.progress import Progress
from roots_nb.reports import page
from roots_nb.reports.categories import Categories
from roots_nb.reports.files import parts_of
from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from roots_nb.widgets.background import Run, Timer, on_a_thread
from roots_nb.widgets.load_notices import load_failure
from roots_nb.widgets.load_progress import LoadProgress
from roots_nb.widgets.newest import Newest
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.period_choice import PeriodChoice
from roots_nb.widgets.report_files import ReportFiles
from roots_nb.widgets.report_page import ReportPage
from roots_nb.widgets.report_rows import ReportRows
from roots_nb.widgets.site_fields import show
from roots_nb.worklogs import find_zone, load_worklogs

WEEKS_BEFORE = 12
FOLDER = Path("reports")

_WRAPPED = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "0 12px"}
_OWN_WIDTH = {"description_width": "initial"}


class _Loaded(NamedTuple):
    """What a load brings: every connection, and the period with the weeks before it."""

    sites: Sequence[Jira]
    worklogs: pd.DataFrame
    period: Period


class _Made(NamedTuple):
    """What is shown."""

    report: Report
    by: str
    html: str


class ReportPicker(widgets.VBox):
    """The report of a period, with everything there is to choose.

    Parameters
    ----------
    jira : Jira or sequence of Jira, optional
        From `connect` or `connect_all`; by default every connection there is, signed in on the worker.
    period : str, tuple of two dates, datetime.date, pandas.Period or Period
        As `load_worklogs` takes it. The twelve weeks before it are loaded as well.
    categories : mapping or function, optional
        As `report` takes them.
    folder : Path
        Where files are written; made if missing.

    Attributes
    ----------
    report : Report or None
        What is shown, to compute on; None until it is loaded.
    choice : PeriodChoice
    connections : HBox
        A Checkbox for each connection, once it is known that there are several.
    schedule : Text
        A schedule file; empty = the usual one.
    grouping : Dropdown
        "", "project", "connection" or "category": one page, and one file, for each.
    refresh, stop : Button
    status : HTML
        What is under way or went wrong.
    page : ReportPage
        The report; a click on a number chooses its rows.
    files : ReportFiles
        Buttons that write it into the folder, one file for each page.
    rows : ReportRows
        The worklogs behind a number, and the way into the bulk editor.

    Examples
    --------
    >>> picker = rn.ReportPicker(period="2026-W47")
    """

    def __init__(
        self,
        jira: Jira | Sequence[Jira] | None = None,
        period: object = "last week",
        *,
        categories: Categories | None = None,
        folder: Path = FOLDER,
        connect: Callable[[], list[Jira]] = connecting.connect_all,
        run: Run = on_a_thread,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._given = None if jira is None else [jira] if isinstance(jira, Jira) else list(jira)
        self._connect, self._categories = connect, categories
        self._wanted, self._doing, self._loading = period, "", False
        self._applied_since: list[Result] = []
        self._loaded: _Loaded | None = None
        self._made: _Made | None = None
        self._lock = threading.RLock()
        self._newest = Newest(self._say_waiting, run=run)
        self.choice = PeriodChoice(self.load, timer=timer)
        self.status = widgets.HTML()
        self._make_controls()
        self.files, self.rows = ReportFiles(folder, run=run), ReportRows(self._take, self._make_again, run=run)
        self.page = ReportPage(self.rows.choose)
        super().__init__(self._parts())
        self.add_class("rn-picker")
        self.rows.add_class("rn-behind")
        self._show_made()
        self.load()

    def _parts(self) -> list[widgets.Widget]:
        tools = widgets.HBox([self.schedule, self.grouping, self.refresh], layout=_WRAPPED)
        self._sites = widgets.HBox([widgets.Label("Connections"), self.connections], layout=_WRAPPED)
        show(self._sites, shown=False)
        working = widgets.HBox([self.status, self.stop], layout=_WRAPPED)
        self._below = widgets.VBox([self.files, self.rows])
        return [self.choice, self._sites, tools, working, self.page, self._below]

    def _make_controls(self) -> None:
        self.connections = widgets.HBox(layout=_WRAPPED)
        self.schedule = widgets.Text(
            description="Schedule file",
            placeholder="the usual one",
            continuous_update=False,
            style=_OWN_WIDTH,
        )
        groups = [("All together", ""), ("Each project", "project"), ("Each connection", "connection")]
        groups += [("Each category", "category")] * (self._categories is not None)
        self.grouping = _dropdown("Group", groups)
        for widget in (self.schedule, self.grouping):
            widget.observe(lambda _: self._make_again(), "value")
        self.refresh = _button("Refresh", lambda: self.load(refresh=True))
        self.stop = _button("Stop", self._newest.stop)

    @property
    def report(self) -> Report | None:
        return self._made.report if self._made else None

    # --- loading

    def load(self, period: object = None, *, refresh: bool = False) -> None:
        """Load a period, by default the same one again, in place of what is being done; returns at once.

        Parameters
        ----------
        period : optional
            As for the picker.
        refresh : bool
            Ask Jira even if there is an answer of the last five minutes.
        """
        with self._lock:
            self._wanted = self._wanted if period is None else period
            self._loading, self._applied_since = True, []
            job = partial(self._load, self._wanted, refresh)
        self._show_choice()
        self._start("Loading worklogs …", job, self._show_loaded)

    def _load(self, period: object, refresh: bool, progress: Progress) -> _Loaded:
        """Runs on the worker."""
        sites = self._signed_in()
        zone = next((jira.zone for jira in sites if jira.problem is None and jira.zone), "UTC")
        days = parse_period(period, today=datetime.now(find_zone(zone)).date())
        first = days.first - timedelta(weeks=WEEKS_BEFORE)
        told = LoadProgress(progress, partial(self._draw, progress))
        return _Loaded(sites, load_worklogs(sites, (first, days.last), refresh=refresh, progress=told), days)

    def _draw(self, progress: Progress, bar: Markup) -> None:
        """What was stopped draws nothing any more."""
        with suppress(Stopped):
            progress.check_stop()
            self.status.value = bar

    def _signed_in(self) -> Sequence[Jira]:
        """Those given, or all there are; those that failed are tried again."""
        if self._given is not None:
            return self._given
        before = self._loaded.sites if self._loaded else []
        return before if before and not any(jira.problem for jira in before) else self._connect()

    def _show_loaded(self, loaded: _Loaded) -> None:
        with self._lock:
            self._loaded, self._wanted, self._loading = loaded, loaded.period, False
            for result in self._applied_since:
                self._loaded = loaded = loaded._replace(worklogs=result.with_worklogs(loaded.worklogs).worklogs)
            self._show_choice()
            self._offer_connections([jira.connection.name for jira in loaded.sites])
        self._make_again()

    def _show_choice(self) -> None:
        """Until the zone is known, today is this computer's; a period that is none is told by the load."""
        zone = self._loaded.worklogs["started"].dt.tz if self._loaded else None
        today = datetime.now(zone).astimezone(zone).date()
        with suppress(InvalidInput):
            self.choice.show_period(parse_period(self._wanted, today=today), today=today)

    def _offer_connections(self, names: Sequence[str]) -> None:
        """What is ticked stays so; of a single connection there is nothing to choose."""
        before = {box.description: box.value for box in self.connections.children}
        if names == list(before) or (len(names) < 2 and not before):
            return
        boxes = [
            widgets.Checkbox(before.get(name, True), description=name, indent=False, layout={"width": "auto"})
            for name in names
        ]
        for box in boxes:
            box.observe(lambda _: self._make_again(), "value")
        self.connections.children = boxes
        show(self._sites, shown=True)

    # --- the report

    def _make_again(self) -> None:
        """Report what is loaded by what is chosen now; after a load that is under way, by itself."""
        if self._loading or (loaded := self._loaded) is None:
            return
        left_out = {box.description for box in self.connections.children if not box.value}
        worklogs = _without(loaded.worklogs, left_out)
        if left_out and not worklogs.attrs["loads"]:
            self._newest.cancel()
            show(self.stop, shown=False)
            self._say("warning", "No connection is ticked. Tick one to see its report.", self._before())
            return
        job = partial(self._make, worklogs, loaded.period, self.schedule.value.strip(), self.grouping.value)
        self._start("Drawing the report …", job, self._show)

    def _make(self, worklogs: pd.DataFrame, period: Period, schedule: str, by: str, _: Progress) -> _Made:
        """Runs on the worker."""
        made = report(worklogs, period, schedule=Schedule.read(schedule or None), categories=self._categories)
        parts = parts_of(made, by)
        pages = [page.fragment(part, "to hand in" if by else "mine") for part in parts]
        return _Made(made, by, Markup("").join(pages) or Markup("<p>No worklogs in {}.</p>").format(period.label))

    def _show(self, made: _Made) -> None:
        with self._lock:
            self._made = made
            show(self.stop, shown=False)
            self._say("plain")
            self._show_made()

    def _show_made(self) -> None:
        """What belongs to a report is there with it alone."""
        show(self._below, shown=self._made is not None)
        self.page.value = self._made.html if self._made else ""
        if self._made and self._loaded:
            self.files.show(self._made.report, self._made.by)
            self.rows.show(self._made.report, self._loaded.sites)

    def _take(self, result: Result) -> None:
        """Put what Jira holds now into what was loaded, and later into what is being loaded; nothing is asked."""
        with self._lock:
            self._applied_since.append(result)
            if self._loaded is not None:
                self._loaded = self._loaded._replace(worklogs=result.with_worklogs(self._loaded.worklogs).worklogs)

    # --- what is said

    def _start(self, sentence: str, job: Callable[[Progress], object], then: Callable[..., None]) -> None:
        show(self.stop, shown=True)
        self._doing = sentence
        self._say("working", sentence)
        self._newest.start(job, then, self._fail)

    def _fail(self, problem: RootsError) -> None:
        """A report that is there stays, and is said to be the one before."""
        self._loading = False
        show(self.stop, shown=False)
        kind: Kind = "warning" if isinstance(problem, NotConnected | Stopped) else "problem"
        self._say(kind, *load_failure(problem), self._before())

    def _before(self) -> str:
        return "The report below is the one before." if self._made else ""

    def _say_waiting(self, sentence: str) -> None:
        self._say("working", sentence or self._doing)

    def _say(self, kind: Kind, *lines: str) -> None:
        self.status.value = notice_html(kind, *lines)
        show(self.status, shown=any(lines))


def _without(worklogs: pd.DataFrame, names: set[str]) -> pd.DataFrame:
    """The frame as if these connections had not been loaded."""
    rows = worklogs[~worklogs["connection"].isin(names)]
    loads: list[dict[str, Any]] = worklogs.attrs["loads"]
    rows.attrs = {**worklogs.attrs, "loads": [load for load in loads if load["connection"] not in names]}
    return rows


def _dropdown(description: str, options: Sequence[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, description=description, style=_OWN_WIDTH, layout={"width": "auto"})


def _button(description: str, press: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, layout={"width": "auto"})
    button.on_click(lambda _: press())
    return button
