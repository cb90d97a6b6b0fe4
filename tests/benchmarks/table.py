"""What was measured, as one table; counts that miss their goal fail the run, times are told."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

_WIDTH = 120
_HOLDS = {"=": operator.eq, "≤": operator.le, "≥": operator.ge}


@dataclass(frozen=True, slots=True)
class Goal:
    """Such as "≤ 3"; a `binding` one fails the run when it is missed."""

    sign: str
    bound: float
    binding: bool = False

    def __str__(self) -> str:
        return f"{self.sign} {_number(self.bound)}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; whole numbers are counts, all others come from clocks and memory."""

    case: str
    jira: str
    what: str
    value: float
    unit: str = ""
    goal: Goal | None = None

    @property
    def is_missed(self) -> bool:
        return self.goal is not None and not _HOLDS[self.goal.sign](self.value, self.goal.bound)


def count(case: str, jira: str, what: str, value: int, sign: str, bound: int) -> Figure:
    """A count with a goal that has to be met."""
    return Figure(case, jira, what, value, goal=Goal(sign, bound, binding=True))


def show(figures: Sequence[Figure]) -> list[Figure]:
    """Print the table; returns the counts that miss their goal."""
    table = Table(box=box.SIMPLE_HEAD, title="Each figure within one run, with 50 ms latency a request")
    for title in ("Case", "Jira", "Figure"):
        table.add_column(title)
    table.add_column("Measured", justify="right")
    table.add_column("Goal")
    shown = ""
    for each in figures:
        if each.case != shown and shown:
            table.add_section()
        verdict = f"{each.goal or ''}{'  missed' if each.is_missed else ''}"
        case, shown = ("" if each.case == shown else each.case), each.case
        table.add_row(case, each.jira, each.what, f"{_number(each.value)} {each.unit}".strip(), verdict)
    Console(width=_WIDTH).print(table)
    return [each for each in figures if each.is_missed and each.goal and each.goal.binding]


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
