"""Bars that draw whatever a project is called, and say the same as the table."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roots_nb.reports import charts
from roots_nb.reports.report import report
from tests.reports.frames import WEEK, frame, worklog

TRAPS = ["fix $PATH_{ and $HOME", r"$\frac{1}$ x", "US$5 of $10", "_hidden", "__", "a\nb", "<svg onload=x>", "&"]


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", TRAPS)
def test_no_name_of_a_project_is_mathematics_or_vanishes(name: str) -> None:
    """The label is drawn as it is read, in every format."""
    figure = report(frame(worklog("2026-11-16 09:00", 90, project=name)), WEEK).figure()
    shown = charts.chart_label(name)
    assert f"{shown} 1:30" in texts(figure)
    for suffix in ("svg", "png", "pdf"):
        figure.savefig(io.BytesIO(), format=suffix)


@settings(max_examples=15, deadline=None)
@given(name=st.text(min_size=1, max_size=40))
def test_any_text_can_be_drawn(name: str) -> None:
    """Also what no font has."""
    figure = report(frame(worklog("2026-11-16 09:00", 90, project=name)), WEEK).figure()
    assert charts.svg(figure).startswith("<svg")


def test_bars_are_as_high_as_the_days_are_long() -> None:
    """Heights in hours, one stack a day."""
    rows = [worklog("2026-11-16 09:00", 90), worklog("2026-11-16 12:00", 45, issue="OPS-1")]
    figure = report(frame(*rows), WEEK).figure()
    heights = [patch.get_height() for box in figure.axes[0].containers for patch in box if patch.get_height()]
    assert heights == [1.5, 0.75]
    assert "2:15" in texts(figure)


def test_many_projects_become_seven_colours_and_lose_no_time() -> None:
    """The smallest ones are drawn as one."""
    rows = [worklog("2026-11-16 09:00", n, issue=f"P{n}-1") for n in range(1, 13)]
    stacks = charts.project_stacks(report(frame(*rows), WEEK))
    assert [stack.names[0] for stack in stacks][:2] == ["P12", "P11"]
    assert stacks[-1].names[0] == "other projects"
    assert len(stacks) == 7
    assert sum(stack.total.total_seconds() for stack in stacks) == 78 * 60


def test_a_month_has_a_bar_a_day_and_a_year_a_bar_a_month() -> None:
    """As many bars as can be told apart."""
    made = frame(worklog("2026-11-16 09:00", 90))
    for period, bars in (("2026-11", 30), ("2026", 12), (("2026-10-01", "2026-11-30"), 10)):
        assert len(report(made, period).figure().axes[0].containers[0]) == bars


def test_a_week_without_worklogs_draws_and_says_so() -> None:
    """An empty chart without a word looks like a fault."""
    assert "No worklogs" in texts(report(frame(), WEEK).figure())


def test_the_drawing_takes_the_colour_of_the_page() -> None:
    """One drawing for light, dark and paper; nothing in it reaches beyond itself."""
    svg = charts.svg(report(frame(worklog("2026-11-16 09:00", 90)), WEEK).figure())
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "<style" not in svg
    assert "<metadata" not in svg
