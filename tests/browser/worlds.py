"""Jiras for the browser: `World` with secrets that cannot be mistaken for anything else on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import keyring

from roots_nb.connecting import remember_connection
from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from tests.browser.file_keyring import FILE_VARIABLE, FileKeyring
from tests.browser.lab import Lab
from tests.browser.notebook import Window
from tests.world import World

CANARY = "canary-5f0e1d7c"
TOKEN = f"{CANARY}-token"
PASSWORD = f"{CANARY}-password"
WRONG = f"{CANARY}-wrong"


def check_harmless(window: Window) -> None:
    """Nothing elsewhere was asked for, no script broke, and no secret is on disk but in the keyring."""
    assert window.elsewhere == []
    assert window.crashes == []
    assert window.lab.files_with(CANARY) == []


def add_secrets(world: World) -> None:
    """Let Ann sign in with `TOKEN` and, on Data Center, with `PASSWORD`."""
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.ann, TOKEN)
    if world.deployment == "datacenter":
        world.site.add_credential("password", world.ann, PASSWORD)


def remember(lab: Lab, world: World, name: str) -> None:
    """As if Ann had signed in there with `TOKEN` in an earlier kernel of this JupyterLab."""
    kind = ("cloud", "api_token", world.ann.email) if world.deployment == "cloud" else ("datacenter", "pat", "")
    with _at_home(lab):
        remember_connection(Connection(name, kind[0], world.url, kind[1], kind[2]), Secret(TOKEN), in_keyring=True)
    world.log.clear()


@contextmanager
def _at_home(lab: Lab) -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    try:
        with patch.dict(os.environ, {"HOME": str(lab.home), FILE_VARIABLE: str(lab.keyring)}):
            yield
    finally:
        keyring.set_keyring(before)
