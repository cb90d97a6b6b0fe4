"""A short soak keeps every promise, and a soak tells what is doubled, lost or held on to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from roots_nb.demo.model import JiraSite, Worklog
from tests.soak.soak import COUNTS, Outcome, soak, table_of
from tests.soak.wired import Wired

SEED = 3
ROUNDS = 4

Create = Callable[..., Worklog]


def short_soak(folder: Path, rounds: int = ROUNDS, *, warm_up: int = 1) -> Outcome:
    return soak(SEED, folder, lambda lived: lived >= rounds, warm_up=warm_up)


@pytest.mark.slow
def test_short_soak_keeps_every_promise(tmp_path: Path) -> None:
    """And nothing is left out of it that the table counts."""
    outcome = short_soak(tmp_path)
    assert outcome.failures == []
    assert outcome.counts["rounds"] == ROUNDS
    assert {what for what in COUNTS if not outcome.counts[what]} <= {"conflicts replanned"}
    assert len(outcome.samples) == ROUNDS - 1
    assert table_of(outcome).row_count == len(COUNTS) + 5


def double(site: JiraSite, create: Create, *worklog: Any, **more: Any) -> Worklog:
    """What is created is there twice."""
    create(site, *worklog, **more)
    return create(site, *worklog, **more)


def lose(site: JiraSite, create: Create, *worklog: Any, **more: Any) -> Worklog:
    """With a create another worklog goes."""
    site.delete_worklog(next(iter(site.worklogs.values())))
    return create(site, *worklog, **more)


@pytest.mark.parametrize("sabotage", [double, lose])
def test_soak_tells_what_is_doubled_or_lost(
    sabotage: Callable[..., Worklog], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Although it happens once alone."""
    create, creations = JiraSite.create_worklog, itertools.count(1)

    def sabotaged(site: JiraSite, *worklog: Any, **more: Any) -> Worklog:
        return sabotage(site, create, *worklog, **more) if next(creations) == 3 else create(site, *worklog, **more)

    monkeypatch.setattr(JiraSite, "create_worklog", sabotaged)
    outcome = short_soak(tmp_path)
    assert outcome.violation in outcome.failures
    assert any(word in outcome.violation for word in ("made", "Nobody wanted"))


def test_soak_tells_what_is_held_on_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Such as the connections of kernels that have ended."""
    held: list[object] = []
    monkeypatch.setattr(Wired, "shut_down", lambda wired: held.append(wired._jira))
    failures = short_soak(tmp_path, 2, warm_up=0).failures
    assert any("files were open" in failure for failure in failures), failures
