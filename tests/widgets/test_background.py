"""Long work in a widget: one at a time, told, stoppable, and never lost."""

from __future__ import annotations

import threading

import pytest

from roots_nb.errors import InvalidInput, RootsError, Stopped
from roots_nb.progress import Progress
from roots_nb.widgets.background import Background, Pause, WidgetProgress
from tests.widgets.front_end import PATIENCE_SECONDS, Clock, at_once


def fail(error: Exception) -> None:
    raise error


def test_work_runs_on_another_thread_and_delivers_there() -> None:
    """The handler returns at once; the result comes when it is there."""
    delivered = threading.Event()
    threads: list[threading.Thread] = []

    def work(progress: Progress) -> int:
        threads.append(threading.current_thread())
        return 7

    results: list[int] = []
    assert Background().start(work, lambda result: (results.append(result), delivered.set()), fail)
    assert delivered.wait(PATIENCE_SECONDS)
    assert results == [7]
    assert threads != [threading.current_thread()]


def test_second_start_does_nothing_while_busy() -> None:
    """A double click is harmless."""
    jobs: list[object] = []
    background = Background(run=jobs.append)
    assert background.start(lambda progress: 1, lambda result: None, fail)
    assert background.busy
    assert not background.start(lambda progress: 2, lambda result: None, fail)
    assert len(jobs) == 1


def test_error_is_delivered_and_ends_the_work() -> None:
    """The next click works again."""
    problems: list[RootsError] = []
    background = Background(run=at_once)
    error = InvalidInput("Wrong.")
    background.start(lambda progress: fail(error), lambda result: None, problems.append)
    assert problems == [error]
    assert not background.busy


@pytest.mark.parametrize("where", ["work", "then"])
def test_unexpected_error_is_one_sentence_without_values(where: str) -> None:
    """A mistake of ours is told, not lost, and shows nothing of what it was about."""
    problems: list[RootsError] = []

    def then(result: object) -> None:
        if where == "then":
            fail(ValueError("canary"))

    def work(progress: Progress) -> None:
        if where == "work":
            fail(ValueError("canary"))

    Background(run=at_once).start(work, then, problems.append)
    (problem,) = problems
    assert "ValueError" in str(problem)
    assert "canary" not in str(problem)


def test_stop_ends_a_wait_at_once_and_says_so() -> None:
    """An hour of waiting does not keep anybody."""
    waiting, stopped = threading.Event(), threading.Event()
    problems: list[RootsError] = []
    background = Background(lambda sentence: waiting.set())
    background.start(
        lambda progress: progress.wait(3600),
        lambda result: None,
        lambda problem: (problems.append(problem), stopped.set()),
    )
    assert waiting.wait(PATIENCE_SECONDS)
    background.stop()
    assert stopped.wait(PATIENCE_SECONDS)
    assert isinstance(problems[0], Stopped)


def test_wait_counts_down_by_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told each second, and never shorter than asked for."""
    told: list[str] = []
    waited: list[float] = []
    monkeypatch.setattr(Progress, "wait", lambda self, seconds: waited.append(seconds))
    WidgetProgress(told.append).wait(2.5)
    assert told == [f"Jira asks to wait, continuing in {n} s" for n in (3, 2, 1)] + [""]
    assert waited == [0.5, 1.0, 1.0]


def test_pause_acts_once_after_the_last_change() -> None:
    """While somebody types nothing happens."""
    clock, acted = Clock(), []
    pause = Pause(lambda: acted.append(1), timer=clock)
    for _ in range(3):
        pause.again()
    assert (len(clock.running), acted) == (1, [])
    clock.pause()
    assert acted == [1]
    pause.again()
    assert pause.is_running
    pause.cancel()
    assert (clock.running, pause.is_running) == ([], False)
