"""How a run ended, in words: what needs a look first, conflicts side by side, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from roots_nb import display
from roots_nb.display import Cell, Column, Row, Table
from roots_nb.durations import format_duration
from roots_nb.editing.change import FIELDS, Change
from roots_nb.editing.history import State
from roots_nb.editing.preview import MOST_ROWS_IN_HTML, MOST_ROWS_IN_TERMINAL
from roots_nb.editing.wording import WORDS, issue_cell, needs_year, value_cells

if TYPE_CHECKING:
    from markupsafe import Markup
    from rich.console import RenderableType

    from roots_nb.editing.result import Result

STATE_WORDS: dict[State, str] = {
    "done": "done",
    "already_so": "already so",
    "conflict": "conflict",
    "failed": "failed",
    "unknown": "unknown",
    "not_sent": "not sent",
}
_WORST_FIRST: tuple[State, ...] = ("unknown", "failed", "conflict", "not_sent", "already_so", "done")
_FIELD_WORDS = {
    "issue": "Issue",
    "started": "Start",
    "time_spent": "Time spent",
    "comment": "Comment",
    "worklog": "Worklog",
}
_LONGEST_TEXT = 300
_LONGEST_CAPTION = 60


def headline(result: Result) -> str:
    """Such as "11 done, 1 conflict"."""
    counts = [f"{count:,} {STATE_WORDS[state]}" for state, count in result.counts.items() if count]
    return ", ".join(counts) or "nothing to change"


def changes_table(result: Result, most: int) -> Table:
    """One row a change, what needs a look first; the first `most` of them."""
    rank = {state: n for n, state in enumerate(_WORST_FIRST)}
    ends = sorted(result.ends, key=lambda end: rank[end[1]])[:most]
    with_year = needs_year(change for change, _, _ in ends)
    columns = [Column("State", "key"), Column("What", "key"), Column("Issue", "key"), Column("Start", "key")]
    columns += [Column("Time spent", "number"), Column("Comment"), Column("Note")]
    rows = [
        Row([*_head(change, state), *value_cells(change, result.zone, with_year=with_year), Cell(note)])
        for change, state, note in ends
        if result.zone
    ]
    return Table(columns, rows, f"Result: {headline(result)}")


def _head(change: Change, state: State) -> list[Cell]:
    return [Cell(STATE_WORDS[state]), Cell(WORDS[change.action]), issue_cell(change)]


def conflicts_table(result: Result, most: int) -> Table:
    """Mine, theirs and as loaded, side by side; the first `most` rows."""
    heads = [Column("Issue", "key"), Column("Worklog", "key"), Column("Field", "key")]
    columns = [*heads, Column("As loaded"), Column("In Jira now"), Column("Mine")]
    names = ["issue", "worklog_id", "field", "before", "theirs", "mine"]
    told = result.conflicts[names].head(most).to_numpy()
    rows = [Row([_value(value, result) for value in row]) for row in told]
    return Table(columns, rows, "Conflicts")


def conflict_table(result: Result, change: Change) -> Table:
    """The conflict of one change, a row a field; the caption says which worklog it is.

    A field that I did not change stays theirs, whichever side is taken.
    """
    columns = [Column("Field", "key"), Column("As loaded"), Column("In Jira now"), Column("Mine")]
    told = result.conflicts.loc[lambda rows: rows["op_id"] == change.op_id, ["field", "before", "theirs", "mine"]]
    rows = []
    for name, before, theirs, mine in told.to_numpy():
        stays = name in FIELDS and name not in change.changed
        my_side = Cell("not changed") if stays else _value(mine, result)
        rows.append(Row([Cell(_FIELD_WORDS[name]), _value(before, result), _value(theirs, result), my_side]))
    assert result.zone
    start, _, comment = value_cells(replace(change, after=None), result.zone, with_year=True)
    which = [change.issue, start.text, display.shorten(comment.text, _LONGEST_CAPTION)]
    return Table(columns, rows, " · ".join(filter(None, which)))


def _value(value: object, result: Result) -> Cell:
    if isinstance(value, datetime):
        return Cell(f"{value.astimezone(result.zone):%Y-%m-%d %H:%M}")
    if isinstance(value, timedelta):
        return Cell(format_duration(value))
    return Cell(display.shorten(str(value), _LONGEST_TEXT))


def sentences(result: Result, most: int) -> list[str]:
    """What is not shown, what else was noticed, and what to do next."""
    lines = [f"… and {len(result) - most:,} more changes, in result.changes."] if len(result) > most else []
    lines += result.notes
    if not result.run:
        return [*lines, "Nothing to change."]
    if not result.is_finished:
        lines.append(f'To go on: roots_nb.resume(jira, "{result.run}").')
    if result.counts["conflict"]:
        lines.append("To put your fields on top of theirs: result.replan(overwrite=[…]); it is a plan again.")
    if result.is_finished and result.counts["done"]:
        lines.append(f'To take it back: roots_nb.plan_undo("{result.run}").')
    return lines


def problems(result: Result) -> list[str]:
    """Why it stopped before the end."""
    return [f"Stopped before the end: {problem}" for problem in result.problems]


def result_html(result: Result) -> Markup:
    """The result as an HTML fragment for a notebook."""
    tables = [display.table_html(table) for table in _tables(result, MOST_ROWS_IN_HTML)]
    stopped = display.list_html(problems(result), "rn-problems")
    notes = display.list_html(sentences(result, MOST_ROWS_IN_HTML), "rn-notes")
    return display.fragment_html(stopped, *tables, notes)


def result_terminal(result: Result) -> RenderableType:
    """The result as rich prints it."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [Text(display.terminal_text(line)) for line in problems(result)]
    for table in _tables(result, MOST_ROWS_IN_TERMINAL):
        parts += [Text(display.terminal_text(table.caption)), display.table_terminal(table), ""]
    lines = sentences(result, MOST_ROWS_IN_TERMINAL)
    return Group(*parts, *(Text(display.terminal_text(line)) for line in lines))


def _tables(result: Result, most: int) -> Sequence[Table]:
    tables = [changes_table(result, most)] if len(result) else []
    return [*tables, conflicts_table(result, most)] if result.counts["conflict"] else tables
