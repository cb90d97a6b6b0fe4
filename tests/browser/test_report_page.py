"""The exported page as the colleague opens it who only gets the file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

import roots_nb as rn
from roots_nb.headless import Order, run_report
from tests.browser.notebook import take_picture

pytestmark = pytest.mark.xdist_group("jupyterlab")
HEADS = re.compile(r"Checks$|\d+ to look at|Where the|By |Day |Start |\w{3} \d+ \w{3} \d+:\d\d$")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the demo's last week, run without a screen."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "files").mkdir()
    run = run_report(
        "02-weekly-report.ipynb",
        {"period": "last week"},
        Order(str(folder / "files"), ("html",), face="mine"),
        environment={"ROOTS_NB_DEMO": "1", "HOME": str(folder)},
    )
    return folder / "files" / run.files[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 420])
def test_page_opens_offline_and_fits(browser: Browser, page_file: Path, scheme: str, width: int) -> None:
    """No request but the file itself, no error, nothing wider than the window, and readable in both themes."""
    requests: list[str] = []
    problems: list[str] = []
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(page_file.as_uri())
    take_picture(page, f"report-{scheme}-{width}")
    assert requests == [page_file.as_uri()]
    assert problems == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("table a").first.is_visible()
    background, colour = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert background != colour
    context.close()


def test_printed_pages_are_counted_and_none_ends_with_a_head(browser: Browser, page_file: Path, tmp_path: Path) -> None:
    """On A4, wherever the pages end; a title whose table is on the next page looks like an empty one."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext found: apt-get install poppler-utils")
    page = browser.new_page()
    page.goto(page_file.as_uri())
    for space in range(0, 60, 6):
        page.evaluate("height => { document.body.style.paddingTop = height }", f"{space}mm")
        page.pdf(path=tmp_path / "week.pdf", prefer_css_page_size=True)
        printed = text_of(tmp_path / "week.pdf")
        for number, lines in enumerate(printed, start=1):
            assert lines[-1].replace(" ", "") == f"{number}/{len(printed)}"
            assert not HEADS.match(lines[-2])
    page.close()


def text_of(printed: Path) -> list[list[str]]:
    """The lines of each page."""
    command = ["pdftotext", "-layout", str(printed), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [[" ".join(line.split()) for line in page.splitlines() if line.strip()] for page in text.split("\f")[:-1]]


def test_page_runs_nothing_from_jira(browser: Browser, page_file: Path) -> None:
    """The demo's summary `<img src=x onerror=...>` is text: no image, no dialogue."""
    context = browser.new_context()
    page = context.new_page()
    dialogues: list[str] = []
    page.on("dialog", lambda dialogue: (dialogues.append(dialogue.message), dialogue.dismiss()))
    page.goto(page_file.as_uri())
    assert "onerror=" in page.inner_text("body")
    assert page.locator("img[onerror]").count() == 0
    assert dialogues == []
    context.close()


def test_shown_worklogs_escape_everything(browser: Browser) -> None:
    """`show` with hostile text in every column, in a page without any policy."""
    canary = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    started = pd.to_datetime(["2026-11-16 09:00"]).tz_localize("Europe/Berlin")
    text = dict.fromkeys(("connection", "summary", "project", "comment", "author", "issue"), canary)
    frame = pd.DataFrame(
        {**text, "url": "javascript:alert(1)", "started": started, "time_spent": pd.Timedelta(hours=1)}
    )
    page = browser.new_page()
    dialogues: list[str] = []
    page.on("dialog", lambda dialogue: (dialogues.append(dialogue.message), dialogue.dismiss()))
    page.set_content(rn.show(frame)._repr_html_())
    assert page.locator("img, script, a").count() == 0
    assert canary in page.inner_text("table")
    assert dialogues == []
    page.close()
