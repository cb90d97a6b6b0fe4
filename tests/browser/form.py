"""The connect form and the manager by what can be read on them: labels, buttons, sentences."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.worlds import PASSWORD, TOKEN

EMAIL = "ann@example.com"
MANAGER = "import roots_nb as rn\nmanager = rn.ConnectionManager()\nmanager"
WHO = "import roots_nb as rn\njira = rn.connect()\nprint(jira.account.display_name, 'on', jira.connection.name)"
CONNECTED = "Connected as Ann (ann@example.com, Europe/Berlin, "


def button(where: Locator, name: str) -> Locator:
    return where.get_by_role("button", name=name, exact=True)


def field(where: Locator, label: str) -> Locator:
    return where.get_by_label(label, exact=True)


def choose(form: Locator, name: str) -> None:
    """Choose Cloud or Server / Data Center, or a way to sign in."""
    button(form, name).click()


def open_form(manager: Locator) -> Locator:
    """Press "+ Add connection"; returns the form."""
    button(manager, "+ Add connection").click()
    expect(field(manager, "Label")).to_be_visible()
    return manager


def state_of(manager: Locator, name: str) -> Locator:
    """What the manager's row says of the connection with this label."""
    return manager.locator("[role=status], [role=alert]").filter(has_text=re.compile(rf"\W?{re.escape(name)} · "))


def act(manager: Locator, action: str, name: str) -> Locator:
    """The button of that row; its tooltip says what it acts on."""
    return manager.get_by_title(f"{action} {name}", exact=True)


def fill_cloud(form: Locator, url: str, secret: str = TOKEN, *, label: str = "Work") -> None:
    field(form, "Label").fill(label)
    choose(form, "Cloud")
    field(form, "URL").fill(url)
    field(form, "E-mail").fill(EMAIL)
    field(form, "API token").fill(secret)


def fill_server(form: Locator, url: str, secret: str = TOKEN, *, label: str = "Customer") -> None:
    field(form, "Label").fill(label)
    choose(form, "Server / Data Center")
    field(form, "URL").fill(url)
    field(form, "Personal Access Token").fill(secret)


def fill_password(form: Locator, url: str, secret: str = PASSWORD, *, label: str = "Customer") -> None:
    field(form, "Label").fill(label)
    choose(form, "Server / Data Center")
    field(form, "URL").fill(url)
    choose(form, "Username + password")
    field(form, "Username").fill("ann")
    field(form, "Password").fill(secret)


def connect(form: Locator) -> None:
    """Press the form's Connect; rows above it may have one as well."""
    button(form, "Connect").last.click()
