"""Of several pieces of work only the newest counts."""

from __future__ import annotations

from collections.abc import Callable

from roots_nb.errors import RootsError
from roots_nb.progress import Progress
from roots_nb.widgets.newest import Newest
from tests.widgets.front_end import at_once

Jobs = list[Callable[[], None]]


def deliver(into: list[object], name: str) -> tuple[Callable[[Progress], str], Callable[[object], None]]:
    def work(progress: Progress) -> str:
        progress.wait(0)
        return name

    return work, into.append


def test_newest_answer_is_shown_whatever_comes_later() -> None:
    """What was asked before is stopped, and its end is nobody's business."""
    jobs: Jobs = []
    shown: list[object] = []
    newest = Newest(run=jobs.append)
    for name in ("older", "newer"):
        newest.start(*deliver(shown, name), shown.append)
    assert newest.busy
    for job in reversed(jobs):
        job()
    assert (shown, newest.busy) == (["newer"], False)


def test_cancelled_work_brings_nothing() -> None:
    """Neither an answer nor an error."""
    jobs: Jobs = []
    shown: list[object] = []
    newest = Newest(run=jobs.append)
    newest.start(*deliver(shown, "any"), shown.append)
    newest.cancel()
    jobs.pop()()
    assert shown == []


def test_stopped_work_says_so() -> None:
    """Stop is an answer."""
    jobs: Jobs = []
    problems: list[RootsError] = []
    newest = Newest(run=jobs.append)
    newest.start(lambda progress: progress.check_stop(), lambda _: None, problems.append)
    newest.stop()
    jobs.pop()()
    assert [str(problem) for problem in problems] == ["Stopped. Run it again to go on."]


def test_waits_of_older_work_are_not_told() -> None:
    """They would stand over what is under way."""
    told: list[str] = []
    jobs: Jobs = []
    newest = Newest(told.append, run=jobs.append)
    newest.start(lambda progress: progress.wait(0), lambda _: None, lambda _: None)
    newest.start(lambda progress: None, lambda _: None, lambda _: None)
    older, newer = jobs
    older()
    assert told == []
    newer()
    newest.start(lambda progress: progress.wait(0), lambda _: None, lambda _: None, run=at_once)
    assert told == [""]
