"""The one place where text becomes HTML, a terminal table, Markdown, a CSV cell or a chart label.

Jira's text is anybody's text: a summary may hold tags, formulas, `$`, control characters or right-to-left overrides.
A `Table` is built once and shown by `table_html`, `table_terminal` or `table_markdown`; each escapes every cell, and a
link is made only of an address that `safe_link` or `issue_link` accepts. One canary test sends the same hostile text
through every view and export (tests/reports/test_canary.py).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table as RichTable
    from rich.text import Text

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BIDI_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")
_LINK = re.compile(r"https?://[^\s\"'<>\\^`{|}\x00-\x20\x7f-\x9f]{1,1900}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~$#&])")
_NO_MATHEMATICS = "mathjax_ignore tex2jax_ignore"
_ROW, _ROW_END = Markup('<tr class="%s">'), Markup("</tr>\n")
_ROW_HEAD = Markup('<th scope="row" class="%s" dir="auto"%s>%s</th>')
_CELL, _ROWS = Markup('<td class="%s" dir="auto"%s>%s</td>'), Markup(' data-rows="%s"')
_LEAST_TEXT = 12
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_FORMULA_WITHIN = re.compile('([;\t\r\n]"*)(?=[=@＝＠]|[+＋－-](?! ))')  # a list's "- " is none


def clean_text(text: str) -> str:
    """`text` with plain line ends and without characters that no screen, file or parser should meet (they become �)."""
    return _UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """`clean_text` on a single line, without marks that turn the direction of writing."""
    return " ".join(_BIDI_CONTROLS.sub("", clean_text(text)).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of `text` on one line; what was cut shows as "…"."""
    line = one_line(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def chart_label(text: str, limit: int = 28) -> str:
    """`text` as a label in a chart: one short line, without the leading "_" that hides a label from legends.

    "$" is kept; draw with `text.parse_math` off (as `reports.charts` does), or matplotlib reads mathematics.
    """
    return shorten(text, limit).lstrip("_ ") or "–"


def safe_cell(text: str) -> str:
    """`text` as a cell of a CSV file: a leading `'` keeps a spreadsheet from running it as a formula.

    So does one where a program that separates at semicolons or tabs, and minds no quotes then, begins another cell.
    """
    within = _FORMULA_WITHIN.sub(r"\1'", text)
    return f"'{within}" if text.startswith(_FORMULA_STARTS) else within


def safe_link(url: str) -> str:
    """`url` if a browser may be sent there (http or https, a host, no user name, nothing odd), else ""."""
    if not _LINK.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.hostname and "@" not in parts.netloc else ""


def issue_link(url: str, key: str) -> str:
    """`url` if it is the page of issue `key` on some site (`{site}/browse/{key}`), else ""."""
    good = _ISSUE_KEY.fullmatch(key) and url.endswith(f"/browse/{key}") and not set("?#") & set(url)
    return safe_link(url) if good else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, the address it links to ("" = none), CSS classes such as "off", and of which rows it tells, if of any."""

    text: str
    link: str = ""
    classes: str = ""
    rows: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column.

    `kind` says how its cells are set: "text" wraps, "key" does not, "number" stands right. A narrow terminal leaves
    `optional` columns out.
    """

    title: str
    kind: Literal["text", "key", "number"] = "text"
    classes: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """As many cells as the table has columns; `kind` is "" or "group" or "total"."""

    cells: Sequence[Cell]
    kind: Literal["", "group", "total"] = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a table says, before it is known where it will be shown. The first cell of each row is its head."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    caption: str = ""


def table_html(table: Table, *, leading: bool = False) -> Markup:
    """The table as an HTML fragment; to be put inside `fragment_html`, which brings the style.

    With `leading` its cells name their rows in `data-rows`, for a widget that leads there.
    """
    caption = Markup("<caption>{}</caption>").format(clean_text(table.caption)) if table.caption else ""
    heads = Markup("").join(
        Markup('<th scope="col" class="{}">{}</th>').format(f"{c.kind} {c.classes}".strip(), clean_text(c.title))
        for c in table.columns
    )
    rows = Markup("").join(_row_html(row, table.columns, leading) for row in table.rows)
    return Markup(
        '<div class="rn-scroll" role="region" aria-label="{}" tabindex="0"><table class="rn-table">{}'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>\n"
    ).format(one_line(table.caption) or "Table", caption, heads, rows)


def _row_html(row: Row, columns: Sequence[Column], leading: bool) -> Markup:
    """Filled in at once: a page has thousands of rows."""
    parts: list[str] = [row.kind]
    for cell, column in zip(row.cells, columns, strict=True):
        rows = _ROWS % json.dumps(cell.rows) if leading and cell.rows is not None else Markup()
        parts += [f"{column.kind} {column.classes} {cell.classes}".strip(), rows, link_html(cell.text, cell.link)]
    return (_ROW + _ROW_HEAD + _CELL * (len(columns) - 1) + _ROW_END) % tuple(parts)


def link_html(text: str, url: str) -> Markup:
    """`text`, escaped, as a link to `url` if that is a safe one."""
    shown = Markup.escape(clean_text(text))
    if not (link := safe_link(url)):
        return shown
    return Markup('<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>') % (link, shown)


def list_html(items: Iterable[str], classes: str) -> Markup:
    """Sentences as a list; "" when there are none."""
    lines = Markup("").join(Markup('<li dir="auto">{}</li>').format(clean_text(item)) for item in items)
    return Markup('<ul class="{}">{}</ul>\n').format(classes, lines) if lines else lines


def figure_html(svg: str, alt: str) -> Markup:
    """A drawing of our own (never of anybody's text that is not escaped in it), with the text that stands for it."""
    return Markup('<figure role="img" aria-label="{}">{}</figure>\n').format(one_line(alt), Markup(svg))  # noqa: S704


@cache
def _style() -> Markup:
    css = files("roots_nb").joinpath("display.css").read_text(encoding="utf-8")
    return Markup("<style>{}</style>\n").format(Markup(css))  # noqa: S704


def fragment_html(*parts: Markup, wide: bool = False) -> Markup:
    """Parts of a page with their style, for a notebook's output; what is `wide` prints on landscape pages.

    JupyterLab would set whatever stands between two `$` as mathematics, were it not for the class.
    """
    classes = f"roots-nb {_NO_MATHEMATICS}{' rn-wide' if wide else ''}"
    return Markup('{}<div class="{}">\n{}</div>\n').format(_style(), classes, Markup("").join(parts))


def page_html(title: str, fragment: Markup) -> str:
    """A whole page that needs nothing else: no script, and a policy that forbids any request."""
    return Markup(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>{}</title>\n{}'
        "<style>@page {{ size: A4; margin: 12mm; @bottom-right {{ content: counter(page) ' / ' counter(pages); "
        "font: 8pt sans-serif }} }} @page wide {{ size: A4 landscape }}</style>\n"
        '</head>\n<body class="roots-nb rn-page">\n{}</body>\n</html>\n'
    ).format(one_line(title), _style(), fragment)


def table_markdown(table: Table) -> str:
    """The table in Markdown as GitHub, GitLab and most chats read it."""
    lines = [
        [column.title for column in table.columns],
        *([cell.text for cell in row.cells] for row in table.rows),
    ]
    head, *body = (f"| {' | '.join(markdown_text(text) for text in line)} |" for line in lines)
    rule = "|".join("---:" if column.kind == "number" else ":---" for column in table.columns)
    return "\n".join([head, f"|{rule}|", *body]) + "\n"


def markdown_text(text: str) -> str:
    """`text` on one line in which nothing is Markdown."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def table_terminal(table: Table) -> TerminalTable:
    """The table as something rich prints, as wide as the terminal; numbers are never cut."""
    return TerminalTable(table)


def terminal_text(text: str) -> str:
    """`text` on one line that cannot move the cursor, set a colour or fake another line."""
    return "".join(c for c in one_line(text) if c == "\u200d" or unicodedata.category(c) not in ("Cc", "Cf"))


@dataclass(frozen=True, slots=True)
class TerminalTable:
    """Made by `table_terminal`."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        texts = self._texts(range(len(self.table.columns)))
        widths = self._widths(texts, options.max_width, "\n")
        if any(widths[i] < min(_LEAST_TEXT, self._natural(i, texts[i], "\n")) for i in texts):
            texts = self._texts([i for i in texts if not self.table.columns[i].optional])
            widths = self._widths(texts, options.max_width, None)
        yield self._grid(texts, widths)

    def _texts(self, shown: Sequence[int]) -> dict[int, list[str]]:
        """The cells of each column shown. What a sum is of must not get lost with the column that says it."""
        rows = [[terminal_text(cell.text) for cell in row.cells] for row in self.table.rows]
        for row, texts in zip(self.table.rows, rows, strict=True):
            hidden = (text for i, text in enumerate(texts) if row.kind and i not in shown)
            texts[0] = " ".join([texts[0], *hidden]).strip()
        return {i: [texts[i] for texts in rows] for i in shown}

    def _widths(self, texts: dict[int, list[str]], available: int, title_breaks: str | None) -> dict[int, int]:
        """What keys and numbers need; texts, and if that is not enough keys, share the rest, the narrowest first."""
        widths = {i: self._natural(i, texts[i], title_breaks) for i in texts}
        for kind, least in (("text", _LEAST_TEXT), ("key", 6), ("text", 1)):
            sharing = sorted((i for i in texts if self.table.columns[i].kind == kind), key=widths.__getitem__)
            rest = available + 1 - sum(width + 1 for width in widths.values()) + sum(widths[i] for i in sharing)
            for n, i in enumerate(sharing):
                widths[i] = min(widths[i], max(least, rest // (len(sharing) - n)))
                rest -= widths[i]
        return widths

    def _natural(self, i: int, texts: list[str], title_breaks: str | None) -> int:
        """The widest cell, or part of the title, split at `title_breaks` (None = at every space)."""
        from rich.cells import cell_len

        parts = (terminal_text(part) for part in self.table.columns[i].title.split(title_breaks))
        return max(cell_len(text) for text in (*parts, *texts))

    def _grid(self, texts: dict[int, list[str]], widths: dict[int, int]) -> RichTable:
        from rich import box, table

        grid = table.Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
        for i, width in widths.items():
            column = self.table.columns[i]
            grid.add_column(
                _plain("\n".join(map(terminal_text, column.title.split("\n")))),
                justify="right" if column.kind == "number" else "left",
                no_wrap=column.kind == "text",
                overflow="ellipsis" if column.kind == "text" else "fold",
                width=width,
                style="dim" if "off" in column.classes.split() else None,
            )
        for row, cells in zip(self.table.rows, zip(*texts.values(), strict=True), strict=True):
            grid.add_row(*map(_plain, cells), style="bold" if row.kind else None)
        return grid


def _plain(text: str) -> Text:
    """Text that rich does not read as its own markup."""
    from rich.text import Text

    return Text(text)
