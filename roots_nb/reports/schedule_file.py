"""`schedule.toml`: a schedule that people can read and edit (tests/reports/test_schedule_file.py)."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roots_nb.connections.profiles import Profiles
from roots_nb.display import clean_text
from roots_nb.durations import format_duration
from roots_nb.errors import InvalidInput
from roots_nb.paths import given_path
from roots_nb.periods import WEEKDAYS
from roots_nb.private_files import private_folder, write_private
from roots_nb.reports.absences import Absence

if TYPE_CHECKING:
    from roots_nb.reports.schedule import Agreement, Schedule

_HEAD = """\
# My working time, read by roots_nb. Edit it as you like.
# [[agreement]]: hours of the weekdays (not named: free), country and subdivision of the public holidays;
#                holds from its day "since" until the next one begins.
# [[absence]]:   "day", or "first" and "last"; "part" = 0.5 for half a day; "hours"; "name".
# absences:      CSV or ICS files with more of them.
"""
_TOP = ("longest_day", "absences", "agreement", "absence")
_AGREEMENT = ("since", "hours", "country", "subdivision")
_HOUR = timedelta(hours=1)


def default_path() -> Path:
    """`schedule.toml` beside the remembered connections."""
    return Profiles().path.with_name("schedule.toml")


def read(path: str | Path | None) -> Schedule:
    """See `Schedule.read`."""
    from roots_nb.reports.schedule import Schedule

    file = default_path() if path is None else given_path(path)
    if path is None and not file.exists():
        return Schedule()
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        return _schedule(document, file.parent)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", advice="Check the path.") from None
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error.message}", advice=error.advice) from None
    except ValueError as error:
        raise InvalidInput(f"{file} is no TOML: {error}.", advice="Correct that line.") from None
    except RuntimeError as error:  # lists within lists without end
        raise InvalidInput(f"{file} cannot be used: {error}", advice="Correct that line.") from None


def _schedule(document: Mapping[str, Any], folder: Path) -> Schedule:
    from roots_nb.reports.schedule import Schedule

    _refuse_unknown(document, _TOP)
    files = document.get("absences", [])
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise InvalidInput("absences is no list of files.", advice='Write absences = ["vacation.csv"].')
    absences = [*(folder / given_path(name) for name in files), *_tables(document, "absence")]
    first, *later = _tables(document, "agreement") or [{}]
    for agreed in (first, *later):
        _refuse_unknown(agreed, _AGREEMENT)
    made = Schedule(**first, absences=absences, longest_day=document.get("longest_day", 10))
    for agreed in later:
        made = made.then(**{"since": None, **agreed})
    return made


def _tables(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tables = document.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidInput(f"{name} is no list of tables.", advice=f"Begin each with a line [[{name}]].")
    return tables


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in table:
        if name not in (names := list(known)):
            near = get_close_matches(name, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names)}."
            raise InvalidInput(f"{name} means nothing here.", advice=hint)


def write(schedule: Schedule, path: str | Path | None, *, force: bool) -> Path:
    """See `Schedule.save`."""
    file = default_path() if path is None else given_path(path)
    if os.path.exists(file) and not force:
        raise InvalidInput(
            f"{file} exists already.",
            advice="Look into it; force=True replaces it, with the comments in it.",
        )
    try:
        if path is None:
            private_folder(file.parent)
        write_private(file, to_toml(schedule).encode())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{file} cannot be written: {why}.", advice="Choose another place.") from None
    return file


def to_toml(schedule: Schedule) -> str:
    """The schedule as the text of a file; a default that nobody confirmed is left out."""
    lines = [_HEAD, f"longest_day = {_hours(schedule.longest_day)}"]
    if schedule.absences.files:
        lines.append(f"absences = [{', '.join(_text(str(path.absolute())) for path in schedule.absences.files)}]")
    for agreed, before in zip(schedule.agreements, (None, *schedule.agreements), strict=False):
        lines += ["", "[[agreement]]", *_agreement(agreed, before)]
    for absence in schedule.absences.rows:
        lines += ["", "[[absence]]", *_absence(absence)]
    return "\n".join(lines) + "\n"


def _agreement(agreed: Agreement, before: Agreement | None) -> Iterator[str]:
    """What is left out stays as it was before, so a place that no longer holds is written as ""."""
    if agreed.since:
        yield f"since = {agreed.since}"
    if not agreed.assumed:
        days = (f"{name.lower()} = {_hours(hours)}" for name, hours in zip(WEEKDAYS, agreed.week, strict=True) if hours)
        yield f"hours = {{{', '.join(days)}}}"
    for name in ("country", "subdivision"):
        value = getattr(agreed, name)
        if value or (before and getattr(before, name)):
            yield f"{name} = {_text(value)}"


def _absence(absence: Absence) -> Iterator[str]:
    days = {"day": absence.first} if absence.first == absence.last else {"first": absence.first, "last": absence.last}
    yield from (f"{name} = {day}" for name, day in days.items())
    if absence.hours is not None:
        yield f"hours = {_hours(absence.hours)}"
    elif absence.part != 1:
        yield f"part = {absence.part:g}" if float(f"{absence.part:g}") == absence.part else f"part = {absence.part!r}"
    if absence.name:
        yield f"name = {_text(absence.name)}"


def _hours(hours: timedelta) -> str:
    """8, 7.5 or "7:42"."""
    number = f"{hours / _HOUR:g}"
    quarter = hours % (_HOUR / 4)
    return _text(format_duration(hours)) if quarter else number


def _text(text: str) -> str:
    """JSON's strings are TOML's, once what no file should hold is gone."""
    return json.dumps(clean_text(text), ensure_ascii=False)
