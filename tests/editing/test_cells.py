"""What people put into cells is read as they mean it, or refused with a reason."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots_nb.editing.cells import BadCell, check_value, parse_cell, read_delete, read_name, with_offset

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NINE = datetime(2026, 11, 16, 8, tzinfo=UTC)
MISSING = [None, float("nan"), pd.NaT, pd.NA, np.datetime64("NaT", "s")]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-16 09:00",
        " 2026-11-16T09:00:00 ",
        "2026-11-16 08:00Z",
        "2026-11-16 03:00-05:00",
        datetime(2026, 11, 16, 9),
        NINE,
        pd.Timestamp("2026-11-16 09:00"),
        pd.Timestamp("2026-11-16 17:00", tz="Asia/Tokyo"),
        pd.Timestamp("2026-11-16 09:00:00.000999999"),
    ],
)
def test_start_is_the_instant_that_is_meant(cell: object) -> None:
    """Without a zone it counts in the frame's; what is finer than a millisecond is nothing to Jira."""
    read = parse_cell("started", cell, BERLIN)
    assert read == NINE
    assert isinstance(read, datetime)
    assert read.utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize("cell", ["2026-11-16 09:00:01.234999", pd.Timestamp("2026-11-16 09:00:01.234999999")])
def test_start_is_read_to_the_millisecond(cell: object) -> None:
    """Jira keeps no less, and no more."""
    assert parse_cell("started", cell, BERLIN) == NINE + timedelta(seconds=1, milliseconds=234)


@pytest.mark.parametrize(
    "cell", ["tomorrow", "", "16.11.2026 09:00", 9, date(2026, 11, 16), "0001-01-01 00:00+05:00", True]
)
def test_start_that_is_no_time_is_refused(cell: object) -> None:
    """The reason shows how to write one."""
    with pytest.raises(BadCell, match="2026-11-16 09:00"):
        parse_cell("started", cell, BERLIN)


def test_start_without_time_of_day_is_refused() -> None:
    """Nobody means midnight."""
    with pytest.raises(BadCell, match="no time of day"):
        parse_cell("started", "2026-11-16", BERLIN)


@pytest.mark.parametrize("cell", ["2026-03-29 02:30", datetime(2026, 3, 29, 2, 30), pd.Timestamp("2026-03-29 02:30")])
def test_start_in_a_gap_is_refused(cell: object) -> None:
    """The clocks of Berlin go from 2:00 to 3:00 that night."""
    with pytest.raises(BadCell, match="2026-03-29 02:30 does not exist in Europe/Berlin"):
        parse_cell("started", cell, BERLIN)


@pytest.mark.parametrize("cell", ["2026-10-25 02:30", datetime(2026, 10, 25, 2, 30, fold=1)])
def test_start_in_a_fold_is_refused(cell: object) -> None:
    """It was 2:30 twice that night; the reason shows how to say which."""
    with pytest.raises(BadCell, match=r"twice in Europe/Berlin.*2026-10-25 02:30\+02:00"):
        parse_cell("started", cell, BERLIN)
    assert parse_cell("started", "2026-10-25 02:30+01:00", BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_start_without_any_zone_is_refused() -> None:
    """Where no zone is known, a time must bring its own."""
    with pytest.raises(BadCell, match="no time zone"):
        parse_cell("started", "2026-11-16 09:00", None)
    assert parse_cell("started", "2026-11-16 09:00+01:00", None) == NINE


def test_both_instants_of_a_fold_differ() -> None:
    """Two times of one ZoneInfo with the same clock would be equal."""
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert with_offset(first, BERLIN) != with_offset(second, BERLIN)
    assert with_offset(first, BERLIN).tzinfo == timezone(timedelta(hours=2))


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_instant_survives_with_its_offset(moment: datetime) -> None:
    """Whatever the clocks do that night."""
    assert with_offset(moment, BERLIN) == moment
    assert with_offset(moment, BERLIN).utcoffset() == moment.astimezone(BERLIN).utcoffset()


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        (pd.Timedelta(minutes=90), 90),
        (timedelta(minutes=90), 90),
        ("1,5h", 90),
        ("1h 30m", 90),
        ("0 days 01:30:00", 90),
        ("1 days 01:00:00", 1500),
        ("1 day", 1440),
    ],
)
def test_time_spent_is_read(cell: object, minutes: int) -> None:
    """As people write it, and as pandas writes it into a CSV."""
    read = parse_cell("time_spent", cell, BERLIN)
    assert read == timedelta(minutes=minutes)
    assert type(read) is timedelta


@pytest.mark.parametrize("cell", [90, 1.5, True, datetime(2026, 1, 1), [1, 2], "soon", "", "2d"])
def test_time_spent_that_is_no_duration_is_refused(cell: object) -> None:
    """A plain number may be hours or minutes; the reason quotes what stands there and shows how to write one."""
    with pytest.raises(BadCell, match=rf"{re.escape(repr(cell))}.*[17]h 30m"):
        parse_cell("time_spent", cell, BERLIN)


@pytest.mark.parametrize("column", ["started", "time_spent", "comment", "issue"])
@pytest.mark.parametrize("cell", MISSING, ids=repr)
def test_missing_cell_is_refused(column: str, cell: object) -> None:
    """In whichever of the ways in which pandas says so."""
    with pytest.raises(BadCell, match="It is missing"):
        parse_cell(column, cell, BERLIN)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("time_spent", timedelta(), "0:00 is no time"),
        ("time_spent", timedelta(minutes=-1), "-0:01 is no time"),
        ("time_spent", timedelta(hours=24), "24:00 is a day or more"),
        ("time_spent", timedelta(seconds=90), "0:01:30 is not a whole number of minutes"),
        ("time_spent", timedelta(minutes=1, microseconds=1), "not a whole number"),
        ("started", NOW + timedelta(days=1, milliseconds=1), "2026-11-24 12:00 is in the future"),
        ("started", datetime(226, 11, 16, tzinfo=UTC), "is before there was a Jira"),
        ("started", datetime(1999, 12, 31, 23, 59, tzinfo=UTC), "before there was a Jira"),
        ("comment", "x" * 32_768, "32,768 characters; Jira takes 32,767"),
        ("issue", "APP", "'APP' is not an issue key"),
        ("issue", "../APP-1", "not an issue key"),
        ("issue", "APP-1\n", "not an issue key"),
        ("issue", "", "not an issue key"),
    ],
)
def test_value_is_refused_at_its_limit(column: str, value: object, reason: str) -> None:
    """One step beyond what Jira takes or anybody means."""
    with pytest.raises(BadCell, match=reason):
        check_value(column, value, NOW)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time_spent", timedelta(minutes=1)),
        ("time_spent", timedelta(hours=23, minutes=59)),
        ("started", NOW + timedelta(days=1)),
        ("started", datetime(2000, 1, 1, tzinfo=UTC)),
        ("comment", ""),
        ("comment", "x" * 32_767),
        ("issue", "A_1-0"),
    ],
)
def test_value_is_taken_up_to_its_limit(column: str, value: object) -> None:
    """The last ones that are good."""
    check_value(column, value, NOW)


def test_issue_key_is_read_as_typed() -> None:
    """In small letters, with a blank around it."""
    assert parse_cell("issue", " app-7 ", BERLIN) == "APP-7"
    with pytest.raises(BadCell, match="7 is not a text"):
        parse_cell("issue", 7, BERLIN)


def test_comment_is_kept_as_it_is() -> None:
    """Blanks and line ends may be meant."""
    assert parse_cell("comment", "  a\r\n", BERLIN) == "  a\r\n"
    with pytest.raises(BadCell, match="5 is not a text"):
        parse_cell("comment", 5, BERLIN)


def test_long_cell_is_shown_short() -> None:
    """A reason is a sentence."""
    for length, shown in ((58, f"'{'x' * 58}' is"), (59, f"'{'x' * 58}… is"), (10_000, f"'{'x' * 58}… is")):
        with pytest.raises(BadCell, match=f"^{shown} not a time"):
            parse_cell("started", "x" * length, BERLIN)


@pytest.mark.parametrize(
    ("cell", "delete"), [(True, True), (np.True_, True), (False, False), (pd.NA, False), (None, False)]
)
def test_delete_is_true_false_or_missing(cell: object, delete: bool) -> None:
    """Missing is False."""
    assert read_delete(cell) is delete


@pytest.mark.parametrize("cell", ["", "yes", "True", 1, 0, 1.0])
def test_delete_is_nothing_else(cell: object) -> None:
    """What may mean yes is not taken for it."""
    with pytest.raises(BadCell, match="neither True nor False"):
        read_delete(cell)


@pytest.mark.parametrize(
    ("cell", "name"),
    [(" 10001 ", "10001"), (10_001, "10001"), (10_001.0, "10001"), (1.5, "1.5"), (pd.NA, ""), (" ", "")],
)
def test_name_is_text_though_a_file_made_it_a_number(cell: object, name: str) -> None:
    """A column of ids with a gap comes back from a CSV as floats."""
    assert read_name(cell) == name
