"""What a plan says before it is applied: every change, old to new, and what it does to the days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from roots_nb import display
from roots_nb.display import Cell, Column, Row, Table
from roots_nb.durations import format_duration
from roots_nb.editing.change import Action, Change
from roots_nb.editing.pace import REQUESTS_A_SECOND, WRITES_PER_ISSUE
from roots_nb.periods import format_day

if TYPE_CHECKING:
    from markupsafe import Markup
    from rich.console import RenderableType

    from roots_nb.editing.plan import Plan

MOST_ROWS_IN_HTML = 200
MOST_ROWS_IN_TERMINAL = 50
LONGEST_TEXT = 300
SUMMARY_LIMIT = 120
CONTEXT = 40
USUAL_LATENCY_SECONDS = 0.2
AT_ONCE = {"cloud": 8, "datacenter": 2}
WORDS: dict[Action, str] = {"create": "add", "update": "change", "move": "move", "delete": "delete"}
_REQUESTS: dict[Action, int] = {"create": 2, "update": 1, "move": 3, "delete": 2}
_REQUESTS_AN_ISSUE = 2
_BEYOND_UNDO: dict[Action, str] = {
    "delete": "Undo makes a deleted worklog again, with a new id and a new creation time.",
    "move": (
        "A moved worklog is made anew on the other issue, with a new id and a new creation time; mentions and "
        "attachments in its comment may be lost."
    ),
}


def headline(plan: Plan) -> str:
    """Such as "3 add, 1 delete; -1:30"."""
    if not plan.operations:
        return "nothing to change"
    counts = ", ".join(f"{plan.counts[action]:,} {word}" for action, word in WORDS.items() if action in plan.counts)
    return f"{counts}; {_gain(plan.hours.sum())}"


def changes_table(plan: Plan, most: int) -> Table:
    """One row a change, the first `most` of them."""
    shown = plan.operations[:most]
    several = len({change.connection for change in plan.operations}) > 1
    columns = [Column("What", "key"), Column("Issue", "key"), Column("Summary", optional=True)]
    columns += [Column("Connection", "key")] * several
    columns += [Column("Start", "key"), Column("Time spent", "number"), Column("Comment")]
    columns += [Column("Note", "key")] * bool(plan.warnings)
    rows = [Row(list(_cells(plan, change, several))) for change in shown]
    return Table(columns, rows, f"{_title(plan)}: {headline(plan)}")


def _title(plan: Plan) -> str:
    return f"Plan to undo {plan.undoes[:8]}" if plan.undoes else "Plan"


def _cells(plan: Plan, change: Change, several: bool) -> Iterator[Cell]:
    """Old → new where something changes, else what there is."""
    old, new = change.before or change.after, change.after or change.before
    assert old is not None
    assert new is not None
    yield Cell(WORDS[change.action])
    yield Cell(_arrow(old.issue, new.issue), display.issue_link(f"{change.site}/browse/{new.issue}", new.issue))
    yield Cell(display.shorten(plan.issues.get((change.connection, new.issue), {}).get("summary", ""), SUMMARY_LIMIT))
    if several:
        yield Cell(change.connection)
    yield Cell(_starts(old.started.astimezone(plan.zone), new.started.astimezone(plan.zone)))
    yield Cell(_arrow(format_duration(old.time_spent), format_duration(new.time_spent)))
    yield Cell(_comments(old.comment, new.comment))
    if plan.warnings:
        yield Cell(plan.warnings.get(change.op_id, ""))


def _arrow(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"


def _starts(old: datetime, new: datetime) -> str:
    """Two times on one day name it once; two that look the same, as in a fold, show their offsets."""
    day, old_clock, new_clock = format_day(old.date()), _clock(old), _clock(new)
    if old.timestamp() == new.timestamp():
        return f"{day} {old_clock}"
    if old.date() != new.date():
        return f"{day} {old_clock} → {format_day(new.date())} {new_clock}"
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


def days_table(plan: Plan, most: int) -> Table:
    """How much time each day gains or loses, the first `most` days, and all of them together."""
    days = _days(plan)
    rows = [_day_row(format_day(day), times) for day, *times in days.iloc[:most].itertuples()]
    total = _day_row("Total", days.sum().tolist(), "total")
    columns = [Column("Day", "key"), *(Column(str(name), "number") for name in days)]
    return Table(columns, [*rows, total], "Time by day")


def _days(plan: Plan) -> pd.DataFrame:
    """The days that gain or lose; what was there before is known of a loaded frame, not when a run is undone."""
    if plan.undoes:
        return plan.hours.to_frame("Difference")
    days = plan.worklogs["started"].dt.tz_convert(plan.zone).dt.date
    loaded = plan.worklogs["time_spent"].groupby(days).sum()
    before = loaded.reindex(plan.hours.index, fill_value=pd.Timedelta(0))
    return pd.DataFrame({"Before": before, "After": before + plan.hours, "Difference": plan.hours})


def _day_row(name: str, times: Sequence[timedelta], kind: Literal["", "total"] = "") -> Row:
    return Row([Cell(name), *(Cell(format_duration(time)) for time in times[:-1]), Cell(_gain(times[-1]))], kind)


def _gain(time: timedelta) -> str:
    return f"{'+' * (time > timedelta())}{format_duration(time)}"


def fragment(plan: Plan) -> Markup:
    """The plan as an HTML fragment for a notebook."""
    tables = [display.table_html(table) for table in _tables(plan, MOST_ROWS_IN_HTML)]
    notes = display.list_html(sentences(plan, MOST_ROWS_IN_HTML), "rn-notes")
    return display.fragment_html(*tables, notes, display.list_html(demands(plan), "rn-problems"))


def terminal(plan: Plan) -> RenderableType:
    """The plan as rich prints it."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = []
    for table in _tables(plan, MOST_ROWS_IN_TERMINAL):
        parts += [Text(display.terminal_text(table.caption)), display.table_terminal(table), ""]
    lines = [*sentences(plan, MOST_ROWS_IN_TERMINAL), *demands(plan)]
    return Group(*parts, *(Text(display.terminal_text(line)) for line in lines))


def _tables(plan: Plan, most: int) -> list[Table]:
    return [changes_table(plan, most), days_table(plan, most)] if plan.operations else []


def sentences(plan: Plan, most: int) -> list[str]:
    """What stands below the tables: what is not shown or left alone, how long it takes, what undo cannot bring back."""
    if not plan.operations:
        return ["Nothing to change.", *_left_alone(plan)]
    rest = ((len(plan.operations) - most, "changes", "changes"), (len(plan.hours) - most, "days", "hours"))
    return [
        *(f"… and {count:,} more {what}, in plan.{name}." for count, what, name in rest if count > 0),
        *_left_alone(plan),
        f"Applying takes about {_spell(plan.estimated_seconds)}.",
        *(sentence for action, sentence in _BEYOND_UNDO.items() if action in plan.counts),
        "Mails that Jira sends and what its history says stay, whatever is undone.",
    ]


def _left_alone(plan: Plan) -> list[str]:
    if not (count := len(plan.vanished)):
        return []
    some = ", ".join(plan.vanished[:3]) + ", …" * (count > 3)
    are = "worklog of the loaded frame is" if count == 1 else "worklogs of the loaded frame are"
    return [f"{count:,} {are} not in the edited one and left alone: {some}. To delete, set True in a column delete."]


def demands(plan: Plan) -> list[str]:
    """What has to be said to apply the plan; nothing for an everyday one."""
    return [f'To apply it, say confirm="{plan.confirmation}".'] if plan.confirmation else []


def _spell(seconds: float) -> str:
    """Such as "40 seconds", "3 minutes", "1:30 hours"."""
    if seconds < 90:
        whole = max(1, round(seconds))
        return "a second" if whole == 1 else f"{whole} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{format_duration(timedelta(minutes=minutes))} hours"


def estimated_seconds(plan: Plan) -> float:
    """How long applying may take, from the number of requests and from what Jira Cloud allows.

    An issue costs two listings, before and after, and each change one to three requests more; several issues are under
    way at once, the changes of one issue are not. A request takes as long as in the last load of the frame, where that
    is known.
    """
    loads = {load["connection"]: load for load in plan.worklogs.attrs.get("loads", [])}
    by_connection: dict[str, list[Change]] = defaultdict(list)
    for change in plan.operations:
        by_connection[change.connection].append(change)
    return sum((_site_seconds(part, loads.get(name, {})) for name, part in by_connection.items()), 0.0)


def _site_seconds(changes: Sequence[Change], load: Mapping[str, Any]) -> float:
    latency_seconds = load.get("latency_seconds") or USUAL_LATENCY_SECONDS
    writes = Counter(key for change in changes for key in change.issues)
    requests = dict.fromkeys(writes, _REQUESTS_AN_ISSUE)
    for change in changes:
        for key in change.issues:
            requests[key] += _REQUESTS[change.action]
    one_by_one = [max(requests[key] * latency_seconds, _paced_seconds(count)) for key, count in writes.items()]
    together = latency_seconds * sum(requests.values()) / AT_ONCE[load.get("deployment", "datacenter")]
    return max(*one_by_one, together, writes.total() / REQUESTS_A_SECOND["PUT"])


def _paced_seconds(writes: int) -> float:
    """The least that so many writes on one issue take."""
    return max((writes - 1) // most * seconds for most, seconds in WRITES_PER_ISSUE)
