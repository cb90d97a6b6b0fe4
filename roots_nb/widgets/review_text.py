"""What a review says: the plan, how it ended, what to do next. Words for buttons, not for code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from roots_nb import display
from roots_nb.editing import preview, result_view
from roots_nb.editing.history import State
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from roots_nb.editing.runs import applied_by, result_of, runs
from roots_nb.errors import RootsError, Stopped
from roots_nb.widgets.notice import Kind

MOST_ROWS = preview.MOST_ROWS_IN_HTML

_NEXT: dict[State, str] = {
    "unknown": "{} unknown: Jira's answer was lost. Resume finds out what became of it, and doubles nothing.",
    "not_sent": "{} not sent: Resume goes on there.",
    "conflict": "{} in conflict: somebody changed the same in Jira meanwhile, so nothing of it was sent.",
    "failed": "{} failed: what Jira says is in the column Note. Correct it and plan again.",
}


class Outcome(NamedTuple):
    """How it stands, as a kind of notice and its lines."""

    kind: Kind
    lines: Sequence[str]


def plan_html(plan: Plan) -> Markup:
    """The plan as it shows itself, without what only code can answer."""
    tables = [preview.changes_table(plan, MOST_ROWS), preview.days_table(plan, MOST_ROWS)] if len(plan) else []
    notes = display.list_html(preview.sentences(plan, MOST_ROWS), "rn-notes")
    return display.fragment_html(*map(display.table_html, tables), notes)


def result_html(result: Result, *, with_conflicts: bool) -> Markup:
    """One row a change, what was noticed besides, and conflicts where they cannot be chosen from."""
    tables = [result_view.changes_table(result, MOST_ROWS)]
    tables += [result_view.conflicts_table(result, MOST_ROWS)] * (with_conflicts and result.counts["conflict"] > 0)
    left_out = len(result) - MOST_ROWS
    notes = [f"… and {left_out:,} more changes, in review.result.changes."] * (left_out > 0) + result.notes
    return display.fragment_html(*map(display.table_html, tables), display.list_html(notes, "rn-notes"))


def outcome(result: Result, first: str = "") -> Outcome:
    """How a run ended and what to do about each state; `first` goes before it."""
    who = applied_by(result.run) if result.is_open else ""
    told = [*problems(result.problems), *_next(result)] if not who else _under_way(who)
    lines = [first, f"{result_view.headline(result)}.", *told]
    return Outcome("warning" if who else _kind(result), [line for line in lines if line])


def _under_way(who: str) -> list[str]:
    return [
        f"It is being applied right now, by {who}.",
        "Wait until that has ended, or stop it there. Resume then shows how it ended, or goes on.",
    ]


def _next(result: Result) -> Iterator[str]:
    for state, sentence in _NEXT.items():
        if (count := result.counts[state]) and (result.is_open or state in ("conflict", "failed")):
            yield sentence.format(f"{count:,}")
    if result.counts["conflict"] and not result.is_open:
        yield "Look at both sides, choose, and review what is yours again."
    if result.is_open:
        if not result.counts["unknown"] + result.counts["not_sent"]:
            yield "Not everything was read again to verify it: Resume does that."
        if result.counts["conflict"]:
            yield "Conflicts can be settled once the run has ended: Resume, or leave it as it is."
    elif not result.is_finished:
        yield "It was left as it is: what was not sent stays undone."


def problems(found: Sequence[RootsError]) -> list[str]:
    """Why it stopped; what Stop itself would advise in code is a button here."""
    return [
        "You pressed Stop; what was under way was finished." if isinstance(each, Stopped) else str(each)
        for each in found
    ]


def _kind(result: Result) -> Kind:
    broken = any(not isinstance(problem, Stopped) for problem in result.problems)
    if broken or result.counts["failed"] or result.counts["unknown"]:
        return "problem"
    return "good" if result.is_finished and not result.counts["conflict"] else "warning"


def interrupted_sentence(run: str) -> str:
    """Which run of the account keeps this plan back. Reads the journals."""
    row = runs().set_index("run").loc[run]
    begun = row["begun"].to_pydatetime().astimezone()
    stand = result_view.headline(result_of(run))
    return f"A run of {begun:%Y-%m-%d %H:%M} on {row['connections']} was interrupted: {stand}."
