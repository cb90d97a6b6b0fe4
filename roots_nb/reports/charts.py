"""Charts in matplotlib, made without pyplot: no global state, no window, any thread.

Colours are Okabe and Ito's, which colour-blind people can tell apart, and each bar is labelled itself. No text is read
as mathematics, so "$" and "_" are harmless (tests/reports/test_charts.py).
"""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from roots_nb.display import chart_label
from roots_nb.durations import format_duration
from roots_nb.reports.matrix import (
    ColumnKind,
    Sums,
    add_rows,
    add_up,
    column_kind,
    column_title,
    columns_of,
    rows_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from roots_nb.reports.report import Report

HOUR = timedelta(hours=1)
MOST_DAY_BARS = 31
MOST_NAMED_BARS = 12
MOST_COLOURS = 7
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
GREY = "#999999"
OTHERS = "other projects"

_INK = "#010203"  # becomes the colour of the page's text, light or dark
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
_STYLE: Any = {"text.parse_math": False, "font.size": 10, "axes.axisbelow": True, **dict.fromkeys(_INKED, _INK)}
_DARK_FILLS = {"#0072B2", "#009E73", "#D55E00"}
_PAGE_WIDE_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)


def bars(report: Report) -> Figure:
    """A bar a day (over 31 days: a week or month), stacked by project, in hours."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    stacks = project_stacks(report)
    with rc_context(_STYLE):
        figure = Figure(figsize=(10, 3.4), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(f"{report.period.label} · {format_duration(report.total)} h", loc="left")
        _label_columns(axes, report)
        if stacks:
            _draw_stacks(axes, stacks)
        else:
            axes.text(0.5, 0.5, "No worklogs", transform=axes.transAxes, ha="center")
        for text in figure.findobj(Text):
            text.set_parse_math(False)
    return figure


def _draw_stacks(axes: Axes, stacks: Sequence[Sums]) -> None:
    totals = add_rows((), stacks).durations
    highest = max(totals)
    bottoms = [timedelta()] * len(totals)
    for stack, colour in zip(stacks, OKABE_ITO, strict=False):
        _draw_stack(axes, stack, GREY if stack.names[0] == OTHERS else colour, bottoms, highest)
        bottoms = [bottom + height for bottom, height in zip(bottoms, stack.durations, strict=True)]
    for x, total in enumerate(totals):
        label = format_duration(total) if total else ""
        axes.text(x, total / HOUR, label, ha="center", va="bottom", fontsize=_font_size(len(totals)))
    axes.set_ylim(0, max(highest / HOUR, 1) * 1.12)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, reverse=True)


def _draw_stack(axes: Axes, stack: Sums, colour: str, bottoms: list[timedelta], highest: timedelta) -> None:
    name = stack.names[0]
    drawn = axes.bar(
        range(len(bottoms)),
        [height / HOUR for height in stack.durations],
        0.72,
        bottom=[bottom / HOUR for bottom in bottoms],
        color=colour,
        label=f"{chart_label(name)} {format_duration(stack.total)}",
    )
    if len(bottoms) <= MOST_NAMED_BARS:
        texts = [
            chart_label(name, min(28, 60 // len(bottoms))) if height > highest / 12 else ""
            for height in stack.durations
        ]
        ink = "white" if colour in _DARK_FILLS else "black"
        axes.bar_label(drawn, texts, label_type="center", color=ink, fontsize=8)


def _label_columns(axes: Axes, report: Report) -> None:
    kind = bar_kind(report)
    columns = columns_of(report.period, kind)
    names = [column_title(first, kind) for first in columns]
    if len(names) > MOST_NAMED_BARS and kind == "day":
        names = [name.rpartition(" ")[0] for name in names]
    axes.set_xticks(range(len(names)), names, fontsize=_font_size(len(names)))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylabel("hours")
    axes.locator_params(axis="y", integer=True)
    axes.grid(axis="y", alpha=0.2)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    for x, first in enumerate(columns):
        if kind == "day" and first.weekday() >= 5:
            axes.axvspan(x - 0.5, x + 0.5, color="#808080", alpha=0.14, linewidth=0)


def _font_size(bar_count: int) -> float:
    return 9 if bar_count <= MOST_NAMED_BARS else 7


def svg(figure: Figure) -> str:
    """The figure as an `<svg>` element in the colour of the text around it."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "roots_nb"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    drawn = buffer.getvalue()
    return _PAGE_WIDE_STYLE.sub("", drawn[drawn.index("<svg") :]).replace(_INK, "currentColor")


def bar_kind(report: Report) -> ColumnKind:
    """How much of the period one bar stands for."""
    return "day" if len(report.period.days) <= MOST_DAY_BARS else column_kind(report.period)


def project_stacks(report: Report) -> list[Sums]:
    """One row a project, the largest first and the smallest together as "other projects"; one column a bar."""
    columns = columns_of(report.period, bar_kind(report))
    sums = rows_of(add_up(report.worklogs, ["connection", "project"], columns))
    counts = Counter(row.names[1] for row in sums)
    named = [Sums((_project_name(row.names, counts),), row.durations) for row in sums]
    ranked = sorted(named, key=lambda row: row.total, reverse=True)
    if len(ranked) <= MOST_COLOURS:
        return ranked
    return [*ranked[: MOST_COLOURS - 1], add_rows((OTHERS,), ranked[MOST_COLOURS - 1 :])]


def _project_name(names: tuple[str, ...], counts: Counter[str]) -> str:
    """Two sites may have a project of the same key."""
    connection, project = names
    return f"{project} · {connection}" if counts[project] > 1 else project


def describe(report: Report) -> str:
    """The chart in words, for who cannot see it."""
    kind, stacks = bar_kind(report), project_stacks(report)
    if not stacks:
        return "No worklogs, so no bars."
    names = (column_title(first, kind).replace("\n", " ") for first in columns_of(report.period, kind))
    totals = zip(names, add_rows((), stacks).durations, strict=True)
    bars_read = "; ".join(f"{name} {format_duration(total)}" for name, total in totals if total)
    projects = ", ".join(f"{stack.names[0]} {format_duration(stack.total)}" for stack in stacks)
    return f"Bars of time a {kind}, stacked by project ({projects}): {bars_read}."
