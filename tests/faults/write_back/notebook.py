"""A notebook in which Ann works on her worklogs for a while, and each step is held against a ledger.

Its kernel may crash and be restarted; the sites and the state directory stay. Several steps make a history. Of several
sites, each with a ledger of its own, what happens happens on the one that `at` names, counted round and round.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import pandas as pd

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.model import DEFAULT_PERMISSIONS, JiraSite, User, Worklog
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.history import SETTLED, State
from roots_nb.editing.journal import journal_paths
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.record import read_records
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
UNTRUE = ()

Row = tuple[str, str]  # connection and worklog id


@dataclass(frozen=True, slots=True)
class Edit:
    """What Ann does to a row of the frame, counted round and round. "new" adds one; equal ones are twins."""

    what: Literal["time_spent", "comment", "started", "issue", "delete", "new"]
    row: int = 0
    value: int = 0

    def on(self, frame: pd.DataFrame, row: Row) -> pd.DataFrame:
        connection, worklog_id = row
        if self.what == "new":
            cells = {**self._cells(), "issue": ISSUES[self.row % 3], "connection": connection}
            return pd.concat([frame, pd.DataFrame([cells])], ignore_index=True)
        is_it = (frame["connection"] == connection) & (frame["worklog_id"] == worklog_id)
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
    met : Counter of str
        How many "faults" and "foreign edits" got in the way so far.
    """

    def __init__(
        self, *deployments: DeploymentName, computer: type[Computer] = Computer, in_order: bool = True
    ) -> None:
        self._stack = ExitStack()
        self.folder = self._stack.enter_context(state_folder())
        self.computers: list[Computer] = []
        for deployment in deployments:
            first = next(iter(self.computers), None)
            another = computer(scene(deployment, "small"), self.folder, in_order=in_order, beside=first)
            self.computers.append(self._stack.enter_context(another))
        self.sites = [each.world.site for each in self.computers]
        self.ledgers = [Ledger(each.world.site, each.world.url) for each in self.computers]
        self.met: Counter[str] = Counter()
        self.runs: list[str] = []
        self.interrupted: list[str] = []
        self._numbers = itertools.count(1)
        self._script: list[tuple[Edit, Row]] = []
        self._true_at: dict[str, tuple[int, ...]] = {}  # revision of the sites of which a run's frame is true
        self._made_of_load: set[str] = set()
        self.restart()

    def close(self) -> None:
        for jira in self.jira:
            jira.http.close()
        self._stack.close()

    # --- steps that change nothing

    def restart(self) -> None:
        """A new kernel: what was held in memory is gone, and the worklogs are loaded again."""
        self.jira = [computer.boot() for computer in self.computers]
        self.plans: list[Plan] = []
        self.results: list[Result] = []
        self.worklogs = self._look()
        self._loaded_at = self._revision

    def load(self, *, refresh: bool = False) -> None:
        revision, (worklogs, _) = self._revision, see_through(partial(self._load, refresh))
        if worklogs is not None:
            loads = worklogs.attrs["loads"]
            # A site that did not accept this kernel's credentials once is asked no more until they are entered again.
            is_true = not any(load["cached"] or load["problem"] for load in loads)
            self.worklogs, self._loaded_at = worklogs, revision if is_true else UNTRUE

    def _load(self, refresh: bool) -> pd.DataFrame:
        return load_worklogs(self.jira, WEEK, zone=ZONE, refresh=refresh, progress=Progress())

    def _look(self) -> pd.DataFrame:
        """What another kernel would load now."""
        with ExitStack() as stack:
            jira = [Line(each.world.log, Process()).connect(signed_in(each.world)) for each in self.computers]
            for each in jira:
                stack.callback(each.http.close)
            worklogs = load_worklogs(jira, WEEK, zone=ZONE, progress=Progress())
        problems = [load["problem"] for load in worklogs.attrs["loads"] if load["problem"]]
        assert not problems, f"Nothing gets in the way, but a load fails: {problems}"
        return worklogs

    def pass_time(self, hours: float) -> None:
        self.computers[0].clock.advance(hours * 3600)

    @property
    def _revision(self) -> tuple[int, ...]:
        return tuple(site.revision for site in self.sites)

    @property
    def _sent(self) -> int:
        return sum(len(computer.world.log.requests) for computer in self.computers)

    # --- plans

    def plan(self, edits: Sequence[Edit], *, allow_twins: bool = False) -> None:
        rows = list(self.worklogs[["connection", "worklog_id"]].itertuples(index=False, name=None))
        self._script = [(edit, rows[edit.row % len(rows)]) for edit in edits if rows]
        self.plan_again(allow_twins=allow_twins)

    def plan_again(self, *, allow_twins: bool = False) -> None:
        """Run the cells with the last edits again, on the worklogs as they are loaded now."""
        edited = self.worklogs.copy()
        for edit, row in self._script:
            edited = edit.on(edited, row)
        plan = self._keep(lambda: plan_changes(self.worklogs, edited, allow_twins=allow_twins), self._loaded_at)
        self._made_of_load |= {plan.run} if plan else set()

    def plan_undo(self, run: str) -> None:
        self._keep(lambda: plan_undo(run), self._true_at[run])

    def replan(self, result: Result, overwrite: Iterable[str]) -> None:
        self._keep(lambda: result.replan(overwrite), self._true_at[result.run])

    def _keep(self, make: Callable[[], Plan], true_at: tuple[int, ...]) -> Plan | None:
        sent = self._sent
        plan, _ = see_through(make)
        assert self._sent == sent, "Planning has sent something"
        if plan is None or not len(plan):
            return None
        self.plans.append(plan)
        self._true_at[plan.run] = true_at
        return plan

    # --- runs

    def apply(self, plan: Plan, event: Event | None = None, at: int = 0) -> None:
        """Nothing is sent where a run of these accounts is interrupted, or this one has been applied."""
        stopped, is_over = self._in_the_way_of(plan), plan.run in self.runs
        for ledger in self.ledgers:
            ledger.runs.setdefault(plan.run, Deeds(_part(plan, ledger.url)))
        sent = self._sent
        apply = partial(apply_changes, self.jira, plan, confirm=plan.confirmation)
        result, end = self._step(plan.run, apply, event, at)
        if stopped or is_over:
            assert self._sent == sent, f"Something was sent although {stopped} is interrupted: {end}"
            assert end.startswith("UnfinishedRun") == (plan.run in stopped or not is_over), end
        if result is not None:
            self._compare_with_load(plan.run, result, is_whole=plan.run in self._made_of_load)

    def _in_the_way_of(self, plan: Plan) -> list[str]:
        sites = {change.site for change in plan.operations}
        parts = [record for run in self.interrupted for record in read_records(run)]
        return [part.run for part in parts if part.run == plan.run or (part.is_open and part.site in sites)]

    def resume(self, run: str, event: Event | None = None, at: int = 0) -> None:
        """Go on with a run, or hear how it has ended."""
        result, _ = self._step(run, partial(resume, self.jira, run), event, at)
        if result is not None:
            self._compare_with_load(run, result, is_whole=False)

    def finish(self) -> None:
        """All is well again: what is interrupted can be finished, but where somebody has changed a copy of ours."""
        for at, site in enumerate(self.sites):
            for project in site.projects:
                self.permit(project, at=at)
        self.restart()
        for run in self.interrupted:
            self.resume(run)
        for run in self.interrupted:
            assert any(ledger.runs[run].made.keys() & ledger.runs[run].disturbed for ledger in self.ledgers)
            assert set(_states(self.results[-1])) <= {*SETTLED, "unknown"}
            self.close_run(run)

    def age(self, days: float) -> None:
        """Time passes over the journals; what is not kept any more is forgotten here as well."""
        for path in journal_paths():
            then = path.stat().st_mtime - days * 86400
            os.utime(path, (then, then))
        self.runs = [run for run in self.runs if journal_paths(run)]
        for ledger in self.ledgers:
            ledger.keep(self.runs)
        for computer in self.computers:
            computer.world.log.clear()

    def close_run(self, run: str) -> None:
        close_run(run)
        self._count_interrupted()
        assert run not in self.interrupted

    def _count_interrupted(self) -> None:
        found = runs()
        self.interrupted = found.loc[found["status"] == "interrupted", "run"].tolist()
        open_parts = [part for run in self.interrupted for part in read_records(run) if part.is_open]
        assert len(open_parts) == len({part.key for part in open_parts}), f"Interrupted twice: {self.interrupted}"

    def _step(self, run: str, work: Callable[..., Result], event: Event | None, at: int) -> tuple[Result | None, str]:
        """Do the work while the event happens, and hold it against the ledgers."""
        self._expect(event, at)
        before, revision = [dict(site.worklogs) for site in self.sites], self._revision
        result, end = see_through(partial(work, progress=Progress()))
        theirs = [dict(computer.foreign) for computer in self.computers]
        self._count_what_was_met(event)
        self._expect(None, at)
        has_begun = bool(journal_paths(run))
        if has_begun and run not in self.runs:
            self.runs.append(run)
        told = result if end == "done" else result_of(run) if has_begun else None
        self._count_interrupted()
        problems = [
            problem
            for ledger, its_before, its_theirs in zip(self.ledgers, before, theirs, strict=True)
            for problem in ledger.problems(run, its_before, its_theirs, told and _part_of(told, ledger.url))
        ]
        assert not problems, "\n".join([f"{event} ({end}):", *problems])
        self._true_at[run] = UNTRUE if any(theirs) or revision != self._true_at[run] else self._revision
        if result is not None:
            self.results.append(result)
        if end == "crash":
            self.restart()
        return result, end

    def _compare_with_load(self, run: str, result: Result, *, is_whole: bool) -> None:
        """Nothing has to be loaded after a run, unless somebody else has changed something."""
        if not result.is_finished or self._true_at[run] != self._revision:
            return
        ours, loaded = _of_week(result.worklogs), self._look()
        if not is_whole:  # after a resume or an undo it knows only what the run is about
            loaded = loaded.merge(ours[["connection", "worklog_id"]])
        pd.testing.assert_frame_equal(ours, loaded[list(COLUMNS)])

    def _expect(self, event: Event | None, at: int) -> None:
        """From now on the event alone happens, counted from the next request of the site or append."""
        for computer in self.computers:
            computer.world.faults.clear()
            computer.disk.clear()
            computer.foreign.clear()
        computer = self._computer(at)
        match event:
            case DiskStrike(number, kind, for_ever):
                computer.expect(DiskStrike(computer.disk.count + number, kind, for_ever))
            case During(number, deed, after):
                computer.expect(Elsewhere(number, self._act(deed, at), after))
            case Strike():
                computer.expect(event)

    def _computer(self, at: int) -> Computer:
        return self.computers[at % len(self.computers)]

    def _count_what_was_met(self, event: Event | None) -> None:
        what = "foreign edits" if isinstance(event, During) else "faults"
        self.met[what] += sum(computer.world.faults.played for computer in self.computers)
        disk = self.computers[0].disk
        self.met["faults"] += disk.struck
        disk.struck = 0

    # --- somebody else

    def somebody(self, deed: Deed, at: int = 0) -> None:
        """Does something between two steps."""
        computer = self._computer(at)
        computer.foreign.clear()
        computer.let(self._act(deed, at))
        self.ledgers[at % len(self.ledgers)].note_theirs(computer.foreign)
        self.met["foreign edits"] += 1

    def permit(self, project: str, *, without: Iterable[str] = (), at: int = 0) -> None:
        """Ann may do in this project whatever people may do, but for these permissions."""
        world = self._computer(at).world
        world.site.set_permissions(world.ann, project, DEFAULT_PERMISSIONS - set(without))

    def _act(self, deed: Deed, at: int) -> Callable[[JiraSite], object]:
        world = self._computer(at).world
        keys, number = sorted(world.site.worklogs), next(self._numbers)
        key = keys[deed.row % len(keys)] if keys else 0
        by = world.bob if deed.by_bob else world.ann

        def act(site: JiraSite) -> None:
            worklog = site.worklogs.get(key)
            if deed.what == "add":
                site.add_worklog(ISSUES[deed.row % 3], by, world.now, 60 * (7 + number), f"theirs {number}")
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


def _part(plan: Plan, site: str) -> Plan:
    return replace(plan, operations=tuple(change for change in plan.operations if change.site == site))


def _part_of(result: Result, site: str) -> Result:
    return Result([record for record in result._records if record.site == site])


def _states(result: Result) -> list[State]:
    return [state for state, count in result.counts.items() if count]


def _of_week(worklogs: pd.DataFrame) -> pd.DataFrame:
    days = worklogs["started"].dt.strftime("%Y-%m-%d")
    return worklogs.loc[days.between(*WEEK), list(COLUMNS)].reset_index(drop=True)
