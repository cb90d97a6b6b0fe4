"""What holds for every plan, whatever was edited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest
import time_machine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import roots_nb as rn
from roots_nb.editing.change import Values
from tests.editing.frames import NOW, loaded, mine
from tests.reports.frames import BERLIN

MONDAY = pd.Timestamp("2026-10-19 09:00", tz=BERLIN)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
minutes = st.integers(1, 1439)
starts = st.integers(0, 20 * 24 * 60).map(lambda minute: MONDAY + pd.Timedelta(minutes=minute))
issues = st.integers(1, 4).map(lambda n: f"APP-{n}")
field_edits = st.fixed_dictionaries(
    {},
    optional={
        "issue": issues,
        "started": starts,
        "time_spent": minutes.map(lambda n: pd.Timedelta(minutes=n)),
        "comment": texts,
    },
)
rows = st.builds(
    lambda started, spent, issue, comment: mine(str(started), spent, issue=issue, comment=comment),
    starts,
    st.one_of(minutes, st.sampled_from([0, 0.5, 1.5, 1500])),
    issues,
    texts,
)


@dataclass(frozen=True)
class Edited:
    """A loaded frame and an edited one, with the rows in an order and under labels of its own."""

    before: pd.DataFrame
    after: pd.DataFrame
    orderly: pd.DataFrame


@st.composite
def edited_frames(draw: st.DrawFn) -> Edited:
    before = loaded(*draw(st.lists(rows, max_size=6)))
    kept = []
    for row in before.to_dict("records"):
        fate = draw(st.sampled_from(["edit", "edit", "keep", "delete", "vanish"]))
        if fate != "vanish":
            kept.append({**row, **(draw(field_edits) if fate == "edit" else {}), "delete": fate == "delete"})
    new = draw(
        st.lists(rows.filter(lambda row: row["time_spent"].seconds % 60 == 0 < row["time_spent"].seconds), max_size=3)
    )
    drafts = [
        {**row, "started": pd.Timestamp(row["started"]), "delete": False} for row in new if row["time_spent"].days == 0
    ]
    columns = [*before.columns, "delete"]
    orderly = pd.DataFrame([*kept, *drafts], columns=columns).astype({"started": object})
    order = draw(st.permutations(range(len(orderly))))
    after = orderly.iloc[order][draw(st.permutations(columns))]
    labels = draw(st.lists(st.integers(0, 3), min_size=len(after), max_size=len(after)))
    return Edited(before, after.set_axis(labels), orderly)


@pytest.fixture(autouse=True)
def a_day_in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def plan_of(edited: Edited) -> rn.Plan:
    return rn.plan_changes(edited.before, edited.after, allow_twins=True)


def values_of(frame: pd.DataFrame) -> Iterator[tuple[str, Values]]:
    row: Any
    for row in frame.itertuples():
        values = Values(
            row.issue, row.started.tz_convert("UTC").to_pydatetime(), row.time_spent.to_pytimedelta(), row.comment
        )
        yield "" if pd.isna(row.worklog_id) else row.worklog_id, values


every_edit = settings(max_examples=25, deadline=None, phases=set(Phase) - {Phase.explain})


@every_edit
@given(st.lists(rows, max_size=6))
def test_unedited_frame_makes_no_change(given_rows: list[dict[str, Any]]) -> None:
    """However odd its worklogs are."""
    frame = loaded(*given_rows)
    assert rn.plan_changes(frame, frame.copy()).operations == ()


@every_edit
@given(edited_frames())
def test_order_and_labels_change_nothing(edited: Edited) -> None:
    """Rows, index and columns may be shuffled: the same operations in the same order."""
    plan = plan_of(edited)
    orderly = rn.plan_changes(edited.before, edited.orderly, allow_twins=True)
    assert plan.operations == orderly.operations
    assert plan.vanished == orderly.vanished
    assert plan.warnings == orderly.warnings


@every_edit
@given(edited_frames())
def test_planned_values_are_the_edited_frame(edited: Edited) -> None:
    """What was loaded, with each operation carried out, says what the edited frame says, and nothing more."""
    worklogs = Counter(values_of(edited.before))
    for change in plan_of(edited).operations:
        if change.before:
            worklogs[change.worklog_id, change.before] -= 1
        if change.after:
            worklogs[change.worklog_id, change.after] += 1
    wanted = Counter(values_of(edited.after[~edited.after["delete"].astype(bool)]))
    vanished = edited.before[~edited.before["worklog_id"].isin(edited.after["worklog_id"])]
    assert +worklogs == wanted + Counter(values_of(vanished))
    assert min(worklogs.values(), default=0) >= 0


@every_edit
@given(edited_frames())
def test_operations_have_ids_of_their_own(edited: Edited) -> None:
    """The same ones when it is planned again; and each changes something."""
    plan = plan_of(edited)
    ids = [change.op_id for change in plan.operations]
    assert len(set(ids)) == len(ids)
    assert ids == [change.op_id for change in plan_of(edited).operations]
    assert all(change.changed for change in plan.operations if change.action in ("update", "move"))
    assert sum(plan.counts.values()) == len(plan) == len(plan.changes)


@every_edit
@given(edited_frames())
def test_hours_add_up_to_the_difference(edited: Edited) -> None:
    """Of all time that was loaded and all time there will be, to the second."""
    stays = edited.before[~edited.before["worklog_id"].isin(edited.after["worklog_id"])]
    after = edited.after[~edited.after["delete"].astype(bool)]
    sums = [
        sum((values.time_spent for _, values in values_of(part)), pd.Timedelta(0))
        for part in (after, stays, edited.before)
    ]
    plan = plan_of(edited)
    assert plan.hours.sum() == sums[0] + sums[1] - sums[2]
    assert (plan.hours != pd.Timedelta(0)).all()
    assert plan._repr_html_()
