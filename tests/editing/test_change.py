"""A change is a plain value: what is written down of it is read again, and its id says what it does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from roots_nb.editing.change import Change, Values, operation_id, spell

BEFORE = Values("APP-7", datetime(2026, 11, 16, 9, tzinfo=timezone(timedelta(hours=1))), timedelta(minutes=50), "old")
AFTER = replace(
    BEFORE, issue="APP-9", started=datetime(2026, 11, 16, 8, 30, 0, 500_000, tzinfo=UTC), comment="Büro\n☕"
)
SITE = "https://acme.atlassian.net"
UPDATED = datetime(2026, 11, 20, 17, 3, 11, 250_000, tzinfo=UTC)
MOVE = Change("a1", "move", "Work", SITE, "ada", "10031", BEFORE, AFTER, UPDATED, exact=True, kept={"visibility": None})
CREATE = Change("b2", "create", "Work", SITE, "ada", "", None, AFTER, None)
DELETE = replace(MOVE, action="delete", after=None)


def test_change_is_written_as_it_will_be_read() -> None:
    """By these names, in whole seconds: a journal of today is resumed by the version of tomorrow."""
    assert MOVE.to_json() == {
        "op": "a1",
        "action": "move",
        "connection": "Work",
        "site": "https://acme.atlassian.net",
        "account_id": "ada",
        "worklog_id": "10031",
        "before": {"issue": "APP-7", "started": "2026-11-16T09:00:00+01:00", "seconds": 3000, "comment": "old"},
        "after": {
            "issue": "APP-9",
            "started": "2026-11-16T08:30:00.500000+00:00",
            "seconds": 3000,
            "comment": "Büro\n☕",
        },
        "updated": "2026-11-20T17:03:11.250000+00:00",
        "exact": True,
        "kept": {"visibility": None},
    }
    assert isinstance(BEFORE.to_json()["seconds"], int)


@pytest.mark.parametrize("change", [MOVE, CREATE, DELETE], ids=lambda change: change.action)
def test_change_survives_a_file(change: Change) -> None:
    """What is not there stays so."""
    assert Change.from_json(json.loads(json.dumps(change.to_json()))) == change


@pytest.mark.parametrize(
    ("change", "changed"), [(MOVE, {"issue", "started", "comment"}), (CREATE, set()), (DELETE, set())]
)
def test_changed_are_the_fields_that_shall_be_another(change: Change, changed: set[str]) -> None:
    """Of a worklog that is there before and after."""
    assert change.changed == changed


@pytest.mark.parametrize(
    ("change", "issue", "issues"),
    [(MOVE, "APP-7", {"APP-7", "APP-9"}), (CREATE, "APP-9", {"APP-9"}), (DELETE, "APP-7", {"APP-7"})],
)
def test_change_is_on_the_issue_that_has_the_worklog(change: Change, issue: str, issues: set[str]) -> None:
    """A move writes to two."""
    assert change.issue == issue
    assert change.issues == issues


def test_operation_id_is_the_same_in_every_version() -> None:
    """A run that an older version began is recognised by what it left in Jira."""
    assert operation_id(SITE, "ada", "10031", AFTER) == "419d7823769f0f32077a48ecca88dfa2"
    assert operation_id(SITE, "ada", "10031", None) == "f6fa55fcd5683b7a7a03f3703a75562f"
    assert operation_id(SITE, "ada", "", AFTER, 0) == operation_id(SITE, "ada", "", AFTER)


def test_operation_id_is_another_for_another_change() -> None:
    """In any part of it; the zone that a time is told in is none."""
    others = [
        replace(AFTER, issue="APP-8"),
        replace(AFTER, started=AFTER.started + timedelta(milliseconds=1)),
        replace(AFTER, time_spent=timedelta(minutes=51)),
        replace(AFTER, comment="Büro\n"),
        None,
    ]
    ids = [operation_id(SITE, "ada", "1", values) for values in (AFTER, *others)]
    ids += [operation_id(f"{SITE}/", "ada", "1", AFTER), operation_id(SITE, "bob", "1", AFTER)]
    ids += [operation_id(SITE, "ada", "2", AFTER), operation_id(SITE, "ada", "1", AFTER, 1)]
    assert len(set(ids)) == len(ids)
    told = AFTER.started.astimezone(timezone(timedelta(hours=9)))
    assert operation_id(SITE, "ada", "1", replace(AFTER, started=told)) == ids[0]


@pytest.mark.parametrize(
    ("fields", "spelt"),
    [
        (["comment"], "the comment"),
        (["comment", "started"], "the start and the comment"),
        (iter(["time_spent", "issue"]), "the issue and the time spent"),
        ([], ""),
    ],
)
def test_fields_are_named_in_a_sentence(fields: list[str], spelt: str) -> None:
    """In the order of the frame, however they are given."""
    assert spell(fields) == spelt
