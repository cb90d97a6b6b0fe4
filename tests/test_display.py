"""Text becomes HTML, terminal, Markdown, CSV and labels in one place, and never more than text."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup
from rich.console import Console

from roots_nb import display
from roots_nb.display import Cell, Column, Row, Table

SMALL = Table(
    [Column("Issue", "key"), Column("Summary", optional=True), Column("Mon\n16 Nov", "number", "off")],
    [
        Row([Cell("APP-1", "https://acme.test/browse/APP-1"), Cell("A long story of many words"), Cell("7:30")]),
        Row([Cell("Total"), Cell("of Cloud"), Cell("107:30")], "total"),
    ],
    "Time <spent>",
)


def printed(width: int, table: Table = SMALL) -> list[str]:
    file = io.StringIO()
    Console(file=file, width=width).print(display.table_terminal(table))
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://acme.atlassian.net/issues/?jql=a%20%3D%20b", True),
        ("http://127.0.0.1:8080/jira/browse/A-1", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//acme.test/x", False),
        ("https:acme.test", False),
        ("https://user@acme.test/", False),
        ("https://acme.test\\@evil.test/", False),
        ("https://acme.test/a b", False),
        ("https://acme.test/\n", False),
        ('https://acme.test/"><img>', False),
        ("https://[acme/", False),
        ("https:///x", False),
        ("https://acme.test/" + "x" * 2000, False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_become_links(url: str, safe: bool) -> None:
    """http or https, a host, nothing that a reader or a parser could take for something else."""
    assert display.safe_link(url) == (url if safe else "")
    assert ("<a " in display.link_html("text", url)) == safe


@pytest.mark.parametrize(
    ("url", "key", "good"),
    [
        ("https://acme.test/jira/browse/APP-1", "APP-1", True),
        ("https://acme.test/browse/APP-12", "APP-1", False),
        ("https://acme.test/browse/app-1", "app-1", False),
        ("https://acme.test/?x=/browse/APP-1", "APP-1", False),
        ("https://acme.test/#/browse/APP-1", "APP-1", False),
        ("ftp://acme.test/browse/APP-1", "APP-1", False),
    ],
)
def test_an_issue_link_is_the_page_of_that_issue(url: str, key: str, good: bool) -> None:
    """The key that is shown is the key that opens."""
    assert display.issue_link(url, key) == (url if good else "")


@given(st.text())
def test_cleaned_text_can_be_written_and_shown(text: str) -> None:
    """Any text can be encoded, and one line is one line."""
    display.clean_text(text + "\ud800").encode()
    assert len(display.one_line(text).splitlines()) <= 1
    assert len(display.shorten(text, 10)) <= 10


@given(st.text())
def test_a_chart_label_is_never_empty_hidden_or_broken(text: str) -> None:
    """matplotlib leaves labels that start with "_" out of legends."""
    label = display.chart_label(text)
    assert label
    assert not label.startswith("_")
    assert "\n" not in label


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1"])
def test_a_csv_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    """The text itself stays."""
    assert display.safe_cell(text) == "'" + text
    assert display.safe_cell("a" + text) == "a" + text


def test_list_in_a_comment_stays_as_it_was_written() -> None:
    """A dash and a space are no formula."""
    assert display.safe_cell("Done:\n- reviewed\n+ tested") == "Done:\n- reviewed\n+ tested"


@given(st.text("a ,;\t\n\"'=+-@＝"))
@example("meeting;=1+1")
@example('meeting;"=1+1"')
@example("two\n@lines")
def test_no_csv_cell_is_run_by_a_program_that_separates_elsewhere(text: str) -> None:
    """At semicolons or tabs it meets no quotes, so it ends cells and lines inside of ours; nothing but `'` is added."""
    file = io.StringIO()
    csv.writer(file).writerow(["2026-11-16", display.safe_cell(text)])
    for separator in ";\t":
        cells = [cell for line in csv.reader(io.StringIO(file.getvalue()), delimiter=separator) for cell in line]
        assert not any(re.match("[=@＝]|[+-](?! )", cell) for cell in cells)
    ((_, cell),) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert cell.replace("'", "") == text.replace("'", "")


def test_a_table_in_html_has_heads_for_screen_readers_and_escaped_text() -> None:
    """Scope on columns and rows, a caption, a class for each kind."""
    html = display.table_html(SMALL)
    assert '<th scope="col" class="number off">Mon\n16 Nov</th>' in html
    assert '<th scope="row" class="key" dir="auto"><a href="https://acme.test/browse/APP-1"' in html
    assert "<caption>Time &lt;spent&gt;</caption>" in html
    assert '<tr class="total">' in html


def test_a_page_carries_its_style_and_forbids_requests() -> None:
    """It opens anywhere."""
    page = display.page_html("a < b", display.fragment_html(Markup("<p>x</p>")))
    assert "<title>a &lt; b</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert "default-src" in page
    assert "{" + "}" not in page


def test_a_wide_terminal_shows_all_columns_on_one_line_each() -> None:
    """Nothing is padded to the screen."""
    lines = printed(80)
    assert lines[1] == "Issue Summary                    16 Nov"
    assert lines[3] == "APP-1 A long story of many words   7:30"


def test_a_tighter_terminal_shortens_texts_only() -> None:
    """Keys and numbers stay whole."""
    assert printed(30)[-2] == "APP-1 A long story of …   7:30"


def test_a_narrow_terminal_leaves_optional_columns_out_but_not_what_a_sum_is_of() -> None:
    """The total names its connection still."""
    lines = printed(24)
    assert lines[-2] == "APP-1            7:30"
    assert lines[-1] == "Total of Cloud 107:30"


def test_terminal_text_is_not_markup_of_rich() -> None:
    """Square brackets are common in summaries."""
    table = Table([Column("[bold]x[/]")], [Row([Cell("[red]a[/red] :smile:")])])
    assert [line for line in printed(40, table) if "─" not in line] == ["[bold]x[/]", "[red]a[/red] :smile:"]


def test_a_markdown_table_aligns_numbers_and_escapes_pipes() -> None:
    """One row a line."""
    table = Table([Column("A"), Column("B\nC", "number")], [Row([Cell("x | y\nz"), Cell("1:00")])])
    assert display.table_markdown(table) == "| A | B C |\n|:---|---:|\n| x \\| y z | 1:00 |\n"
