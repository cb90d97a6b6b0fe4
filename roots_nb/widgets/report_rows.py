"""The worklogs behind a number of a report, and the way from them into the bulk editor and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from roots_nb.display import shorten
from roots_nb.editing.result import Result
from roots_nb.jira.client import Jira
from roots_nb.periods import format_day
from roots_nb.reports.report import Report
from roots_nb.widgets.background import Run, on_a_thread
from roots_nb.widgets.bulk_editor import BulkEditor
from roots_nb.widgets.notice import notice_html
from roots_nb.widgets.site_fields import show
from roots_nb.worklogs import show as show_worklogs

_WRAPPED = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "0 12px"}
_ANY = None
_LONGEST = 50

Options = list[tuple[str, object]]


class ReportRows(widgets.VBox):
    """Choose an issue or more, a day or more, a check: their worklogs are listed, ready to be edited.

    Parameters
    ----------
    on_applied : callable
        Receives each result of what is applied in the bulk editor, on the worker's thread.
    on_left : callable
        Called when the editor is left after something was applied, or when that ends later.

    Attributes
    ----------
    issue, day, check : Dropdown
        None in each means any; nothing is listed while all are. The first has projects and connections as well.
    listing, note : HTML
    edit, update, leave : Button
    editor : BulkEditor or None
    """

    def __init__(
        self, on_applied: Callable[[Result], None], on_left: Callable[[], None], *, run: Run = on_a_thread
    ) -> None:
        self._on_applied, self._on_left, self._run = on_applied, on_left, run
        self._has_applied = False
        self._report: Report | None = None
        self._sites: Sequence[Jira] = ()
        self.editor: BulkEditor | None = None
        self.issue, self.day, self.check = _dropdown("Issue"), _dropdown("Day"), _dropdown("Check")
        for each in self._choices:
            each.observe(self._choose, "value")
        self.listing, self.note, self.slot = widgets.HTML(), widgets.HTML(), widgets.VBox()
        self.edit = _button("Open in the bulk editor", self._press_edit)
        self.update = _button("Update the report", self._press_update)
        self.leave = _button("Close the editor", self._press_leave)
        head = widgets.HTML(Markup("<b>Worklogs behind a number</b>"))
        buttons = widgets.HBox([self.edit, self.update, self.leave], layout=_WRAPPED)
        super().__init__(
            [head, widgets.HBox(self._choices, layout=_WRAPPED), self.listing, buttons, self.note, self.slot]
        )
        self._show_buttons()

    @property
    def _choices(self) -> tuple[widgets.Dropdown, ...]:
        return self.issue, self.day, self.check

    @property
    def rows(self) -> pd.DataFrame | None:
        """The worklogs chosen; None while nothing is."""
        if self._report is None or all(each.value is _ANY for each in self._choices):
            return None
        return self._report.rows(day=self.day.value, check=self.check.value, **dict(self.issue.value or ()))

    def show(self, report: Report, sites: Sequence[Jira]) -> None:
        """Offer what is in a report; what was chosen stays chosen where it is still there."""
        self._report, self._sites = None, sites
        _offer(self.issue, "any", _issues(report))
        _offer(self.day, "any", _days(report))
        _offer(self.check, "none", _checks(report))
        self._report = report
        self._show_rows()

    def choose(self, wanted: Mapping[str, str]) -> None:
        """Choose what a number of the report is about; what the report does not have any more is any."""
        report, self._report = self._report, None
        self.issue.value = _known(self.issue, _part(wanted))
        self.day.value = _known(self.day, wanted.get("day"))
        self.check.value = _known(self.check, wanted.get("check"))
        self._report = report
        self._show_rows()

    def _choose(self, _: object) -> None:
        if self._report is not None:
            self._show_rows()

    def _show_rows(self) -> None:
        rows = self.rows
        if rows is None:
            self.listing.value = ""
        elif rows.empty:
            self.listing.value = notice_html("plain", "No worklog is behind that.")
        else:
            self.listing.value = show_worklogs(rows)._repr_html_()
        self._show_buttons()

    def _show_buttons(self) -> None:
        rows = self.rows
        show(self.edit, shown=self.editor is None and rows is not None and not rows.empty)
        for button in (self.update, self.leave):
            show(button, shown=self.editor is not None)

    def _press_edit(self) -> None:
        if (rows := self.rows) is not None:
            self.editor = BulkEditor(rows, self._sites, on_applied=self._note, run=self._run)
            self.slot.children = [self.editor]
            self.note.value = notice_html("plain", "After you have applied your changes, press Update the report.")
            self._show_buttons()

    def _press_update(self) -> None:
        if self._has_applied:
            self._press_leave()
        else:
            self.note.value = notice_html("plain", "Nothing has been applied yet: Review changes, then Apply.")

    def _press_leave(self) -> None:
        """Edits that were not applied are kept as a draft, which the next editor offers."""
        self.editor, self.slot.children = None, []
        self.note.value = ""
        self._show_buttons()
        self._tell_left()

    def _note(self, result: Result) -> None:
        self._has_applied = True
        self._on_applied(result)
        if self.editor is None:
            self._tell_left()

    def _tell_left(self) -> None:
        if self._has_applied:
            self._has_applied = False
            self._on_left()


def _part(of: Mapping[str, str]) -> object:
    """The arguments of `Report.rows` that an option of the first choice stands for."""
    return tuple((name, of[name]) for name in ("connection", "project", "issue") if name in of) or _ANY


def _issues(report: Report) -> Options:
    """Connections and projects, if there are several, then the issues."""
    names = list(dict.fromkeys((connection, project) for connection, project, *_ in report.matrix.index))
    connections = list(dict.fromkeys(connection for connection, _ in names))
    found: Options = [(f"all of {name}", _part({"connection": name})) for name in connections if len(connections) > 1]
    where = {name: f" · {name}" if len(connections) > 1 else "" for name in connections}
    if len(names) > 1:
        found += [(f"all of {p}{where[c]}", _part({"connection": c, "project": p})) for c, p in names]
    for connection, _, issue, summary in report.matrix.index:
        name = f"{issue} {shorten(summary, _LONGEST)}{where[connection]}"
        found.append((name, _part({"connection": connection, "issue": issue})))
    return found


def _days(report: Report) -> Options:
    """All of them, the columns of the matrix if these are longer, and the days with worklogs."""
    columns = [name for name in report.matrix.columns if not isinstance(name, date)]
    days = sorted(set(report.clock.dt.date))
    whole = [(f"all of {name}", name) for name in dict.fromkeys([report.period.label, *columns])]
    return [*whole, *((format_day(day), str(day)) for day in days)]


def _checks(report: Report) -> Options:
    found = [(check, len(list(part))) for check, part in groupby(report.findings, key=lambda each: each.check)]
    return [(f"{check.capitalize()} ({count})", check) for check, count in found]


def _offer(choice: widgets.Dropdown, nothing: str, options: Options) -> None:
    before = choice.value
    choice.options = [(nothing, _ANY), *options]
    choice.value = _known(choice, before)


def _known(choice: widgets.Dropdown, value: object) -> object:
    return value if value in [each for _, each in choice.options] else _ANY


def _dropdown(description: str) -> widgets.Dropdown:
    style, layout = {"description_width": "initial"}, {"width": "auto", "max_width": "24em"}
    return widgets.Dropdown(options=[("any", _ANY)], description=description, style=style, layout=layout)


def _button(description: str, press: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, layout={"width": "auto"})
    button.on_click(lambda _: press())
    return button
