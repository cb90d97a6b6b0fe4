"""Durations mean what people write, and come back as they went."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots_nb.durations import format_duration, parse_duration
from roots_nb.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1h 30m", 90),
        ("1h30m", 90),
        ("1h30", 90),
        ("1 h 5", 65),
        ("1,5h", 90),
        ("1.5", 90),
        ("1,5", 90),
        ("8", 480),
        ("90m", 90),
        ("90 min", 90),
        ("1:30", 90),
        ("0:05", 5),
        ("2 hours 15 minutes", 135),
        (" 0.25H ", 15),
        ("10:00", 600),
    ],
)
def test_duration_is_read_as_people_write_it(text: str, minutes: int) -> None:
    """A comma is a decimal point, a plain number is hours."""
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "h", "abc", "1h 30x", "-1h", "1:75", "1.5.2", "1e3", "nan", "inf", "99999999h"])
def test_duration_refuses_what_it_does_not_understand(text: str) -> None:
    """The error names the text and how to write it."""
    with pytest.raises(InvalidInput, match="1h 30m"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["1d", "2w 3d", "1 day", "1d 2h"])
def test_duration_refuses_days_and_weeks(text: str) -> None:
    """How long a day is differs from site to site."""
    with pytest.raises(InvalidInput, match="days or weeks"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10_000_000))
def test_duration_survives_formatting_and_parsing(seconds: int) -> None:
    """No second is lost or invented on the way to text and back."""
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59, "0:00:59"), (28_799, "7:59:59"), (28_800, "8:00"), (360_000, "100:00"), (-900, "-0:15")],
)
def test_duration_is_never_rounded_up(seconds: int, text: str) -> None:
    """There is no 7:60, and 7:59:59 is not 8:00."""
    assert format_duration(timedelta(seconds=seconds)) == text
