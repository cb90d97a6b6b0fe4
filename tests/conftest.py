"""Every test gets a fresh home, no environment of ours, and a keyring in memory."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from roots_nb import demo
from roots_nb.connections import secrets
from tests.world import World

FONTS = os.environ.get("MPLCONFIGDIR") or str(Path.home() / ".cache" / "matplotlib")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so it is in background jobs, and children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for a browser, a kernel or a command."""
    return (os.cpu_count() or 1) + 1


class MemoryKeyring(KeyringBackend):
    """A keyring that lives as long as a test."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.passwords.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


@pytest.fixture(autouse=True)
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("ROOTS_NB_", "XDG_")):
            monkeypatch.delenv(name)
    for variable in ("HOME", "USERPROFILE", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):  # platformdirs asks Windows itself
        monkeypatch.setenv(variable, str(home))
    monkeypatch.setenv("MPLCONFIGDIR", FONTS)  # in a new home each process would list all fonts anew
    for variable in ("NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)
    secrets.forget_session()
    return home


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    ours = MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


@pytest.fixture(params=["cloud", "datacenter"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A small Jira of each deployment in turn."""
    with World(request.param).running() as running:
        yield running


@pytest.fixture
def cloud() -> Iterator[World]:
    with World("cloud").running() as running:
        yield running


@pytest.fixture
def server() -> Iterator[World]:
    with World("datacenter").running() as running:
        yield running


@pytest.fixture
def demo_mode(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ROOTS_NB_DEMO=1, with demo sites that end with the test."""
    monkeypatch.setenv("ROOTS_NB_DEMO", "1")
    with ExitStack() as running:
        start = demo.start
        monkeypatch.setattr(demo, "start", lambda: running.enter_context(start()))
        yield
