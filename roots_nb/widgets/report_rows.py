"""The worklogs behind a number of a report, and the way from them into the bulk editor and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


class ReportRows(widgets.VBox):
    """Choose an issue, a day, a check, or several of them: their worklogs are listed, ready to be edited.

    Parameters
    ----------
    on_applied : callable
        Receives the result of what was applied in the bulk editor.

    Attributes
    ----------
    issue, day, check : Dropdown
        None in each means any; nothing is listed while all are.
    listing, note : HTML
    edit, update, leave : Button
    editor : BulkEditor or None
    """

    def __init__(self, on_applied: Callable[[Result], None], *, run: Run = on_a_thread) -> None:
        self._on_applied, self._run = on_applied, run
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
        connection, issue = self.issue.value or (None, None)
        return self._report.rows(issue, self.day.value, connection=connection, check=self.check.value)

    def show(self, report: Report, sites: Sequence[Jira]) -> None:
        """Offer what is in a report; what was chosen stays chosen where it is still there."""
        self._report, self._sites = report, sites
        _offer(self.issue, "any", _issues(report))
        _offer(self.day, "any", [(format_day(day), day) for day in sorted(set(report.clock.dt.date))])
        _offer(self.check, "none", _checks(report))
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
            self.editor = BulkEditor(rows, self._sites, run=self._run)
            self.slot.children = [self.editor]
            self.note.value = notice_html("plain", "After you have applied your changes, press Update the report.")
            self._show_buttons()

    def _press_update(self) -> None:
        review = self.editor.reviewing if self.editor else None
        if review is None or review.result is None:
            self.note.value = notice_html("plain", "Nothing has been applied yet: Review changes, then Apply.")
            return
        self._press_leave()
        self._on_applied(review.result)

    def _press_leave(self) -> None:
        """Edits that were not applied are kept as a draft, which the next editor offers."""
        self.editor, self.slot.children = None, []
        self.note.value = ""
        self._show_buttons()


def _issues(report: Report) -> list[tuple[str, object]]:
    several = report.worklogs["connection"].nunique() > 1
    found: list[tuple[str, object]] = []
    for connection, _, issue, summary in report.matrix.index:
        where = f" · {connection}" if several else ""
        found.append((f"{issue} {shorten(summary, _LONGEST)}{where}", (connection, issue)))
    return found


def _checks(report: Report) -> list[tuple[str, object]]:
    found = [(check, len(list(part))) for check, part in groupby(report.findings, key=lambda each: each.check)]
    return [(f"{check.capitalize()} ({count})", check) for check, count in found]


def _offer(choice: widgets.Dropdown, nothing: str, options: Sequence[tuple[str, object]]) -> None:
    before = choice.value
    choice.options = [(nothing, _ANY), *options]
    choice.value = before if before in [value for _, value in options] else _ANY


def _dropdown(description: str) -> widgets.Dropdown:
    style, layout = {"description_width": "initial"}, {"width": "auto", "max_width": "24em"}
    return widgets.Dropdown(options=[("any", _ANY)], description=description, style=style, layout=layout)


def _button(description: str, press: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, layout={"width": "auto"})
    button.on_click(lambda _: press())
    return button
