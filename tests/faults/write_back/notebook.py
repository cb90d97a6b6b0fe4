"""A notebook in which Ann works on her worklogs for a while, and each step is held against a ledger.

Its kernel may crash and be restarted; the site and the state directory stay. Several steps make a history.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.model import DEFAULT_PERMISSIONS, JiraSite, User, Worklog
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.history import SETTLED, State
from roots_nb.editing.journal import journal_paths
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, plan_undo, result_of, runs
from roots_nb.progress import Progress
from roots_nb.worklogs import COLUMNS, load_worklogs
from tests.faults.write_back.ledger import Deeds, Ledger
from tests.faults.write_back.scene import WEEK, ZONE, scene, signed_in
from tests.faults.write_back.trial import (
    Computer,
    DiskStrike,
    Elsewhere,
    Strike,
    see_through,
    state_folder,
)
from tests.faults.write_back.wire import Line, Process

ISSUES = ("APP-1", "APP-2", "OPS-1")
UNTRUE = -1


@dataclass(frozen=True, slots=True)
class Edit:
    """What Ann does to a row of the frame, counted round and round. "new" adds one; equal ones are twins."""

    what: Literal["time_spent", "comment", "started", "issue", "delete", "new"]
    row: int = 0
    value: int = 0

    def on(self, frame: pd.DataFrame, worklog_id: str) -> pd.DataFrame:
        if self.what == "new":
            row = {**self._cells(), "issue": ISSUES[self.row % 3]}
            return pd.concat([frame, pd.DataFrame([row])], ignore_index=True)
        is_it = frame["worklog_id"] == worklog_id
        if self.what == "delete":
            return frame.assign(delete=frame.get("delete", False) | is_it)
        return frame.assign(**{self.what: frame[self.what].mask(is_it, self._cells()[self.what])})

    def _cells(self) -> dict[str, object]:
        """Whole half hours and "ours": nobody else writes such."""
        day, hour, half = 18 + self.value % 5, 8 + self.value % 9, 30 * (self.value % 2)
        return {
            "issue": ISSUES[self.value % 3],
            "started": pd.Timestamp(2024, 11, day, hour, half, tz=ZONE),
            "time_spent": pd.Timedelta(minutes=30 * (1 + self.value % 4)),
            "comment": f"ours {self.value}",
        }


@dataclass(frozen=True, slots=True)
class Deed:
    """What Bob or Ann, in the browser, does to a worklog of the site, counted round and round."""

    what: Literal["reword", "take longer", "start later", "edit and revert", "delete", "add"]
    row: int = 0
    by_bob: bool = False

    def __str__(self) -> str:
        return f"{self.what} by {'Bob' if self.by_bob else 'Ann'}"


@dataclass(frozen=True, slots=True)
class During:
    """A deed while a request of ours is under way, before or after Jira does its work."""

    number: int
    deed: Deed
    after: bool = False


Event = Strike | DiskStrike | During


class Notebook:
    """Ends with `close`. Each step raises AssertionError where it breaks the promise.

    Attributes
    ----------
    worklogs : DataFrame
        As loaded last.
    plans : list of Plan
        Made in this kernel, applied or not.
    results : list of Result
        Of this kernel.
    runs, interrupted : list of str
        All that have a journal, the oldest first; those of them that can be resumed or closed.
    """

    def __init__(self, deployment: DeploymentName) -> None:
        self._stack = ExitStack()
        folder = self._stack.enter_context(state_folder())
        self.computer = self._stack.enter_context(Computer(scene(deployment, "small"), folder, in_order=True))
        self.world, self.site = self.computer.world, self.computer.world.site
        self.ledger = Ledger(self.site)
        self.runs: list[str] = []
        self.interrupted: list[str] = []
        self._numbers = itertools.count(1)
        self._script: list[tuple[Edit, str]] = []
        self._true_at: dict[str, int] = {}  # revision of the site of which a run's frame is true
        self._made_of_load: set[str] = set()
        self.restart()

    def close(self) -> None:
        self.jira.http.close()
        self._stack.close()

    # --- steps that change nothing

    def restart(self) -> None:
        """A new kernel: what was held in memory is gone, and the worklogs are loaded again."""
        self.jira = self.computer.boot()
        self.plans: list[Plan] = []
        self.results: list[Result] = []
        self.worklogs = self._look()
        self._loaded_at = self.site.revision

    def load(self) -> None:
        revision, (worklogs, _) = self.site.revision, see_through(self._load)
        if worklogs is not None:
            self.worklogs, self._loaded_at = worklogs, revision

    def _load(self) -> pd.DataFrame:
        return load_worklogs(self.jira, WEEK, zone=ZONE, progress=Progress())

    def _look(self) -> pd.DataFrame:
        """What another kernel would load now."""
        jira = Line(self.world.log, Process()).connect(signed_in(self.world))
        with ExitStack() as stack:
            stack.callback(jira.http.close)
            return load_worklogs(jira, WEEK, zone=ZONE, progress=Progress())

    def pass_time(self, hours: float) -> None:
        self.computer.clock.advance(hours * 3600)

    # --- plans

    def plan(self, edits: Sequence[Edit], *, allow_twins: bool = False) -> None:
        ids = self.worklogs["worklog_id"].tolist()
        self._script = [(edit, ids[edit.row % len(ids)]) for edit in edits if ids]
        self.plan_again(allow_twins=allow_twins)

    def plan_again(self, *, allow_twins: bool = False) -> None:
        """Run the cells with the last edits again, on the worklogs as they are loaded now."""
        edited = self.worklogs.copy()
        for edit, worklog_id in self._script:
            edited = edit.on(edited, worklog_id)
        plan = self._keep(lambda: plan_changes(self.worklogs, edited, allow_twins=allow_twins), self._loaded_at)
        self._made_of_load |= {plan.run} if plan else set()

    def plan_undo(self, run: str) -> None:
        self._keep(lambda: plan_undo(run), self._true_at[run])

    def replan(self, result: Result, overwrite: Iterable[str]) -> None:
        self._keep(lambda: result.replan(overwrite), self._true_at[result.run])

    def _keep(self, make: Callable[[], Plan], true_at: int) -> Plan | None:
        sent = len(self.world.log.requests)
        plan, _ = see_through(make)
        assert len(self.world.log.requests) == sent, "Planning has sent something"
        if plan is None or not len(plan):
            return None
        self.plans.append(plan)
        self._true_at[plan.run] = true_at
        return plan

    # --- runs

    def apply(self, plan: Plan, event: Event | None = None) -> None:
        """Nothing is sent where a run is interrupted, or this one has been applied."""
        stopped, is_over = self.interrupted, plan.run in self.runs
        self.ledger.runs.setdefault(plan.run, Deeds(plan))
        sent = len(self.world.log.requests)
        result, end = self._step(plan.run, partial(apply_changes, self.jira, plan, confirm=plan.confirmation), event)
        if stopped or is_over:
            assert len(self.world.log.requests) == sent, f"Something was sent although {stopped} is interrupted: {end}"
            assert end.startswith("UnfinishedRun") == (plan.run in stopped or not is_over), end
        if result is not None:
            self._compare_with_load(plan.run, result, is_whole=plan.run in self._made_of_load)

    def resume(self, run: str, event: Event | None = None) -> None:
        """Go on with a run, or hear how it has ended."""
        result, _ = self._step(run, partial(resume, self.jira, run), event)
        if result is not None:
            self._compare_with_load(run, result, is_whole=False)

    def finish(self) -> None:
        """All is well again: what is interrupted can be finished, but where somebody has changed a copy of ours."""
        for project in self.site.projects:
            self.permit(project)
        self.restart()
        for run in self.interrupted:
            self.resume(run)
        for run in self.interrupted:
            assert self.ledger.runs[run].made.keys() & self.ledger.runs[run].disturbed
            assert set(_states(self.results[-1])) <= {*SETTLED, "unknown"}
            self.close_run(run)

    def close_run(self, run: str) -> None:
        close_run(run)
        self._count_interrupted()
        assert not self.interrupted

    def _count_interrupted(self) -> None:
        found = runs()
        self.interrupted = found.loc[found["status"] == "interrupted", "run"].tolist()
        assert len(self.interrupted) <= 1, f"Two runs of one account are interrupted: {self.interrupted}"

    def _step(self, run: str, work: Callable[..., Result], event: Event | None) -> tuple[Result | None, str]:
        """Do the work while the event happens, and hold it against the ledger."""
        self._expect(event)
        before, revision = dict(self.site.worklogs), self.site.revision
        result, end = see_through(partial(work, progress=Progress()))
        theirs = dict(self.computer.foreign)
        self._expect(None)
        has_begun = bool(journal_paths(run))
        if has_begun and run not in self.runs:
            self.runs.append(run)
        told = result if end == "done" else result_of(run) if has_begun else None
        self._count_interrupted()
        problems = self.ledger.problems(run, before, theirs, told)
        assert not problems, "\n".join([f"{event} ({end}):", *problems])
        self._true_at[run] = UNTRUE if theirs or revision != self._true_at[run] else self.site.revision
        if result is not None:
            self.results.append(result)
        if end == "crash":
            self.restart()
        return result, end

    def _compare_with_load(self, run: str, result: Result, *, is_whole: bool) -> None:
        """Nothing has to be loaded after a run, unless somebody else has changed something."""
        if not result.is_finished or self._true_at[run] != self.site.revision:
            return
        ours, loaded = _of_week(result.worklogs), self._look()
        if not is_whole:  # after a resume or an undo it knows only what the run is about
            loaded = loaded[loaded["worklog_id"].isin(ours["worklog_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(ours, loaded[list(COLUMNS)])

    def _expect(self, event: Event | None) -> None:
        """From now on the event alone happens, counted from the next request or append."""
        computer = self.computer
        self.world.faults.clear()
        computer.disk.clear()
        computer.foreign.clear()
        match event:
            case DiskStrike(number, kind, for_ever):
                computer.expect(DiskStrike(computer.disk.count + number, kind, for_ever))
            case During(number, deed, after):
                computer.expect(Elsewhere(number, self._act(deed), after))
            case Strike():
                computer.expect(event)

    # --- somebody else

    def somebody(self, deed: Deed) -> None:
        """Does something between two steps."""
        self.computer.foreign.clear()
        self.computer.let(self._act(deed))
        self.ledger.note_theirs(self.computer.foreign)

    def permit(self, project: str, *, without: Iterable[str] = ()) -> None:
        """Ann may do in this project whatever people may do, but for these permissions."""
        self.site.set_permissions(self.world.ann, project, DEFAULT_PERMISSIONS - set(without))

    def _act(self, deed: Deed) -> Callable[[JiraSite], object]:
        keys, number = sorted(self.site.worklogs), next(self._numbers)
        key = keys[deed.row % len(keys)] if keys else 0
        by = self.world.bob if deed.by_bob else self.world.ann

        def act(site: JiraSite) -> None:
            worklog = site.worklogs.get(key)
            if deed.what == "add":
                site.add_worklog(ISSUES[deed.row % 3], by, self.world.now, 60 * (7 + number), f"theirs {number}")
            elif worklog is not None:
                _do(site, worklog, deed, by, number)

        return act


def _do(site: JiraSite, worklog: Worklog, deed: Deed, by: User, number: int) -> None:
    """Minutes that are no half hours, and "theirs": none of Ann's edits says such."""
    match deed.what:
        case "reword":
            site.change_worklog(worklog, by, comment=f"theirs {number}")
        case "take longer":
            site.change_worklog(worklog, by, seconds=60 * (7 + 30 * (number % 10)))
        case "start later":
            site.change_worklog(worklog, by, started=worklog.started.replace(minute=7 + number % 20))
        case "edit and revert":
            edited = site.change_worklog(worklog, by, comment=f"theirs {number}")
            site.change_worklog(edited, by, comment=worklog.comment)
        case "delete":
            site.delete_worklog(worklog)


def _states(result: Result) -> list[State]:
    return [state for state, count in result.counts.items() if count]


def _of_week(worklogs: pd.DataFrame) -> pd.DataFrame:
    days = worklogs["started"].dt.strftime("%Y-%m-%d")
    return worklogs.loc[days.between(*WEEK), list(COLUMNS)].reset_index(drop=True)
