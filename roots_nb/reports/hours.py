"""Durations in a report: h:mm or decimal hours, as somebody likes; nothing is rounded before it is summed."""

from __future__ import annotations

from datetime import timedelta

from roots_nb.durations import format_duration

HOUR = timedelta(hours=1)


def format_hours(duration: timedelta, *, decimal: bool = False, signed: bool = False) -> str:
    """ "7:30", or "7.50" as `decimal`; `signed` says "+0:15" and "-0:15", and "0:00" for neither."""
    text = f"{duration / HOUR:.2f}" if decimal else format_duration(duration)
    return f"+{text}" if signed and duration > timedelta() else text
