"""A real Chromium; without one these tests are skipped, and the summary says how to get it.

It ends with the last of these tests: an open page costs time even when nobody looks at it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.form import MANAGER, WHO
from tests.browser.lab import Lab, running_lab
from tests.browser.notebook import PATIENCE_MS, Notebook, Window
from tests.browser.worlds import add_secrets, check_harmless
from tests.world import World

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium found: apt-get install chromium, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all tests; `browser` comes first, because without one nothing needs to be started."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def shared_window(browser: Browser, lab: Lab) -> Iterator[Window]:
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    yield Window(lab, context.new_page())
    context.close()


@pytest.fixture
def window(shared_window: Window) -> Iterator[Window]:
    """JupyterLab with nothing remembered."""
    shared_window.begin()
    yield shared_window
    check_harmless(shared_window)


@pytest.fixture
def notebook(window: Window) -> Iterator[Notebook]:
    """A notebook with a cell that shows the manager and one that connects, saved in the end with its widgets."""
    with window.notebook(MANAGER, WHO) as opened:
        yield opened
        assert "widget-state" in opened.save()


@pytest.fixture
def cloud(cloud: World) -> World:
    add_secrets(cloud)
    return cloud


@pytest.fixture
def server(server: World) -> World:
    add_secrets(server)
    return server
