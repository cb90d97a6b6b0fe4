"""Histories: whatever happens, in whatever order, nothing is lost, doubled or changed unseen.

Hypothesis lets Ann load, edit, plan, apply, resume, undo and restart while requests, the disk, her permissions and
other people get in her way. When all is well again, what was interrupted can be finished.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.model import DEFAULT_PERMISSIONS
from tests.faults.write_back.disk import APPEND_KINDS
from tests.faults.write_back.kinds import CRASHED, KINDS, LOST, LOST_AFTER
from tests.faults.write_back.notebook import Deed, During, Edit, Event, Notebook
from tests.faults.write_back.trial import DiskStrike, Strike
from tests.scoreboard.tally import report_trials

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
T = TypeVar("T")

SUITE = "histories"
HISTORIES, MANY = 25, 600
MOST_STEPS = 25

CRASHES = sorted(CRASHED)
LOST_OR_DONE = sorted([*LOST, *LOST_AFTER])
LASTING = sorted(KINDS.keys() - CRASHED.keys())

numbers = st.integers(0, 14)
edits = st.lists(
    st.builds(Edit, st.sampled_from(["new", "time_spent", "comment", "started", "issue", "delete"]), numbers, numbers),
    min_size=1,
    max_size=5,
)
deeds = st.builds(
    Deed,
    st.sampled_from(["reword", "take longer", "start later", "edit and revert", "delete", "add"]),
    numbers,
    st.booleans(),
)
projects = st.sampled_from(["APP", "OPS"])
permissions = st.sampled_from(["", *sorted(DEFAULT_PERMISSIONS)])
requests = st.integers(1, 20)
events: st.SearchStrategy[Event | None] = st.one_of(
    st.none(),
    st.builds(Strike, requests, st.sampled_from(CRASHES)),
    st.builds(Strike, requests, st.sampled_from(LOST_OR_DONE)),
    st.builds(Strike, requests, st.sampled_from(LASTING), st.booleans()),
    st.builds(DiskStrike, st.integers(1, 12), st.sampled_from(APPEND_KINDS), st.booleans()),
    st.builds(During, requests, deeds, st.booleans()),
)


class History(RuleBasedStateMachine):
    """What Ann does, and what happens to her; the notebook checks each step."""

    deployment: ClassVar[DeploymentName]
    count: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        type(self).count += 1
        self.notebook = Notebook(self.deployment)

    @rule()
    def load(self) -> None:
        self.notebook.load()

    @rule(edits=edits, allow_twins=st.booleans())
    def plan(self, edits: list[Edit], allow_twins: bool) -> None:
        self.notebook.plan(edits, allow_twins=allow_twins)

    @precondition(lambda self: not self.notebook.interrupted)
    @rule(edits=edits, allow_twins=st.booleans(), event=events)
    def edit(self, edits: list[Edit], allow_twins: bool, event: Event | None) -> None:
        self.notebook.plan(edits, allow_twins=allow_twins)
        self._apply_latest(event)

    @precondition(lambda self: not self.notebook.interrupted)
    @rule(event=events)
    def run_all_cells_again(self, event: Event | None) -> None:
        self.notebook.load()
        self.notebook.plan_again()
        self._apply_latest(event)

    @precondition(lambda self: self.notebook.plans)
    @rule(number=numbers, event=events)
    def apply(self, number: int, event: Event | None) -> None:
        self.notebook.apply(_pick(self.notebook.plans, number), event)

    @precondition(lambda self: self.notebook.interrupted)
    @rule(event=events)
    def go_on(self, event: Event | None) -> None:
        self.notebook.resume(self.notebook.interrupted[0], event)

    @precondition(lambda self: self.notebook.interrupted)
    @rule(project=projects, without=permissions, deed=deeds, event=events)
    def go_on_in_another_world(self, project: str, without: str, deed: Deed, event: Event | None) -> None:
        self.permit(project, without)
        self.somebody(deed)
        self.go_on(event)

    @precondition(lambda self: self.notebook.runs)
    @rule(number=numbers, event=events)
    def resume(self, number: int, event: Event | None) -> None:
        self.notebook.resume(_pick(self.notebook.runs, number), event)

    @precondition(lambda self: self.notebook.runs)
    @rule(number=numbers)
    def plan_undo(self, number: int) -> None:
        self.notebook.plan_undo(_pick(self.notebook.runs, number))

    @precondition(lambda self: self.notebook.runs and not self.notebook.interrupted)
    @rule(number=numbers, event=events)
    def undo(self, number: int, event: Event | None) -> None:
        self.notebook.plan_undo(_pick(self.notebook.runs, number))
        self._apply_latest(event)

    @precondition(lambda self: any(result.counts["conflict"] for result in self.notebook.results))
    @precondition(lambda self: not self.notebook.interrupted)
    @rule(overwrite=st.sets(st.sampled_from(["issue", "started", "time_spent", "comment", "delete"])), event=events)
    def overwrite(self, overwrite: set[str], event: Event | None) -> None:
        results = [result for result in self.notebook.results if result.counts["conflict"]]
        self.notebook.replan(results[-1], sorted(overwrite))
        self._apply_latest(event)

    @precondition(lambda self: self.notebook.interrupted)
    @rule()
    def close_run(self) -> None:
        self.notebook.close_run(self.notebook.interrupted[0])

    @rule(deed=deeds)
    def somebody(self, deed: Deed) -> None:
        self.notebook.somebody(deed)

    @rule(project=projects, without=permissions)
    def permit(self, project: str, without: str) -> None:
        self.notebook.permit(project, without=[without])

    @rule()
    def restart(self) -> None:
        self.notebook.restart()

    @rule(hours=st.sampled_from([0.02, 1, 30]))
    def pass_time(self, hours: float) -> None:
        self.notebook.pass_time(hours)

    def teardown(self) -> None:
        try:
            self.notebook.finish()
        finally:
            self.notebook.close()

    def _apply_latest(self, event: Event | None) -> None:
        if self.notebook.plans:
            self.notebook.apply(self.notebook.plans[-1], event)


def _pick(items: list[T], number: int) -> T:
    """The latest first: most stories go on with what has just happened."""
    return items[-1 - number % len(items)]


def tell(deployment: DeploymentName, histories: int, **how: Any) -> None:
    """Run histories, report them, and be sure that there were so many."""
    machine = type(f"History on {deployment}", (History,), {"deployment": deployment, "count": 0})
    options = settings(
        max_examples=histories,
        stateful_step_count=MOST_STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **how,
    )
    broken = 1
    try:
        run_state_machine_as_test(machine, settings=options)
        broken = 0
    finally:
        report_trials(SUITE, machine.count, broken)
    assert machine.count >= histories


@pytest.mark.timeout(600)
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_no_history_breaks_a_promise(deployment: DeploymentName) -> None:
    """The same ones in every run."""
    tell(deployment, HISTORIES, derandomize=True)


@pytest.mark.parametrize(("deployment", "state"), [("cloud", "done"), ("datacenter", "conflict")])
@pytest.mark.parametrize("number", [5, 6, 7])
def test_copy_of_a_closed_run_is_not_made_twice(deployment: DeploymentName, state: str, number: int) -> None:
    """A move crashes behind its copy, its run is closed, it is planned again: Cloud's mark tells whose copy it is."""
    with closing(Notebook(deployment)) as notebook:
        notebook.plan([Edit("issue", 0, 2), Edit("started", 0, 5)])
        notebook.apply(notebook.plans[-1], Strike(number, "crash after"))
        notebook.close_run(notebook.interrupted[0])
        notebook.plan_again()
        notebook.apply(notebook.plans[-1])
        assert notebook.results[-1].counts[state] == 1


def test_site_that_refused_the_sign_in_is_missing_until_a_restart() -> None:
    """The plan of what is left is applied; what is not known is not compared."""
    with closing(Notebook("cloud", "datacenter")) as notebook:
        notebook.plan([Edit("comment", 0, 1)])
        notebook.apply(notebook.plans[-1], Strike(2, "401"))
        notebook.close_run(notebook.interrupted[0])
        notebook.load(refresh=True)
        assert [bool(load["problem"]) for load in notebook.worklogs.attrs["loads"]] == [True, False]
        notebook.plan([Edit("comment", 0, 2)])
        notebook.apply(notebook.plans[-1])
        assert notebook.results[-1].counts["done"] == 1


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_none_of_many_histories_breaks_a_promise(deployment: DeploymentName) -> None:
    """Others in every run; a failure prints its steps, which can be typed in again."""
    tell(deployment, MANY)
