"""One worklog in a form: create, change, duplicate, delete it, and take that back.

What the fields say is planned at each change: the plan knows what is wrong and whether there is anything to save, and
Save applies that very plan. What takes time is done on a worker, which says what is to be shown next. What was typed
stays until Jira holds it (`tests/widgets/test_worklog_form.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from roots_nb.display import fragment_html, one_line, table_html
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.change import Action, Change
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from roots_nb.editing.result_view import conflict_table
from roots_nb.editing.runs import close_run
from roots_nb.errors import InvalidChanges, RootsError, UnfinishedRun
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from roots_nb.widgets.background import Background, Run, Timer, on_a_thread
from roots_nb.widgets.conflicts import EVERYTHING_OF_MINE
from roots_nb.widgets.form_guard import FormGuard
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.one_worklog import OneWorklog, Row, name_of
from roots_nb.widgets.review_text import interrupted_sentence, problems
from roots_nb.widgets.site_fields import show
from roots_nb.widgets.worklog_fields import WorklogFields

DONE: dict[Action, str] = {"create": "Created", "update": "Saved", "move": "Moved and saved", "delete": "Deleted"}

_Next = Callable[[], None]


class WorklogForm(widgets.VBox):
    """Fields for one worklog of mine, and what can be done with it.

    Parameters
    ----------
    jira : Jira or sequence of Jira
        Signed in; of several, those that failed are left out.
    worklog : Series or dict, optional
        A row of `load_worklogs`. Without a `worklog_id` it is one to create, of which some values are known; by default
        none is.
    on_saved : callable, optional
        Receives, on any thread, the `Result` of everything that was sent and of what Jira holds instead; its `worklogs`
        have the row as it is now.

    Attributes
    ----------
    worklog : Series or None
        The row as Jira holds it; None while there is none, or no longer.
    result : Result or None
        Of what was sent last.
    fields : WorklogFields
    save, duplicate, delete, undo, stop : Button
        `save` creates while there is no worklog.
    confirm, keep : Button
        The answers to Delete.
    use_mine, keep_theirs : Button
        What to do where somebody changed the same in Jira meanwhile.
    resume, leave : Button
        What to do with a run that was interrupted.
    head, status, conflict : HTML
        `conflict` has mine and theirs side by side.
    guard : FormGuard

    Raises
    ------
    InvalidInput
        No connection is signed in, or not the worklog's; or it is no row of `load_worklogs`.

    Examples
    --------
    >>> rn.WorklogForm(jira, worklogs.iloc[0])
    """

    def __init__(
        self,
        jira: Jira | Sequence[Jira],
        worklog: Row | None = None,
        *,
        on_saved: Callable[[Result], None] = lambda result: None,
        run: Run = on_a_thread,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._one = OneWorklog(jira, {} if worklog is None else dict(worklog))
        self._on_saved = on_saved
        self._background = Background(self._say_waiting, run=run)
        self._lock = threading.RLock()
        self.result: Result | None = None
        self._plan: Plan | None = None
        self._sent: Plan | None = None
        self._options: dict[str, Any] = {}
        self._unfinished, self._undoable = "", ""
        self._is_copy, self._is_over = False, not self._one.is_mine
        self._make_buttons()
        self.head, self.status, self.conflict = (widgets.HTML() for _ in range(3))
        self.fields = WorklogFields(self._one.sites, self._one.zone, self._check, run=run, timer=timer)
        super().__init__([self.head, self.fields, self.status, self.conflict, self.actions])
        self.guard = FormGuard(self.fields.typed)
        self.guard.add_to(self)
        self.fields.fill(self._one.values)
        self._show_idle()
        if self._is_over:
            author = self._one.values["author"] or "somebody else"
            self._say("warning", f"This worklog is by {author}. Only your own can be changed.")

    def _make_buttons(self) -> None:
        self._buttons: list[widgets.Button] = []
        self.save = self._button("Create", self._press_save, "primary")
        self.duplicate = self._button("Duplicate", self._press_duplicate)
        self.delete = self._button("Delete", self.ask_to_delete)
        self.undo = self._button("Undo", self._press_undo)
        self.keep = self._button("Keep it", self._show_idle)
        self.confirm = self._button("Delete it", self._press_confirm, "danger")
        self.keep_theirs = self._button("Keep theirs", self._press_keep_theirs)
        self.use_mine = self._button("Use mine", self._press_use_mine)
        self.resume = self._button("Resume", self._press_resume, "primary")
        self.leave = self._button("Leave it as it is", self._press_leave)
        self.stop = self._button("Stop", self._press_stop)
        self.actions = widgets.HBox(self._buttons, layout={"flex_flow": "row wrap", "margin": "4px 0"})

    def _button(self, description: str, press: Callable[[], None], style: str = "") -> widgets.Button:
        button = widgets.Button(description=description, button_style=style, layout={"width": "auto"})
        button.on_click(lambda _: press())
        self._buttons.append(button)
        return button

    @property
    def worklog(self) -> pd.Series[Any] | None:
        return self._one.row

    @property
    def has_unsaved(self) -> bool:
        """Whether something was typed, or is under way, that Jira does not hold yet."""
        return self.is_busy or (not self._is_over and self.fields.is_touched)

    @property
    def is_busy(self) -> bool:
        return self._background.busy

    def dismiss(self) -> None:
        """Close the form; what was typed goes with it."""
        self.fields.issue.cancel()
        _close_tree(self)

    def _check(self) -> None:
        """Plan what the fields say, and show what is wrong with it."""
        with self._lock:
            self._plan, reasons = self._planned()
            warning = next(iter(self._plan.warnings.values()), "") if self._plan else ""
            self.fields.show_problems(reasons, f"Is this right? It is {warning}." if warning else "")
            self.save.disabled = self._background.busy or self._is_over or not self._plan

    def _planned(self) -> tuple[Plan | None, dict[str, str]]:
        cells, reasons = self.fields.read()
        try:
            plan = self._one.plan(cells, allow_twins=self._is_copy)
        except InvalidChanges as invalid:
            return None, {**{problem.column: problem.reason for problem in invalid.problems}, **reasons}
        return (None if reasons else plan), reasons

    # --- what is pressed

    def _press_save(self) -> None:
        if self._plan and not self.save.disabled:
            self._start("Saving …", partial(self._apply, self._plan))

    def _press_duplicate(self) -> None:
        """Nothing is sent: it is a new worklog with the same values, until Create is pressed."""
        self._one.forget()
        self._is_copy, self._is_over, self._undoable = True, False, ""
        self._show_idle("plain", "A copy, not sent yet: change what is different, then press Create.")

    def ask_to_delete(self) -> None:
        """Ask whether to delete the worklog, naming it; `confirm` and `keep` are the answers."""
        if self.worklog is not None and not self._is_over and not self._background.busy:
            self._offer(self.keep, self.confirm)
            self._say("warning", f"Delete {name_of(self.worklog)}?")

    def _press_confirm(self) -> None:
        self._start("Deleting …", partial(self._apply, self._one.plan_delete()))

    def _press_undo(self) -> None:
        self._start("Undoing …", partial(self._undo, self._undoable))

    def _press_use_mine(self) -> None:
        if self.result is not None:
            self._start("Saving …", partial(self._apply, self.result.replan(EVERYTHING_OF_MINE)))

    def _press_keep_theirs(self) -> None:
        if self.result is not None:
            self._show_jiras(self.result, "plain", "Nothing was sent: this is how the worklog is in Jira.")

    def _press_resume(self) -> None:
        self._start("Going on …", partial(self._resume, self._unfinished))

    def _press_leave(self) -> None:
        self._start("Closing the run …", partial(self._leave, self._unfinished))

    def _press_stop(self) -> None:
        self._say("working", "Stopping. What is under way is finished first.")
        self._background.stop()

    def _start(self, what: str, work: Callable[[Progress], _Next]) -> None:
        if self._background.busy:
            return
        self._options = {"adjust_estimate": self.fields.adjust_estimate, "notify": self.fields.notify_watchers}
        self._say("working", what)
        self._offer(self.stop)
        self._background.start(work, lambda show_it: show_it(), self._fail)

    # --- what the worker does; each returns what to show

    def _apply(self, plan: Plan, progress: Progress) -> _Next:
        self._sent = plan
        try:
            result = apply_changes(self._one.sites, plan, confirm=plan.confirmation, progress=progress, **self._options)
        except UnfinishedRun as refused:
            run = refused.runs[0]
            return partial(self._show_unfinished, run, interrupted_sentence(run))
        return partial(self._show_result, result)

    def _undo(self, run: str, progress: Progress) -> _Next:
        plan = self._one.plan_undo(run)
        if not plan.operations:
            return partial(self._show_idle, "plain", "It was undone already.")
        return self._apply(plan, progress)

    def _resume(self, run: str, progress: Progress) -> _Next:
        ended = resume(self._one.sites, run, progress=progress)
        if self._sent is not None and run == self._sent.run:
            return partial(self._show_result, ended.with_worklogs(self._one.frame))
        if ended.is_open:
            return partial(self._show_unfinished, run, interrupted_sentence(run))
        return partial(self._show_saved, ended, "good", "The interrupted run has ended. Yours can be saved now.")

    def _leave(self, run: str, progress: Progress) -> _Next:
        close_run(run)
        sentence = "It was left as it is. It may have arrived: look in Jira before you save again."
        return partial(self._show_idle, "warning", sentence)

    # --- what is shown

    def _show_result(self, result: Result) -> None:
        """Of the one change that was sent."""
        self.result = result
        ((change, state, note),) = result.ends
        if result.is_open:
            self._show_unfinished(result.run, *problems(result.problems), note)
        elif state == "conflict":
            self._show_conflict(result, change, note)
        elif state == "done":
            self._show_done(result, change, note)
        elif state == "already_so":
            self._show_jiras(result, "warning", "Jira has it like this already, so nothing was sent.", note)
        else:
            self._show_idle("problem", "It was not saved; what you typed is kept.", note)

    def _show_done(self, result: Result, change: Change, note: str) -> None:
        is_undo = self._sent is not None and bool(self._sent.undoes)
        self._undoable = "" if is_undo else result.run
        self._is_over = change.after is None and not is_undo
        which = result.worklogs if change.after else self._one.frame
        done = f"{'Undone' if is_undo else DONE[change.action]}: {name_of(which.iloc[0])}."
        self._show_jiras(result, "good", done, note)

    def _show_jiras(self, result: Result, kind: Kind, *lines: str) -> None:
        """The fields say what Jira holds. Where it holds nothing they stay, and Create would make it anew."""
        self._one.take(result.worklogs)
        self._is_copy = False
        if self.worklog is not None:
            self.fields.fill(dict(self.worklog))
        self._show_saved(result, kind, *lines)

    def _show_saved(self, result: Result, kind: Kind, *lines: str) -> None:
        """What is in Jira stays said, whatever comes of telling it."""
        self._show_idle(kind, *lines)
        try:
            self._on_saved(result)
        except Exception as error:
            failed = (
                f"The worklogs shown elsewhere were not brought up to date ({type(error).__name__}): load them again."
            )
            self._say("warning", *lines, failed)

    def _show_conflict(self, result: Result, change: Change, note: str) -> None:
        if result.worklogs.empty:
            self._show_jiras(result, "warning", "It is gone from Jira. Create makes it anew, as it stands here.", note)
            return
        sentence = "Somebody changed this worklog in Jira meanwhile, so nothing was sent."
        self._offer(self.keep_theirs, *[self.use_mine] * bool(result.replan(EVERYTHING_OF_MINE).operations))
        self._say("warning", sentence, note, table=fragment_html(table_html(conflict_table(result, change))))

    def _show_unfinished(self, run: str, *lines: str) -> None:
        self._unfinished = run
        self._offer(self.resume, self.leave)
        self._say("warning", *lines, "Resume goes on with it. What you typed is kept.")

    def _show_idle(self, kind: Kind = "plain", *lines: str) -> None:
        """Nothing is under way and nothing is asked."""
        is_there = self.worklog is not None
        self._name()
        self.save.description = "Save" if is_there else "Create"
        acting = [] if self._is_over else [self.save, *[self.duplicate, self.delete] * is_there]
        self._offer(*acting, *[self.undo] * bool(self._undoable))
        self.fields.lock(locked=self._is_over, connection=is_there)
        self._say(kind, *lines)
        self._check()

    def _name(self) -> None:
        what, facts = "Deleted worklog" if self._is_over else "New worklog", [f"Times are in {self._one.zone}"]
        if self.worklog is not None:
            what, facts = name_of(self.worklog), [one_line(self.fields.connection.value), *facts]
        self.head.value = Markup('<div style="line-height: 1.4"><b>{}</b> · {}</div>').format(what, " · ".join(facts))

    def _offer(self, *buttons: widgets.Button) -> None:
        """Only these can be pressed, and the fields are locked."""
        self.fields.lock(locked=True, connection=True)
        for each in self._buttons:
            show(each, shown=each in buttons)

    def _fail(self, problem: RootsError) -> None:
        self._show_idle("problem", *problems([problem]), "What you typed is kept.")

    def _say_waiting(self, sentence: str) -> None:
        self._say("working", sentence or "Going on …")

    def _say(self, kind: Kind, *lines: str, table: str = "") -> None:
        self.status.value, self.conflict.value = notice_html(kind, *lines), table
        show(self.conflict, shown=bool(table))


def _close_tree(widget: widgets.Widget) -> None:
    """A box does not close what is in it."""
    for child in getattr(widget, "children", ()):
        _close_tree(child)
    widget.close()
