"""Changing and deleting worklogs: partial updates, permissions, estimates."""

from __future__ import annotations

from typing import Any

import pytest

from roots_nb.demo.model import DEFAULT_PERMISSIONS
from tests.demo.conftest import HOUR, START, Jira, MakeJira

# --- changing


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"timeSpent": "2h"}, {"timeSpentSeconds": 7200}),
        ({"timeSpentSeconds": 7200}, {"timeSpentSeconds": 7200}),
        ({"comment": "new"}, {"comment": "new"}),
        ({"started": "2026-11-17T09:00:00.000+0100"}, {"started": "2026-11-17T09:00:00.000+0100"}),
    ],
)
def test_update_changes_only_what_is_sent(jira: Jira, change: dict[str, Any], expected: dict[str, Any]) -> None:
    before = jira.add(HOUR | {"comment": "old"}).json()
    jira.clock.advance(5)
    after = jira.put(before["id"], change).json()
    assert after["updated"] == "2026-11-20T13:00:05.000+0100"
    ignored = {"updated", "timeSpent"}
    changed = {name: value for name, value in after.items() if value != before[name] and name not in ignored}
    assert changed == expected


def test_update_with_an_empty_comment_removes_it(jira: Jira) -> None:
    before = jira.add(HOUR | {"comment": "old"}).json()
    assert "comment" not in jira.put(before["id"], {"comment": ""}).json()


def test_empty_update_is_refused_on_data_center(cloud: Jira, data_center: Jira) -> None:
    """Data Center wants at least one change; Cloud answers the worklog as it is."""
    before = cloud.add(HOUR).json()
    cloud.clock.advance(5)
    assert cloud.put(before["id"], {}).json() == before
    assert data_center.put(data_center.add(HOUR).json()["id"], {}).status_code == 400


def test_update_is_as_strict_as_adding(jira: Jira) -> None:
    before = jira.add(HOUR).json()
    for change in ({"started": "2026-11-16"}, {"timeSpentSeconds": 1}, {"comment": "x" * 40_000}, {"comment": 7}):
        assert jira.put(before["id"], change).status_code == 400
    assert jira.get(f"/issue/APP-1/worklog/{before['id']}").json() == before


def test_update_names_who_did_it(jira: Jira) -> None:
    (known,) = jira.seed(1)
    jira.site.set_permissions(jira.people["bob"], "APP", DEFAULT_PERMISSIONS | {"EDIT_ALL_WORKLOGS"})
    body = jira.put(known, {"comment": "by Bob"}, user="bob").json()
    assert (body["author"]["displayName"], body["updateAuthor"]["displayName"]) == ("Ada L", "Bob N")


def test_deleted_worklog_is_gone(jira: Jira) -> None:
    """204 without a body; then 404 everywhere."""
    (known,) = jira.seed(1)
    answer = jira.delete(known)
    assert (answer.status_code, answer.content) == (204, b"")
    assert jira.get(f"/issue/APP-1/worklog/{known}").status_code == 404
    assert jira.delete(known).status_code == 404
    assert jira.get("/issue/APP-1/worklog").json()["total"] == 0


# --- permissions


def test_missing_permission_is_400_not_403(jira: Jira) -> None:
    """Somebody else's worklog: a sentence with the user's name, then one that confuses."""
    (known,) = jira.seed(1)
    for verb, answer in (
        ("bearbeiten", jira.put(known, {"comment": "x"}, user="bob")),
        ("löschen", jira.delete(known, user="bob")),
    ):
        first, second = answer.json()["errorMessages"]
        assert answer.status_code == 400
        assert first == f"Bob N, Sie sind nicht berechtigt, das angegebene Arbeitsprotokoll zu {verb}."
        assert second == "Das Arbeitsprotokoll darf nicht null sein."
    assert len(jira.site.worklogs) == 1


@pytest.mark.parametrize("permission", ["WORK_ON_ISSUES", "EDIT_OWN_WORKLOGS", "DELETE_OWN_WORKLOGS"])
def test_own_worklogs_need_permission_too(jira: Jira, permission: str) -> None:
    (known,) = jira.seed(1)
    jira.site.set_permissions(jira.people["ada"], "APP", DEFAULT_PERMISSIONS - {permission})
    answers = {
        "WORK_ON_ISSUES": jira.add(HOUR),
        "EDIT_OWN_WORKLOGS": jira.put(known, {"comment": "x"}),
        "DELETE_OWN_WORKLOGS": jira.delete(known),
    }
    assert [name for name, answer in answers.items() if answer.status_code == 400] == [permission]


def test_all_worklogs_permission_covers_others(jira: Jira) -> None:
    (known,) = jira.seed(1)
    everything = DEFAULT_PERMISSIONS | {"EDIT_ALL_WORKLOGS", "DELETE_ALL_WORKLOGS"}
    jira.site.set_permissions(jira.people["bob"], "APP", everything)
    assert jira.put(known, {"comment": "x"}, user="bob").status_code == 200
    assert jira.delete(known, user="bob").status_code == 204


def test_closed_issue_takes_no_writes(jira: Jira) -> None:
    known = jira.site.add_worklog("APP-3", jira.people["ada"], START, 3600).id
    sentence = "You can not edit the issue as it is in a non-editable workflow state."
    path = f"/issue/APP-3/worklog/{known}"
    put, delete = jira.send("PUT", path, json={"comment": "x"}), jira.send("DELETE", path)
    for answer in (jira.add(HOUR, issue="APP-3"), put, delete):
        assert (answer.status_code, answer.json()["errorMessages"]) == (400, [sentence])
    assert jira.get("/issue/APP-3/worklog").json()["total"] == 1


def test_nobody_writes(jira: Jira) -> None:
    """Without a login Cloud hides the issue, Data Center asks for one."""
    answer = jira.send("POST", "/issue/APP-1/worklog", user=None, json=HOUR)
    assert answer.status_code == (404 if jira.site.is_cloud else 401)


def test_full_issue_takes_no_more_worklogs(make_jira: MakeJira) -> None:
    jira = make_jira("cloud", worklogs_per_issue=1)
    assert [jira.add(HOUR).status_code for _ in range(2)] == [201, 413]


# --- estimates


@pytest.mark.parametrize(
    ("params", "remaining"),
    [
        ({}, 2 * 3600),
        ({"adjustEstimate": "auto"}, 2 * 3600),
        ({"adjustEstimate": "leave"}, 3 * 3600),
        ({"adjustEstimate": "new", "newEstimate": "30m"}, 1800),
        ({"adjustEstimate": "manual", "reduceBy": "2h"}, 3600),
        ({"adjustEstimate": "manual", "reduceBy": "4h"}, 0),
    ],
)
def test_adding_adjusts_the_estimate(jira: Jira, params: dict[str, str], remaining: int) -> None:
    issue = jira.site.issues["APP-1"]
    issue.remaining_estimate_seconds = 3 * 3600
    assert jira.add(HOUR, **params).status_code == 201
    tracking = jira.get("/issue/APP-1", fields="timetracking").json()["fields"]["timetracking"]
    assert (tracking["remainingEstimateSeconds"], tracking["timeSpentSeconds"]) == (remaining, 3600)


def test_updating_and_deleting_adjust_the_estimate(jira: Jira) -> None:
    """3 h, 1 h logged: 2 h; raised to 2 h: 1 h; deleted: 3 h again, or by the amount given."""
    issue = jira.site.issues["APP-1"]
    issue.remaining_estimate_seconds = 3 * 3600
    known = jira.add(HOUR).json()["id"]
    jira.put(known, {"timeSpentSeconds": 7200})
    assert issue.remaining_estimate_seconds == 3600
    jira.delete(known)
    assert issue.remaining_estimate_seconds == 3 * 3600
    known = jira.add(HOUR, adjustEstimate="leave").json()["id"]
    jira.delete(known, adjustEstimate="manual", increaseBy="15m")
    assert issue.remaining_estimate_seconds == 3 * 3600 + 900


def test_estimate_stays_unset_where_there_is_none(jira: Jira) -> None:
    jira.add(HOUR)
    assert jira.site.issues["APP-1"].remaining_estimate_seconds is None


@pytest.mark.parametrize(
    "params",
    [
        {"adjustEstimate": "new"},
        {"adjustEstimate": "new", "newEstimate": "soon"},
        {"adjustEstimate": "manual"},
        {"adjustEstimate": "AUTO"},
    ],
)
def test_estimate_that_makes_no_sense_is_refused_before_anything_is_written(jira: Jira, params: dict[str, str]) -> None:
    assert jira.add(HOUR, **params).status_code == 400
    assert jira.site.worklogs == {}
