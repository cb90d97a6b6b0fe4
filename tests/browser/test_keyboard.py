"""The connect form without a mouse: where Tab leads, what one sees of it, and Enter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.form import CONNECTED, EMAIL, button, field, state_of
from tests.browser.notebook import Notebook
from tests.browser.worlds import TOKEN, WRONG
from tests.world import World

pytestmark = pytest.mark.xdist_group("jupyterlab")

NAME_OF_FOCUSED = """() => {
    const focused = document.activeElement;
    return (focused.labels?.[0] ?? focused).innerText.trim();
}"""
FOCUS_IS_VISIBLE = """() => {
    const focused = document.activeElement;
    const look = () => {
        const style = getComputedStyle(focused);
        return [style.outline, style.boxShadow, style.border, style.background].join();
    };
    const seen = look();
    focused.blur();
    const unseen = look();
    focused.focus();
    return seen !== unseen;
}"""


def test_form_is_used_with_the_keyboard_alone(notebook: Notebook, cloud: World) -> None:
    """Tab goes through it as one reads, one sees where one is, and both Enter on Connect and in the secret connect."""
    manager, keyboard = notebook.run(), notebook.page.keyboard
    button(manager, "+ Add connection").focus()
    keyboard.press("Enter")
    expect(field(manager, "Label")).to_be_visible()
    typed = {"Label": "Work", "URL": cloud.url, "E-mail": EMAIL, "API token": WRONG}
    visited = list(tab_through(notebook.page, typed, until="Cancel"))
    assert [name for name, _ in visited] == [
        "Label",
        "Cloud",
        "Server / Data Center",
        "URL",
        "E-mail",
        "API token",
        "Create API token",
        "Expires (optional)",
        "Remember in the system keyring (file keyring FileKeyring)",
        "Connect",
        "Cancel",
    ]
    assert [name for name, is_visible in visited if not is_visible] == []
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(manager.get_by_role("alert")).to_contain_text("does not accept these credentials")
    expect(field(manager, "API token")).to_be_focused()
    keyboard.type(TOKEN)
    keyboard.press("Enter")
    expect(state_of(manager, "Work")).to_contain_text(CONNECTED)


def tab_through(page: Page, typed: dict[str, str], *, until: str) -> Iterator[tuple[str, bool]]:
    """What Tab reaches, and whether it looks different while it has the focus; types what belongs there."""
    before = ""
    while before != until:
        page.keyboard.press("Tab")
        name = str(page.evaluate(NAME_OF_FOCUSED))
        if name != before:
            yield name, bool(page.evaluate(FOCUS_IS_VISIBLE))
            page.keyboard.type(typed.get(name, ""))
        before = name
