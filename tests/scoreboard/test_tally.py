"""What the suites tell reaches the scoreboard, and nobody else is bothered."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.scoreboard import tally
from tests.scoreboard.tally import Tally, read_tallies, report_trials, tell


def test_trials_of_a_suite_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite may report test by test."""
    told = tmp_path / "told.jsonl"
    monkeypatch.setattr(tally, "_told", str(told))
    report_trials("pairs", 100, 0)
    report_trials("single", 7, 0)
    report_trials("pairs", 20, 3)
    assert list(read_tallies(told).values()) == [Tally("pairs", 120, 3), Tally("single", 7, 0)]


def test_reports_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    """pytest runs in as many processes as there are cores."""
    told = tmp_path / "told.jsonl"
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(partial(tell, told), [Tally("pairs", 1, 0)] * 400))
    assert read_tallies(told) == {"pairs": Tally("pairs", 400, 0)}


def test_nothing_told_is_nothing_read(tmp_path: Path) -> None:
    """A suite that was not run has no figure, rather than a zero that looks like one."""
    assert read_tallies(tmp_path / "told.jsonl") == {}
