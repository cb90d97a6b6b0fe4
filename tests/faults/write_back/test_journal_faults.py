"""Each append to the journal is lost, torn, kept before a crash, or refused by a full disk; then resume and compare."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from roots_nb.connections.connection import DeploymentName
from tests.faults.write_back.disk import APPEND_KINDS
from tests.faults.write_back.scene import scene
from tests.faults.write_back.trial import DiskStrike, Trial, run_trial
from tests.faults.write_back.verdict import judge

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
SUITE = "journal faults"
FEWEST_TRIALS = 200


@cache
def appends(deployment: DeploymentName) -> int:
    """How many there are when nothing breaks."""
    return run_trial(scene(deployment, "standard")).appends_of_apply


def strikes(deployment: DeploymentName, kind: str) -> list[DiskStrike]:
    once = [DiskStrike(number, kind) for number in range(1, appends(deployment) + 1)]
    for_ever = [DiskStrike(strike.number, kind, for_ever=True) for strike in once] if kind == "full" else []
    return once + for_ever


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("kind", APPEND_KINDS)
def test_journal_fault_breaks_no_promise(deployment: DeploymentName, kind: str) -> None:
    """Wherever it strikes, nothing is lost, doubled or changed unseen, and all is done in the end."""
    expected = strikes(deployment, kind)
    assert judge(SUITE, trials(deployment, expected)) == len(expected)


def trials(deployment: DeploymentName, expected: list[DiskStrike]) -> Iterator[Trial]:
    for strike in expected:
        trial = run_trial(scene(deployment, "standard"), strike)
        assert trial.appends_of_apply >= strike.number, f"It never struck: {trial}"
        assert trial.result is not None
        assert trial.result.counts["done"] == len(trial.plan.operations), f"{trial}: {trial.result.counts}"
        yield trial


def test_journal_faults_are_many() -> None:
    """The suite cannot shrink unseen."""
    assert sum(len(strikes(each, kind)) for each in DEPLOYMENTS for kind in APPEND_KINDS) >= FEWEST_TRIALS
