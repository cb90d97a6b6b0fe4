"""What adds up in time: booked against required, and the last twelve weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from roots_nb.periods import MONTHS, format_short_day
from roots_nb.reports.balance import add
from roots_nb.reports.drawing import HOUR, INK, MOST_NAMED_BARS, OKABE_ITO, drawn, set_bars
from roots_nb.reports.matrix import column_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from roots_nb.reports.history import Week
    from roots_nb.reports.report import Report

_ABOVE = 1.12


def draw_cumulated(report: Report, with_target: bool) -> Figure:
    days = [each.day for each in report.balance_days]
    known = sum(day <= report.last_known for day in days)
    booked = list(accumulate(each.booked for each in report.balance_days))[:known]
    required = list(accumulate(each.required for each in report.balance_days))

    def fill(axes: Axes) -> None:
        axes.set_title("Booked and required, added up", loc="left")
        set_bars(axes, _day_names(days))
        axes.set_xlim(-0.5, len(days) - 0.5 + len(days) * 0.24)
        axes.plot(range(len(days)), [each / HOUR for each in required], "--", color=INK, linewidth=1.5)
        axes.plot(range(len(booked)), [each / HOUR for each in booked], color=OKABE_ITO[0], linewidth=2.5)
        ends = [(len(days) - 1, required[-1], "required")]
        if booked:
            ends.append((len(booked) - 1, booked[-1], "booked"))
        _label_ends(axes, report, ends)
        axes.set_ylim(0, max([1, *(each / HOUR for each in (*booked, *required))]) * _ABOVE)

    return drawn(fill, 3.4, 6.3)


def _label_ends(axes: Axes, report: Report, ends: list[tuple[int, timedelta, str]]) -> None:
    """The name of each line at its end, the upper one above it and the lower one below it."""
    highest = max(ends, key=lambda end: end[1])
    for end in ends:
        x, value, name = end
        text, va = f" {name} {report.write_hours(value)}", "bottom" if end is highest else "top"
        axes.text(x, value / HOUR, text, ha="left", va=va, fontweight="bold", fontsize=9)


def _day_names(days: Sequence[date]) -> list[str]:
    """Every day of a week or two, else only some, so that they can be read."""
    if len(days) <= MOST_NAMED_BARS:
        return [column_title(day, "day") for day in days]
    if len(days) <= 70:
        return [format_short_day(day) if day.weekday() == 0 else "" for day in days]
    return [MONTHS[day.month - 1] if day.day == 1 else "" for day in days]


def describe_cumulated(report: Report) -> str:
    booked = report.write_hours(add(each.booked for each in report.balance_days))
    required = report.write_hours(add(each.required for each in report.balance_days))
    return f"Booked time added up day by day to {booked}, beside what is required, {required}."


def draw_trend(report: Report, with_target: bool) -> Figure:
    weeks = report.trend
    hours = [0.0 if week.booked is None else week.booked / HOUR for week in weeks]
    required = [week.required / HOUR for week in weeks]
    highest = max([1, *hours, *required])

    def fill(axes: Axes) -> None:
        axes.set_title("Twelve weeks", loc="left")
        set_bars(axes, [f"{column_title(day, 'week')}\n{format_short_day(day)}" for day in _mondays(weeks)])
        axes.bar(range(len(weeks)), hours, 0.72, color=[OKABE_ITO[4]] * (len(weeks) - 1) + [OKABE_ITO[0]])
        for x, week in enumerate(weeks):
            text = "not\nloaded" if week.booked is None else report.write_hours(week.booked)
            crossed = hours[x] <= required[x] < hours[x] + highest / 10
            axes.text(x, required[x] if crossed else hours[x], text, ha="center", va="bottom", fontsize=9)
        edges = [x - 0.5 for x in range(len(weeks) + 1)]
        axes.stairs(required, edges, baseline=None, color=INK, linestyle="--")
        axes.text(edges[-1], required[-1], " required", ha="left", va="center", fontsize=9, clip_on=False)
        axes.set_ylim(0, highest * 1.15)

    return drawn(fill, 2.8)


def _mondays(weeks: Sequence[Week]) -> list[date]:
    return [week.period.first for week in weeks]


def describe_trend(report: Report) -> str:
    texts = (
        f"{week.period.label} {'not loaded' if week.booked is None else report.write_hours(week.booked)}"
        for week in report.trend
    )
    return f"Time of twelve weeks: {'; '.join(texts)}."
