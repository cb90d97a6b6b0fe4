"""The same hostile text through every view and export: harmless everywhere, and whole where it is data."""

from __future__ import annotations

import csv
import io
import json
import re
from html import escape
from html.parser import HTMLParser

import openpyxl
import pytest
from rich.console import Console

from roots_nb.display import chart_label
from roots_nb.reports.drawing import png
from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.workbook import workbook_bytes
from roots_nb.worklogs import show
from tests.reports.frames import WEEK, frame, load, worklog

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</td></table></div><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "{0} {} %s {self}",
    "]]><!-- -->",
    '=HYPERLINK("http://x.test","a")',
    "[click](javascript:alert(1)) ![i](http://x.test/i.png) `a` | b",
    "[red]markup[/red] [link=http://x.test]a[/link]",
    "\x1b[31mred\x1b[0m\x07\r\nfake line\x9b2J",
    "\u202egnp.exe\u202c \u2066x\u2069",
    r"$\frac{1}$ US$5 _a_",
    "請求書 עברית العربية 👩‍💻 é",
    "nul\x00 lone\ud800 end\uffff",
    "x" * 5_000,
]
OUR_TAGS = re.compile(
    "html|head|meta|title|style|body|div|h2|h3|dl|dt|dd|span|ul|li|p|strong|code|figure|details|summary|"
    "table|caption|thead|tbody|tr|th|td|svg|g|defs|path|use|rect|text|tspan|clippath|pattern"
)


OUR_FORMULAS = re.compile(r"=SUBTOTAL\(9,[A-Z]+\d+(:[A-Z]+\d+)?\)|=SUM\([A-Z$\d:]+\)|=(MAX\(0,)?\(B\d+-E\d+\)\*24\)?")


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.texts: list[str] = []
        self.rows: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}
        self.rows += [value or "" for name, value in attrs if name == "data-rows"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def hostile_row(text: str, hour: int = 9) -> dict[str, object]:
    row = worklog(f"2026-11-16 {hour:02}:00", 90, connection=text, summary=text, comment=text, project=text)
    texts = dict.fromkeys(("issue", "author", "epic", "labels", "issue_type"), text)
    return row | texts | {"url": f"https://acme.atlassian.net/browse/{text}"}


def hostile_report(*texts: str) -> Report:
    text = texts[0]
    facts = {"account": text, "jql": text, "search_url": text, "problem": text}
    loads = [load(text), load("Server", **facts), load("Third", **(facts | {"problem": ""})), load("4", app_worklogs=1)]
    absences = [{"day": "2026-11-17", "name": text}]
    rows = [hostile_row(each, hour) for hour, each in enumerate(texts, start=5)]
    return report(
        frame(*rows, loads=loads),
        WEEK,
        schedule=Schedule(absences=absences),
        categories=lambda row: row["summary"],
    )


@pytest.fixture(params=HOSTILE, ids=lambda text: ascii(text[:12]))
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize("face", ["mine", "to hand in"])
def test_html_holds_no_tag_attribute_or_link_of_the_texts(drawn: None, first: int, face: str) -> None:
    """Only what our own page is made of, and every text is there to be read."""
    texts = HOSTILE[first : first + 7]
    made = hostile_report(*texts)
    page = str(made.to_html(face=face))  # type: ignore[arg-type]
    tags = Tags(page)
    page.encode()
    assert all(OUR_TAGS.fullmatch(name) for name in tags.names)
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert not {link for link in tags.links if not link.startswith("#")}
    read = " ".join("".join(tags.texts).split())
    for text in texts:
        if text.isprintable():
            assert " ".join(text.split())[:100] in read
            assert f">{escape(text)}</td></tr>" in page.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    for rows in tags.rows:
        assert set(json.loads(rows)) <= {"connection", "project", "issue", "day", "check"}
    assert bool(tags.rows) == (face == "mine")


def test_shown_worklogs_hold_no_tag_attribute_or_link_of_the_texts() -> None:
    """The plain list as well."""
    tags = Tags(show(hostile_report(*HOSTILE).worklogs)._repr_html_())
    assert all(OUR_TAGS.fullmatch(name) for name in tags.names)
    assert not tags.links


def test_the_terminal_gets_neither_control_characters_nor_markup() -> None:
    """Nothing moves the cursor, turns the line or fakes another."""
    file = io.StringIO()
    Console(file=file, width=200, force_terminal=False).print(hostile_report(*HOSTILE))
    written = file.getvalue()
    assert not set(written) & {chr(n) for n in (*range(10), *range(11, 32), *range(127, 160), 0x202E, 0x2066, 0xD800)}
    assert not any(line.startswith("fake line") for line in written.splitlines())
    assert "[red]markup[/red]" in written


@pytest.mark.parametrize("face", ["mine", "to hand in"])
def test_the_workbook_holds_no_formula_but_our_own(face: str) -> None:
    """Whatever the text, it stays text, and whole."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(hostile_report(*HOSTILE), face)))
    for page in book:
        for row in page.iter_rows():
            formulas = [str(cell.value) for cell in row if cell.data_type == "f"]
            assert all(OUR_FORMULAS.fullmatch(formula) for formula in formulas)
            assert not any(cell.hyperlink for cell in row)
    comments = [cell.value for cell in book["Worklogs"]["H"]]
    assert {text for text in HOSTILE if text.isprintable()} <= set(comments)


def test_csv_cells_never_start_like_a_formula(hostile: str) -> None:
    """And hold the whole text."""
    _, line = csv.reader(io.StringIO(str(hostile_report(hostile).to_csv()), newline=""))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)
    if hostile.isprintable():
        assert hostile in line[5]


@pytest.mark.parametrize("face", ["mine", "to hand in"])
def test_markdown_shows_the_text_and_obeys_none_of_it(hostile: str, face: str) -> None:
    """One line an issue, no link, no tag, no column more."""
    text = str(hostile_report(hostile).to_markdown(face=face))  # type: ignore[arg-type]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
    for mark in ("](", "![", "<img", "<script", "](http"):
        assert mark not in text.replace("\\]", "").replace("\\[", "").replace("\\<", "")


@pytest.mark.parametrize("first", [0, 7])
@pytest.mark.parametrize("chart", ["days", "issues"])
def test_charts_draw_the_text(first: int, chart: str) -> None:
    """Escaped in the drawing, and never as mathematics."""
    texts = HOSTILE[first : first + 7]
    svg = str(hostile_report(*texts).to_svg(chart=chart))
    assert {"script", "img", "foreignobject"}.isdisjoint(Tags(svg).names)
    for text in texts:
        shown = chart_label(text) if chart == "days" else chart_label(f"{text} {text}", 54)
        assert escape(shown, quote=False) in svg


def test_pictures_are_drawn_of_the_text() -> None:
    """What no font has is a box, not a failure."""
    assert png(hostile_report(*HOSTILE).figure("issues")).startswith(b"\x89PNG")
