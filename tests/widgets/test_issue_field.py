"""Which issue: what is asked of Jira, what is understood, and what is said before anything is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roots_nb.widgets.issue_field import IssueField
from tests.editing.desk import Desk
from tests.faults.fault import Answer, forbidden
from tests.faults.request import Request
from tests.widgets.front_end import Clock, at_once, is_shown, text_of
from tests.world import TOKEN, World


@pytest.fixture
def desk(cloud: World) -> Desk:
    return Desk(cloud)


@pytest.fixture
def field(desk: Desk, clock: Clock) -> IssueField:
    """As it is before anybody has touched it."""
    return IssueField(desk.jira, run=at_once, timer=clock)


def find(field: IssueField, clock: Clock, text: str) -> str:
    """Type, pause, and read what it says."""
    field.text.value = text
    clock.pause()
    return text_of(field.note)


def chosen(field: IssueField) -> str | None:
    return field.issue.key if field.issue else None


def suggested(field: IssueField) -> list[str]:
    return list(field.suggestions._options_values)


def is_picker(request: Request) -> bool:
    return request.path.endswith("/issue/picker")


def test_recent_issues_are_suggested_and_none_is_chosen(field: IssueField) -> None:
    """Most worklogs go where the last ones went; but that is the person's to say."""
    assert not is_shown(field.suggestions)
    field.look_up()
    assert suggested(field) == ["OPS-1", "APP-2", "APP-1"]
    assert "choose one of the recent issues" in text_of(field.note)
    assert (field.issue, field.suggestions.value) == (None, None)


def test_jira_is_asked_once_typing_has_paused(field: IssueField, desk: Desk, clock: Clock) -> None:
    """Not at each letter."""
    for text in ("s", "su", "sum app-2"):
        field.text.value = text
    assert desk.world.log.requests == []
    clock.pause()
    (request,) = desk.world.log.requests
    assert (request.path, request.query["query"]) == ("/rest/api/2/issue/picker", "sum app-2")


def test_words_suggest_and_a_suggestion_is_chosen(field: IssueField, desk: Desk, clock: Clock) -> None:
    """The text becomes its key and the summary is shown, with a link."""
    assert find(field, clock, "of ops") == "Choose one of the suggestions."
    assert suggested(field) == ["OPS-1"]
    field.suggestions.value = "OPS-1"
    assert (chosen(field), field.text.value) == ("OPS-1", "OPS-1")
    assert text_of(field.note) == "✓ OPS-1 · Summary of OPS-1"
    assert f'href="{desk.jira.connection.url}/browse/OPS-1"' in field.note.value
    find(field, clock, "summary ops")
    assert (chosen(field), field.suggestions.value) == (None, None)


def test_typed_key_counts_once_jira_has_confirmed_it(field: IssueField, clock: Clock) -> None:
    """In small letters too; what is typed is left as it is."""
    field.text.value = "app-2"
    assert (chosen(field), text_of(field.note)) == (None, "… Looking it up …")
    clock.pause()
    assert (chosen(field), field.text.value) == ("APP-2", "app-2")
    assert text_of(field.note) == "✓ APP-2 · Summary of APP-2"


def test_issue_that_the_picker_does_not_know_is_read(field: IssueField, desk: Desk, clock: Clock) -> None:
    """It knows what this account has used, and some others."""
    desk.world.faults.when(is_picker, Answer(200, {"sections": []}), times=None)
    assert find(field, clock, "APP-2") == "✓ APP-2 · Summary of APP-2"


def test_key_is_never_shortened(field: IssueField, clock: Clock) -> None:
    """What only begins like a key that is there is not that one."""
    assert "There is no issue APP-11 on Cloud" in find(field, clock, "APP-11")
    assert [(find(field, clock, text), chosen(field))[1] for text in ("APP-1x", "APP-1 and more")] == [None, None]


def test_more_typing_takes_the_choice_back(field: IssueField, clock: Clock) -> None:
    """Until Jira has answered to the longer key there is none."""
    find(field, clock, "APP-1")
    field.text.value = "APP-12"
    assert chosen(field) is None


def test_pasted_link_is_understood(field: IssueField, desk: Desk, clock: Clock) -> None:
    """From the address line of the issue, the project's list or a board; the text becomes the key."""
    for page in ("browse/OPS-1", "browse/ops-1?focusedId=7#x", "projects/OPS/issues/OPS-1", "x?selectedIssue=OPS-1"):
        assert find(field, clock, f"{desk.world.url}/{page}") == "✓ OPS-1 · Summary of OPS-1"
        assert field.text.value == "OPS-1"


def test_link_to_elsewhere_is_refused(field: IssueField, desk: Desk, clock: Clock) -> None:
    """Another Jira may have an issue of the same key."""
    assert "does not lead to Cloud" in find(field, clock, "https://other.example.com/browse/OPS-1")
    assert "no issue key in that link" in find(field, clock, f"{desk.world.url}/dashboards/7")
    assert (chosen(field), desk.world.log.requests) == (None, [])


def test_moved_issue_is_taken_by_its_new_key(field: IssueField, desk: Desk, clock: Clock) -> None:
    """Jira answers to the old key; the new one is shown, not taken unseen."""
    moved = Answer(200, {"id": "7", "key": "OPS-9", "fields": {"summary": "Elsewhere now"}})
    desk.world.faults.when(lambda request: request.path.endswith("/issue/APP-77"), moved)
    assert find(field, clock, "APP-77") == "✓ OPS-9 · Elsewhere now"
    assert field.text.value == "OPS-9"


def test_key_works_without_the_picker(field: IssueField, desk: Desk, clock: Clock) -> None:
    """Suggestions are a comfort."""
    desk.world.faults.when(is_picker, forbidden(), times=None)
    assert find(field, clock, "APP-2") == "✓ APP-2 · Summary of APP-2"
    assert "No issue found" in find(field, clock, "summary")


def test_login_that_does_not_hold_is_no_missing_issue(field: IssueField, desk: Desk, clock: Clock) -> None:
    """Cloud tells anonymous visitors that nothing exists."""
    desk.site.remove_credential(TOKEN)
    assert "does not accept these credentials" in find(field, clock, "APP-2")


def test_answer_to_an_older_text_is_dropped(desk: Desk) -> None:
    """Whatever comes late, what stands there counts."""
    jobs: list[Callable[[], None]] = []
    field = IssueField(desk.jira, run=jobs.append, timer=Clock())
    field.look_up("APP-1")
    field.look_up("APP-2")
    older, newer = jobs
    newer()
    older()
    assert (chosen(field), field.text.value) == ("APP-2", "APP-2")


def test_other_jira_looks_it_up_anew(field: IssueField, server: World, clock: Clock) -> None:
    """The same key is another issue there."""
    server.site.add_issue("APP-1", "Not the same")
    find(field, clock, "APP-1")
    field.jira = server.sign_in()
    assert text_of(field.note) == "✓ APP-1 · Not the same"


def test_text_from_jira_is_text(field: IssueField, desk: Desk, clock: Clock) -> None:
    """A summary is anybody's."""
    desk.site.issues["APP-2"].summary = "<img src=x onerror=alert(1)>"
    find(field, clock, "APP-2")
    assert "<img" not in field.note.value
    assert "<img src=x onerror=alert(1)>" in text_of(field.note).replace("&lt;", "<").replace("&gt;", ">")
