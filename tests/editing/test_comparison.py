"""Only what somebody edited is looked at: a frame that came back in other dtypes has no edits."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from roots_nb.editing import comparison
from roots_nb.editing.comparison import Comparison, Edit
from tests.editing.frames import set_cell, week


def edits(before: pd.DataFrame, after: pd.DataFrame) -> list[Edit]:
    return list(Comparison(before, after, "Cloud").edits())


@pytest.mark.parametrize(
    "touch",
    [
        lambda frame: frame.copy(),
        lambda frame: frame.astype(object),
        lambda frame: frame.astype({"started": object, "time_spent": object, "comment": "category"}),
        lambda frame: frame.assign(delete=False),
        lambda frame: frame.assign(delete=pd.Series([False, pd.NA, False], dtype="boolean")),
        lambda frame: frame.assign(delete=None),
        lambda frame: frame.assign(mood="good"),
        lambda frame: frame.convert_dtypes(),
    ],
    ids=["copy", "object", "mixed", "bool", "boolean", "missing", "other column", "nullable"],
)
def test_unedited_rows_are_no_edits(touch: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Whatever dtype pandas made of a column, and with a column `delete` in which nothing is set."""
    assert edits(week(), touch(week())) == []


@pytest.mark.parametrize("dtype", ["str", "object", "string"])
def test_missing_text_is_an_empty_one(dtype: str) -> None:
    """As it comes back from a CSV; an empty one where there was a text is an edit."""
    before = week().astype({"comment": dtype})
    after = before.assign(comment=pd.Series(["one", None, None], dtype=dtype))
    assert [(edit.position, *edit.cells) for edit in edits(before, after)] == [(1, "comment")]


def test_edit_says_where_and_what() -> None:
    """The row's position in the edited frame, the loaded row, and only the cells that differ."""
    before = week()
    after = set_cell(set_cell(before, 2, "comment", "three "), 0, "delete", True).iloc[::-1]
    first, second = edits(before, after)
    assert (first.position, first.loaded.worklog_id, first.cells) == (0, "10002", {"comment": "three "})
    assert (second.position, second.loaded.worklog_id, second.cells) == (2, "10000", {"delete": True})


@pytest.mark.parametrize("dtype", ["datetime64[us, Europe/Berlin]", "object"])
def test_missing_time_is_another_than_any_time(dtype: str) -> None:
    """Two missing ones are the same."""
    before = week()
    before.loc[2, "created"] = pd.NaT
    after = before.assign(created=before["created"].where([False, True, True]).astype(dtype))
    assert [(edit.position, *edit.cells) for edit in edits(before, after)] == [(0, "created")]


def test_columns_of_the_loaded_dtypes_are_compared_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cell by cell a year of worklogs would take seconds."""
    monkeypatch.setattr(comparison, "_is_same", None)
    after = week().assign(comment=["one", "edited", ""], started=week()["started"].dt.tz_localize(None))
    assert [(edit.position, *edit.cells) for edit in edits(week(), after)] == [(1, "comment")]
