"""My worklogs of a period by day: look, filter, open in Jira, edit, delete, add.

What is saved in the form is patched into the list from Jira's own answer; nothing is loaded for it. A load that fails
never looks like an empty week (`tests/widgets/test_worklog_browser.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from roots_nb import connecting
from roots_nb.editing.result import Result
from roots_nb.errors import InvalidInput, NotConnected, RootsError, Stopped
from roots_nb.jira.client import Jira
from roots_nb.periods import Period, format_day, parse_period
from roots_nb.progress import Progress
from roots_nb.widgets.background import Run, Timer, on_a_thread
from roots_nb.widgets.form_guard import FormGuard
from roots_nb.widgets.load_notices import as_of, load_failure, load_notices
from roots_nb.widgets.load_progress import LoadProgress
from roots_nb.widgets.newest import Newest
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.one_worklog import Row
from roots_nb.widgets.period_choice import PeriodChoice
from roots_nb.widgets.shown_worklogs import Identity, are, matching, next_start, total_of
from roots_nb.widgets.site_fields import show
from roots_nb.widgets.worklog_form import WorklogForm
from roots_nb.widgets.worklog_list import WorklogList
from roots_nb.worklogs import empty_worklogs, find_zone, load_worklogs

MOST_DAYS_WITHOUT = 31

_WRAPPED = {"flex_flow": "row wrap", "align_items": "center"}


class _Loaded(NamedTuple):
    """What the worker brings."""

    sites: Sequence[Jira]
    worklogs: pd.DataFrame
    period: Period
    today: date


class WorklogBrowser(widgets.VBox):
    """The worklogs of a period, with a form for one of them.

    Parameters
    ----------
    jira : Jira or sequence of Jira, optional
        From `connect` or `connect_all`; by default every connection there is, signed in on the worker.
    period : str, tuple of two dates, datetime.date, pandas.Period or Period
        As `load_worklogs` takes it.

    Attributes
    ----------
    worklogs : DataFrame
        What was loaded, patched with what was saved here; the filter leaves nothing out of it.
    choice : PeriodChoice
    filter : Text
        Each word must be in issue, summary or comment.
    add, refresh, stop, close_form : Button
    summary, status, notices : HTML
        Period, totals and as of when; what is under way or went wrong; what is missing, or why there is nothing.
    listing : WorklogList
    form : WorklogForm or None
        Open below the list while one is added, edited or deleted.

    Examples
    --------
    >>> browser = rn.WorklogBrowser(jira, "2026-W47")
    """

    def __init__(
        self,
        jira: Jira | Sequence[Jira] | None = None,
        period: object = "this week",
        *,
        connect: Callable[[], list[Jira]] = connecting.connect_all,
        make_form: Callable[..., WorklogForm] = WorklogForm,
        run: Run = on_a_thread,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._given = None if jira is None else [jira] if isinstance(jira, Jira) else list(jira)
        self._connect, self._make_form = connect, partial(make_form, run=run, timer=timer)
        self._wanted, self._round = period, 0
        self._saved_since: list[Result] = []
        self._loaded: _Loaded | None = None
        self.worklogs = empty_worklogs("UTC")
        self.form: WorklogForm | None = None
        self._newest = Newest(self._say_waiting, run=run)
        self._lock = threading.RLock()
        self.choice = PeriodChoice(self.load, timer=timer)
        self._make_controls()
        self.summary, self.status, self.notices = (widgets.HTML() for _ in range(3))
        self.listing = WorklogList(on_add=self.open_new, on_act=self._act)
        self._slot = widgets.VBox()
        self._working = widgets.HBox([self.status, self.stop], layout=_WRAPPED)
        tools = widgets.HBox([self.filter, self.add, self.refresh], layout=_WRAPPED)
        super().__init__([self.choice, tools, self.summary, self._working, self.notices, self.listing, self._slot])
        FormGuard().add_to(self)
        self.load()

    def _make_controls(self) -> None:
        self.filter = widgets.Text(
            description="Filter", placeholder="issue, summary or comment", style={"description_width": "initial"}
        )
        self.filter.observe(lambda _: self._show_list(), "value")
        self.add = _button("+ Add worklog", lambda: self.open_new())
        self.refresh = _button("Refresh", lambda: self.load(refresh=True))
        self.stop = _button("Stop", self._newest.stop)
        self.close_form = _button("Close", self._press_close)
        self.close_form.layout.align_self = "flex-start"
        self.add.disabled = True

    # --- loading

    def load(self, period: object = None, *, refresh: bool = False) -> None:
        """Load a period, by default the same one again, in place of what is being loaded; returns at once.

        Parameters
        ----------
        period : optional
            As for the browser.
        refresh : bool
            Ask Jira even if there is an answer of the last five minutes.
        """
        with self._lock:
            self._wanted = self._wanted if period is None else period
            self._round += 1
            self._saved_since = []
            job = partial(self._load, self._wanted, refresh, partial(self._draw, self._round))
        self._show_choice()
        show(self.stop, shown=True)
        self._say("working", "Loading worklogs …")
        self._newest.start(job, self._show_loaded, self._fail)

    def _load(self, period: object, refresh: bool, draw: Callable[[Markup], None], progress: Progress) -> _Loaded:
        """Runs on the worker."""
        sites = self._signed_in()
        zone = next((jira.zone for jira in sites if jira.problem is None and jira.zone), "UTC")
        today = datetime.now(find_zone(zone)).date()
        days = parse_period(period, today=today)
        worklogs = load_worklogs(sites, days, refresh=refresh, progress=LoadProgress(progress, draw))
        return _Loaded(sites, worklogs, days, today)

    def _signed_in(self) -> Sequence[Jira]:
        """Those given, or all there are; those that failed are tried again."""
        if self._given is not None:
            return self._given
        before = self._loaded.sites if self._loaded else []
        return before if before and not any(jira.problem for jira in before) else self._connect()

    def _show_loaded(self, loaded: _Loaded) -> None:
        with self._lock:
            self._end_round()
            self._loaded, self.worklogs = loaded, loaded.worklogs
            self._wanted = loaded.period
            for result in self._saved_since:
                self._put(result)
            self._show_choice()
            self._notice(load_notices(loaded.worklogs, loaded.period, self._zone))
            self._say("plain")
            self._show_list()

    def _fail(self, problem: RootsError) -> None:
        """What was loaded before stays, unless it is not what was asked for."""
        with self._lock:
            self._end_round()
            stays = self._loaded is not None and (isinstance(problem, Stopped) or self._is_shown(self._wanted))
            if not stays:
                self._loaded, self.worklogs = None, empty_worklogs("UTC")
                self._notice("")
            elif self._loaded is not None:
                self._wanted = self._loaded.period
                self._show_choice()
            self._show_list()
            kind: Kind = "warning" if isinstance(problem, NotConnected | Stopped) else "problem"
            self._say(kind, *load_failure(problem), "What was loaded before is still shown." if stays else "")

    def _show_choice(self) -> None:
        """Until the zone is known, today is this computer's; a period that is none is told by the load."""
        today = self._loaded.today if self._loaded else datetime.now().astimezone().date()
        with suppress(InvalidInput):
            self.choice.show_period(parse_period(self._wanted, today=today), today=today)

    def _end_round(self) -> None:
        """What still draws, draws nothing any more."""
        self._round += 1
        show(self.stop, shown=False)

    def _is_shown(self, period: object) -> bool:
        try:
            return self._loaded is not None and self._loaded.period == parse_period(period, today=self._loaded.today)
        except RootsError:
            return False

    # --- the list

    @property
    def _zone(self) -> ZoneInfo:
        zone: ZoneInfo = self.worklogs["started"].dt.tz
        return zone

    def _show_list(self) -> None:
        with self._lock:
            loaded, text = self._loaded, self.filter.value.strip()
            self.add.disabled = loaded is None
            if loaded is None:
                self.summary.value = ""
                self.listing.show(self.worklogs, [])
                return
            shown = matching(self.worklogs, text)
            days = [day for day in loaded.period.days if day <= loaded.today]
            self.listing.show(shown, [] if text or len(days) > MOST_DAYS_WITHOUT else days)
            self.summary.value = self._summary(loaded, shown)

    def _summary(self, loaded: _Loaded, shown: pd.DataFrame) -> Markup:
        first, last = format_day(loaded.period.first), format_day(loaded.period.last)
        count, total = f"{len(shown):,}", total_of(shown)
        if len(shown) < len(self.worklogs):
            count, total = f"{count} of {len(self.worklogs):,}", f"{total} of {total_of(self.worklogs)}"
        since = as_of(self.worklogs.attrs["loads"], self._zone, now=datetime.now(UTC))
        days = first if first == last else f"{first} – {last}"
        counted = f"{count} worklog{'s' * (len(self.worklogs) != 1)}"
        facts = f" · Times are in {self._zone} · As of {since}"
        html = Markup('<div style="line-height: 1.4"><b>{}</b> · {}, <b>{}</b>{}</div>')
        return html.format(days, counted, total, facts)

    # --- the form

    def open_new(self, day: date | None = None) -> None:
        """Open the form for a new worklog on a day, after the last one there; by default today or the first day."""
        if (loaded := self._loaded) is None:
            return
        default = loaded.today if loaded.period.first <= loaded.today <= loaded.period.last else loaded.period.first
        self._open({"started": next_start(self.worklogs, day or default, self._zone)})

    def _act(self, action: str, worklog: Identity) -> None:
        rows = self.worklogs[are(self.worklogs, [worklog])]
        if not rows.empty:
            self._open(rows.iloc[0], deletes=action == "delete")

    def _open(self, worklog: Row, *, deletes: bool = False) -> None:
        """In the place of one in which nothing is to be lost; the focus goes into it."""
        if self._loaded is None:
            return
        if self.form is not None and self.form.has_unsaved:
            self._say("warning", "There is a worklog in the form below that is not saved: save it, or close it, first.")
            return
        self._close()
        self.form = self._make_form(self._loaded.sites, worklog, on_saved=self._saved)
        if deletes:
            self.form.ask_to_delete()
        self.form.guard.focuses = True
        self._slot.children = [self.form, self.close_form]
        self.listing.layout.max_height = "20em"
        self._mark()

    def _saved(self, result: Result) -> None:
        """Put what Jira holds now into the list."""
        with self._lock:
            self._saved_since.append(result)
            is_shown = self._put(result)
            self._say("plain", "" if is_shown else "It is on another day now, which is not shown here.")
            self._show_list()
        self._mark()

    def _put(self, result: Result) -> bool:
        """What Jira holds now into the frame; whether all of it is within the period."""
        now = result.with_worklogs(self.worklogs).worklogs
        within = now["started"].dt.date.isin(self._loaded.period.days if self._loaded else [])
        self.worklogs = now[within].reset_index(drop=True)
        return bool(within.all())

    def _mark(self) -> None:
        row = self.form.worklog if self.form is not None else None
        self.listing.mark(None if row is None else (row["connection"], row["worklog_id"]))

    def _press_close(self) -> None:
        """What was typed is dropped only by who has read that it will be."""
        if self.form is not None and self.form.has_unsaved and self.close_form.description == "Close":
            self.close_form.description = "Close without saving"
        elif self.form is not None and not self.form.is_busy:
            self._close()
            self._say("plain")

    def _close(self) -> None:
        form, self.form = self.form, None
        self._slot.children = []
        self.close_form.description = "Close"
        self.listing.layout.max_height = "60vh"
        if form is not None:
            form.dismiss()
        self._mark()

    # --- what is said

    def _draw(self, drawn_in: int, bar: Markup) -> None:
        with self._lock:
            if drawn_in == self._round:
                self._tell(bar)

    def _say_waiting(self, sentence: str) -> None:
        self._say("working", sentence or "Loading worklogs …")

    def _say(self, kind: Kind, *lines: str) -> None:
        self._tell(notice_html(kind, *lines))

    def _tell(self, html: str) -> None:
        """What says nothing takes no room."""
        self.status.value = html
        show(self._working, shown=bool(html))

    def _notice(self, html: str) -> None:
        self.notices.value = html
        show(self.notices, shown=bool(html))


def _button(description: str, press: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, layout={"width": "auto"})
    button.on_click(lambda _: press())
    return button
