"""What one worklog says, as fields: filled from a row, read as the cells of a row. What is wrong stands beside a field.

What a cell means is `plan_changes`' to say; only the start is put together here from date and time of day, because a
field shows it in two. What was not touched is read as it was filled in (`tests/widgets/test_worklog_form.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import ipywidgets as widgets

from roots_nb.durations import format_duration, parse_duration
from roots_nb.editing.cells import BadCell, is_missing, read_name
from roots_nb.editing.dates import Dates
from roots_nb.errors import InvalidInput
from roots_nb.jira.client import AdjustEstimate, Jira
from roots_nb.widgets.background import Run, Timer, on_a_thread
from roots_nb.widgets.issue_field import IssueField
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.site_fields import BELOW_FIELD, FIELD, STYLE, show

QUARTER = timedelta(minutes=15)
ESTIMATES = [("stays as it is", "leave"), ("is adjusted by Jira", "auto"), ("is set to …", "set")]

_NARROW = {"width": "340px", "max_width": "calc(100% - 4px)"}
_WRAPPED = {"flex_flow": "row wrap"}


class WorklogFields(widgets.VBox):
    """The inputs of a `WorklogForm`.

    Parameters
    ----------
    sites : sequence of Jira
        Signed in; the connections to choose from.
    zone : tzinfo
        In which date and start are shown and read.
    on_change : callable
        Called, on any thread, whenever something is another.

    Attributes
    ----------
    connection : Dropdown
        Hidden where there is one connection only.
    issue : IssueField
    day : DatePicker
    start, time_spent : Text
    less, more, round_up : Button
        A quarter of an hour less or more; up to the next whole one.
    comment : Textarea
    estimate : Dropdown
        What becomes of the issue's remaining estimate: "leave", "auto" or "set", which shows `estimate_to`.
    notify : Checkbox
        Cloud only.
    notes : dict of str to HTML
        By column: what is wrong, or how the text was understood.
    """

    def __init__(
        self,
        sites: Sequence[Jira],
        zone: tzinfo,
        on_change: Callable[[], None],
        *,
        run: Run = on_a_thread,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._sites = {jira.connection.name: jira for jira in sites}
        self._zone, self._on_change = zone, on_change
        self._filled: Mapping[str, Any] = {}
        self._filling = True
        self._untouched: list[object] = []
        self._shown_start: tuple[date | None, str] = (None, "")
        self.issue = IssueField(sites[0], on_change=self._changed, run=run, timer=timer)
        self._make_values()
        self._make_options()
        self.notes = {
            name: widgets.HTML(layout=BELOW_FIELD) for name in ("started", "time_spent", "comment", "estimate")
        }
        super().__init__(self._in_order())
        self._fit()
        for field in (self.day, self.start, self.time_spent, self.comment, self.estimate_to):
            field.observe(self._changed, "value")
        self.connection.observe(self._switch, "value")
        self.estimate.observe(self._switch_estimate, "value")

    def _make_values(self) -> None:
        self.connection = widgets.Dropdown(
            options=list(self._sites), description="Connection", style=STYLE, layout=FIELD
        )
        self.day = widgets.DatePicker(description="Date", style=STYLE, layout=_NARROW)
        self.start = widgets.Text(description="Start", placeholder="9:00", style=STYLE, layout=_NARROW)
        self.time_spent = widgets.Text(
            description="Time spent", placeholder="1h 30m, 1.5, 90m or 1:30", style=STYLE, layout=_NARROW
        )
        self.less = self._step("−15 min", lambda spent: spent - QUARTER)
        self.more = self._step("+15 min", lambda spent: spent + QUARTER)
        self.round_up = self._step("Round up to 15 min", lambda spent: -(-spent // QUARTER) * QUARTER)
        self.comment = widgets.Textarea(description="Comment", rows=3, style=STYLE, layout=FIELD)

    def _make_options(self) -> None:
        self.estimate = widgets.Dropdown(
            options=ESTIMATES, description="Remaining estimate", style=STYLE, layout=_NARROW
        )
        self.estimate_to = widgets.Text(description="Set it to", placeholder="4h", style=STYLE, layout=_NARROW)
        self.notify = widgets.Checkbox(
            description="Notify watchers by mail", indent=False, layout={**BELOW_FIELD, "width": "auto"}
        )

    def _step(self, description: str, change: Callable[[timedelta], timedelta]) -> widgets.Button:
        button = widgets.Button(description=description, layout={"width": "auto"})
        button.on_click(lambda _: self._set_time_spent(change))
        return button

    def _in_order(self) -> list[widgets.Widget]:
        steps = widgets.HBox([self.less, self.more, self.round_up], layout=_WRAPPED)
        spent = widgets.HBox([self.time_spent, steps], layout=_WRAPPED)
        when = [self.day, self.start, self.notes["started"], spent, self.notes["time_spent"]]
        options = [self.estimate, self.estimate_to, self.notes["estimate"], self.notify]
        return [self.connection, self.issue, *when, self.comment, self.notes["comment"], *options]

    @property
    def jira(self) -> Jira:
        """The one that is chosen."""
        return self._sites[self.connection.value]

    @property
    def adjust_estimate(self) -> AdjustEstimate:
        """What to do with the remaining estimate; where that cannot be read it stays."""
        try:
            return self._read_estimate()
        except InvalidInput:
            return "leave"

    def _read_estimate(self) -> AdjustEstimate:
        if self.estimate.value == "set":
            return parse_duration(self.estimate_to.value)
        choice: AdjustEstimate = self.estimate.value
        return choice

    @property
    def notify_watchers(self) -> bool:
        return bool(self.notify.value) and self.jira.deployment.can_write_unnoticed

    def fill(self, worklog: Mapping[str, Any]) -> None:
        """Show a row of the frame, or what is known of one to create; what is done besides begins anew."""
        self._filling = True
        self._fill(worklog)
        self._untouched = self._texts()
        self._filling = False
        self._changed()

    @property
    def is_touched(self) -> bool:
        """Whether a value is another than was filled in."""
        return self._texts() != self._untouched

    @property
    def typed(self) -> dict[str, widgets.Widget]:
        """The fields into which something is typed."""
        texts = {"start": self.start, "time_spent": self.time_spent, "comment": self.comment}
        return {"issue": self.issue.text, "day": self.day, **texts, "estimate_to": self.estimate_to}

    def _texts(self) -> list[object]:
        return [self.connection.value, *(field.value for field in self.typed.values())]

    def _changed(self, _: object = None) -> None:
        if not self._filling:
            self._on_change()

    def _fill(self, worklog: Mapping[str, Any]) -> None:
        self._filled = {name: value for name, value in worklog.items() if not is_missing(value)}
        if name := read_name(self._filled.get("connection", "")):
            self.connection.value = name
        self._fill_started(self._filled.get("started"))
        spent = self._filled.get("time_spent")
        self.time_spent.value = "" if spent is None else format_duration(spent)
        self.comment.value = _as_typed(self._filled.get("comment", ""))
        self.estimate.value, self.notify.value = "leave", False
        if summary := self._filled.get("summary", ""):
            self.issue.show_issue(self._filled["issue"], summary)
        else:
            self.issue.look_up(self._filled.get("issue", ""))

    def _fill_started(self, started: datetime | None) -> None:
        self.day.value = started.astimezone(self._zone).date() if started is not None else None
        self.start.value = "" if started is None else self._dates(self.day.value).format_clock(started)
        self._shown_start = self.day.value, self.start.value

    def _dates(self, day: date) -> Dates:
        return Dates(day, day, self._zone)

    def read(self) -> tuple[dict[str, object], dict[str, str]]:
        """The cells of the row, and by column or "estimate" why one cannot be read; an empty one is None."""
        comment = self._filled.get("comment", "")
        if self.comment.value != _as_typed(comment):
            comment = self.comment.value
        cells: dict[str, object] = {
            "connection": self.connection.value,
            "issue": self.issue.issue.key if self.issue.issue else None,
            "time_spent": self.time_spent.value.strip() or None,
            "comment": comment,
        }
        reasons: dict[str, str] = {}
        try:
            cells["started"] = self._started()
        except BadCell as bad:
            reasons["started"] = str(bad)
        try:
            self._read_estimate()
        except InvalidInput as problem:
            reasons["estimate"] = str(problem)
        return cells, reasons

    def _started(self) -> datetime | None:
        """As it was filled in unless it was touched: a field shows no seconds."""
        day, text = self.day.value, self.start.value.strip()
        if (day, text) == self._shown_start:
            started: datetime | None = self._filled.get("started")
            return started
        if day is None or not text:
            return None
        dates = self._dates(day)
        clock = dates.parse_clock(text)
        if clock.day not in (None, day):
            raise BadCell("Start is another day than Date.")
        return dates.moment(day, clock)

    def show_problems(self, problems: Mapping[str, str], warning: str = "") -> None:
        """Beside each field what is wrong with it; what is still empty is no mistake yet."""
        for name, note in self.notes.items():
            empty = {"started": not (self.day.value and self.start.value), "time_spent": not self.time_spent.value}
            kind: Kind = "plain" if empty.get(name) else "problem"
            note.value = notice_html(kind, _MISSING[name] if empty.get(name) else problems.get(name, ""))
        if not problems.get("time_spent") and self.time_spent.value:
            self.notes["time_spent"].value = notice_html("warning" if warning else "plain", self._understood(), warning)

    def _understood(self) -> str:
        """How a duration is read, where that is not what stands there already."""
        try:
            shown = format_duration(parse_duration(self.time_spent.value))
        except InvalidInput:
            return ""
        return "" if shown == self.time_spent.value.strip() else f"= {shown}"

    def _set_time_spent(self, change: Callable[[timedelta], timedelta]) -> None:
        """What cannot be read stays, and is told already; nothing becomes no time at all."""
        try:
            spent = change(parse_duration(self.time_spent.value or "0"))
        except InvalidInput:
            return
        if spent > timedelta():
            self.time_spent.value = format_duration(spent)

    def _switch(self, _: object) -> None:
        self.issue.jira = self.jira
        self._fit()
        self._changed()

    def _switch_estimate(self, _: object) -> None:
        self._fit()
        self._changed()

    def _fit(self) -> None:
        show(self.connection, shown=len(self._sites) > 1)
        show(self.estimate_to, shown=self.estimate.value == "set")
        show(self.notify, shown=self.jira.deployment.can_write_unnoticed)

    def lock(self, *, locked: bool, connection: bool) -> None:
        """Let nothing be changed; `connection`: that alone stays as it is, because a worklog belongs to one."""
        for field in (*self._inputs(), self.issue):
            field.disabled = locked
        self.connection.disabled = locked or connection

    def _inputs(self) -> list[widgets.Widget]:
        steps = [self.less, self.more, self.round_up]
        return [
            self.day,
            self.start,
            self.time_spent,
            *steps,
            self.comment,
            self.estimate,
            self.estimate_to,
            self.notify,
        ]


_MISSING = {"started": "Date and start are still missing.", "time_spent": "The time spent is still missing."}


def _as_typed(comment: str) -> str:
    """With the line ends that a browser has in a text."""
    return comment.replace("\r\n", "\n").replace("\r", "\n")
