"""How a change reads in a row of a table: old → new where something changes, else what there is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from itertools import zip_longest

from roots_nb import display
from roots_nb.display import Cell
from roots_nb.durations import format_duration
from roots_nb.editing.change import Action, Change, Values
from roots_nb.periods import WEEKDAYS, format_day, format_short_day

LONGEST_TEXT = 300
CONTEXT = 40
WORDS: dict[Action, str] = {"create": "add", "update": "change", "move": "move", "delete": "delete"}


def needs_year(changes: Iterable[Change]) -> bool:
    """Whether the days of several years have to be told apart."""
    return len({v.started.year for change in changes for v in (change.before, change.after) if v}) > 1


def issue_cell(change: Change) -> Cell:
    old, new = _both(change)
    return Cell(_arrow(old.issue, new.issue), display.issue_link(f"{change.site}/browse/{new.issue}", new.issue))


def value_cells(change: Change, zone: tzinfo, *, with_year: bool) -> list[Cell]:
    """Start, time spent and comment."""
    old, new = _both(change)
    starts = _starts(old.started.astimezone(zone), new.started.astimezone(zone), with_year=with_year)
    spent = _arrow(format_duration(old.time_spent), format_duration(new.time_spent))
    return [Cell(starts), Cell(spent), Cell(_comments(old.comment, new.comment))]


def _both(change: Change) -> tuple[Values, Values]:
    old, new = change.before or change.after, change.after or change.before
    assert old is not None
    assert new is not None
    return old, new


def _arrow(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"


def _starts(old: datetime, new: datetime, *, with_year: bool) -> str:
    """Two times on one day name it once; two that look the same, as in a fold, show their offsets."""
    day, new_day = (_day(moment, with_year=with_year) for moment in (old, new))
    old_clock, new_clock = _clock(old), _clock(new)
    if old.timestamp() == new.timestamp():
        return f"{day} {old_clock}"
    if old.date() != new.date():
        return f"{day} {old_clock} → {new_day} {new_clock}"
    if old_clock == new_clock:
        old_clock, new_clock = (moment.isoformat(timespec="milliseconds").partition("T")[2] for moment in (old, new))
    return f"{day} {old_clock} → {new_clock}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def _comments(old: str, new: str) -> str:
    """Long ones from shortly before the first difference; two that look the same show what cannot be seen."""
    if old == new:
        return display.shorten(new, LONGEST_TEXT)
    same = next(n for n, (one, other) in enumerate(zip_longest(old, new)) if one != other)
    cut = max(0, same - CONTEXT) if max(len(old), len(new)) > LONGEST_TEXT else 0
    lead = "…" * bool(cut)
    texts = [f"{lead}{display.shorten(text[cut:], LONGEST_TEXT)}" or "(empty)" for text in (old, new)]
    if texts[0] == texts[1]:
        texts = [f"{lead}{display.shorten(repr(text[cut:]), LONGEST_TEXT)}" for text in (old, new)]
    return " → ".join(texts)


def _day(moment: datetime, *, with_year: bool) -> str:
    day = moment.date()
    return format_day(day) if with_year else f"{WEEKDAYS[day.weekday()]} {format_short_day(day)}"
