"""The charts of a report, and what each says in words. The tables stay the truth: a chart shows the same sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from roots_nb.errors import InvalidInput
from roots_nb.reports import bar_charts, calendar_chart, line_charts
from roots_nb.reports.drawing import svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from roots_nb.reports.report import Report


@dataclass(frozen=True, slots=True)
class Chart:
    """How a chart is drawn and told; `with_target` ones are not handed in."""

    draw: Callable[[Report, bool], Figure]
    describe: Callable[[Report], str]
    with_target: bool = False


def draw(report: Report, name: str, face: str) -> Figure:
    """See `Report.figure`."""
    if name not in CHARTS:
        near = get_close_matches(str(name), CHARTS, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InvalidInput(f"There is no chart {name!r}.", advice=f"{hint}Charts: {', '.join(CHARTS)}.")
    if CHARTS[name].with_target and (face != "mine" or report.is_part):
        raise InvalidInput(
            f"The chart {name} shows the target.",
            advice="A part of the time has none." if report.is_part else 'It is drawn with face="mine".',
        )
    return CHARTS[name].draw(report, face == "mine" and not report.is_part)


def draw_svg(report: Report, name: str) -> str:
    """The chart of the face "mine" as an `<svg>` element."""
    return svg(draw(report, name, "mine"))


def shown(report: Report) -> list[str]:
    """The charts that have something to say of this report."""
    if report.worklogs.empty:
        return []
    names = ["days"]
    if len(report.matrix) > 1:
        names.append("issues")
    if not report.is_part and report.completeness.state != "incomplete" and len(report.period.days) > 1:
        names.append("cumulated")
    names.append("calendar")
    known = [week for week in report.trend if week.booked is not None]
    return names + ["trend"] * (len(known) > 1 and not report.is_part)


CHARTS = {
    "days": Chart(bar_charts.draw_days, bar_charts.describe_days),
    "issues": Chart(bar_charts.draw_issues, bar_charts.describe_issues),
    "cumulated": Chart(line_charts.draw_cumulated, line_charts.describe_cumulated, with_target=True),
    "calendar": Chart(calendar_chart.draw_calendar, calendar_chart.describe_calendar),
    "trend": Chart(line_charts.draw_trend, line_charts.describe_trend, with_target=True),
}
