"""Booked against required: what is a deficit, and what is none."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import openpyxl
import pandas as pd
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from roots_nb.errors import InvalidInput
from roots_nb.reports.figures import key_figures
from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.workbook import workbook_bytes
from tests.reports.frames import BERLIN, WEEK, frame, load, worklog

HOUR = timedelta(hours=1)
PART_TIME = Schedule(
    [8, 8, 8, 8, 5, 0, 0], country="DE", subdivision="BY", absences=[{"first": "2026-08-03", "last": "2026-08-16"}]
).then("2026-10-14", {"mon": 8, "wed": "7:42"})


def figures(made: Report) -> dict[str, str]:
    return {each.name: each.text for each in key_figures(made)}


def hours(durations: pd.Series[pd.Timedelta]) -> list[float]:
    return [each / HOUR for each in durations.tolist()]


def test_the_balance_is_what_is_booked_less_what_is_required() -> None:
    """Day by day, with its sum so far, and why a day is free."""
    schedule = Schedule(country="DE", subdivision="SN", absences={"day": "2026-11-20", "part": "half"})
    rows = [worklog(f"2026-11-{day} 08:00", 60 * n) for day, n in ((16, 9), (17, 8), (20, 3), (21, 2))]
    balance = report(frame(*rows, loads=[load()]), WEEK, schedule=schedule).balance
    assert list(balance.index) == [date(2026, 11, day) for day in range(16, 23)]
    assert hours(balance["booked"]) == [9, 8, 0, 0, 3, 2, 0]
    assert hours(balance["target"]) == [8, 8, 0, 8, 8, 0, 0]
    assert hours(balance["absence"]) == [0, 0, 0, 0, 4, 0, 0]
    assert hours(balance["required"]) == [8, 8, 0, 8, 4, 0, 0]
    assert hours(balance["balance"]) == [1, 0, 0, -8, -1, 2, 0]
    assert hours(balance["running"]) == [1, 1, 1, -7, -8, -6, -6]
    assert balance["reason"].tolist()[2:7:3] == ["public holiday (Repentance and Prayer Day)", "weekend"]
    assert set(map(str, balance.dtypes)) == {"timedelta64[us]", "str"}


def test_days_to_come_are_no_deficit() -> None:
    """On Wednesday Thursday is still to come; what is booked there beyond its target counts already."""
    rows = [worklog(f"2026-11-{day} 08:00", 60 * n) for day, n in ((16, 8), (17, 7), (19, 4), (20, 9))]
    with time_machine.travel("2026-11-18T12:00:00+00:00"):
        made = report(frame(*rows, loads=[load(as_of="2026-11-18T11:00:00+00:00")]), WEEK)
    assert hours(made.balance["balance"]) == [0, -1, -8, 0, 1, 0, 0]
    assert figures(made)["Target"] == "40:00"
    assert figures(made)["Balance"] == "-8:00"
    assert figures(made)["Balance until yesterday"] == "-1:00"


def test_days_after_the_load_are_not_known_and_no_deficit() -> None:
    """A frame of Wednesday that is reported on Monday says nothing of Thursday, and says so."""
    made = report(
        frame(worklog("2026-11-16 08:00", 480), loads=[load(as_of="2026-11-18T11:00:00+00:00")]),
        WEEK,
    )
    assert hours(made.balance["balance"]) == [0, -8, -8, 0, 0, 0, 0]
    assert figures(made)["Balance until 17 Nov"] == "-8:00"
    assert "What was booked after Wed 18 Nov 2026 is not in it: load the period again." in made.completeness.notes
    assert not [each.day for each in made.findings if each.day > date(2026, 11, 17)]


def test_a_balance_without_all_worklogs_is_none() -> None:
    """A failed load is never an empty week."""
    made = report(frame(loads=[load(), load("Server", problem="No reply.")]), WEEK)
    assert figures(made)["Balance"] == "–"
    assert not made.findings
    assert made.unchecked["empty day"] == "worklogs are missing"
    assert "Required" not in made._repr_html_()
    assert openpyxl.load_workbook(io.BytesIO(workbook_bytes(made, "mine"))).sheetnames == [
        "Report",
        "Worklogs",
        "Checks",
    ]


def test_a_part_of_the_time_has_no_balance() -> None:
    """Eight hours a day are not owed to each customer."""
    part = report(frame(worklog("2026-11-16 08:00", 480), loads=[load()]), WEEK).only(project="APP")
    with pytest.raises(InvalidInput, match="only a part of the time"):
        part.balance  # noqa: B018
    assert "Target" not in figures(part)
    assert {each.check for each in part.findings} == {"no comment"}


def test_assumed_targets_holidays_and_absences_are_named_beside_the_target() -> None:
    """A reader sees where the target comes from."""
    notes = {each.name: each.note for each in key_figures(report(frame(loads=[load()]), WEEK))}
    assert notes["Target"] == "assumed: 8 h Monday to Friday"
    schedule = Schedule([8] * 5 + [0, 0], country="DE", subdivision="SN", absences=["2026-11-20"])
    notes = {each.name: each.note for each in key_figures(report(frame(loads=[load()]), WEEK, schedule=schedule))}
    assert notes["Target"] == "1 public holiday, 8:00 absent"


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule([0] * 7),
        Schedule(absences=[{"first": "2026-11-16", "last": "2026-11-22"}]),
        Schedule(since="2027-01-01"),
    ],
    ids=["zero target", "vacation", "before the first day"],
)
def test_where_nothing_is_required_all_time_is_surplus(schedule: Schedule) -> None:
    """Weekend hours count as well."""
    rows = [worklog("2026-11-17 08:00", 60), worklog("2026-11-21 08:00", 90)]
    made = report(frame(*rows, loads=[load()]), WEEK, schedule=schedule)
    assert made.balance["balance"].sum() == timedelta(minutes=150)
    assert not {"under target", "over target", "empty day"} & {each.check for each in made.findings}


@settings(max_examples=4, deadline=None)
@given(
    year=st.sampled_from([2020, 2024, 2026]),
    rows=st.lists(st.tuples(st.integers(0, 365 * 24 - 1), st.integers(1, 90_000)), max_size=60),
    now=st.integers(0, 400),
    zone=st.sampled_from([BERLIN, "America/St_Johns", "Pacific/Apia"]),
)
def test_the_balance_of_a_year_is_the_sum_of_its_weeks(
    year: int, rows: list[tuple[int, int]], now: int, zone: str
) -> None:
    """And of its months: also with week 53, clock changes, part-time from October on, and days to come."""
    first = datetime(year, 1, 1)
    made = frame(*(worklog(first + timedelta(hours=h), s / 60) for h, s in rows if h % 24 > 3), zone=zone)
    with time_machine.travel(first + timedelta(days=now)):
        whole = report(made, str(year), schedule=PART_TIME)
        weeks = [
            report(made, (max(week.first, whole.period.first), min(week.last, whole.period.last)), schedule=PART_TIME)
            for week in whole.period.weeks
        ]
        months = [report(made, f"{year}-{month:02}", schedule=PART_TIME) for month in range(1, 13)]
    for parts in (weeks, months):
        for name in ("booked", "required", "balance"):
            days = (getattr(day, name) for part in parts for day in part.balance_days)
            assert sum(days, timedelta()) == whole.balance[name].sum()
    assert whole.balance["running"].iloc[-1] == whole.balance["balance"].sum()
    assert whole.balance["booked"].sum() == whole.total
