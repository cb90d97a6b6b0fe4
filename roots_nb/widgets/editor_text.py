"""How the bulk editor says what it has to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from roots_nb.durations import format_duration
from roots_nb.editing.dates import Dates
from roots_nb.periods import format_day
from roots_nb.sheet.tally import Counts
from roots_nb.sheet.unsent import FoundEdits, UnsentEdit

MOST_LINES = 5


def restore_text(found: FoundEdits, dates: Dates) -> str:
    """Such as "Restore 37 unsent edits from 16:20", with the day unless it is today; "" where there are none."""
    if found.at is None:
        return ""
    at = found.at.astimezone(dates.zone)
    day = "" if at.date() == datetime.now(dates.zone).date() else f"{format_day(at.date())} "
    return f"Restore {edits_text(len(found.edits))} from {day}{at:%H:%M}"


def counts_text(counts: Counts) -> str:
    """Such as "3 changed · 1 new · +1:30"."""
    words = {
        "changed": counts.changed,
        "new": counts.new,
        "to delete": counts.deleted,
        "with a problem": counts.problems,
        "in conflict": counts.conflicts,
    }
    told = [f"{count:,} {word}" for word, count in words.items() if count]
    sign = "+" if counts.gain.total_seconds() > 0 else ""
    return " · ".join([*told, f"{sign}{format_duration(counts.gain)}"]) if told else "No edits."


def edits_text(count: int) -> str:
    """Such as "37 unsent edits"."""
    return "1 unsent edit" if count == 1 else f"{count:,} unsent edits"


def problems_text(lines: Sequence[str]) -> list[str]:
    """What is wrong with cells, from a line for each, and what to do."""
    what = "1 cell cannot be used:" if len(lines) == 1 else f"{len(lines):,} cells cannot be used:"
    return [what, *most(lines), "They are marked in the table. Correct them and press Review changes again."]


def most(lines: Sequence[str]) -> list[str]:
    """The first lines, and how many more there are."""
    rest = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"And {rest:,} more."] if rest > 0 else [])]


def gone_text(edit: UnsentEdit) -> str:
    """On an edit whose worklog is not there any more."""
    return f"{_worklog_text(edit)} is not there any more; your edit of it was left out."


def kept_text(edit: UnsentEdit) -> str:
    """On an edit that was found and whose worklog the editor does not have."""
    return f"{_worklog_text(edit)} is not in this table; your edit of it is kept, and offered again."


def _worklog_text(edit: UnsentEdit) -> str:
    before = edit.before
    assert before is not None
    return f"{before.issue}, {format_day(before.started.date())}"
