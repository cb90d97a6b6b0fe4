"""A calendar of the months of a report, darker the more time a day has; days that were not loaded say so."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING

from roots_nb.periods import MONTHS, WEEKDAYS, Period, format_day, month_of
from roots_nb.reports.balance import ZERO
from roots_nb.reports.drawing import INK, drawn, ink_on
from roots_nb.reports.matrix import booked_by_day

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from roots_nb.reports.report import Report

MOST_MONTHS = 12
_A_ROW = 4
_MONTH = timedelta(days=27)  # the shortest, from its first day to its last
_LIGHT, _DARK = (222, 235, 247), (8, 64, 129)
_FULL = timedelta(hours=10)
_WIDTH, _HEIGHT = 8.2, 8.6  # of a month, in days


def draw_calendar(report: Report, with_target: bool) -> Figure:
    """The months of the period, at most the last twelve; days outside of it are there if they were loaded."""
    months = months_of(report.period)
    columns = min(len(months), _A_ROW)
    rows = ceil(len(months) / columns)

    def fill(axes: Axes) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, columns * _WIDTH)
        axes.set_ylim(rows * _HEIGHT, 0)
        for number, month in enumerate(months):
            place = (number % columns * _WIDTH, number // columns * _HEIGHT)
            _draw_month(axes, report, month, place, 8 if columns == 1 else 6)

    return drawn(fill, *((3.4, 3.7) if columns == 1 else (2.35 * rows, 2.5 * columns)), filled=True)


def months_of(period: Period) -> list[Period]:
    """The months that share a day with it, at most the last twelve; of a week the one of its last day."""
    months = [month_of(period.last)]
    while len(period.days) > 7 and months[0].first > period.first and len(months) < MOST_MONTHS:
        months.insert(0, months[0].previous)
    return months


def _draw_month(axes: Axes, report: Report, month: Period, place: tuple[float, float], size: float) -> None:
    left, top = place
    name = f"{MONTHS[month.first.month - 1]} {month.first.year}"
    axes.text(left + 0.05, top + 0.55, name, fontsize=size + 1, fontweight="bold", va="center")
    for number, weekday in enumerate(WEEKDAYS):
        axes.text(left + number + 0.5, top + 1.5, weekday, fontsize=size, ha="center", va="center")
    monday = month.first - timedelta(days=month.first.weekday())
    known = []
    for day in month.days:
        week, column = divmod((day - monday).days, 7)
        known.append(_draw_day(axes, report, day, (left + column, top + 2 + week), size))
    if not all(known):
        axes.text(left + 0.05, top + 8.3, "hatched: not loaded", fontsize=size - 1, va="center")


def _draw_day(axes: Axes, report: Report, day: date, place: tuple[float, float], size: float) -> bool:
    """Whether it is known how much time it has."""
    from matplotlib.patches import Rectangle

    (x, y), inside = place, report.period.first <= day <= report.period.last
    known = report.knows(Period(day, day, "day")) or (inside and report.completeness.state == "unknown")
    spent = report.booked.get(day, ZERO) if known or inside else ZERO
    marked = inside and report.period.last - report.period.first < _MONTH
    square = Rectangle((x + 0.04, y + 0.04), 0.92, 0.92, edgecolor=INK, linewidth=1.2 if marked else 0.3)
    square.set_facecolor(colour_of(spent) if spent else "none")
    square.set_hatch("" if known else "////")
    axes.add_artist(square)
    ink = ink_on(colour_of(spent)) if spent else INK
    axes.text(x + 0.1, y + 0.26, str(day.day), fontsize=size - 2, color=ink, va="center", alpha=0.8)
    if spent:
        axes.text(x + 0.5, y + 0.66, report.write_hours(spent), fontsize=size, color=ink, ha="center", va="center")
    return known


def colour_of(spent: timedelta) -> str:
    """From light to dark blue; ten hours and more are the darkest."""
    share = min(spent / _FULL, 1.0)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(_LIGHT, _DARK, strict=True))


def describe_calendar(report: Report) -> str:
    """The calendar in words."""
    first, last = format_day(report.period.first), format_day(report.period.last)
    worked = {day: spent for day, spent in booked_by_day(report.days).items() if spent}
    text = f"A calendar, darker the more time a day has; from {first} to {last} there are {len(worked)} days with time"
    if not worked:
        return f"{text}."
    longest = max(worked, key=lambda day: worked[day])
    return f"{text}, the most, {report.write_hours(worked[longest])}, on {format_day(longest)}."
