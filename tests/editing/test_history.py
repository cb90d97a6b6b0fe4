"""What a change's entries in the journal say together: resume relies on it alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roots_nb.editing.change import Values
from roots_nb.editing.history import STATES, History, Outcome, State
from roots_nb.editing.image import Image

AT = datetime(2026, 11, 17, 9, tzinfo=UTC)
COPY = Image(
    "8",
    Values("OPS-1", AT, timedelta(hours=1), "one"),
    is_mine=True,
    visibility=None,
    visibility_text="",
    created=AT,
    updated=AT,
)
CREATED = {"step": "created", "image": COPY.to_json()}
NOT_DONE = {"step": "not_done"}


def intent(request: str = "create", *looked_alike: str) -> dict[str, Any]:
    return {
        "step": "intent",
        "at": AT.isoformat(),
        "request": request,
        "before": None,
        "looked_alike": [*looked_alike],
    }


def history_of(*entries: dict[str, Any]) -> History:
    history = History()
    for entry in entries:
        history.take(entry)
    return history


def test_change_is_under_way_from_its_intent_on() -> None:
    """Until it is known that nothing was done; a copy that was made leaves a move half-done."""
    states = [
        history_of(*entries).outcome.state
        for entries in ([], [intent()], [intent(), NOT_DONE], [CREATED], [intent(), CREATED])
    ]
    assert states == ["not_sent", "unknown", "not_sent", "unknown", "unknown"]


def test_each_intent_is_a_doubt_until_its_end_is_known() -> None:
    """Of a request that was not done or whose copy is there nothing is in doubt any more."""
    doubts = [
        history_of(*entries).doubts
        for entries in ([intent()], [intent(), intent()], [intent(), intent(), NOT_DONE], [intent(), CREATED])
    ]
    assert doubts == [1, 2, 1, 0]


def test_all_that_looked_alike_before_any_request_was_seen() -> None:
    """None of it can be what was made."""
    assert history_of(intent("create", "1", "2"), intent("create", "2", "3")).seen == {"1", "2", "3"}


def test_move_that_was_deleting_stays_so() -> None:
    """Whatever it sends afterwards."""
    history = history_of(intent("delete"), intent("create"))
    assert (history.deleting, history.sent, history.last_sent) == (True, 2, AT)


@pytest.mark.parametrize("state", STATES)
def test_worklog_that_a_change_left_as_wanted_is_its_own(state: State) -> None:
    """Sent or found; in any other state the worklog that was seen is the one that somebody else left."""
    history = History(outcome=Outcome(state, image=COPY))
    assert history.made == ([COPY] if state in ("done", "already_so") else [])
    history.copy = COPY
    assert COPY in history.made
