"""The tables of a report, before it is known where they will be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from roots_nb import display
from roots_nb.display import Cell, Column, Row, Table
from roots_nb.periods import WEEKDAYS, format_day, format_short_day
from roots_nb.reports.balance import ZERO, add
from roots_nb.reports.export import lines_of
from roots_nb.reports.matrix import (
    ColumnKind,
    Sums,
    add_rows,
    column_kind,
    column_title,
    columns_of,
    rows_of,
)
from roots_nb.reports.split import LEVELS

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

SUMMARY_LIMIT = 160
MOST_SPLIT_ROWS = 10
MOST_FINDINGS = 8
SPLIT_TITLES = {
    "project": "project",
    "epic": "epic",
    "issue_type": "issue type",
    "label": "label",
    "category": "category",
}


def matrix_table(report: Report, face: str = "to hand in") -> Table:
    """Issues by project, sums of each project and connection, and the grand total; "mine" ends with the balance."""
    kind, mine = column_kind(report.period), face == "mine"
    firsts = columns_of(report.period, kind)
    columns = [
        Column("Issue", "key"),
        Column("Summary", "text", optional=True),
        *(
            _day_column(report, first, mine=mine) if kind == "day" else _span_column(firsts[first], kind)
            for first in firsts
        ),
        Column("Total", "number", "sum"),
    ]
    rows = rows_of(report.matrix)
    body = [*_issue_rows(report, rows), *_total_rows(report, rows)]
    if mine and not report.is_part and report.completeness.state != "incomplete":
        body += _balance_rows(report, list(firsts.values()))
    return Table(columns, body, f"Time by issue and {kind}, in {'hours' if report.decimal else 'h:mm'}")


def _day_column(report: Report, day: date, *, mine: bool) -> Column:
    work = report.schedule.on(day)
    off = work.is_day_off or (mine and bool(work.reason))
    marks = ["holiday"] * bool(work.holiday)
    if mine and work.absence:
        marks.append("absent" if work.absence == work.target else "partly\nabsent")
    if day == report.today:
        marks.append("today")
    classes = ["off"] * off + ["today"] * (day == report.today)
    return Column("\n".join([column_title(day, "day"), *marks]), "number", " ".join(classes))


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
            sums = add_rows((project, connection if several else ""), part)
            yield _sum_row(report, sums, "group", connection=connection, project=project)
        for row in part:
            _, _, issue, summary = row.names
            head = [Cell(issue, links.get((connection, issue), "")), Cell(display.shorten(summary, SUMMARY_LIMIT))]
            yield Row([*head, *_durations(report, row, {"connection": connection, "issue": issue})])


def _total_rows(report: Report, rows: Sequence[Sums]) -> Iterator[Row]:
    connections = [(name, list(part)) for name, part in groupby(rows, key=lambda row: row.names[0])]
    if len(connections) > 1:
        for name, part in connections:
            yield _sum_row(report, add_rows(("Total", name), part), "total", connection=name)
    names = ("Total", "all connections" if len(connections) > 1 else "")
    nothing = Sums(names, (ZERO,) * len(report.matrix.columns))
    yield _sum_row(report, add_rows(names, rows) if rows else nothing, "total")


def _balance_rows(report: Report, columns: list[list[date]]) -> Iterator[Row]:
    by_day = {each.day: each for each in report.balance_days}
    for name in ("required", "balance"):
        sums = [add(getattr(by_day[day], name) for day in days) for days in columns]
        write = partial(report.write_hours, signed=name == "balance")
        cells = [Cell(write(each) if each else "") for each in sums]
        yield Row([Cell(name.capitalize()), Cell(""), *cells, Cell(write(add(sums)))])


def _sum_row(report: Report, sums: Sums, kind: Literal["group", "total"], **of: str) -> Row:
    zero = report.write_hours(ZERO) if kind == "total" else ""
    return Row([*(Cell(name) for name in sums.names), *_durations(report, sums, of, zero)], kind)


def _durations(report: Report, sums: Sums, of: dict[str, str], zero: str = "") -> list[Cell]:
    """The cells of a row of the matrix, each with the rows that it adds up."""
    days = [*map(str, report.matrix.columns), report.period.label]
    return [
        Cell(report.write_hours(spent), rows={**of, "day": day}) if spent else Cell(zero)
        for spent, day in zip((*sums.durations, sums.total), days, strict=True)
    ]


def issue_links(report: Report) -> dict[tuple[str, str], str]:
    """(connection, issue) -> the issue's page in Jira; issues without a safe address are left out."""
    if "url" not in report.worklogs.columns:
        return {}
    rows = report.worklogs[["connection", "issue", "url"]].dropna().drop_duplicates(["connection", "issue"])
    links = ((name, issue, display.issue_link(url, issue)) for name, issue, url in rows.to_numpy().tolist())
    return {(name, issue): link for name, issue, link in links if link}


def day_list_table(report: Report) -> Table:
    """Every worklog below its day, with the time of each day."""
    links, several = issue_links(report), report.worklogs["connection"].nunique() > 1
    columns = [Column("Start", "key"), Column("Time", "number"), Column("Issue", "key"), Column("Summary")]
    columns += [Column("Connection", "key", optional=True)] * several + [Column("Comment")]
    rows: list[Row] = []
    for day, part in groupby(lines_of(report), key=lambda line: line.started.date()):
        lines = list(part)
        spent = Cell(report.write_hours(add(line.time_spent for line in lines)), rows={"day": str(day)})
        name = Cell(f"{WEEKDAYS[day.weekday()]} {format_short_day(day)}")
        rows.append(Row([name, spent, *[Cell("")] * (len(columns) - 2)], "group"))
        for line in lines:
            key = Cell(line.issue, links.get((line.connection, line.issue), ""))
            of = {"connection": line.connection, "issue": line.issue, "day": str(day)}
            spent = Cell(report.write_hours(line.time_spent), rows=of)
            cells = [Cell(f"{line.started:%H:%M}"), spent, key, Cell(display.shorten(line.summary, SUMMARY_LIMIT))]
            rows.append(Row([*cells, *[Cell(line.connection)] * several, Cell(line.comment)]))
    total = Cell(report.write_hours(report.total), rows={"day": report.period.label})
    rows.append(Row([Cell("Total"), total, *[Cell("")] * (len(columns) - 2)], "total"))
    count = "1 worklog" if len(report.worklogs) == 1 else f"{len(report.worklogs):,} worklogs"
    return Table(columns, rows, f"Day by day: {count}, times in {report.zone}")


def split_tables(report: Report) -> list[Table]:
    """Time by what tells worklogs apart, such as project or label; what is the same everywhere is left out."""
    columns = {*report.worklogs.columns, *(["label"] if "labels" in report.worklogs.columns else [])}
    known = [by for by in SPLIT_TITLES if LEVELS[by][-1] in columns]
    return [table for by in known if (table := _split_table(report, by))]


def _split_table(report: Report, by: str) -> Table | None:
    split, title = report.split(by), SPLIT_TITLES[by]
    keys = [key if isinstance(key, tuple) else (key,) for key in split.index.tolist()]
    if len(keys) < 2:
        return None
    twice = Counter(key[-1] for key in keys)
    names = [f"{key[-1] or f'no {title}'}{f' · {key[0]}' if twice[key[-1]] > 1 else ''}" for key in keys]
    spent, shares = split["time_spent"].tolist(), split["share"].tolist()
    lines = [*zip(names, spent, shares, strict=True)]
    if len(rest := lines[MOST_SPLIT_ROWS:]) > 1:
        lines[MOST_SPLIT_ROWS:] = [
            (f"{len(rest)} others", add(each[1] for each in rest), sum(each[2] for each in rest))
        ]
    rows = [Row([Cell(name), Cell(report.write_hours(each)), Cell(f"{share:.0%}")]) for name, each, share in lines]
    note = ", each worklog at all of its labels" if by == "label" and add(spent) > report.total else ""
    columns = [Column(title.capitalize(), "text"), Column("Time", "number"), Column("Share", "number")]
    return Table(columns, rows, f"By {title}{note}")


def checks_table(report: Report) -> Table | None:
    """What the checks found, or None."""
    rows: list[Row] = []
    for check, part in groupby(report.findings, key=lambda each: each.check):
        found = list(part)
        count = f"{len(found)} found" if len(found) > 1 else ""
        behind = {"check": check} if any(each.positions for each in found) else None
        rows.append(Row([Cell(check.capitalize()), Cell(count, rows=behind)], "group"))
        for each in found[:MOST_FINDINGS]:
            of = {"check": check, "day": str(each.day)} if each.positions else None
            rows.append(Row([Cell(format_day(each.day)), Cell(display.shorten(each.text, 200), rows=of)]))
        if len(found) > MOST_FINDINGS:
            more = f'and {len(found) - MOST_FINDINGS} more: report.rows(check="{check}") has the worklogs'
            rows.append(Row([Cell(""), Cell(more, rows=behind)]))
    columns = [Column("Day", "key"), Column("What")]
    return Table(columns, rows, f"{len(report.findings)} to look at") if rows else None
