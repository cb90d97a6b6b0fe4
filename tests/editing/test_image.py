"""How a worklog is read and compared: what Jira may do to it by itself is no difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roots_nb.editing.change import Values
from roots_nb.editing.image import UnreadableWorklog, differing, plain_comment, read_image
from roots_nb.errors import UnexpectedAnswer
from roots_nb.jira.wire import Account

VALUES = Values("APP-1", datetime(2026, 11, 16, 9, tzinfo=UTC), timedelta(hours=1), "one")
JSON: dict[str, Any] = {"id": "7", "started": "2026-11-16T09:00:00.000+0000", "timeSpentSeconds": 3600}


@pytest.mark.parametrize(
    ("other", "fields"),
    [
        ({}, set()),
        ({"issue": "APP-2"}, {"issue"}),
        ({"started": VALUES.started + timedelta(milliseconds=999)}, set()),
        ({"started": VALUES.started - timedelta(seconds=1)}, {"started"}),
        ({"time_spent": timedelta(seconds=3601)}, {"time_spent"}),
        ({"comment": " one\r\n"}, set()),
        ({"comment": "One"}, {"comment"}),
    ],
    ids=str,
)
def test_fields_differ_as_jira_sees_them(other: dict[str, Any], fields: set[str]) -> None:
    """It drops milliseconds and what stands around a comment."""
    assert differing(VALUES, replace(VALUES, **other)) == fields


def test_lines_of_a_comment_end_in_one_way() -> None:
    """Whichever system they were written on."""
    assert plain_comment("a\rb\r\nc\n") == "a\nb\nc"


@pytest.mark.parametrize(
    ("broken", "why"), [({"started": None}, "a time that is none"), ({"visibility": "all"}, "visibility is no object")]
)
def test_worklog_that_cannot_be_read_is_named_with_the_reason(broken: dict[str, Any], why: str) -> None:
    """And with its issue, so that somebody finds it."""
    with pytest.raises(UnreadableWorklog, match=rf"^Worklog 7 on APP-1 cannot be read: .*{why}\. "):
        read_image({**JSON, **broken}, "APP-1", Account("5:ann", "Ann", "UTC"))


@pytest.mark.parametrize("json", [None, [], {}, {"id": None}, {"id": "x"}, {**JSON, "id": ""}], ids=str)
def test_what_is_no_worklog_is_refused(json: object) -> None:
    """It cannot even be named."""
    with pytest.raises(UnexpectedAnswer, match="it is no worklog"):
        read_image(json, "APP-1", Account("5:ann", "Ann", "UTC"))
