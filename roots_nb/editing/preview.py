"""What a plan says before it is applied: every change, old to new, and what it does to the days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from roots_nb import display
from roots_nb.display import Cell, Column, Row, Table
from roots_nb.durations import format_duration
from roots_nb.editing.change import Action, Change
from roots_nb.editing.pace import REQUESTS_A_SECOND, WRITES_PER_ISSUE
from roots_nb.editing.wording import WORDS, issue_cell, needs_year, value_cells
from roots_nb.periods import format_day

if TYPE_CHECKING:
    from markupsafe import Markup
    from rich.console import RenderableType

    from roots_nb.editing.plan import Plan

MOST_ROWS_IN_HTML = 200
MOST_ROWS_IN_TERMINAL = 50
SUMMARY_LIMIT = 120
USUAL_LATENCY_SECONDS = 0.2
AT_ONCE = {"cloud": 8, "datacenter": 2}
_REQUESTS: dict[Action, int] = {"create": 2, "update": 2, "move": 4, "delete": 2}
_REQUESTS_AN_ISSUE = 1
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
    with_year = needs_year(plan.operations)
    rows = [Row(list(_cells(plan, change, several=several, with_year=with_year))) for change in shown]
    return Table(columns, rows, f"{_title(plan)}: {headline(plan)}")


def _title(plan: Plan) -> str:
    return f"Plan to undo {plan.undoes[:8]}" if plan.undoes else "Plan"


def _cells(plan: Plan, change: Change, *, several: bool, with_year: bool) -> Iterator[Cell]:
    yield Cell(WORDS[change.action])
    yield issue_cell(change)
    yield Cell(display.shorten(_summary(plan, change), SUMMARY_LIMIT))
    if several:
        yield Cell(change.connection)
    yield from value_cells(change, plan.zone, with_year=with_year)
    if plan.warnings:
        yield Cell(plan.warnings.get(change.op_id, ""))


def _summary(plan: Plan, change: Change) -> str:
    """Of the issue where a worklog goes, where that is known; else of the one it comes from."""
    keys = (values.issue for values in (change.after, change.before) if values)
    found = (plan.issues.get((change.connection, key), {}).get("summary") for key in keys)
    return next(filter(None, found), "")


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
    if not plan.operations:
        return []
    return [changes_table(plan, most), *([] if plan.hours.empty else [days_table(plan, most)])]


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
    some = ", ".join(plan.vanished[:3]) + (", … " if count > 3 else ". ")
    are = "worklog of the loaded frame is" if count == 1 else "worklogs of the loaded frame are"
    return [f"{count:,} {are} not in the edited one and left alone: {some}To delete, set True in a column delete."]


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

    Each change is a look and a write (a move twice that on each of its issues); each issue is listed once to verify.
    Several issues are under way at once, the changes of one issue are not: all take their share of the whole, and the
    last one may have begun late. A request takes as long as in the last load of the frame, where that is known.
    """
    loads = {load["connection"]: load for load in plan.worklogs.attrs.get("loads", [])}
    by_connection: dict[str, list[Change]] = defaultdict(list)
    for change in plan.operations:
        by_connection[change.connection].append(change)
    return sum(_site_seconds(part, loads.get(name, {})) for name, part in by_connection.items())


def _site_seconds(changes: Sequence[Change], load: Mapping[str, Any]) -> float:
    latency_seconds = load.get("latency_seconds") or USUAL_LATENCY_SECONDS
    writes = Counter(key for change in changes for key in change.issues)
    requests = Counter(dict.fromkeys(writes, _REQUESTS_AN_ISSUE))
    for change in changes:
        for key in change.issues:
            requests[key] += _REQUESTS[change.action]
    at_once = AT_ONCE[load.get("deployment", "datacenter")]
    longest = max(max(requests[key] * latency_seconds, _paced_seconds(count)) for key, count in writes.items())
    scheduled = (requests.total() * latency_seconds + longest * (at_once - 1)) / at_once
    return max(scheduled, longest, writes.total() / REQUESTS_A_SECOND["PUT"])


def _paced_seconds(writes: int) -> float:
    """The least that so many writes on one issue take."""
    return max((writes - 1) // most * seconds for most, seconds in WRITES_PER_ISSUE)
