"""What an answer to a write means: surely refused, surely not done, or in doubt; and who has to wait."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping

import pytest

from roots_nb.editing import site as module
from roots_nb.editing.pace import Pace
from roots_nb.editing.site import NoAnswer, Options, Site
from roots_nb.errors import AuthenticationFailed, RateLimited, RootsError
from roots_nb.jira.replies import LONGEST_WAIT_SECONDS
from tests.editing.desk import Desk, minutes_of, moment
from tests.faults.fault import Answer, Meanwhile
from tests.world import InstantProgress

LOGIN_FAILED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
LONG = str(LONGEST_WAIT_SECONDS + 1)


def what_is_said_of(desk: Desk, status: int, headers: Mapping[str, str]) -> Exception:
    """Of a delete that gets this answer."""
    site = Site(desk.jira, Options("run"), InstantProgress())
    image = site.look("APP-1", str(desk.get("one").id), moment("2026-11-16 09:00"))
    assert image is not None
    desk.world.faults.when(lambda request: request.method == "DELETE", Answer(status, headers=headers))
    with pytest.raises((NoAnswer, RootsError)) as told:
        site.delete(image)
    return told.value


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_without_a_login_is_in_doubt(desk: Desk, status: int) -> None:
    """Some Data Centers answer as to anybody when a login has ended, and may have done it."""
    told = what_is_said_of(desk, status, LOGIN_FAILED)
    assert isinstance(told, NoAnswer)
    assert told.maybe_done


@pytest.mark.parametrize(("status", "headers"), [(401, {}), (400, LOGIN_FAILED), (403, LOGIN_FAILED)])
def test_refused_login_has_done_nothing(desk: Desk, status: int, headers: dict[str, str]) -> None:
    """And nothing more is sent."""
    assert isinstance(what_is_said_of(desk, status, headers), AuthenticationFailed)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": str(LONGEST_WAIT_SECONDS)}])
def test_write_beyond_a_limit_is_not_done_and_tried_again(desk: Desk, headers: dict[str, str]) -> None:
    """After a wait of up to a minute."""
    told = what_is_said_of(desk, 429, headers)
    assert isinstance(told, NoAnswer)
    assert not told.maybe_done


@pytest.mark.parametrize("headers", [{"Retry-After": LONG}, {"RateLimit-Reason": "jira-quota-global-based"}])
def test_limit_that_stays_ends_the_run(desk: Desk, headers: dict[str, str]) -> None:
    """A longer wait, or a quota that is used up, is left to resume."""
    assert isinstance(what_is_said_of(desk, 429, headers), RateLimited)


@pytest.mark.parametrize(
    ("headers", "held"),
    [
        ({"RateLimit-Reason": "jira-burst-based"}, [("DELETE", 1.0)]),
        ({"RateLimit-Reason": "jira-burst-based", "Retry-After": "7"}, [("DELETE", 7.0)]),
        ({"RateLimit-Reason": "jira-per-issue-on-write"}, []),
        ({}, []),
    ],
)
def test_burst_that_jira_refuses_holds_all_writes_of_its_kind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], held: list[tuple[str, float]]
) -> None:
    """As long as Jira says, or a second; what one issue has too much of keeps no other back."""
    holds: list[tuple[str, float]] = []
    monkeypatch.setattr(Pace, "hold", lambda _, method, seconds: holds.append((method, seconds)))
    what_is_said_of(desk, 429, headers)
    assert holds == held


def test_write_waits_while_jira_asks_anybody_to(desk: Desk) -> None:
    """Another request was told to wait: what is sent meanwhile would only be refused."""
    desk.world.faults.when(lambda request: request.path.endswith("/myself"), Answer(429, headers={"Retry-After": "7"}))
    desk.jira.myself(progress=InstantProgress())
    progress = InstantProgress()
    Site(desk.jira, Options("run"), progress).get_ready("PUT", "APP-1")
    (wait,) = progress.waits
    assert 5 < wait < 10


def test_list_that_took_long_is_no_look_directly_before_a_write(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jira may have read it long before it came: its age counts from when it was asked for."""
    monkeypatch.setattr(module, "_FRESH_SECONDS", 0.1)

    def edit() -> None:
        desk.someone_changes("one", seconds=60)
        time.sleep(0.2)

    desk.world.faults.when(lambda request: request.path.endswith("/worklog"), Meanwhile(edit, after=True))
    its_id, started = str(desk.get("one").id), moment("2026-11-16 09:00")
    site = Site(desk.jira, Options("run"), InstantProgress())
    assert site.first_listing("APP-1", started, started, its_id)[its_id].values.time_spent == minutes_of(60)
    now = site.look("APP-1", its_id, started)
    assert now is not None
    assert now.values.time_spent == minutes_of(1)


def test_every_look_keeps_the_pace(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cloud counts what is read as well; a refusal would hold up the changes."""
    count = itertools.count()
    monkeypatch.setattr(Pace, "before_read", lambda _: next(count))
    site, started = Site(desk.jira, Options("run"), InstantProgress()), moment("2026-11-16 09:00")
    site.look("APP-1", str(desk.get("one").id), started)
    site.listing("APP-1", started, started)
    site.is_visible("APP-1")
    site.missing_permission("APP-1", "OPS-1")
    assert next(count) == desk.world.log.count("GET")
