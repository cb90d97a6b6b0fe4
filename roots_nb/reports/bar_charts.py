"""Bars: a stack of projects for each day, and the issues in the order of their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from roots_nb.display import chart_label
from roots_nb.reports.balance import ZERO
from roots_nb.reports.drawing import (
    GREY,
    HOUR,
    INK,
    MOST_NAMED_BARS,
    OKABE_ITO,
    drawn,
    font_size,
    ink_on,
    say,
    set_bars,
    strip,
)
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

MOST_DAY_BARS = 31
MOST_COLOURS = 7
MOST_ISSUES = 15
OTHERS = "others"
_ABOVE = 1.12


def draw_days(report: Report, with_target: bool) -> Figure:
    def fill(axes: Axes) -> None:
        stacks = project_stacks(report)
        required = required_of_bars(report) if with_target else []
        axes.set_title(f"{report.period.label} · {report.write_hours(report.total)} h", loc="left")
        _label_columns(axes, report, with_absences=with_target)
        if stacks:
            _draw_stacks(axes, report, stacks, required)
        else:
            say(axes, "No worklogs")
        highest = max([*add_rows((), stacks).durations, *required] if stacks else [ZERO, *required])
        _draw_target(axes, report, required)
        axes.set_ylim(0, max(highest / HOUR, 1) * _ABOVE)
        if stacks:
            axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, reverse=True)

    return drawn(fill, 3.4)


def _draw_stacks(axes: Axes, report: Report, stacks: Sequence[Sums], required: Sequence[timedelta]) -> None:
    totals = add_rows((), stacks).durations
    bottoms = [ZERO] * len(totals)
    for stack, colour in zip(stacks, _colours(stacks), strict=True):
        _draw_stack(axes, report, stack, colour, bottoms, max(totals))
        bottoms = [bottom + height for bottom, height in zip(bottoms, stack.durations, strict=True)]
    _label_totals(axes, report, totals, required)


def _label_totals(axes: Axes, report: Report, totals: Sequence[timedelta], required: Sequence[timedelta]) -> None:
    """Above each bar; above the line of the target as well where that would cross the words."""
    room = max(*totals, *required) / 12
    for x, (total, line) in enumerate(zip(totals, required or totals, strict=True)):
        height = line if total <= line < total + room else total
        label = report.write_hours(total) if total else ""
        axes.text(x, height / HOUR, label, ha="center", va="bottom", fontsize=font_size(len(totals)))


def _draw_stack(
    axes: Axes, report: Report, stack: Sums, colour: str, bottoms: list[timedelta], highest: timedelta
) -> None:
    name = stack.names[0]
    axes.bar(
        range(len(bottoms)),
        [height / HOUR for height in stack.durations],
        0.72,
        bottom=[bottom / HOUR for bottom in bottoms],
        color=colour,
        label=f"{chart_label(name)} {report.write_hours(stack.total)}",
    )
    if len(bottoms) <= MOST_NAMED_BARS:
        text = chart_label(name, min(28, 60 // len(bottoms)))
        behind = {"facecolor": colour, "edgecolor": "none", "pad": 1}  # so that the line of the target crosses no name
        centred: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8, "zorder": 5, "bbox": behind}
        for x, (bottom, height) in enumerate(zip(bottoms, stack.durations, strict=True)):
            if height > highest / 12:
                axes.text(x, (bottom + height / 2) / HOUR, text, color=ink_on(colour), **centred)


def _draw_target(axes: Axes, report: Report, required: Sequence[timedelta]) -> None:
    if not any(required):
        return
    edges = [x - 0.5 for x in range(len(required) + 1)]
    label = f"target {report.write_hours(sum(required, ZERO))}"
    axes.stairs([each / HOUR for each in required], edges, baseline=None, color=INK, linestyle="--", label=label)


def _label_columns(axes: Axes, report: Report, *, with_absences: bool) -> None:
    kind = bar_kind(report)
    columns = columns_of(report.period, kind)
    names = [column_title(first, kind) for first in columns]
    if len(names) > MOST_NAMED_BARS and kind == "day":
        names = [name.rpartition(" ")[0] for name in names]
    set_bars(axes, names)
    for x, first in enumerate(columns):
        work = report.schedule.on(first)
        if kind == "day" and (work.is_day_off or (with_absences and work.reason)):
            axes.axvspan(x - 0.5, x + 0.5, color="#808080", alpha=0.14, linewidth=0)


def bar_kind(report: Report) -> ColumnKind:
    """How much of the period one bar stands for."""
    return "day" if len(report.period.days) <= MOST_DAY_BARS else column_kind(report.period)


def required_of_bars(report: Report) -> list[timedelta]:
    """What is required of the days of each bar."""
    columns = columns_of(report.period, bar_kind(report))
    return [sum((report.schedule.required(day) for day in days), ZERO) for days in columns.values()]


def project_stacks(report: Report) -> list[Sums]:
    """One row a project, the largest first and the smallest together as "others"; one column a bar."""
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


def _colours(stacks: Sequence[Sums]) -> list[str]:
    return [GREY if stack.names[0] == OTHERS else OKABE_ITO[n] for n, stack in enumerate(stacks)]


def describe_days(report: Report) -> str:
    kind, stacks = bar_kind(report), project_stacks(report)
    if not stacks:
        return "No worklogs, so no bars."
    names = (column_title(first, kind).replace("\n", " ") for first in columns_of(report.period, kind))
    totals = zip(names, add_rows((), stacks).durations, strict=True)
    bars_read = "; ".join(f"{name} {report.write_hours(total)}" for name, total in totals if total)
    projects = ", ".join(f"{stack.names[0]} {report.write_hours(stack.total)}" for stack in stacks)
    return f"Bars of time a {kind}, stacked by project ({projects}): {bars_read}."


def ranked_issues(report: Report) -> tuple[list[tuple[str, str, timedelta]], str]:
    """(project as in the other chart, issue and summary, time), the most first; and the rest in words, if any."""
    ranked = sorted(rows_of(report.matrix), key=lambda row: row.total, reverse=True)
    counts = Counter(project for _, project in {row.names[:2] for row in ranked})
    named = [(_project_name(row.names[:2], counts), f"{row.names[2]} {row.names[3]}", row.total) for row in ranked]
    if len(named) <= MOST_ISSUES:
        return named, ""
    rest = named[MOST_ISSUES:]
    spent = report.write_hours(sum((each[2] for each in rest), ZERO))
    return named[:MOST_ISSUES], f"{len(rest)} more with {spent}"


def draw_issues(report: Report, with_target: bool) -> Figure:
    (ranked, rest), stacks = ranked_issues(report), project_stacks(report)
    colours = {stack.names[0]: colour for stack, colour in zip(stacks, _colours(stacks), strict=True)}

    def fill(axes: Axes) -> None:
        axes.set_title(f"By issue; {rest} are not drawn" if rest else "By issue", loc="left")
        strip(axes, "top", "right", "bottom")
        axes.set_xticks([])
        if not ranked:
            axes.set_yticks([])
            say(axes, "No worklogs")
            return
        hours = [spent / HOUR for _, _, spent in ranked]
        bars = axes.barh(range(len(ranked)), hours, 0.72, color=[colours.get(name, GREY) for name, _, _ in ranked])
        axes.bar_label(bars, [report.write_hours(spent) for _, _, spent in ranked], padding=3, fontsize=9)
        axes.set_yticks(range(len(ranked)), [chart_label(text, 54) for _, text, _ in ranked], fontsize=9)
        axes.set_ylim(len(ranked) - 0.5, -0.5)
        axes.set_xlim(0, max(max(hours), 0.01) * _ABOVE)

    return drawn(fill, 0.7 + 0.27 * max(len(ranked), 1))


def describe_issues(report: Report) -> str:
    ranked, rest = ranked_issues(report)
    texts = [f"{text} {report.write_hours(spent)}" for _, text, spent in ranked] + [rest] * bool(rest)
    return f"Time by issue: {'; '.join(texts)}."
