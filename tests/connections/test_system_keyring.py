"""A real keyring: gnome-keyring's Secret Service on a message bus that a test starts and ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.world import TOKEN, World

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon", "bash")
UNLOCKED = "printf 'the login password' | gnome-keyring-daemon --unlock --components=secrets"
LOCKED = "gnome-keyring-daemon --start --components=secrets </dev/null"
# What belongs to the desktop of whoever runs the tests: its bus, and a screen to ask for a password on.
DESKTOP = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL", "PYTHON_KEYRING_BACKEND")

CONNECT = "import roots_nb; print(roots_nb.connect().account.display_name)"
COUNT_STORED = """
from contextlib import closing
import secretstorage
with closing(secretstorage.dbus_init()) as bus:
    print(len(list(secretstorage.search_items(bus, {"service": "roots_nb"}))))
"""

missing = [name for name in PROGRAMS if shutil.which(name) is None]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the Secret Service is Linux's keyring"),
    pytest.mark.skipif(bool(missing), reason=f"no {', '.join(missing)}: apt-get install gnome-keyring dbus"),
]


@dataclass(frozen=True)
class Desktop:
    """One login session: the environment of every program in it."""

    environment: dict[str, str]

    def python(self, *arguments: str, piped: str = "") -> subprocess.CompletedProcess[str]:
        """A process of its own within the session."""
        return subprocess.run(
            [sys.executable, *arguments],
            input=piped,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def roots_nb(self, *arguments: str, piped: str = "") -> subprocess.CompletedProcess[str]:
        return self.python("-c", "from roots_nb.cli import main; main()", *arguments, piped=piped)


@contextmanager
def login(home: Path, *, keyring: str = UNLOCKED) -> Iterator[Desktop]:
    """A session with a keyring, which ends when nobody holds its standard input any more."""
    script = f'{keyring} >/dev/null && echo "$DBUS_SESSION_BUS_ADDRESS" && exec cat'
    with tempfile.TemporaryDirectory(prefix="rn-") as runtime:  # the path of a socket has to be short
        environment = {name: value for name, value in os.environ.items() if name not in DESKTOP}
        environment |= {"HOME": str(home), "XDG_RUNTIME_DIR": runtime}
        command = ["dbus-run-session", "--", "bash", "-c", script]
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as session:
            assert session.stdin is not None
            assert session.stdout is not None
            address = session.stdout.readline().strip()
            if not address:
                pytest.skip("gnome-keyring or a message bus cannot be started here")
            yield Desktop({**environment, "DBUS_SESSION_BUS_ADDRESS": address})
            session.stdin.close()
            session.wait(20)


def add(desktop: Desktop, world: World) -> None:
    user = ["--user", "ann@example.com"] if world.deployment == "cloud" else []
    added = desktop.roots_nb("connections", "add", world.url, "--name", "Work", *user, piped=f"{TOKEN}\n")
    assert added.returncode == 0, added.stderr
    assert "Connected as Ann" in added.stdout
    assert "in the system keyring (Secret Service)" in added.stdout


def files_with_the_secret(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_another_process_finds_the_secret_until_it_is_forgotten(cloud: World, fresh_home: Path) -> None:
    """Add in one process, connect in a second, remove in a third; then it is in no keyring any more."""
    with login(fresh_home) as desktop:
        add(desktop, cloud)
        assert desktop.python("-c", COUNT_STORED).stdout == "1\n"
        assert "keyring (Secret Service)" in desktop.roots_nb("connections", "list").stdout
        connected = desktop.python("-c", CONNECT)
        assert (connected.stdout, connected.returncode) == ("Ann\n", 0), connected.stderr
        assert desktop.roots_nb("connections", "remove", "Work", "--yes").returncode == 0
        assert desktop.python("-c", COUNT_STORED).stdout == "0\n"
        assert "NotConnected" in desktop.python("-c", CONNECT).stderr


def test_secret_survives_the_session_and_lies_nowhere_in_plain_text(server: World, fresh_home: Path) -> None:
    """Logged out and in again: still connected. The keyring's own file is there, and no file shows the secret."""
    with login(fresh_home) as desktop:
        add(desktop, server)
        assert files_with_the_secret(fresh_home) == []
    assert [path.name for path in fresh_home.rglob("*.keyring")] == ["login.keyring"]
    with login(fresh_home) as desktop:
        assert desktop.python("-c", CONNECT).stdout == "Ann\n"
    assert files_with_the_secret(fresh_home) == []


@pytest.mark.slow
def test_locked_keyring_is_told_and_the_environment_steps_in(server: World, fresh_home: Path) -> None:
    """Logged in without unlocking, and nobody there to be asked: a sentence, no wait for ever."""
    with login(fresh_home) as desktop:
        add(desktop, server)
    with login(fresh_home, keyring=LOCKED) as desktop:
        refused = desktop.roots_nb("connections", "test")
        assert refused.returncode == 4
        assert "The system keyring is locked" in refused.stdout
        assert "ROOTS_NB_WORK_TOKEN" in refused.stdout
        helped = Desktop({**desktop.environment, "ROOTS_NB_WORK_TOKEN": TOKEN})
        assert "Connected as Ann" in helped.roots_nb("connections", "test").stdout
