"""Two faults in one run, wherever they strike: a seeded sample in every test run, all of them in the long one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, islice

import pytest

from roots_nb.connections.connection import DeploymentName
from tests.faults.write_back.disk import APPEND_KINDS
from tests.faults.write_back.kinds import PAIRED
from tests.faults.write_back.scene import scene
from tests.faults.write_back.trial import DiskStrike, Event, Strike, Trial, run_trial
from tests.faults.write_back.verdict import judge

Pair = tuple[DeploymentName, Event, Event]

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
SUITE = "pairs of faults"
SAMPLED = 5_000
FEWEST_PAIRS = 50_000
SAMPLE_CHUNKS = 20
CHUNKS = 200
SEED = 20241122


@cache
def pairs() -> Sequence[Pair]:
    """Every two events that can both happen, on both deployments."""
    return [(each, *two) for each in DEPLOYMENTS for two in combinations(events(each), 2) if differ(*two)]


def events(deployment: DeploymentName) -> list[Event]:
    """Each kind of fault at each request and append of a run in which nothing breaks."""
    healthy = run_trial(scene(deployment, "small"))
    requests = range(1, len(healthy.requests) + 1)
    appends = range(1, healthy.appends_of_apply + 1)
    strikes: list[Event] = [Strike(number, kind) for number in requests for kind in PAIRED]
    return strikes + [DiskStrike(number, kind) for number in appends for kind in APPEND_KINDS]


def differ(one: Event, other: Event) -> bool:
    """One request or append cannot fail in two ways."""
    return type(one) is not type(other) or one.number != other.number


def trials(chosen: Sequence[Pair]) -> Iterator[Trial]:
    for deployment, *two in chosen:
        yield run_trial(scene(deployment, "small"), *two)


@pytest.mark.parametrize("chunk", range(SAMPLE_CHUNKS))
def test_sampled_pair_breaks_no_promise(chunk: int) -> None:
    """Nothing is lost, doubled or changed unseen when two things break."""
    sample = random.Random(SEED).sample(pairs(), SAMPLED)
    chosen = sample[chunk::SAMPLE_CHUNKS]
    assert judge(SUITE, trials(chosen)) == len(chosen) == SAMPLED // SAMPLE_CHUNKS


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_pair_breaks_a_promise(chunk: int) -> None:
    """All pairs, in as many parts as there are chunks."""
    chosen = list(islice(pairs(), chunk, None, CHUNKS))
    assert judge(SUITE, trials(chosen)) == len(chosen)


def test_pairs_are_many() -> None:
    """The suite cannot shrink unseen."""
    assert len(pairs()) >= FEWEST_PAIRS
