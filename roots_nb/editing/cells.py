"""What people put into a cell of the frame, read as a value or refused with a reason.

A cell comes from pandas, a CSV, Excel or a grid: it may be of any type. Reading and judging are two steps, because what
was odd when it was loaded may stay as it is. Nothing is guessed: a time in the gap or fold of a clock change is
refused, because nobody can know which instant was meant (`tests/editing/test_cells.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pandas as pd

from roots_nb.durations import format_duration, parse_duration
from roots_nb.errors import InvalidInput
from roots_nb.jira.wire import ISSUE_KEY
from roots_nb.worklogs import TIME_COLUMNS

LONGEST_COMMENT = 32_767
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FURTHEST_AHEAD = timedelta(days=1)
_DAY = timedelta(days=1)
_AS_PANDAS_WRITES = re.compile(r"-?\d{1,5} days?(?: [+-]?\d\d:\d\d:\d\d(?:\.\d+)?)?")
_NOT_A_TIME = "is not a time. Write it as 2026-11-16 09:00."


class BadCell(ValueError):
    """Why a cell cannot be used, as a sentence without row and column."""


def is_missing(cell: object) -> bool:
    """None, NaN, NaT and pandas.NA; an empty text is a text."""
    return cell is None or bool(pd.api.types.is_scalar(cell) and pd.isna(cell))  # type: ignore[call-overload]


def parse_cell(column: str, cell: object, zone: tzinfo | None) -> object:
    """The value of a cell of one of the frame's columns.

    Times become aware, with the offset that `zone` has at that instant. Naive ones count in `zone`; without a zone they
    are refused. What is finer than a millisecond is cut, as Jira would. Issue keys become upper-case.

    Raises
    ------
    BadCell
        It is missing, or not of the column's kind.
    """
    if is_missing(cell):
        raise BadCell("It is missing.")
    if column in TIME_COLUMNS:
        return parse_time(cell, zone)
    if column == "time_spent":
        return _parse_time_spent(cell)
    text = _parse_text(cell)
    return text.strip().upper() if column == "issue" else text


def parse_time(cell: object, zone: tzinfo | None) -> datetime:
    """An aware time as `parse_cell` describes it; raises `BadCell`."""
    moment = _read_time(cell) if isinstance(cell, str) else cell
    if not isinstance(moment, datetime):
        raise BadCell(f"{_shown(cell)} {_NOT_A_TIME}")
    if isinstance(moment, pd.Timestamp):
        moment = moment.to_pydatetime(warn=False)
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    try:
        moment = moment if moment.tzinfo else _in_zone(moment, zone)
        return with_offset(moment, zone or moment.tzinfo or UTC)
    except OverflowError:
        raise BadCell(f"{_shown(cell)} {_NOT_A_TIME}") from None


def with_offset(moment: datetime, zone: tzinfo) -> datetime:
    """The same instant with a fixed offset, the one of `zone`.

    Two times of one `ZoneInfo` are compared by their clocks, which takes both instants of a fold for the same.
    """
    offset = moment.astimezone(zone).utcoffset()
    return moment.astimezone(timezone(offset or timedelta()))


def _read_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadCell(f"{_shown(text)} {_NOT_A_TIME}") from None
    if ":" not in text:
        raise BadCell(f"{_shown(text)} has no time of day. Write it as 2026-11-16 09:00.")
    return moment


def _in_zone(wall_clock: datetime, zone: tzinfo | None) -> datetime:
    if zone is None:
        raise BadCell(
            f'{wall_clock:%Y-%m-%d %H:%M} is in no time zone. Name the one it counts in: zone="Europe/Berlin".'
        )
    first, second = (wall_clock.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.timestamp() > second.timestamp():
        raise BadCell(f"{wall_clock:%Y-%m-%d %H:%M} does not exist in {zone}: the clocks went forward.")
    if first.timestamp() < second.timestamp():
        raise BadCell(
            f"{wall_clock:%Y-%m-%d %H:%M} is twice in {zone}: the clocks went back. Give a time with an offset, "
            f"such as {first.isoformat(' ', 'minutes')}."
        )
    return first


def _parse_time_spent(cell: object) -> timedelta:
    if isinstance(cell, str):
        return _read_duration(cell)
    if not isinstance(cell, timedelta):
        raise BadCell(
            f"{_shown(cell)} is not a duration. Use pandas.Timedelta, roots_nb.duration or a text such as 1h 30m."
        )
    return cell.to_pytimedelta() if isinstance(cell, pd.Timedelta) else cell


def _read_duration(text: str) -> timedelta:
    if _AS_PANDAS_WRITES.fullmatch(text.strip()):
        return pd.Timedelta(text).to_pytimedelta()
    try:
        return parse_duration(text)
    except InvalidInput as error:
        raise BadCell(str(error)) from None


def _parse_text(cell: object) -> str:
    if not isinstance(cell, str):
        raise BadCell(f"{_shown(cell)} is not a text.")
    return cell


def check_value(column: str, value: object, now: datetime) -> None:
    """Judge a value that is new: `BadCell` if Jira would not take it, or nobody can have meant it."""
    _CHECKS[column](value, now)


def _check_started(value: datetime, now: datetime) -> None:
    if value > now + FURTHEST_AHEAD:
        raise BadCell(f"{value:%Y-%m-%d %H:%M} is in the future.")
    if value < EARLIEST:
        raise BadCell(f"{value:%Y-%m-%d %H:%M} is before there was a Jira.")


def _check_time_spent(value: timedelta, _: datetime) -> None:
    if value <= timedelta():
        raise BadCell(f"{format_duration(value)} is no time. To delete a worklog, set True in a column delete.")
    if value >= _DAY:
        raise BadCell(f"{format_duration(value)} is a day or more.")
    if value % timedelta(minutes=1):
        raise BadCell(f"{format_duration(value)} is not a whole number of minutes, which is all that Jira keeps.")


def _check_comment(value: str, _: datetime) -> None:
    if len(value) > LONGEST_COMMENT:
        raise BadCell(f"It has {len(value):,} characters; Jira takes {LONGEST_COMMENT:,}.")


def _check_issue(value: str, _: datetime) -> None:
    if not ISSUE_KEY.fullmatch(value):
        raise BadCell(f"{_shown(value)} is not an issue key such as APP-7.")


_CHECKS: dict[str, Callable[..., None]] = {
    "started": _check_started,
    "time_spent": _check_time_spent,
    "comment": _check_comment,
    "issue": _check_issue,
}


def read_delete(cell: object) -> bool:
    """True or False; missing is False. Raises `BadCell` for anything else, 1 and "yes" among it."""
    if is_missing(cell):
        return False
    if pd.api.types.is_bool(cell):
        return bool(cell)
    raise BadCell(f"{_shown(cell)} is neither True nor False.")


def read_name(cell: object) -> str:
    """A connection's name or a worklog's id as text, though a CSV made it a number; "" if it is missing or blank."""
    if isinstance(cell, str):
        return cell.strip()
    if is_missing(cell):
        return ""
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if whole else cell)  # type: ignore[call-overload]


def _shown(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:59]}…"
