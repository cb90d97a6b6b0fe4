"""The harness itself: what it lets through or overlooks would make the tests on it worthless."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.notebook import Window

pytestmark = pytest.mark.xdist_group("jupyterlab")
WIDGET = "import ipywidgets\nipywidgets.Text(description='Name')"


def test_widget_is_shown_and_its_state_is_saved(window: Window) -> None:
    """What a widget knows is in the saved notebook: the place where a secret would be found."""
    with window.notebook(WIDGET) as notebook:
        notebook.run().get_by_label("Name").fill("somebody")
        expect(notebook.output().get_by_label("Name")).to_have_value("somebody")
        assert "somebody" in notebook.save()
    assert window.lab.files_with("somebody") != []


def test_failing_cell_is_told(window: Window) -> None:
    """Not as a timeout later, but with the exception's own text."""
    with window.notebook("1 / 0") as notebook, pytest.raises(AssertionError, match="division by zero"):
        notebook.run()


@pytest.mark.slow
def test_restarted_kernel_knows_nothing(window: Window) -> None:
    """Only what was written down outlives it."""
    with window.notebook("known = 1", "known") as notebook:
        notebook.run(0)
        notebook.run(1)
        notebook.restart_kernel()
        notebook.run(1, fails="NameError")


def test_request_to_elsewhere_is_blocked_and_counted(window: Window) -> None:
    """As an image, and as a socket."""
    with window.notebook(
        "from IPython.display import HTML; HTML('<img src=https://example.invalid/a.png>')"
    ) as notebook:
        notebook.run()
        expect(notebook.output().locator("img")).to_have_count(1)
        window.wait_for("document.querySelector('.jp-OutputArea img').complete")
        window.page.evaluate("() => { new WebSocket('wss://example.invalid/') }")
    assert set(window.elsewhere) == {"https://example.invalid/a.png", "wss://example.invalid/"}
    window.elsewhere.clear()


@pytest.mark.slow
def test_kernel_has_a_home_and_a_keyring_of_its_own(window: Window) -> None:
    """Nothing of the person who runs the tests is read or written."""
    keyring = (
        "import keyring; keyring.set_password('somewhere', 'me', 'hidden'); keyring.get_password('somewhere', 'me')"
    )
    with window.notebook("from pathlib import Path; print(Path.home())", keyring) as notebook:
        expect(notebook.run(0)).to_have_text(str(window.lab.home))
        expect(notebook.run(1)).to_contain_text("hidden")
    assert "hidden" in Path(window.lab.keyring).read_text()
