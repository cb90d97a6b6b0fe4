"""What a report says and in which order, for the screen, for paper, for a terminal and for a chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from roots_nb import display
from roots_nb.display import Cell, Column, Row, Table
from roots_nb.durations import format_duration
from roots_nb.periods import format_day, format_short_day
from roots_nb.reports import charts
from roots_nb.reports.completeness import Load, covers
from roots_nb.reports.matrix import (
    ColumnKind,
    Sums,
    add_rows,
    column_kind,
    column_title,
    columns_of,
    rows_of,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from roots_nb.reports.report import Report

SUMMARY_LIMIT = 160
MOST_PORTRAIT_COLUMNS = 8
NOTHING_FOUND = (
    "Only worklogs that you yourself authored count, and Jira is asked by the day of the work (worklogDate), not by "
    "when it was booked."
)
TEMPO_HINT = "Worklogs logged through Tempo belong to Tempo's own user in Jira Cloud and cannot be found this way."


def title(report: Report) -> str:
    """Such as "Worklogs 2026-W47"."""
    return f"Worklogs {report.period.label}"


def head(report: Report) -> list[tuple[str, str]]:
    """What is known about the report, each with its name: who, when, in which zone, as of when, complete or not."""
    first, last = format_day(report.period.first), format_day(report.period.last)
    return [
        ("Name", _names(report)),
        ("Period", first if first == last else f"{first} – {last}"),
        ("Time zone", str(report.zone)),
        ("As of", _as_of(report)),
        ("Total", format_duration(report.total)),
        ("Completeness", str(report.completeness)),
    ]


def _names(report: Report) -> str:
    names: dict[str, list[str]] = {}
    for load in report.loads:
        if load["account"]:
            names.setdefault(load["account"], []).append(load["connection"])
    if len(names) <= 1:
        return next(iter(names), "unknown")
    return ", ".join(f"{name} ({', '.join(dict.fromkeys(on))})" for name, on in names.items())


def _as_of(report: Report) -> str:
    """The oldest load counts: nothing after it is sure to be in the report."""
    loads = [load for load in report.loads if load["as_of"]]
    if not loads:
        return "unknown"
    oldest = min(datetime.fromisoformat(load["as_of"]) for load in loads).astimezone(report.zone)
    cached = " (partly from the cache)" if any(load["cached"] for load in loads) else ""
    return f"{format_day(oldest.date())}, {oldest:%H:%M}{cached}"


def matrix_table(report: Report) -> Table:
    """Issues by project, sums of each project and connection, and the grand total."""
    kind = column_kind(report.period)
    firsts = columns_of(report.period, kind)
    columns = [
        Column("Issue", "key"),
        Column("Summary", "text", optional=True),
        *(_day_column(first, report.today) if kind == "day" else _span_column(firsts[first], kind) for first in firsts),
        Column("Total", "number", "sum"),
    ]
    rows = rows_of(report.matrix)
    return Table(columns, [*_issue_rows(report, rows), *_total_rows(rows)], f"Time by issue and {kind}, in h:mm")


def _day_column(day: date, today: date) -> Column:
    classes = ["off"] * (day.weekday() >= 5) + ["today"] * (day == today)
    return Column(column_title(day, "day") + "\ntoday" * (day == today), "number", " ".join(classes))


def _span_column(days: list[date], kind: ColumnKind) -> Column:
    if kind == "month":
        return Column(column_title(days[0], kind), "number")
    first, last = format_short_day(days[0]), format_short_day(days[-1])
    span = last if first == last else f"{first.removesuffix(last[-4:])}–{last}"
    return Column(f"{column_title(days[0], kind)}\n{span}", "number")


def _issue_rows(report: Report, rows: Sequence[Sums]) -> Iterator[Row]:
    """Issues below a row with their project's sums, if there are several projects."""
    links = issue_links(report)
    several = len({row.names[0] for row in rows}) > 1
    groups = [(names, list(part)) for names, part in groupby(rows, key=lambda row: row.names[:2])]
    for (connection, project), part in groups:
        if len(groups) > 1:
            yield _sum_row(add_rows((project, connection if several else ""), part), "group")
        for row in part:
            _, _, issue, summary = row.names
            head = [Cell(issue, links.get((connection, issue), "")), Cell(display.shorten(summary, SUMMARY_LIMIT))]
            yield Row([*head, *_durations(row)])


def _total_rows(rows: Sequence[Sums]) -> Iterator[Row]:
    connections = [(name, list(part)) for name, part in groupby(rows, key=lambda row: row.names[0])]
    if len(connections) > 1:
        for name, part in connections:
            yield _sum_row(add_rows(("Total", name), part), "total")
    yield _sum_row(add_rows(("Total", "all connections" if len(connections) > 1 else ""), rows), "total")


def _sum_row(sums: Sums, kind: Literal["group", "total"]) -> Row:
    zero = "0:00" if kind == "total" else ""
    return Row([*(Cell(name) for name in sums.names), *_durations(sums, zero=zero)], kind)


def _durations(sums: Sums, *, zero: str = "") -> list[Cell]:
    return [Cell(format_duration(each) if each else zero) for each in (*sums.durations, sums.total)]


def issue_links(report: Report) -> dict[tuple[str, str], str]:
    """(connection, issue) -> the issue's page in Jira; issues without a safe address are left out."""
    if "url" not in report.worklogs.columns:
        return {}
    rows = report.worklogs[["connection", "issue", "url"]].dropna().drop_duplicates(["connection", "issue"])
    links = ((name, issue, display.issue_link(url, issue)) for name, issue, url in rows.to_numpy().tolist())
    return {(name, issue): link for name, issue, link in links if link}


def empty_loads(report: Report) -> list[Load]:
    """The loads that reach over the whole period, had no problem, and found nothing in it."""
    with_rows = set(report.worklogs["connection"])
    return [
        load
        for load in report.loads
        if load["connection"] not in with_rows and covers([load], report.period, report.zone)
    ]


def empty_sentences(load: Load) -> list[str]:
    """Why a search may have found nothing, and what exactly was asked."""
    asked = f"Asked as {load['account'] or 'an unknown account'} for {load['first']} to {load['last']}, {load['zone']}."
    return [asked, NOTHING_FOUND, *([TEMPO_HINT] if load["deployment"] == "cloud" else [])]


def fragment(report: Report) -> Markup:
    """The page as an HTML fragment for a notebook."""
    parts = [_head_html(report), display.list_html(report.completeness.problems, "rn-problems")]
    if not report.worklogs.empty:
        parts.append(display.table_html(matrix_table(report)))
        parts.append(display.figure_html(charts.svg(charts.bars(report)), charts.describe(report)))
    elif not empty_loads(report):
        parts.append(Markup("<p>The frame holds no worklogs of this period.</p>\n"))
    parts += [_empty_html(load) for load in empty_loads(report)]
    parts.append(display.list_html(report.completeness.notes, "rn-notes"))
    return display.fragment_html(*parts, wide=len(report.matrix.columns) > MOST_PORTRAIT_COLUMNS)


def whole(report: Report) -> str:
    """The page as a file of its own."""
    return display.page_html(title(report), fragment(report))


def _head_html(report: Report) -> Markup:
    state = f"rn-state rn-{report.completeness.state}"
    facts = Markup("").join(
        Markup('<div><dt>{}</dt><dd><span class="{}">{}</span></dd></div>').format(
            name, state if name == "Completeness" else "", display.clean_text(text)
        )
        for name, text in head(report)
    )
    return Markup('<h2>{}</h2>\n<dl class="rn-head">{}</dl>\n').format(title(report), facts)


def _empty_html(load: Load) -> Markup:
    link = display.link_html("Open the same search in Jira", load["search_url"])
    return Markup("<p><strong>No worklogs on {}.</strong> {}</p>\n{}<p>JQL: <code>{}</code></p>\n").format(
        display.one_line(load["connection"]),
        link,
        display.list_html(empty_sentences(load), "rn-notes"),
        display.one_line(load["jql"]),
    )


def terminal(report: Report) -> RenderableType:
    """The page as rich prints it, without the chart."""
    from rich.console import Group
    from rich.text import Text

    lines = [f"{name}: {text}" for name, text in head(report)]
    parts: list[RenderableType] = [
        Text("\n".join(map(display.terminal_text, part))) + Text("\n")
        for part in ([title(report), *lines], report.completeness.problems, closing_lines(report))
        if part
    ]
    if not report.worklogs.empty:
        parts[1:1] = [display.table_terminal(matrix_table(report)), ""]
    return Group(*parts)


def markdown(report: Report) -> str:
    """The page as Markdown, without the chart."""
    facts = [f"- {name}: {display.markdown_text(text)}" for name, text in head(report)]
    problems = [f"- **{display.markdown_text(text)}**" for text in report.completeness.problems]
    table = "" if report.worklogs.empty else display.table_markdown(matrix_table(report))
    closing = [f"- {display.markdown_text(text)}" for text in closing_lines(report)]
    parts = [f"## {title(report)}", "\n".join([*facts, *problems]), table.rstrip(), "\n".join(closing)]
    return "\n\n".join(part for part in parts if part) + "\n"


def closing_lines(report: Report) -> list[str]:
    """What stands below the table: where nothing was found and what was asked, and the notes."""
    lines = []
    for load in empty_loads(report):
        lines += [f"No worklogs on {load['connection']}.", *empty_sentences(load), f"JQL: {load['jql']}"]
        lines += [load["search_url"]] if display.safe_link(load["search_url"]) else []
    return [*lines, *report.completeness.notes]
