"""A plan as a person meets it: look at it, apply it, see how it ended, and go on from there.

Nothing is sent before Apply is pressed. What takes time is done on a worker, which says what is to be shown next; while
it works nothing but Stop can be pressed. Whatever goes wrong, the plan stays (`tests/widgets/test_review_changes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import ipywidgets as widgets

from roots_nb import connecting
from roots_nb.connections.connection import DeploymentName
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.change import Change
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, plan_undo, result_of
from roots_nb.errors import AuthenticationFailed, InvalidInput, JournalUnusable, RootsError, UnfinishedRun
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from roots_nb.progress_bars import progress_html
from roots_nb.widgets.apply_options import ApplyOptions
from roots_nb.widgets.background import Background, Run, on_a_thread
from roots_nb.widgets.conflicts import EVERYTHING_OF_MINE, ConflictChoices
from roots_nb.widgets.form_guard import FormGuard
from roots_nb.widgets.notice import notice_html
from roots_nb.widgets.review_progress import ReviewProgress
from roots_nb.widgets.review_text import interrupted_sentence, outcome, plan_html, problems, result_html
from roots_nb.widgets.site_fields import show

WRAPPED = {"flex_flow": "row wrap"}

UNDONE = "What had been applied is taken back."
APPLIED_BEFORE = "This plan was applied before. This is how that stands."
THEIRS_KEPT = "Theirs are kept: nothing of yours is sent for them. You can still choose otherwise."

_Next = Callable[[], None]


class ReviewChanges(widgets.VBox):
    """Shows a plan and applies it when Apply is pressed; then shows how it ended.

    Undo, and what is planned again after a conflict, are reviewed in the same place. A plan that was applied before
    shows how that ended.

    Attributes
    ----------
    plan : Plan
        The one that is shown, or was applied last.
    result : Result or None
        How the plan ended; None before it was applied. Its `worklogs` have all rows of the frame that was edited.
    apply, stop, resume, leave, undo, back : Button
    options : ApplyOptions
    view, status : HTML
        The plan or the result; what happened and what to do next.
    conflicts : VBox
        Empty, or with one `ConflictChoices`.

    Parameters
    ----------
    jira : Jira, sequence of Jira or None
        Signed in to the accounts of the plan. Those that are missing are signed in by the connection's name when Apply
        is pressed; with None all of them.
    plan : Plan
    on_applied : callable, optional
        Receives each result on the worker's thread: of the plan, of going on with it, of an undo.
    on_kept : callable, optional
        Receives, on any thread, the changes in conflict that theirs were preferred to: when all of theirs are kept, and
        when some of mine are reviewed again, the others.

    Examples
    --------
    >>> review = rn.ReviewChanges(jira, rn.plan_changes(worklogs, edited))
    >>> review.result is None
    True
    """

    def __init__(
        self,
        jira: Jira | Sequence[Jira] | None,
        plan: Plan,
        *,
        on_applied: Callable[[Result], None] | None = None,
        on_kept: Callable[[Sequence[Change]], None] | None = None,
        connect: Callable[[str], Jira] = connecting.connect,
        run: Run = on_a_thread,
    ) -> None:
        self._sites = (jira,) if isinstance(jira, Jira) else tuple(jira or ())
        self._on_applied, self._on_kept = on_applied or (lambda result: None), on_kept or (lambda changes: None)
        self._connect = connect
        self._background, self._try_again = Background(run=run), ""
        self.plan = plan
        self.result: Result | None = None
        self._earlier: list[tuple[Plan, Result]] = []
        self._worklogs = plan.worklogs
        self._unfinished: Result | None = None
        self.options = ApplyOptions(self._allow)
        self._make_buttons()
        self.view, self.status = widgets.HTML(), widgets.HTML()
        self.bar = widgets.HTML(layout={"margin": "0 8px 0 2px"})
        self.conflicts = widgets.VBox()
        self.working = widgets.HBox([self.bar, self.stop], layout={**WRAPPED, "align_items": "center"})
        show(self.working, shown=False)
        self.actions = widgets.HBox(layout=WRAPPED)
        super().__init__([self.view, self.status, self.conflicts, self.options, self.working, self.actions])
        FormGuard({"confirmation": self.options.confirmation}).add_to(self)
        self._show_plan(plan)
        with suppress(JournalUnusable):
            if begun := _begun(plan):
                self._worklogs = begun.worklogs
                self._show_result(begun, APPLIED_BEFORE)

    def _make_buttons(self) -> None:
        self.apply = _button("Apply", self._press_apply, "primary")
        self.resume = _button("Resume", self._press_resume, "primary")
        self.leave = _button("Leave it as it is", self._press_leave)
        self.undo = _button("Undo", self._press_undo)
        self.back = _button("Back to the earlier result", self._press_back)
        self.stop = _button("Stop", self._press_stop)
        self._buttons = (self.apply, self.resume, self.leave, self.undo, self.back)

    @property
    def busy(self) -> bool:
        """Whether something is under way, such as applying."""
        return self._background.busy

    # --- what is shown

    def _show_plan(self, plan: Plan) -> None:
        self.plan, self.result, self._unfinished = plan, None, None
        self.view.value = plan_html(plan)
        self.status.value = ""
        self.conflicts.children = ()
        self.apply.description = f"Apply {len(plan):,} change{'s' * (len(plan) != 1)}"
        self.options.fit(plan, self._deployments(plan))
        self._allow()
        self._offer(*[self.apply] * (len(plan) > 0))

    def _show_next_plan(self, plan: Plan, applied: tuple[Plan, Result]) -> None:
        """What follows from how another one ended, which can be looked at again."""
        self._earlier.append(applied)
        self._show_plan(plan)

    def _show_mine_again(self, plan: Plan, applied: tuple[Plan, Result], mine: Collection[str]) -> None:
        self._keep_theirs(applied[1], mine)
        self._show_next_plan(plan, applied)

    def _offer(self, *buttons: widgets.Button) -> None:
        self.actions.children = [*buttons, *[self.back] * bool(self._earlier)]

    def _deployments(self, plan: Plan) -> set[DeploymentName]:
        loads = {load["connection"]: load["deployment"] for load in plan.worklogs.attrs.get("loads", [])}
        known = loads | {each.connection.name: each.connection.deployment for each in self._sites}
        return {known.get(change.connection, "cloud") for change in plan.operations}

    def _show_result(self, result: Result, first: str = "") -> None:
        self.result, self._unfinished = result, result if result.is_open else None
        self.view.value = result_html(result, with_conflicts=result.is_open)
        kind, lines = outcome(result, first)
        self.status.value = notice_html(kind, *lines)
        choosing = bool(result.counts["conflict"]) and not result.is_open
        self.conflicts.children = [ConflictChoices(result, self._press_review, self._press_keep)] if choosing else []
        show(self.options, shown=False)
        if result.is_open:
            self._offer(self.resume, self.leave)
        else:
            self._offer(*[self.undo] * (result.counts["done"] > 0))

    def _show_applied(self, result: Result, first: str = "") -> None:
        """It has just come to this."""
        self._worklogs = result.worklogs
        self._show_result(result, first)
        self._on_applied(result)

    def _show_interrupted(self, other: Result, sentence: str) -> None:
        """Another run keeps this plan back."""
        self._unfinished = other
        self.view.value = result_html(other, with_conflicts=True) + plan_html(self.plan)
        advice = "Go on with it first, or leave it as it is. Your plan is kept; nothing of it was sent."
        self.status.value = notice_html("warning", sentence, *problems(other.problems), advice)
        show(self.options, shown=False)
        self._offer(self.resume, self.leave)

    def _show_plan_after(self, other: Result, sentence: str) -> None:
        """The run that kept this plan back has ended."""
        self._show_plan(self.plan)
        self.view.value = result_html(other, with_conflicts=True) + plan_html(self.plan)
        kind, lines = outcome(other, sentence)
        self.status.value = notice_html(kind, *lines, "Your plan can be applied now.")

    # --- what is pressed

    def _press_apply(self) -> None:
        if not self.apply.disabled:
            self._start(self.apply, "Applying", partial(self._apply, self.plan))

    def _press_resume(self) -> None:
        if self._unfinished is not None:
            self._start(self.resume, "Going on", partial(self._resume, self._unfinished))

    def _press_leave(self) -> None:
        if self._unfinished is not None:
            self._start(self.leave, "Closing the run", partial(self._leave, self._unfinished))

    def _press_undo(self) -> None:
        if self.result is not None:
            self._start(self.undo, "Planning the undo", partial(self._plan_undo, self.result))

    def _press_review(self, button: widgets.Button, operations: Sequence[str]) -> None:
        if self.result is not None:
            self._start(button, "Planning again", partial(self._replan, self.result, operations))

    def _press_keep(self) -> None:
        if self.result is not None and not self.busy:
            self._keep_theirs(self.result, mine=())
            self.status.value = notice_html("plain", THEIRS_KEPT)

    def _keep_theirs(self, result: Result, mine: Collection[str]) -> None:
        """Of all conflicts but those in which mine was chosen."""
        conflicts = [change for change, state, _ in result.ends if state == "conflict"]
        if kept := [change for change in conflicts if change.op_id not in mine]:
            self._on_kept(kept)

    def _press_back(self) -> None:
        if self._earlier and not self.busy:
            self.plan, result = self._earlier.pop()
            self._show_result(result)

    def _press_stop(self) -> None:
        self.stop.disabled = True
        self.status.value = notice_html("working", "Stopping. What is under way is finished first.")
        self._background.stop()

    def _start(self, button: widgets.Button, what: str, work: Callable[[Progress], _Next]) -> None:
        if self.busy:
            return
        self._try_again = f"Press {button.description} to try again."
        self.status.value = ""
        self._draw(what, 0, None)
        self._lock(locked=True)
        self._background.start(lambda whole: work(ReviewProgress(whole, what, self._draw)), self._show_next, self._fail)

    def _draw(self, text: str, done: int, total: int | None) -> None:
        self.bar.value = progress_html(text, done, total)

    def _lock(self, *, locked: bool) -> None:
        """While something is under way Stop alone can be pressed."""
        for button in self._buttons:
            button.disabled = locked
        for part in (self.options, *self.conflicts.children):
            part.lock(locked=locked)
        self.stop.disabled = not locked
        show(self.working, shown=locked)
        if not locked:
            self._allow()

    def _allow(self) -> None:
        """What removes a lot is applied once it was typed."""
        self.apply.disabled = self.busy or not self.options.are_complete

    def _show_next(self, show_it: _Next) -> None:
        self._lock(locked=False)
        self._try_again = ""
        show_it()

    def _fail(self, problem: RootsError) -> None:
        """What was shown stays."""
        self._lock(locked=False)
        self.status.value = notice_html("problem", *problems([problem]), self._try_again)

    # --- what the worker does; each returns what to show

    def _apply(self, plan: Plan, progress: Progress) -> _Next:
        if begun := _begun(plan):
            return partial(self._show_applied, begun, APPLIED_BEFORE)
        try:
            result = apply_changes(
                self._signed_in(plan.operations),
                plan,
                confirm=self.options.confirmed,
                adjust_estimate=self.options.estimate.value,
                notify=self.options.notify.value,
                progress=progress,
            )
        except UnfinishedRun as refused:
            return self._kept_back(plan, refused)
        undone = UNDONE if plan.undoes and result.counts["done"] == len(plan) else ""
        return partial(self._show_applied, self._noticed(result), undone)

    def _kept_back(self, plan: Plan, refused: UnfinishedRun) -> _Next:
        """By its own half run, which another notebook has begun meanwhile, or by another one."""
        if begun := _begun(plan):
            return partial(self._show_applied, begun, APPLIED_BEFORE)
        run = refused.runs[0]
        return partial(self._show_interrupted, result_of(run), interrupted_sentence(run))

    def _resume(self, unfinished: Result, progress: Progress) -> _Next:
        sites = self._signed_in(change for change, _, _ in unfinished.ends)
        ended = self._noticed(resume(sites, unfinished.run, progress=progress))
        if unfinished is self.result:
            return partial(self._show_applied, ended.with_worklogs(self.plan.worklogs))
        if ended.is_open:
            return partial(self._show_interrupted, ended, interrupted_sentence(ended.run))
        return partial(self._show_plan_after, ended, "The interrupted run has ended.")

    def _leave(self, unfinished: Result, progress: Progress) -> _Next:
        close_run(unfinished.run)
        left = result_of(unfinished.run)
        if unfinished is self.result:
            return partial(self._show_applied, left.with_worklogs(self.plan.worklogs))
        return partial(self._show_plan_after, left, "The interrupted run was left as it is.")

    def _plan_undo(self, result: Result, progress: Progress) -> _Next:
        plan = replace(plan_undo(result.run), worklogs=self._worklogs)
        return partial(self._show_next_plan, plan, (self.plan, result))

    def _replan(self, result: Result, operations: Sequence[str], progress: Progress) -> _Next:
        plan = result.replan(EVERYTHING_OF_MINE, operations=operations)
        again = replace(plan, worklogs=self._worklogs)
        return partial(self._show_mine_again, again, (self.plan, result), operations)

    def _signed_in(self, changes: Iterable[Change]) -> list[Jira]:
        """Those given, and whoever else the changes need."""
        there = {(each.connection.url, each.account.account_id) for each in self._sites if each.problem is None}
        missing = {each.connection for each in changes if (each.site, each.account_id) not in there}
        return [*self._sites, *(self._connect(name) for name in sorted(missing))]

    def _noticed(self, result: Result) -> Result:
        """A Jira that was refused once sends nothing any more: next time it is signed in anew."""
        if any(isinstance(problem, AuthenticationFailed) for problem in result.problems):
            self._sites = ()
        return result


def _button(description: str, press: Callable[[], None], style: str = "") -> widgets.Button:
    button = widgets.Button(description=description, button_style=style, layout={"width": "auto"})
    button.on_click(lambda _: press())
    return button


def _begun(plan: Plan) -> Result | None:
    """How the plan stands if it was applied already."""
    try:
        return result_of(plan.run).with_worklogs(plan.worklogs)
    except InvalidInput:
        return None
