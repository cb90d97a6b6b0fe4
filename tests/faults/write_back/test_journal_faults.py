"""Each append to the journal is lost, torn, kept before a crash, or refused by a full disk; then resume and compare."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from roots_nb.connections.connection import DeploymentName
from tests.faults.write_back.disk import APPEND_KINDS
from tests.faults.write_back.scene import Size, scene
from tests.faults.write_back.trial import DiskStrike, Trial, run_trial
from tests.faults.write_back.verdict import judge

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
SUITE = "journal faults"
FEWEST_TRIALS: dict[Size, int] = {"small": 110, "standard": 200}

of_each_size = pytest.mark.parametrize("size", ["small", pytest.param("standard", marks=pytest.mark.slow)])


@cache
def appends(deployment: DeploymentName, size: Size) -> int:
    """How many there are when nothing breaks."""
    return run_trial(scene(deployment, size)).appends_of_apply


def strikes(deployment: DeploymentName, size: Size, kind: str) -> list[DiskStrike]:
    once = [DiskStrike(number, kind) for number in range(1, appends(deployment, size) + 1)]
    for_ever = [DiskStrike(strike.number, kind, for_ever=True) for strike in once] if kind == "full" else []
    return once + for_ever


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("kind", APPEND_KINDS)
@of_each_size
def test_journal_fault_breaks_no_promise(deployment: DeploymentName, kind: str, size: Size) -> None:
    """Wherever it strikes, nothing is lost, doubled or changed unseen, and all is done in the end."""
    expected = strikes(deployment, size, kind)
    assert judge(SUITE, trials(deployment, size, expected)) == len(expected)


def trials(deployment: DeploymentName, size: Size, expected: list[DiskStrike]) -> Iterator[Trial]:
    for strike in expected:
        trial = run_trial(scene(deployment, size), strike)
        assert trial.appends_of_apply >= strike.number, f"It never struck: {trial}"
        assert trial.result is not None
        assert trial.result.counts["done"] == len(trial.plan.operations), f"{trial}: {trial.result.counts}"
        yield trial


@of_each_size
def test_journal_faults_are_many(size: Size) -> None:
    """The suite cannot shrink unseen."""
    assert sum(len(strikes(each, size, kind)) for each in DEPLOYMENTS for kind in APPEND_KINDS) >= FEWEST_TRIALS[size]
