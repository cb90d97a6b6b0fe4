"""Durations as people write them, and back: "1h 30m", "1,5h", "90m", "1:30" <-> timedelta."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from roots_nb.errors import InvalidInput

_ADVICE = "Write it as 1h 30m, 1.5h, 90m or 1:30."
_NUMBER = r"\d+(?:[.,]\d+)?"
_CLOCK = re.compile(r"(?P<hours>\d+):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?")
_UNITS = re.compile(
    rf"(?:(?P<hours>{_NUMBER})\s*(?:hours|hour|hrs|hr|h)\s*)?"
    rf"(?:(?P<minutes>{_NUMBER})\s*(?:minutes|minute|mins|min|m)\s*)?"
    rf"(?:(?P<seconds>\d+)\s*(?:seconds|second|secs|sec|s)\s*)?"
)
_HOURS_THEN_MINUTES = re.compile(r"(?P<hours>\d+)\s*h\s*(?P<minutes>[0-5]?\d)")
_PLAIN_HOURS = re.compile(rf"(?P<hours>{_NUMBER})")
_DAYS_OR_WEEKS = re.compile(rf"{_NUMBER}\s*(?:w|d|weeks?|days?)\b")


def parse_duration(text: str) -> timedelta:
    """Read a duration of hours, minutes and seconds.

    A plain number is hours; a comma is a decimal point. Days and weeks are refused, because how many hours they have is
    a setting of each Jira site.

    Raises
    ------
    InvalidInput
        If it cannot be read as one duration, whole seconds, not negative.
    """
    cleaned = text.strip().lower()
    if _DAYS_OR_WEEKS.search(cleaned):
        raise InvalidInput(
            f"{text!r} counts days or weeks, which each Jira site makes of other hours.",
            advice="Write hours and minutes, such as 7h 30m.",
        )
    for pattern in (_CLOCK, _HOURS_THEN_MINUTES, _PLAIN_HOURS, _UNITS):
        match = pattern.fullmatch(cleaned)
        if match and any(match.groupdict().values()):
            return _exact(text, **match.groupdict())
    raise InvalidInput(f"{text!r} is not a duration.", advice=_ADVICE)


def _exact(text: str, hours: str | None, minutes: str | None = None, seconds: str | None = None) -> timedelta:
    parts = (Decimal((part or "0").replace(",", ".")) for part in (hours, minutes, seconds))
    total_seconds = sum((part * factor for part, factor in zip(parts, (3600, 60, 1), strict=True)), Decimal())
    if total_seconds > 24 * 3600 * 3650:
        raise InvalidInput(f"{text!r} is longer than anybody works.", advice=_ADVICE)
    return timedelta(seconds=round(total_seconds))


def format_duration(duration: timedelta) -> str:
    """Hours and minutes, such as "7:30"; "-0:15" below zero; seconds only where there are any ("0:00:59").

    Never rounds up: 7 h 59 min 59 s is "7:59:59". Fractions of a second are cut.
    """
    total_seconds = abs(duration) // timedelta(seconds=1)
    sign = "-" if duration < timedelta() and total_seconds else ""
    minutes, seconds = divmod(total_seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
