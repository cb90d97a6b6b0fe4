"""What a report counts, on which day, and what it refuses to count."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roots_nb.durations import format_duration, parse_duration
from roots_nb.errors import InvalidInput
from roots_nb.reports.bar_charts import project_stacks, ranked_issues
from roots_nb.reports.report import Report, report
from roots_nb.reports.tables import day_list_table, matrix_table
from tests.reports.frames import BERLIN, WEEK, frame, load, worklog

ROWS = st.lists(
    st.tuples(
        st.datetimes(datetime(2026, 11, 14), datetime(2026, 11, 24)),
        st.integers(1, 90_000),
        st.sampled_from(["APP-1", "APP-2", "APP-10", "OPS-1"]),
        st.sampled_from(["Cloud", "Server"]),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, zone=st.sampled_from(["UTC", BERLIN, "America/St_Johns", "Pacific/Apia"]))
def test_sums_agree_with_a_plain_sum_and_in_both_directions(
    rows: list[tuple[datetime, int, str, str]], zone: str
) -> None:
    """Matrix, days, total, and the printed row and column totals are each the same, to the second."""
    made = frame(
        *(worklog(at.replace(tzinfo=UTC), s / 60, issue=issue, connection=name) for at, s, issue, name in rows),
        zone=zone,
    )
    expected: Counter[tuple[str, str, date]] = Counter()
    for at, seconds, issue, name in rows:
        day = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
        if date(2026, 11, 16) <= day <= date(2026, 11, 22):
            expected[name, issue, day] += seconds
    made_report = report(made, WEEK)

    cells = {
        (name, issue, day): int(duration.total_seconds())
        for (name, _, issue, _), row in made_report.matrix.iterrows()
        for day, duration in row.items()
        if duration
    }
    assert cells == dict(expected)
    assert made_report.total == timedelta(seconds=expected.total())
    assert {day: spent for day, spent in made_report.days.items() if spent} == {
        day: timedelta(seconds=sum(s for (_, _, d), s in expected.items() if d == day)) for _, _, day in expected
    }
    last = matrix_table(made_report).rows[-1]
    assert last.cells[-1].text == format_duration(timedelta(seconds=expected.total()))


def test_a_week_has_all_its_days_even_without_worklogs() -> None:
    """Days without worklogs are there, and zero."""
    made = report(frame(worklog("2026-11-18 09:00", 30)), WEEK)
    assert list(made.matrix.columns) == list(made.days.index) == [date(2026, 11, d) for d in range(16, 23)]
    assert made.days[date(2026, 11, 16)] == timedelta()
    assert made.days.dtype == made.matrix.dtypes.iloc[0] == "timedelta64[us]"


def test_a_month_is_shown_by_weeks_that_end_with_the_month() -> None:
    """A week at the edge of a month counts only the days of that month."""
    rows = [worklog("2026-11-30 09:00", 60), worklog("2026-12-01 09:00", 60), worklog("2026-11-01 23:59", 15)]
    made = report(frame(*rows), "2026-11")
    weeks = made.matrix.iloc[0].to_dict()
    assert list(weeks) == [f"2026-W{week}" for week in range(44, 50)]
    assert weeks["2026-W44"] == timedelta(minutes=15)
    assert weeks["2026-W49"] == timedelta(minutes=60)


def test_a_year_is_shown_by_months() -> None:
    """Twelve columns, and week 53 stays in the year of its days."""
    made = report(frame(worklog("2026-12-31 23:00", 60), worklog("2027-01-01 00:00", 60)), "2026")
    assert list(made.matrix.columns) == [f"2026-{month:02}" for month in range(1, 13)]
    assert made.total == timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Europe/Berlin", "2026-10-25T00:30:00+00:00", date(2026, 10, 25)),
        ("Europe/Berlin", "2026-10-25T22:59:59+00:00", date(2026, 10, 25)),
        ("Europe/Berlin", "2026-10-25T23:00:00+00:00", date(2026, 10, 26)),
        ("Australia/Lord_Howe", "2026-10-03T15:45:00+00:00", date(2026, 10, 4)),
        ("America/St_Johns", "2026-11-01T02:29:00+00:00", date(2026, 10, 31)),
        ("Asia/Kathmandu", "2026-11-17T18:15:00+00:00", date(2026, 11, 18)),
    ],
)
def test_a_worklog_falls_on_the_day_of_the_clock_in_the_frames_zone(zone: str, instant: str, day: date) -> None:
    """Also where the clock is put back or forward, and by half hours."""
    made = report(frame(worklog(instant, 60), zone=zone), day)
    assert made.total == timedelta(hours=1)


def test_issues_are_grouped_by_project_and_in_the_order_of_their_numbers() -> None:
    """APP-2 comes before APP-10, and all of APP before OPS."""
    issues = ["OPS-1", "APP-10", "APP-2"]
    made = report(frame(*(worklog("2026-11-18 09:00", 5, issue=issue) for issue in issues)), WEEK)
    assert list(made.matrix.index.get_level_values("issue")) == ["APP-2", "APP-10", "OPS-1"]


def test_an_issue_renamed_between_two_loads_stays_one_row() -> None:
    """The latest worklog's summary names it."""
    rows = [worklog("2026-11-17 09:00", 5, summary="old"), worklog("2026-11-18 09:00", 5, summary="new")]
    made = report(frame(*rows), WEEK)
    assert list(made.matrix.index) == [("Cloud", "APP", "APP-1", "new")]


def test_rows_keep_index_and_columns_for_editing() -> None:
    """`worklogs` are the given rows, so that what is found in them can be edited in the frame."""
    given_frame = frame(worklog("2026-11-01 09:00", 5), worklog("2026-11-18 09:00", 5)).assign(mine=1)
    made = report(given_frame, WEEK)
    assert list(made.worklogs.index) == [1]
    assert list(made.worklogs.columns) == list(given_frame.columns)


def test_rows_with_the_same_index_are_each_counted() -> None:
    """A frame joined by pandas.concat has doubled index labels; they mean nothing."""
    parts = [frame(worklog("2026-11-18 09:00", 5, worklog_id=name)) for name in ("1", "2")]
    assert report(pd.concat(parts), WEEK).total == timedelta(minutes=10)


def test_the_same_worklog_twice_counts_once_and_a_note_says_so() -> None:
    """Overlapping loads must not double the week."""
    row = worklog("2026-11-18 09:00", 45, worklog_id="7")
    made = report(frame(row, row, loads=[load()]), WEEK)
    assert made.total == timedelta(minutes=45)
    assert made.completeness.notes == ("Left out, because the same worklog is there already: 1 of the frame's rows.",)


def test_one_worklog_in_two_versions_is_refused_by_name() -> None:
    """Which of them is right cannot be guessed."""
    rows = [worklog("2026-11-18 09:00", spent, worklog_id="7") for spent in (45, 60)]
    with pytest.raises(InvalidInput, match=r"two versions: 7 on APP-1 \(Cloud\)"):
        report(frame(*rows), WEEK)


def test_the_same_id_on_two_connections_is_two_worklogs() -> None:
    """Ids are unique only within a site."""
    rows = [worklog("2026-11-18 09:00", 30, worklog_id="7", connection=name) for name in ("Cloud", "Server")]
    assert report(frame(*rows), WEEK).total == timedelta(hours=1)


def test_drafts_without_an_id_are_all_counted() -> None:
    """A missing id means a worklog to create, not one seen twice."""
    made = frame(worklog("2026-11-18 09:00", 30), worklog("2026-11-18 09:00", 30))
    made["worklog_id"] = pd.Series([None, None], dtype="str")
    assert report(made, WEEK).total == timedelta(hours=1)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: f.drop(columns=["started", "issue"]), "lacks issue, started"),
        (lambda f: f.assign(started=f["started"].dt.tz_localize(None)), "tz_localize"),
        (lambda f: f.assign(started=f["started"].astype(object)), "concat_worklogs"),
        (lambda f: f.assign(started="2026-11-18"), "not times with a zone"),
        (lambda f: f.assign(time_spent="1h"), "not durations"),
        (lambda f: f.assign(time_spent=pd.Series([pd.NaT], dtype="timedelta64[us]")), "no time_spent"),
        (lambda f: f.assign(issue=pd.Series([None], dtype="str")), "no issue"),
    ],
)
def test_a_frame_that_cannot_be_summed_is_refused_with_what_to_do(spoil, says: str) -> None:  # type: ignore[no-untyped-def]
    """Never a wrong sum."""
    with pytest.raises(InvalidInput, match=says):
        report(spoil(frame(worklog("2026-11-18 09:00", 5))), WEEK)


def test_an_unknown_period_is_refused() -> None:
    """The words of the period reader reach the user."""
    with pytest.raises(InvalidInput, match="is not a period"):
        report(frame(), "next Tuesday")


def test_a_report_names_itself_shortly() -> None:
    """What a plain console shows."""
    made = report(frame(worklog("2026-11-18 09:00", 90), loads=[load()]), WEEK)
    assert repr(made) == "<Report 2026-W47: 1:30 in 1 worklogs on 1 issues; complete>"


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.floats(0.05, 0.95), max_size=40))
def test_splitting_and_merging_rows_changes_no_sum(
    rows: list[tuple[datetime, int, str, str]], cuts: list[float]
) -> None:
    """Two hours are two hours, in one worklog or in five; also in the terminal and in the chart."""
    whole = [worklog(at.replace(tzinfo=UTC), s / 60, issue=issue, connection=name) for at, s, issue, name in rows]
    parts = []
    for row, cut in zip_longest(whole, cuts[: len(whole)], fillvalue=0.5):
        first = pd.Timedelta(seconds=round(row["time_spent"].total_seconds() * cut))
        parts += [row | {"time_spent": first}, row | {"time_spent": row["time_spent"] - first}]
    one, other = report(frame(*whole), WEEK), report(frame(*parts), WEEK)
    assert one.matrix.equals(other.matrix)
    assert one.days.equals(other.days)
    assert one.balance.equals(other.balance)
    assert one.split("project")["time_spent"].equals(other.split("project")["time_spent"])
    assert project_stacks(one) == project_stacks(other)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, period=st.sampled_from([WEEK, "2026-11", "2026", ("2026-11-10", "2026-12-31")]))
def test_the_table_adds_up_in_both_directions(rows: list[tuple[datetime, int, str, str]], period: object) -> None:
    """As printed: each row to its total, each column to its total, both to the grand total."""
    given_rows = [worklog(at.replace(tzinfo=UTC), s / 60, issue=issue, connection=name) for at, s, issue, name in rows]
    made = report(frame(*given_rows), period)
    table = [(row.kind, [seconds(cell.text) for cell in row.cells[2:]]) for row in matrix_table(made).rows]
    assert all(sum(cells[:-1]) == cells[-1] for _, cells in table)
    issues, grand = [cells for kind, cells in table if not kind], table[-1][1]
    groups = [cells for kind, cells in table if kind == "group"]
    connections = [cells for kind, cells in table if kind == "total"][:-1]
    for part in filter(None, (issues, groups, connections)):
        assert [sum(column) for column in zip(*part, strict=True)] == grand
    assert grand[-1] == made.total.total_seconds() == day_list_total(made)


def seconds(text: str) -> int:
    return round(parse_duration(text).total_seconds()) if text else 0


def day_list_total(made: Report) -> int:
    """The sum of all lines of the day list, and of its days."""
    rows = day_list_table(made).rows
    lines, days = (sum(seconds(row.cells[1].text) for row in rows if row.kind == kind) for kind in ("", "group"))
    assert lines == days == seconds(rows[-1].cells[1].text)
    return lines


@pytest.mark.parametrize(
    ("period", "starts", "hours"),
    [
        ("2026-W13", "2026-03-29T00:30:00+00:00", 1),  # Sunday has 23 hours
        ("2026-W43", "2026-10-25T00:30:00+00:00", 1),  # Sunday has 25 hours
        ("2026-W53", "2026-12-31T22:59:59+00:00", 1),
        ("2026-W53", "2026-12-31T23:00:00+00:00", 1),  # Friday of week 53, in January
        ("2026", "2026-12-31T23:00:00+00:00", 0),
        ("2027", "2026-12-31T23:00:00+00:00", 1),
        ("2026-W01", "2025-12-28T23:00:00+00:00", 1),
    ],
)
def test_odd_weeks_and_the_turn_of_the_year_lose_nothing(period: str, starts: str, hours: int) -> None:
    """Each instant belongs to exactly one day of the clock."""
    made = report(frame(worklog(starts, 60)), period)
    assert made.total == made.balance["booked"].sum() == timedelta(hours=hours)


def test_a_worklog_of_a_whole_day_stays_on_the_day_it_started() -> None:
    """As Jira counts it; 25 hours as well."""
    made = report(frame(worklog("2026-11-17 20:00", 24 * 60), worklog("2026-11-22 09:00", 25 * 60)), WEEK)
    assert made.days.to_dict() == {
        date(2026, 11, d): timedelta(hours={17: 24, 22: 25}.get(d, 0)) for d in range(16, 23)
    }


def test_three_hundred_issues_are_three_hundred_rows() -> None:
    """In every view; the chart names the largest."""
    rows = [worklog(f"2026-11-{16 + n % 7} 09:00", n + 1, issue=f"P{n % 30}-{n}") for n in range(300)]
    made = report(frame(*rows, loads=[load()]), WEEK)
    assert len(made.matrix) == 300
    assert made.total == timedelta(minutes=300 * 301 // 2)
    assert made._repr_html_().count('<td class="number sum"') > 330
    ranked, rest = ranked_issues(made)
    assert [spent / timedelta(minutes=1) for *_, spent in ranked] == list(range(300, 285, -1))
    assert rest == f"285 more with {made.write_hours(timedelta(minutes=285 * 286 // 2))}"


def test_hours_can_be_decimal_everywhere() -> None:
    """As the user likes."""
    made = report(frame(worklog("2026-11-18 09:00", 90), loads=[load()]), WEEK, decimal=True)
    assert repr(made) == "<Report 2026-W47: 1.50 in 1 worklogs on 1 issues; complete>"
    for text in (made._repr_html_(), str(made.to_html()), made.to_markdown(), str(made.to_svg())):
        assert "1.50" in str(text)
        assert "1:30" not in str(text)
