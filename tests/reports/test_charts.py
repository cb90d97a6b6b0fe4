"""Bars that draw whatever a project is called, and say the same as the table."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle, StepPatch

from roots_nb.display import chart_label
from roots_nb.errors import InvalidInput
from roots_nb.reports.bar_charts import project_stacks
from roots_nb.reports.calendar_chart import months_of
from roots_nb.reports.charts import CHARTS
from roots_nb.reports.drawing import svg
from roots_nb.reports.report import report
from roots_nb.reports.schedule import Schedule
from tests.reports.frames import WEEK, frame, load, worklog

TRAPS = ["fix $PATH_{ and $HOME", r"$\frac{1}$ x", "US$5 of $10", "_hidden", "__", "a\nb", "<svg onload=x>", "&"]


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in texts_in(figure)]


def texts_in(figure: Any) -> list[Any]:
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("first", [0, 4])
def test_no_name_of_a_project_is_mathematics_or_vanishes(first: int) -> None:
    """The label is drawn as it is read, in every chart that has it."""
    names = TRAPS[first : first + 4]
    rows = [worklog("2026-11-16 09:00", 90, project=name, summary=name, issue=f"P-{n}") for n, name in enumerate(names)]
    made = report(frame(*rows), WEEK)
    for chart in CHARTS:
        figure = made.figure(chart)
        read = texts(figure)
        assert svg(figure)
        assert not any(text.get_parse_math() for text in texts_in(figure))
        if chart == "days":
            assert {f"{chart_label(name)} 1:30" for name in names} <= set(read)
        if chart == "issues":
            assert {chart_label(f"P-{n} {name}", 54) for n, name in enumerate(names)} <= set(read)


@settings(max_examples=6, deadline=None)
@given(name=st.text(min_size=1, max_size=40))
def test_any_text_can_be_drawn(name: str) -> None:
    """Also what no font has."""
    figure = report(frame(worklog("2026-11-16 09:00", 90, project=name)), WEEK).figure()
    assert svg(figure).startswith("<svg")


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
    stacks = project_stacks(report(frame(*rows), WEEK))
    assert [stack.names[0] for stack in stacks][:2] == ["P12", "P11"]
    assert stacks[-1].names[0] == "others"
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
    drawing = svg(report(frame(worklog("2026-11-16 09:00", 90)), WEEK).figure())
    assert "currentColor" in drawing
    assert "#010203" not in drawing
    assert "<style" not in drawing
    assert "<metadata" not in drawing


ROWS = [worklog(f"2026-11-{day} 09:00", 60 * n, issue=f"APP-{n}") for day, n in ((16, 8), (17, 7), (20, 3), (21, 2))]


def test_the_target_is_a_line_of_steps_that_is_not_handed_in() -> None:
    """Each day has its own height: part-time, half a day off, a holiday."""
    schedule = Schedule(
        [8, 7, 8, 8, 5, 0, 0], country="DE", subdivision="SN", absences={"day": "2026-11-19", "part": 0.5}
    )
    made = report(frame(*ROWS), WEEK, schedule=schedule)
    (line,) = [patch for patch in made.figure().axes[0].patches if isinstance(patch, StepPatch)]
    assert list(line.get_data().values) == [8, 7, 0, 4, 5, 0, 0]
    assert "target 24:00" in texts(made.figure())
    assert not [text for text in texts(made.figure(face="to hand in")) if "target" in text]
    assert not [text for text in texts(made.only(project="APP").figure()) if "target" in text]


def test_issues_are_ranked_and_carry_their_names_and_times() -> None:
    """No legend is needed; colours are those of the projects in the other chart."""
    rows = [*ROWS, worklog("2026-11-18 09:00", 150, issue="OPS-1")]
    figure = report(frame(*rows), WEEK).figure("issues")
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels[:2] == ["APP-8 Summary of APP-8", "APP-7 Summary of APP-7"]
    assert [text for text in texts(figure) if ":" in text] == ["8:00", "7:00", "3:00", "2:30", "2:00"]
    colours = [patch.get_facecolor() for patch in figure.axes[0].patches]
    assert len(set(colours)) == 2
    assert colours[3] != colours[0] == colours[4]


def test_the_line_of_booked_time_ends_where_nothing_more_is_known() -> None:
    """The days to come are required, not missed."""
    with time_machine.travel("2026-11-18T12:00:00+00:00"):
        figure = report(frame(*ROWS), WEEK).figure("cumulated")
    required, booked = (list(line.get_ydata()) for line in figure.axes[0].lines)
    assert required == [8, 16, 24, 32, 40, 40, 40]
    assert booked == [8, 15, 15]
    assert {" required 40:00", " booked 15:00"} <= set(texts(figure))


def test_the_calendar_tells_free_days_from_days_that_were_not_loaded() -> None:
    """An empty square is a day without time, a hatched one is not known, and says so."""
    figure = report(frame(*ROWS, loads=[load(first="2026-11-09", last="2026-11-22")]), WEEK).figure("calendar")
    squares = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert len(squares) == 30
    assert [bool(square.get_hatch()) for square in squares] == [True] * 8 + [False] * 14 + [True] * 8
    assert {"Nov 2026", "8:00", "7:00", "hatched: not loaded"} <= set(texts(figure))
    whole = report(frame(*ROWS, loads=[load(first="2026-11-01", last="2026-11-30")]), WEEK).figure("calendar")
    assert "hatched: not loaded" not in texts(whole)
    missing = report(frame(*ROWS, loads=[load(problem="No reply.")]), WEEK).figure("calendar")
    assert all(patch.get_hatch() for patch in missing.axes[0].patches)
    assert "8:00" in texts(missing)
    assert months_of(report(frame(*ROWS), "2026").period)[0].label == "2026-01"


def test_the_trend_leaves_weeks_out_that_were_not_loaded() -> None:
    """They are no weeks without work."""
    made = report(frame(*ROWS, loads=[load(first="2026-11-02", last="2026-11-22")]), WEEK)
    figure = made.figure("trend")
    assert texts(figure).count("not\nloaded") == 9
    assert "20:00" in texts(figure)
    assert "2026-W44 not loaded; 2026-W45 0:00; 2026-W46 0:00; 2026-W47 20:00" in CHARTS["trend"].describe(made)


@pytest.mark.parametrize(("chart", "face"), [("cumulated", "to hand in"), ("trend", "to hand in")])
def test_charts_that_show_the_target_are_not_handed_in(chart: str, face: Any) -> None:
    """The error says how to draw them for oneself."""
    with pytest.raises(InvalidInput, match='face="mine"'):
        report(frame(*ROWS), WEEK).figure(chart, face=face)


def test_an_unknown_chart_names_those_there_are() -> None:
    """A slip is corrected."""
    with pytest.raises(InvalidInput, match="Did you mean 'calendar'"):
        report(frame(), WEEK).figure("calender")


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("rows", [[], ROWS[:1]], ids=["empty", "one"])
def test_every_chart_draws_a_week_of_nothing_and_of_one(chart: str, rows: list[dict[str, Any]]) -> None:
    """And has words that stand for it."""
    made = report(frame(*rows, loads=[load()]), WEEK)
    assert svg(made.figure(chart)).startswith("<svg")
    assert CHARTS[chart].describe(made).endswith(".")
