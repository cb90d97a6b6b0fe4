"""A trial is what suites take it for: repeatable, its crash a restart, its waits free, others remembered."""

from __future__ import annotations

import threading

import pytest

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.model import JiraSite
from tests.faults.write_back.contract import violations
from tests.faults.write_back.scene import scene
from tests.faults.write_back.trial import DiskStrike, Elsewhere, Late, Strike, Trial, run_trial

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")

on_both = pytest.mark.parametrize("deployment", DEPLOYMENTS)


def sent(trial: Trial) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in trial.requests]


@on_both
def test_trial_can_be_repeated(deployment: DeploymentName) -> None:
    """The same events bring the same requests, so that a number in a failed test's message leads to its cause."""
    events = (Strike(3, "reset after"), DiskStrike(5, "torn"))
    first, second = (run_trial(scene(deployment, "small"), *events) for _ in range(2))
    assert sent(first) == sent(second)
    assert str(first) == str(second)


@on_both
def test_trials_share_nothing(deployment: DeploymentName) -> None:
    """What one trial did to its Jira is not there in the next."""
    first, second = (run_trial(scene(deployment, "small")) for _ in range(2))
    assert first.site is not second.site
    assert first.before == second.before
    assert first.plan.run != second.plan.run


@on_both
@pytest.mark.parametrize("event", [Strike(4, "crash after"), DiskStrike(3, "torn")], ids=str)
def test_crash_is_a_restart(deployment: DeploymentName, event: Strike | DiskStrike) -> None:
    """The apply ends without a result, and a new process finds in the journal what to go on with."""
    trial = run_trial(scene(deployment, "small"), event)
    assert trial.ends == ["crash", "done"]
    assert trial.result is not None
    assert trial.result.run == trial.plan.run


@on_both
def test_lasting_fault_ends_with_the_apply(deployment: DeploymentName) -> None:
    """The apply does not get through; the resume does."""
    trial = run_trial(scene(deployment, "small"), Strike(2, "503", for_ever=True))
    assert trial.ends == ["done", "done"]
    assert len(trial.requests) > trial.requests_of_apply
    assert violations(trial) == []


@on_both
def test_late_commit_arrives_even_after_the_end(deployment: DeploymentName) -> None:
    """What Jira does late it does, however few requests follow."""
    stage = scene(deployment, "small")
    last = next(request for request in reversed(run_trial(stage).requests) if request.method == "POST")
    trial = run_trial(stage, Late(last.number, 1_000))
    new = [each for key, each in trial.site.worklogs.items() if key not in trial.before and each.comment == "Planning"]
    assert len(new) == 2


def bob_adds_a_worklog(site: JiraSite) -> None:
    site.add_worklog("APP-2", site.users["5:bob"], site.now(), 60, "Bob's new one")


@on_both
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_somebody_elses_act_is_remembered(deployment: DeploymentName, after: bool) -> None:
    """It happens once, at its request, and is no violation."""
    trial = run_trial(scene(deployment, "small"), Elsewhere(3, bob_adds_a_worklog, after))
    assert [worklog.comment for worklog in trial.foreign.values() if worklog] == ["Bob's new one"]
    assert violations(trial) == []
    assert f"bob adds a worklog {'after' if after else 'before'} request 3" in str(trial)


@on_both
def test_trial_leaves_no_thread_behind(deployment: DeploymentName) -> None:
    """A thread of one trial cannot disturb the next."""
    before = set(threading.enumerate())
    run_trial(scene(deployment, "standard"), Strike(9, "crash"), in_order=False)
    assert set(threading.enumerate()) <= before
