"""Points in time as JQL writes them: dates, periods such as -5d, and functions such as startOfWeek("-1").

Everything is read in one zone, that of the person who asks. A week starts on Monday, as on a European site.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from roots_nb.demo.jql_syntax import JqlError

_DATE = re.compile(r"(\d{4})([-/])(\d{2})\2(\d{2})(?: (\d{2}):(\d{2}))?", re.ASCII)
_PERIOD = re.compile(r"([-+]?)((?:\d{1,9}[wdhm]\s*)+)", re.IGNORECASE | re.ASCII)
_INCREMENT = re.compile(r"([-+]?\d{1,9})([yMwdhm]?)", re.ASCII)
_FUNCTION = re.compile(r"(start|end)of(day|week|month|year)")

_Floor = Callable[[datetime], datetime]
_FLOORS: dict[str, tuple[str, _Floor]] = {
    "day": ("d", lambda midnight: midnight),
    "week": ("w", lambda midnight: midnight - timedelta(days=midnight.weekday())),
    "month": ("M", lambda midnight: midnight.replace(day=1)),
    "year": ("y", lambda midnight: midnight.replace(month=1, day=1)),
}


def read_moment(text: str, now: datetime) -> datetime | None:
    """The moment a literal means, in the zone of `now`; None when it is no date.

    Accepted are yyyy-MM-dd and yyyy/MM/dd, both with or without HH:mm, and periods before or after now ("-4w 2d").
    """
    if date := _DATE.fullmatch(text.strip()):
        year, month, day, hour, minute = (int(part or 0) for part in date.group(1, 3, 4, 5, 6))
        try:
            return datetime(year, month, day, hour, minute, tzinfo=now.tzinfo)
        except ValueError:
            return None
    if period := _PERIOD.fullmatch(text.strip()):
        sign = -1 if period[1] == "-" else 1
        for amount, unit in re.findall(r"(\d+)([wdhm])", period[2].lower()):
            now = _shift(now, sign * int(amount), unit)
        return now
    return None


def call_function(name: str, arguments: tuple[str, ...], now: datetime) -> datetime | None:
    """What a date function returns, in the zone of `now`; None when there is no such function.

    Raises
    ------
    JqlError
        Too many arguments, or an increment that is none.
    """
    function = _FUNCTION.fullmatch(name.lower())
    if function is None and name.lower() != "now":
        return None
    most = 1 if function else 0
    if len(arguments) > most:
        expected = "between '0' and '1' arguments" if most else "'0' arguments"
        raise JqlError(f"Function '{name}' expected {expected} but received '{len(arguments)}'.")
    if function is None:
        return now
    unit, floor = _FLOORS[function[2]]
    moment = floor(now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0))
    if function[1] == "end":
        moment = _shift(moment, 1, unit)
    for argument in arguments:
        moment = _shift(moment, *_increment(name, argument, unit))
    return _shift(moment, -1, "ms") if function[1] == "end" else moment


def _increment(name: str, text: str, natural_unit: str) -> tuple[int, str]:
    match = _INCREMENT.fullmatch(text.strip())
    if match is None:
        raise JqlError(
            f"Duration for function '{name}' should have the format (+/-)n(yMwdhm), e.g. '-1M' for 1 month earlier."
        )
    return int(match[1]), match[2] or natural_unit


def _shift(moment: datetime, amount: int, unit: str) -> datetime:
    """Days and longer move along the calendar, hours and shorter in real time."""
    try:
        if unit in ("y", "M"):
            return _shift_months(moment, amount * (12 if unit == "y" else 1))
        if unit in ("w", "d"):
            return moment + timedelta(days=amount * (7 if unit == "w" else 1))
        milliseconds = amount * {"h": 3_600_000, "m": 60_000, "ms": 1}[unit]
        return (moment.astimezone(UTC) + timedelta(milliseconds=milliseconds)).astimezone(moment.tzinfo)
    except (OverflowError, ValueError):
        raise JqlError(f"The period '{amount}{unit}' leads to a date that does not exist.") from None


def _shift_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
