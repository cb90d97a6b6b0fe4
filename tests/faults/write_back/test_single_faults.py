"""One fault at each request of a plan, of each kind, once and for ever, on both deployments; then resume, compare."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import pytest

from roots_nb.connections.connection import DeploymentName
from tests.faults.write_back.kinds import CRASHED, KINDS, TURNED_DOWN
from tests.faults.write_back.scene import Scene, Size, scene
from tests.faults.write_back.trial import Strike, Trial, run_trial
from tests.faults.write_back.verdict import judge

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
SUITE = "single faults"
FEWEST_TRIALS: dict[Size, int] = {"small": 1_400, "standard": 2_600}
IN_PARALLEL = 3

ENDS_THE_RUN = frozenset({"401", *CRASHED})
REFUSED_FOR_GOOD = frozenset(TURNED_DOWN) - {"401"}

on_both = pytest.mark.parametrize("deployment", DEPLOYMENTS)
of_each_kind = pytest.mark.parametrize("kind", KINDS)
of_each_size = pytest.mark.parametrize("size", ["small", pytest.param("standard", marks=pytest.mark.slow)])
for_ever = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ENDS_THE_RUN])


@cache
def methods(stage: Scene) -> tuple[str, ...]:
    """What is sent when nothing breaks."""
    return tuple(request.method for request in run_trial(stage).requests)


def strikes(stage: Scene, kind: str, *, for_ever: bool = False) -> list[Strike]:
    """At each request where it makes a difference."""
    numbers = [n for n, method in enumerate(methods(stage), 1) if method != "GET" or not KINDS[kind].after]
    return [Strike(number, kind, for_ever) for number in numbers]


def trials(stage: Scene, planned: list[Strike]) -> Iterator[Trial]:
    for strike in planned:
        trial = run_trial(stage, strike)
        check_end(trial, strike)
        yield trial


def check_end(trial: Trial, strike: Strike) -> None:
    """It did strike; nothing was sent after what ends a run; what was not refused for good is done."""
    assert trial.requests_of_apply >= strike.number, f"It never struck: {trial}"
    if strike.kind in ENDS_THE_RUN:
        assert trial.requests_of_apply == strike.number, f"Something was sent afterwards: {trial}"
    if strike.kind not in REFUSED_FOR_GOOD:
        assert trial.result is not None
        assert trial.result.counts["done"] == len(trial.plan.operations), f"{trial}: {trial.result.counts}"


@on_both
@pytest.mark.parametrize("size", ["standard", "small"])
def test_plan_is_done_when_nothing_breaks(deployment: DeploymentName, size: Size) -> None:
    """Every change is done in one go."""
    trial = run_trial(scene(deployment, size))
    assert trial.ends == ["done"]
    assert trial.result is not None
    assert trial.result.counts["done"] == len(trial.plan.operations)
    assert judge(SUITE, [trial]) == 1


@on_both
@of_each_kind
@of_each_size
def test_single_fault_breaks_no_promise(deployment: DeploymentName, kind: str, size: Size) -> None:
    """Wherever it strikes, the promise holds, and what is not refused for good is done in the end."""
    stage = scene(deployment, size)
    planned = strikes(stage, kind)
    assert judge(SUITE, trials(stage, planned)) == len(planned)


@on_both
@for_ever
@of_each_size
def test_lasting_fault_breaks_no_promise(deployment: DeploymentName, kind: str, size: Size) -> None:
    """The same from each request on until somebody resumes; an end of the process or of the login lasts anyway."""
    stage = scene(deployment, size)
    planned = strikes(stage, kind, for_ever=True)
    assert judge(SUITE, trials(stage, planned)) == len(planned)


@on_both
@of_each_kind
def test_single_fault_breaks_no_promise_in_parallel(deployment: DeploymentName, kind: str) -> None:
    """Nor does it where several issues are worked on at once; at random requests, which come in any order."""
    stage = scene(deployment, "standard")
    numbers = random.Random(f"{deployment} {kind}").sample(range(1, len(methods(stage)) + 1), IN_PARALLEL)
    parallel = (run_trial(stage, Strike(number, kind), in_order=False) for number in numbers)
    assert judge(SUITE, parallel) == IN_PARALLEL


@of_each_size
def test_single_faults_are_many(size: Size) -> None:
    """The suite cannot shrink unseen."""
    once = [strikes(scene(each, size), kind) for each in DEPLOYMENTS for kind in KINDS]
    lasting = [strikes(scene(each, size), kind) for each in DEPLOYMENTS for kind in KINDS if kind not in ENDS_THE_RUN]
    assert sum(map(len, once + lasting)) >= FEWEST_TRIALS[size]
