"""Time by project, epic, issue type, label and the user's own categories."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roots_nb.errors import InvalidInput
from roots_nb.reports.report import report
from roots_nb.reports.split import LEVELS
from tests.reports.frames import WEEK, frame, worklog

ROWS = [
    worklog("2026-11-16 08:00", 60, issue="APP-1", epic="APP-9", issue_type="Bug", labels="ui, urgent"),
    worklog("2026-11-16 09:00", 30, issue="APP-2", issue_type="Story", labels="ui", summary="Sprint MEETING"),
    worklog("2026-11-17 09:00", 90, issue="NORD-1", issue_type="Bug", connection="Server"),
    worklog("2026-11-18 09:00", 20, issue="APP-1", connection="Server", issue_type="Bug", comment="hotline"),
]
CATEGORIES = {
    "Meetings": {"summary": ["meeting", "workshop"]},
    "Customer": {"project": "nord"},
    "Urgent work": {"label": "urg*", "issue_type": "bug"},
    "Server": {"connection": ["Server"]},
}


def minutes(split: pd.DataFrame) -> dict[object, float]:
    return {key: spent / timedelta(minutes=1) for key, spent in split["time_spent"].items()}


def test_a_project_of_two_sites_is_two_projects() -> None:
    """The most first, with its share and what it is made of."""
    split = report(frame(*ROWS), WEEK).split("project")
    assert minutes(split) == {("Cloud", "APP"): 90, ("Server", "NORD"): 90, ("Server", "APP"): 20}
    assert split["time_spent"].is_monotonic_decreasing
    assert list(split.columns) == ["time_spent", "share", "worklogs", "issues"]
    assert split.loc[("Cloud", "APP")].tolist() == [timedelta(minutes=90), 0.45, 2, 2]
    assert split["share"].sum() == pytest.approx(1)


def test_what_has_no_epic_is_there_without_a_name() -> None:
    """Nothing is lost."""
    made = report(frame(*ROWS), WEEK)
    assert minutes(made.split("epic")) == {("Server", ""): 110, ("Cloud", "APP-9"): 60, ("Cloud", ""): 30}
    assert list(minutes(made.split("issue_type")).items()) == [("Bug", 170), ("Story", 30)]


def test_a_worklog_with_two_labels_counts_at_both() -> None:
    """And the table says so, because labels then add up to more."""
    made = report(frame(*ROWS), WEEK)
    assert minutes(made.split("label")) == {"": 110, "ui": 90, "urgent": 60}
    assert "By label, each worklog at all of its labels" in made._repr_html_()


def test_the_first_category_that_fits_counts() -> None:
    """In any case of letters, with all fields of a rule, and "" where none fits."""
    made = report(frame(*ROWS), WEEK, categories=CATEGORIES)
    assert made.worklogs["category"].tolist() == ["Urgent work", "Meetings", "Customer", "Server"]
    reversed_order = dict(reversed(CATEGORIES.items()))
    assert "Customer" not in report(frame(*ROWS), WEEK, categories=reversed_order).worklogs["category"].tolist()
    assert "By category" in made._repr_html_()


@pytest.mark.parametrize(
    ("text", "fits"),
    [("[Support]", [0]), ("?", [1]), ("[!a]", []), ("*", [0, 1, 2]), ("SUPP*broken", [0]), ("plan*Why", [])],
)
def test_only_an_asterisk_stands_for_other_characters(text: str, fits: list[int]) -> None:
    """Brackets and question marks are as common in a summary as they are in a rule."""
    summaries = ["[Support] broken printer", "Why?", "The annual\nplan"]
    rows = [worklog("2026-11-16 08:00", 60, summary=summary) for summary in summaries]
    made = report(frame(*rows), WEEK, categories={"fits": {"summary": text}})
    assert [n for n, name in enumerate(made.worklogs["category"]) if name] == fits


def test_a_function_may_tell_the_category() -> None:
    """It gets each row; None is no category."""
    made = report(frame(*ROWS), WEEK, categories=lambda row: "talk" if "hotline" in row["comment"] else None)
    assert minutes(made.split("category")) == {"": 180, "talk": 20}


@pytest.mark.parametrize(
    ("categories", "says"),
    [
        ({"A": {"projekt": "APP"}}, "Did you mean project"),
        ({"A": {"colour": "red"}}, "A rule may name connection, project"),
        (lambda row: 5, "5 is no name"),
        ({5: {"project": "APP"}}, "5 is no name"),
    ],
)
def test_categories_that_cannot_be_told_are_refused(categories, says: str) -> None:  # type: ignore[no-untyped-def]
    """A slip must not empty a category."""
    with pytest.raises(InvalidInput, match=says):
        report(frame(*ROWS), WEEK, categories=categories)


def test_an_unknown_split_names_those_there_are() -> None:
    """And categories must have been given."""
    made = report(frame(*ROWS), WEEK)
    with pytest.raises(InvalidInput, match="Did you mean 'project'"):
        made.split("projects")
    with pytest.raises(InvalidInput, match=r"categories=\.\.\."):
        made.split("category")


def test_an_empty_week_splits_into_nothing() -> None:
    """With the same columns and dtypes."""
    empty, full = (report(frame(*rows), WEEK, categories=CATEGORIES) for rows in ([], ROWS))
    for by in LEVELS:
        assert empty.split(by).empty
        assert empty.split(by).dtypes.equals(full.split(by).dtypes)


@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 90_000), st.sampled_from(["A-1", "A-2", "B-1"]), st.sampled_from(["", "x", "y, x"])),
        max_size=30,
    )
)
def test_every_split_but_labels_adds_up_to_all_time(rows: list[tuple[int, str, str]]) -> None:
    """To the second."""
    made = report(
        frame(
            *(worklog("2026-11-16 08:00", s / 60, issue=issue, labels=labels, epic=labels) for s, issue, labels in rows)
        ),
        WEEK,
        categories={"first": {"issue": "A-*"}},
    )
    for by in LEVELS.keys() - {"label"}:
        assert made.split(by)["time_spent"].sum() == made.total
        assert made.split(by)["worklogs"].sum() == len(rows)
    assert made.split("label")["time_spent"].sum() >= made.total
