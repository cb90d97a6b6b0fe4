"""What a report says and in which order, for the screen, for paper, for a terminal and for a chat."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from roots_nb import display
from roots_nb.reports import charts, head
from roots_nb.reports.calendar_chart import months_of
from roots_nb.reports.charts import draw_svg
from roots_nb.reports.completeness import Load
from roots_nb.reports.figures import key_figures
from roots_nb.reports.head import empty_sentences
from roots_nb.reports.tables import checks_table, day_list_table, matrix_table, split_tables

if TYPE_CHECKING:
    from rich.console import RenderableType

    from roots_nb.reports.report import Report

__all__ = ["empty_sentences", "fragment", "markdown", "terminal", "whole"]

MOST_PORTRAIT_COLUMNS = 8
MOST_OPEN_LINES = 150
SIGNATURES = ("Date", "Signature", "Date", "Signature of the customer")


def fragment(report: Report, face: str = "mine") -> Markup:
    """The page as an HTML fragment for a notebook."""
    parts = [_style(), _head_html(report, face), display.list_html(report.completeness.problems, "rn-problems")]
    parts.append(display.list_html(report.completeness.notes, "rn-notes"))
    parts += _mine(report) if face == "mine" else _to_hand_in(report)
    return display.fragment_html(*parts, wide=len(report.matrix.columns) > MOST_PORTRAIT_COLUMNS)


def whole(report: Report, face: str) -> str:
    """The page as a file of its own."""
    return display.page_html(head.title(report), fragment(report, face))


def _mine(report: Report) -> Iterator[Markup]:
    yield _figures_html(report)
    yield from _matrix_html(report, "mine")
    names = charts.shown(report)
    yield from (_chart_html(report, name) for name in names[:1])
    yield from _checks_html(report)
    tables = Markup("").join(map(display.table_html, split_tables(report)))
    if tables:
        yield Markup('<h3>Where the time went</h3>\n<div class="rn-splits">{}</div>\n').format(tables)
    yield Markup('<div class="rn-charts">{}</div>\n').format(
        Markup("").join(_chart_html(report, name) for name in names[1:])
    )
    yield from _day_list_html(report, leading=True, folded=len(report.worklogs) > MOST_OPEN_LINES)
    yield display.list_html(head.left_out(report), "rn-notes")


def _to_hand_in(report: Report) -> Iterator[Markup]:
    yield from _matrix_html(report, "to hand in")
    yield from _day_list_html(report)
    lines = Markup("").join(Markup("<div>{}</div>").format(name) for name in SIGNATURES)
    yield Markup('<div class="rn-sign">{}</div>\n').format(lines)


@cache
def _style() -> Markup:
    css = files("roots_nb.reports").joinpath("page.css").read_text(encoding="utf-8")
    return Markup("<style>{}</style>\n").format(Markup(css))  # noqa: S704


def _head_html(report: Report, face: str) -> Markup:
    state = f"rn-state rn-{report.completeness.state}"
    facts = Markup("").join(
        Markup('<div><dt>{}</dt><dd><span class="{}">{}</span></dd></div>').format(
            name, state if name == "Completeness" else "", display.clean_text(text)
        )
        for name, text in head.facts(report)
        if name != "Total" or face != "mine"
    )
    return Markup('<h2>{}</h2>\n<dl class="rn-head">{}</dl>\n').format(display.one_line(head.title(report)), facts)


def _figures_html(report: Report) -> Markup:
    cards = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd><dd class='rn-note'>{}</dd></div>").format(each.name, each.text, each.note)
        for each in key_figures(report)
    )
    return Markup('<dl class="rn-figures">{}</dl>\n').format(cards)


def _matrix_html(report: Report, face: str) -> Iterator[Markup]:
    if not report.worklogs.empty:
        yield display.table_html(matrix_table(report, face), leading=face == "mine")
    elif not head.empty_loads(report):
        yield Markup("<p>The frame holds no worklogs of this period.</p>\n")
    if face == "mine":
        yield display.list_html(head.days_off(report), "rn-notes")
    yield from (_empty_html(load, explained=face == "mine") for load in head.empty_loads(report))


def _empty_html(load: Load, *, explained: bool) -> Markup:
    if not explained:
        return Markup("<p>No worklogs on {}.</p>\n").format(display.one_line(load["connection"]))
    link = display.link_html("Open the same search in Jira", load["search_url"])
    return Markup("<p><strong>No worklogs on {}.</strong> {}</p>\n{}<p>JQL: <code>{}</code></p>\n").format(
        display.one_line(load["connection"]),
        link,
        display.list_html(empty_sentences(load), "rn-notes"),
        display.one_line(load["jql"]),
    )


def _chart_html(report: Report, name: str) -> Markup:
    figure = display.figure_html(draw_svg(report, name), charts.CHARTS[name].describe(report))
    many = " rn-many" if len(months_of(report.period)) > 1 else ""
    return Markup('<div class="rn-chart-{}{}">{}</div>\n').format(name, many, figure)


def _checks_html(report: Report) -> Iterator[Markup]:
    table = checks_table(report)
    found = display.table_html(table, leading=True) if table else Markup("<p>Nothing found.</p>\n")
    yield Markup('<div class="rn-checks"><h3>Checks</h3>\n{}</div>\n').format(found)


def _day_list_html(report: Report, *, leading: bool = False, folded: bool = False) -> Iterator[Markup]:
    if report.worklogs.empty:
        return
    table = display.table_html(day_list_table(report), leading=leading)
    if folded:
        table = Markup("<details><summary>Day by day: all {:,} worklogs</summary>\n{}</details>\n").format(
            len(report.worklogs), table
        )
    yield Markup('<div class="rn-days">{}</div>\n').format(table)


def terminal(report: Report) -> RenderableType:
    """The face "mine" as rich prints it, without charts and day list."""
    from rich.console import Group
    from rich.text import Text

    lines = [f"{name}: {text}" for name, text in head.facts(report)]
    figures = [f"{each.name}: {each.text}{f' ({each.note})' if each.note else ''}" for each in key_figures(report)[1:]]
    parts: list[RenderableType] = [
        Text("\n".join(map(display.terminal_text, part))) + Text("\n")
        for part in (
            [head.title(report), *lines, *figures],
            report.completeness.problems,
            head.closing_lines(report, "mine"),
        )
        if part
    ]
    if not report.worklogs.empty:
        parts[1:1] = [display.table_terminal(matrix_table(report)), ""]
    return Group(*parts)


def markdown(report: Report, face: str) -> str:
    """The page as Markdown, without charts and day list."""
    facts = [f"- {name}: {display.markdown_text(text)}" for name, text in head.facts(report)]
    problems = [f"- **{display.markdown_text(text)}**" for text in report.completeness.problems]
    table = "" if report.worklogs.empty else display.table_markdown(matrix_table(report, face))
    closing = [f"- {display.markdown_text(text)}" for text in head.closing_lines(report, face)]
    name = display.markdown_text(head.title(report))
    parts = [f"## {name}", "\n".join([*facts, *problems]), table.rstrip(), "\n".join(closing)]
    return "\n\n".join(part for part in parts if part) + "\n"
