"""Worklogs as a spreadsheet that ends in a review: what is typed is judged by the sheet, kept on the disk, and counted.

Nothing is sent from here: `ReviewChanges` applies. An edit is acknowledged to the browser when it is on the disk, so
that what a dead kernel knew the next editor can restore (`tests/widgets/test_bulk_editor.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import ipywidgets as widgets
import pandas as pd

from roots_nb.editing.change import Change
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from roots_nb.errors import AuthenticationFailed, InvalidChanges, NotFound, RootsError
from roots_nb.jira.client import Jira
from roots_nb.periods import format_day
from roots_nb.progress import Progress
from roots_nb.sheet.row import TITLES
from roots_nb.sheet.sheet import CellText, Sheet
from roots_nb.sheet.unsent import UnsentEdit, UnsentEdits
from roots_nb.sheet.view import RowView
from roots_nb.widgets.background import Background, Run, on_a_thread
from roots_nb.widgets.editor_text import (
    counts_text,
    edits_text,
    gone_text,
    kept_text,
    most,
    problems_text,
    restore_text,
)
from roots_nb.widgets.grid.rows import CellUpdate, Edit, GridColumn, GridRow, RowUpdate
from roots_nb.widgets.grid.worklog_grid import Draft, WorklogGrid
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.review_changes import ReviewChanges
from roots_nb.widgets.site_fields import show

WRAPPED = {"flex_flow": "row wrap"}
REVIEW_AGAIN = "What is reviewed below is without your last edits. Press Review changes again."
COLUMNS = (
    GridColumn("connection", TITLES["connection"], "key", editable=True, width_hint=100),
    GridColumn("day", TITLES["day"], "key", editable=True, width_hint=96, hint="16 Nov, Mon, 16, 2026-11-16"),
    GridColumn("start", TITLES["start"], "number", editable=True, width_hint=64, hint="9:00"),
    GridColumn("time_spent", TITLES["time_spent"], "number", editable=True, hint="1h 30m, 1.5h, 1,5h, 90m, 1:30"),
    GridColumn("issue", TITLES["issue"], "key", editable=True, width_hint=90, hint="A key, or a link to the issue"),
    GridColumn("summary", TITLES["summary"], "text", width_hint=120),
    GridColumn("comment", TITLES["comment"], "text", editable=True, width_hint=160),
    GridColumn("delete", TITLES["delete"], "check", editable=True, width_hint=64, hint="Tick what is to be deleted"),
    GridColumn("state", "State", "state", width_hint=130),
)


class BulkEditor(widgets.VBox):
    """Edit worklogs in a spreadsheet, then review and apply what was changed.

    Parameters
    ----------
    worklogs : DataFrame
        Of `load_worklogs` or `concat_worklogs`; it is never changed. Rows without a `worklog_id` are shown as new ones.
    jira : Jira or sequence of Jira, optional
        Signed in to the accounts of the frame. Without it the summaries of issues that are typed stay empty, and
        applying signs in by the connection's name.
    on_applied : callable, optional
        Receives the result of each run that is applied here, resumed or undone, on the worker's thread.

    Attributes
    ----------
    edited : DataFrame
        A copy of the frame as edited, with a boolean column `delete`. A frame that was edited with pandas can be set:
        its changes are then shown in the sheet.
    sheet : Sheet
    grid : WorklogGrid
    review, discard, restore, forget : Button
        Review changes, Discard edits; Restore and Discard of what an earlier editor left.
    counts, status : HTML
    reviewing : ReviewChanges or None
        What Review changes has opened.

    Examples
    --------
    >>> editor = rn.BulkEditor(worklogs)
    >>> editor.plan()
    <Plan ...: nothing to change>

    Raises
    ------
    InvalidInput
        The frame is not one of `load_worklogs`, or does not say how it was loaded.
    """

    def __init__(
        self,
        worklogs: pd.DataFrame,
        jira: Jira | Sequence[Jira] | None = None,
        *,
        on_applied: Callable[[Result], None] = lambda result: None,
        run: Run = on_a_thread,
    ) -> None:
        self._jira, self._on_applied, self._run = jira, on_applied, run
        self._may_ask = jira is not None
        self._lock = threading.RLock()  # the sheet and what is shown of it change together
        self._background = Background(run=run)
        self.sheet = Sheet(worklogs)
        dates = self.sheet.dates
        self._unsent = UnsentEdits(self.sheet.accounts, dates.first, dates.last)
        self.reviewing: ReviewChanges | None = None
        self._not_kept = ""
        self._make_grid()
        self._make_buttons()
        self.head = widgets.HTML(notice_html("plain", *self._head()))
        self.counts, self.status, self.slot = widgets.HTML(), widgets.HTML(), widgets.VBox()
        buttons = widgets.HBox([self.review, self.discard, self.really, self.keep], layout=WRAPPED)
        super().__init__([self.head, self._offer(), self.grid, self.counts, buttons, self.status, self.slot])
        self._show_counts()

    def _make_grid(self) -> None:
        several = len(self.sheet.accounts) > 1
        columns = [column for column in COLUMNS if several or column.name != "connection"]
        self._columns = frozenset(column.name for column in columns)
        self.grid = WorklogGrid(columns, self._write, on_add=self._add, on_remove=self._remove, label="Worklogs")
        self.grid.set_rows(map(self._grid_row, self.sheet.views()))

    def _make_buttons(self) -> None:
        self.review = _button("Review changes", self._press_review, "primary")
        self.discard = _button("Discard edits", self._ask_whether_to_discard)
        self.really = _button("Discard them", self._press_discard, "danger")
        self.keep = _button("Keep them", self._stop_asking)
        self.restore = _button("Restore", self._press_restore, "primary")
        self.forget = _button("Discard", self._press_forget)
        for button in (self.really, self.keep):
            show(button, shown=False)

    def _head(self) -> list[str]:
        dates = self.sheet.dates
        period = f"{format_day(dates.first)} to {format_day(dates.last)}"
        empty = "" if len(self.sheet) else "There are no worklogs in this period. Press + Add row to write one."
        return [f"{period}. Times are in {dates.zone}.", empty]

    # --- what pandas and notebooks use

    @property
    def edited(self) -> pd.DataFrame:
        return self.sheet.edited

    @edited.setter
    def edited(self, frame: pd.DataFrame) -> None:
        with self._lock:
            self.sheet.take(frame)
            self._save()
            self._show_all()
            self._tell_of_review()
        self._look_up()

    def plan(self, *, allow_twins: bool = False) -> Plan:
        """What turns the worklogs as loaded into the edited ones; nothing is sent.

        Raises
        ------
        InvalidChanges
            Some cells cannot be used; they are marked in the sheet.
        """
        with self._lock:
            marked = {key for key, _, _ in self.sheet.problems}
            try:
                return self.sheet.plan(allow_twins=allow_twins)
            finally:
                self._show(self.sheet.views(marked | {key for key, _, _ in self.sheet.problems}))
                self._show_counts()

    # --- what the grid tells

    def _write(self, edits: list[Edit]) -> None:
        with self._lock:
            self._took(self.sheet.write(CellText(edit.key, edit.column, edit.text) for edit in edits))
        self._look_up()

    def _add(self, drafts: list[Draft]) -> None:
        with self._lock:
            added = self.sheet.add(drafts)
            self.grid.add_rows(map(self._grid_row, added))
            self._took(added)
        self._look_up()

    def _remove(self, keys: list[str]) -> None:
        with self._lock:
            gone = self.sheet.remove(keys)
            self.grid.remove_rows(gone)
            self._took([], gone)

    def _took(self, views: Sequence[RowView], gone: Iterable[str] = ()) -> None:
        """Keep what rows say now, then show it."""
        keys = [*(view.key for view in views), *gone]
        self._on_disk(lambda: self._unsent.note(self.sheet.unsent(keys)) if self.sheet.is_edited else self._save())
        self._show(views)
        self._show_counts()
        self._tell_of_review()

    def _save(self) -> None:
        self._on_disk(lambda: self._unsent.keep(self.sheet.unsent()))

    def _on_disk(self, keep: Callable[[], None]) -> None:
        before, self._not_kept = self._not_kept, ""
        try:
            keep()
        except OSError as error:
            why = error.strerror or type(error).__name__
            self._not_kept = f"Your edits cannot be kept on this computer ({why}): apply them before you leave."
        if self._not_kept != before:
            self._say("plain")

    # --- what is shown

    def _show(self, views: Iterable[RowView]) -> None:
        self.grid.show(update for view in views for update in self._updates(view))

    def _updates(self, view: RowView) -> Iterable[CellUpdate | RowUpdate]:
        for name, text in view.cells.items():
            if name in self._columns:
                problem, rank = view.problems.get(name, ""), view.sort_as.get(name)
                yield CellUpdate(view.key, name, text, problem, name in view.changed, rank)
        yield RowUpdate(view.key, view.state, view.state_text)

    def _grid_row(self, view: RowView) -> GridRow:
        parts = view.cells, view.problems, view.changed, view.sort_as
        return GridRow(view.key, *parts, state=view.state, state_text=view.state_text)

    def _show_all(self) -> None:
        """After the rows have changed as a whole."""
        self.head.value = notice_html("plain", *self._head())
        self.grid.set_rows(map(self._grid_row, self.sheet.views()))
        self._show_counts()

    def _show_counts(self) -> None:
        counts = self.sheet.counts
        kind: Kind = "warning" if counts.problems or counts.conflicts else "plain"
        self.counts.value = notice_html(kind, counts_text(counts))
        self.review.disabled = self.discard.disabled = not self.sheet.is_edited

    def _say(self, kind: Kind, *lines: str) -> None:
        """In front of what is said all the time that it is so."""
        self.status.value = notice_html(
            "warning" if self._not_kept and kind == "plain" else kind, *lines, self._not_kept
        )

    # --- review

    def _press_review(self, _: object) -> None:
        self._stop_asking()
        if self.reviewing is not None and self.reviewing.busy:
            self._say("warning", "The review below is still at work. Wait until it has ended, or press Stop there.")
            return
        try:
            plan = self.plan()
        except InvalidChanges:
            self._say("problem", *problems_text(self._cell_lines(self.sheet.problems)))
        except RootsError as problem:
            self._say("problem", str(problem))
        else:
            self._say("plain")
            self.reviewing = ReviewChanges(
                self._jira, plan, on_applied=self._applied, on_kept=self._give_up, run=self._run
            )
            self.slot.children = [self.reviewing]

    def _cell_lines(self, cells: Iterable[tuple[str, str, str]]) -> list[str]:
        return [f"{self.sheet.describe(key)}, {TITLES[name].lower()}: {why}" for key, name, why in cells]

    def _applied(self, result: Result) -> None:
        """On the review's worker."""
        with self._lock:
            lost = self.sheet.settle(result)
            self._save()
            self._show_all()
            self._tell_conflicts(map(gone_text, lost))
        self._on_applied(result)

    def _give_up(self, changes: Iterable[Change]) -> None:
        """Theirs are kept: the rows show what Jira holds."""
        with self._lock:
            views = self.sheet.give_up(changes)
            self._save()
            self._show(views)
            self._show_counts()
            self._tell_conflicts([])

    def _tell_conflicts(self, lost: Iterable[str]) -> None:
        conflicts = self._cell_lines(self.sheet.conflicts)
        self._say("warning", *most(conflicts), *most(list(lost)), REVIEW_AGAIN * self._reviews_edits)

    @property
    def _reviews_edits(self) -> bool:
        """Whether the review below is about what is edited here, and is not applied yet."""
        review = self.reviewing if self.slot.children else None
        return review is not None and review.result is None and not review.plan.undoes

    def _tell_of_review(self) -> None:
        if self._reviews_edits:
            self._say("warning", REVIEW_AGAIN)

    # --- discard, restore

    def _ask_whether_to_discard(self, _: object) -> None:
        self._ask(asking=True)
        self._say("warning", f"Discard {edits_text(self.sheet.counts.edits)}? What is in Jira stays as it is.")

    def _stop_asking(self, _: object = None) -> None:
        self._ask(asking=False)
        self._say("plain")

    def _ask(self, *, asking: bool) -> None:
        for button in (self.review, self.discard):
            show(button, shown=not asking)
        for button in (self.really, self.keep):
            show(button, shown=asking)

    def _press_discard(self, _: object) -> None:
        with self._lock:
            self.sheet.discard()
            self._save()
            self._stop_asking()
            self._show_all()
            if self._reviews_edits and self.reviewing and not self.reviewing.busy:
                self.reviewing, self.slot.children = None, ()

    def _offer(self) -> widgets.Box:
        """What an earlier editor left, if it left anything."""
        self._found = self._unsent.find()
        self.restore.description = restore_text(self._found, self.sheet.dates)
        lines = ["Edits of an earlier session were not applied."] * bool(self._found.edits)
        told = widgets.HTML(notice_html("warning", *lines, *self._found.problems))
        self.offer = widgets.HBox([told, *[self.restore, self.forget] * bool(self._found.edits)], layout=WRAPPED)
        show(self.offer, shown=bool(lines or self._found.problems))
        return self.offer

    def _press_restore(self, _: object) -> None:
        with self._lock:
            lost = self.sheet.lay_over(self._found.edits)
            self._save()
            self._show_all()
            self._tell_conflicts(map(kept_text, lost))
            if not self._not_kept:
                self._forget(lost)
        self._look_up()

    def _press_forget(self, _: object) -> None:
        self._forget([])

    def _forget(self, but: Sequence[UnsentEdit]) -> None:
        self._on_disk(lambda: self._unsent.forget_earlier(but=but))
        show(self.offer, shown=False)

    # --- issues

    def _look_up(self) -> None:
        """Ask Jira for the issues that were typed; one at a time, and again for those typed meanwhile."""
        if self._may_ask and self.sheet.unknown_issues():
            self._background.start(self._ask_jira, self._know, self._not_known)

    def _not_known(self, problem: RootsError) -> None:
        """Summaries stay empty; a login that was refused is not tried again with every edit."""
        self._may_ask = self._may_ask and not isinstance(problem, AuthenticationFailed)

    def _ask_jira(self, progress: Progress) -> list[tuple[str, str, str, str]]:
        sites = [self._jira] if isinstance(self._jira, Jira) else self._jira or ()
        by_name = {site.connection.name: site for site in sites if site.problem is None}
        issues = self.sheet.unknown_issues()
        return [(name, key, *_read_issue(by_name.get(name), key, progress)) for name, key in issues]

    def _know(self, found: Sequence[tuple[str, str, str, str]]) -> None:
        with self._lock:
            for each in found:
                self._show(self.sheet.know_issue(*each))
            self._show_counts()
        self._look_up()


def _button(description: str, act: Callable[[object], None], style: str = "") -> widgets.Button:
    button = widgets.Button(description=description, button_style=style, layout={"width": "auto", "flex": "0 0 auto"})
    button.on_click(act)
    return button


def _read_issue(jira: Jira | None, key: str, progress: Progress) -> tuple[str, str]:
    """Its summary, and what is wrong with its key; both "" where nobody can be asked."""
    if jira is None:
        return "", ""
    try:
        issue = jira.issue(key, ["summary"], progress=progress)
    except NotFound:
        jira.myself(progress=progress)  # so Cloud answers a login that does not hold, too
        return "", f"Jira has no issue {key}, or this account cannot see it."
    if issue["key"] != key:
        return "", f"{key} was moved: it is {issue['key']} now."
    return str(issue["fields"]["summary"]), ""
