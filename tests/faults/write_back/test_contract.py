"""The judge of all trials sees each way of breaking the promise, and nothing where it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from roots_nb.demo.model import JiraSite, Worklog
from roots_nb.editing.change import Change, Values
from tests.faults.write_back.contract import violations
from tests.faults.write_back.scene import LAST_FRIDAY, new_world, scene
from tests.faults.write_back.trial import Clock, Trial

Act = Callable[[JiraSite], object]


class Told:
    """A result that says what a test wants."""

    def __init__(self, states: dict[str, str]) -> None:
        self._states = states

    @property
    def counts(self) -> Counter[str]:
        return Counter(self._states.values())

    def state_of(self, op_id: str) -> str:
        return self._states[op_id]


@pytest.fixture(params=["cloud", "datacenter"])
def trial(request: pytest.FixtureRequest) -> Trial:
    """A trial in which all went as planned and everything is in the journal."""
    stage = scene(request.param, "standard")
    site = new_world(request.param).site
    site.now = Clock(LAST_FRIDAY).now
    trial = Trial(stage, (), site, stage.plan, dict(site.worklogs), {}, ["done"])
    for change in stage.plan.operations:
        carry_out(site, change)
    trial.result = Told({change.op_id: "done" for change in stage.plan.operations})  # type: ignore[assignment]
    everything = [str(number) for number in range(10_000, 10_100)]
    trial.journals = [SimpleNamespace(operations=everything, entries=[])]  # type: ignore[list-item]
    return trial


def carry_out(site: JiraSite, change: Change) -> None:
    source = site.worklogs.get(int(change.worklog_id or 0))
    if change.action == "update":
        assert source is not None
        assert change.after is not None
        site.change_worklog(source, source.author, **attributes(change.after))
    if change.action in ("create", "move"):
        make(site, change, source)
    if change.action in ("delete", "move"):
        assert source is not None
        site.delete_worklog(source)


def make(site: JiraSite, change: Change, source: Worklog | None = None) -> Worklog:
    assert change.after is not None
    taken = {"visibility": source.visibility, "properties": source.properties} if source else {}
    values = attributes(change.after)
    started, seconds = values.pop("started"), values.pop("seconds")
    return site.add_worklog(change.after.issue, site.users["5:ann"], started, seconds, **values, **taken)


def attributes(values: Values) -> dict[str, Any]:
    return {"started": values.started, "seconds": int(values.time_spent.total_seconds()), "comment": values.comment}


def named(site: JiraSite, comment: str) -> Worklog:
    return next(worklog for worklog in site.worklogs.values() if worklog.comment == comment)


def change_of(trial: Trial, action: str) -> Change:
    return next(change for change in trial.plan.operations if change.action == action)


def claim(trial: Trial, change: Change, state: str) -> None:
    told = {each.op_id: "done" for each in trial.plan.operations}
    trial.result = Told(told | {change.op_id: state})  # type: ignore[assignment]


def test_contract_is_content_when_all_went_as_planned(trial: Trial) -> None:
    """A trial in which each change was done once and nothing else happened has no violation."""
    assert violations(trial) == []


BREACHES: dict[str, tuple[Act, str]] = {
    "a worklog nobody planned to touch is gone": (
        lambda site: site.delete_worklog(named(site, "stays")),
        "was to stay",
    ),
    "one is touched although it says the same as before": (
        lambda site: site.change_worklog(named(site, "Bob's"), site.users["5:bob"]),
        "was to stay",
    ),
    "a new worklog is doubled": (
        lambda site: site.add_worklog(
            "APP-1", site.users["5:ann"], (twin := named(site, "Stand-up")).started, twin.seconds, "Stand-up"
        ),
        "Nobody planned 1 of",
    ),
    "a new worklog is missing": (
        lambda site: site.delete_worklog(named(site, "Planning")),
        "there is none such",
    ),
    "a new worklog has another duration": (
        lambda site: site.change_worklog(named(site, "Planning"), site.users["5:ann"], seconds=60),
        "there is none such",
    ),
    "an update went too far": (
        lambda site: site.change_worklog(named(site, "Talked it over"), site.users["5:ann"], visibility=("role", "X")),
        "not as planned",
    ),
    "a move lost who may see it": (
        lambda site: site.change_worklog(named(site, "moved"), site.users["5:ann"], visibility=None),
        "there is none such",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_contract_sees_a_breach(trial: Trial, breach: str) -> None:
    """A worklog lost, doubled, changed too far or changed unseen is told in a sentence."""
    act, sentence = BREACHES[breach]
    act(trial.site)
    assert any(sentence in each for each in violations(trial))


@pytest.mark.parametrize("state", ["conflict", "failed", "not_sent"])
@pytest.mark.parametrize("action", ["create", "update", "move", "delete"])
def test_contract_wants_nothing_changed_by_what_was_not_done(trial: Trial, action: str, state: str) -> None:
    """A change that is called conflict, failed or not sent, yet stands in Jira, is a breach."""
    claim(trial, change_of(trial, action), state)
    assert violations(trial) != []


@pytest.mark.parametrize("action", ["create", "update", "move", "delete"])
def test_contract_allows_doubt_only_between_before_and_after(trial: Trial, action: str) -> None:
    """A change of unknown fate may stand; it may not be half of it or something else."""
    change = change_of(trial, action)
    claim(trial, change, "unknown")
    assert violations(trial) == []
    if change.after is None:
        make(trial.site, change_of(trial, "create"))
    else:
        found = next(each for each in trial.site.worklogs.values() if each.started == change.after.started)
        trial.site.change_worklog(found, found.author, seconds=found.seconds + 60)
    assert violations(trial) != []


def test_contract_allows_no_copy_beside_its_source(trial: Trial) -> None:
    """Time that stands on two issues after a move is doubled, even if the move's fate is unknown."""
    move = change_of(trial, "move")
    for state in ("done", "unknown", "conflict"):
        claim(trial, move, state)
        trial.site.worklogs[int(move.worklog_id)] = trial.before[int(move.worklog_id)]
        assert violations(trial) != []


def test_contract_wants_every_change_in_the_journal(trial: Trial) -> None:
    """A worklog that was changed, deleted or made without a trace in the journal is a breach."""
    trial.journals = []
    ids = {change.worklog_id for change in trial.plan.operations} - {""}
    untold = "".join(violations(trial))
    assert all(f"does not tell of worklog {worklog_id}" in untold for worklog_id in ids)


def test_contract_wants_states_that_sum_to_the_plan(trial: Trial) -> None:
    """A change without a state, or one of a state that does not exist, is a breach."""
    states = {change.op_id: "done" for change in trial.plan.operations}
    trial.result = Told(states | {trial.plan.operations[0].op_id: "perhaps"})  # type: ignore[assignment]
    assert any("no such state" in each for each in violations(trial))
    trial.result = Told(states | {"another": "done"})  # type: ignore[assignment]
    assert any("do not sum" in each for each in violations(trial))


def test_contract_wants_a_result(trial: Trial) -> None:
    """A run that never came to an end is a breach."""
    trial.result = None
    assert "No result after 1 runs" in violations(trial)[0]
