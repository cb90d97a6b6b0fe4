"""Waiting for what may still arrive, and telling the run's own worklogs from others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from roots_nb.editing.change import Change, Values
from roots_nb.editing.history import History, Outcome
from roots_nb.editing.image import Image, Listing
from roots_nb.editing.site import Options
from roots_nb.editing.writer import Writer
from roots_nb.jira.http import READ_TIMEOUT_SECONDS

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
VALUES = Values("APP-1", NOW, timedelta(hours=1), "new")
CREATE = Change("op", "create", "Work", "https://acme.atlassian.net", "5:ann", "", None, VALUES, None)


class Waiting:
    """A site that shows no worklog and notes how long somebody waits."""

    keeps_marks = False

    def __init__(self) -> None:
        self.waits: list[float] = []

    def wait(self, seconds: float, why: str) -> None:
        self.waits.append(seconds)

    def listing(self, *_: object) -> Listing:
        return Listing([], [])


class Remembering:
    """A journal in memory."""

    def append(self, step: str, op: str, **facts: object) -> dict[str, object]:
        return {"step": step, "op": op, **facts}


def writer_of(site: Any) -> Writer:
    journal: Any = Remembering()
    return Writer(site, journal, Options("run"), [CREATE], {CREATE.op_id: History()})


@pytest.mark.parametrize(
    ("since", "waits"),
    [
        (0.0, [READ_TIMEOUT_SECONDS]),
        (0.5, [READ_TIMEOUT_SECONDS - 0.5]),
        (20.0, [READ_TIMEOUT_SECONDS - 20]),
        (READ_TIMEOUT_SECONDS - 0.5, [0.5]),
        (READ_TIMEOUT_SECONDS + 0.5, []),
        (-30.0, [READ_TIMEOUT_SECONDS]),
    ],
)
def test_look_for_a_late_create_waits_as_long_as_jira_may_take(since: float, waits: list[float]) -> None:
    """From when it was sent; a clock that was set back meanwhile tells nothing."""
    site = Waiting()
    history = History(sent=1, doubts=1, last_sent=NOW - timedelta(seconds=since))
    with time_machine.travel(NOW, tick=False):
        assert writer_of(site).find_late(CREATE, history) is None
    assert site.waits == waits


def test_nothing_is_waited_for_that_was_not_sent_or_surely_not_done() -> None:
    """There is nothing that could arrive."""
    site = Waiting()
    for history in (History(), History(sent=1, last_sent=NOW)):
        assert writer_of(site).find_late(CREATE, history) is None
    assert site.waits == []


def test_what_each_change_has_made_is_no_longer_free() -> None:
    """Another one cannot have made it."""
    writer = writer_of(Waiting())
    for number in ("1", "2"):
        image = Image(number, VALUES, True, None, "", NOW, NOW)
        writer.claim(History(outcome=Outcome("done", image=image)))
    assert [writer.is_free(number) for number in ("1", "2", "3")] == [False, False, True]


def test_copy_of_a_move_is_no_longer_free_once_it_is_there() -> None:
    """Before the move has ended: another change on that issue may look for its own meanwhile."""
    writer = writer_of(Waiting())
    writer.note(CREATE, "created", image=Image("1", VALUES, True, None, "", NOW, NOW).to_json())
    assert not writer.is_free("1")
