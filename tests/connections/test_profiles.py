"""Remembered connections: nothing is lost, nothing is guessed, and nobody else can read them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from roots_nb.connections import profiles as profiles_module
from roots_nb.connections.connection import Connection
from roots_nb.connections.profiles import Profiles
from roots_nb.errors import InvalidInput, ProfilesUnreadable
from tests.systems import needs_links, needs_modes

WORK = Connection("Work", "cloud", "https://company.atlassian.net", "api_token", "ada@example.com", account_id="1")
SERVER = Connection("Büro", "datacenter", "https://jira.example.com/jira", "pat", account_id="JIRAUSER1")


@pytest.fixture
def profiles() -> Profiles:
    return Profiles()


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _document(profiles: Profiles) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(profiles.path.read_text(encoding="utf-8"))
    return document


def _write(profiles: Profiles, text: str) -> str:
    profiles.path.parent.mkdir(parents=True, exist_ok=True)
    profiles.path.write_text(text, encoding="utf-8")
    return text


def test_profiles_are_empty_at_first(profiles: Profiles) -> None:
    """Looking creates nothing."""
    assert profiles.all() == []
    assert profiles.get("Work") is None
    assert not profiles.path.parent.exists()


def test_profiles_lie_in_the_home_of_the_moment(
    profiles: Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is looked up at each call."""
    profiles.add(WORK)
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    assert profiles.all() == []
    assert profiles.path.is_relative_to(tmp_path / "other")


def test_profiles_remember_every_field_in_order(profiles: Profiles) -> None:
    """What was added comes back, the first first."""
    full = replace(WORK, gateway="https://api.atlassian.com/ex/jira/1-2", ca_bundle="/etc/ca.pem")
    profiles.add(full)
    profiles.add(SERVER)
    assert Profiles().all() == [full, SERVER]


def test_profiles_find_a_name_whatever_its_case(profiles: Profiles) -> None:
    """A name is one name in any case."""
    profiles.add(SERVER)
    assert profiles.get("BÜRO") == SERVER
    assert profiles.get("Buero") is None


def test_profiles_refuse_a_second_of_the_same_name(profiles: Profiles) -> None:
    """Two connections with one name could not be told apart in a frame or in the environment."""
    profiles.add(WORK)
    with pytest.raises(InvalidInput, match="Choose another name"):
        profiles.add(replace(SERVER, name="wORK"))
    assert profiles.all() == [WORK]


@pytest.mark.parametrize(
    "second",
    [
        replace(WORK, name="Again"),
        replace(WORK, name="Again", user="new@example.com"),
        replace(WORK, name="Again", user="ADA@example.com", account_id=""),
    ],
)
def test_profiles_refuse_a_second_of_the_same_account(profiles: Profiles, second: Connection) -> None:
    """A second connection to one account would count every worklog twice."""
    profiles.add(WORK)
    with pytest.raises(InvalidInput, match="would double the week"):
        profiles.add(second)
    assert profiles.all() == [WORK]


def test_profiles_accept_two_accounts_of_one_site(profiles: Profiles) -> None:
    """Only the same account is a double."""
    other = replace(WORK, name="Other", user="bob@example.com", account_id="2")
    profiles.add(WORK)
    profiles.add(other)
    assert profiles.all() == [WORK, other]


def test_update_keeps_the_place_and_may_rename(profiles: Profiles) -> None:
    """Editing changes one connection and leaves order and neighbours alone."""
    profiles.add(WORK)
    profiles.add(SERVER)
    renamed = replace(WORK, name="Office", user="new@example.com")
    profiles.update(replace(WORK, name="work"), renamed)
    assert profiles.all() == [renamed, SERVER]
    profiles.update(renamed, replace(renamed, ca_bundle="/etc/ca.pem"))
    assert profiles.get("Office") == replace(renamed, ca_bundle="/etc/ca.pem")


def test_update_refuses_the_name_or_account_of_another(profiles: Profiles) -> None:
    """Editing cannot make a double either."""
    profiles.add(WORK)
    profiles.add(SERVER)
    with pytest.raises(InvalidInput, match="Choose another name"):
        profiles.update(WORK, replace(WORK, name="büro"))
    with pytest.raises(InvalidInput, match="would double the week"):
        profiles.update(SERVER, replace(WORK, name="Büro"))
    assert profiles.all() == [WORK, SERVER]


def test_remove_forgets_only_the_one(profiles: Profiles) -> None:
    """Only an explicit removal deletes."""
    profiles.add(WORK)
    profiles.add(SERVER)
    profiles.remove(replace(WORK, name="WORK"))
    assert profiles.all() == [SERVER]


def test_unknown_name_is_answered_with_the_known_ones(profiles: Profiles) -> None:
    """A typing mistake changes nothing and is easy to mend."""
    with pytest.raises(InvalidInput, match="None is remembered yet"):
        profiles.remove(replace(WORK, name="Wrok"))
    profiles.add(WORK)
    profiles.add(SERVER)
    with pytest.raises(InvalidInput, match="Remembered: Work, Büro"):
        profiles.remove(replace(WORK, name="Wrok"))
    with pytest.raises(InvalidInput, match="Remembered: Work, Büro"):
        profiles.update(replace(WORK, name="Wrok"), WORK)
    assert profiles.all() == [WORK, SERVER]


def test_what_signing_in_found_does_not_undo_an_edit(profiles: Profiles) -> None:
    """Another kernel noted an expiry between reading and writing: it stays."""
    profiles.add(WORK)
    edited = replace(WORK, token_expires="2026-12-31")
    profiles.update(WORK, edited)
    with pytest.raises(InvalidInput, match="changed elsewhere"):
        profiles.update(WORK, replace(WORK, account_id="5:x"), exactly=True)
    assert profiles.all() == [edited]


@needs_modes
@pytest.mark.usefixtures("_open_umask")
def test_profiles_are_readable_by_their_owner_alone(profiles: Profiles) -> None:
    """Directory 0700, every file in it 0600, whatever the umask."""
    profiles.add(WORK)
    assert _mode(profiles.path.parent) == 0o700
    assert {_mode(file) for file in profiles.path.parent.iterdir()} == {0o600}


@needs_modes
def test_profiles_close_what_was_open(profiles: Profiles) -> None:
    """A directory and a file that others could read are closed by the next change."""
    profiles.add(WORK)
    profiles.path.parent.chmod(0o755)
    profiles.path.chmod(0o644)
    profiles.add(SERVER)
    assert (_mode(profiles.path.parent), _mode(profiles.path)) == (0o700, 0o600)


@needs_modes
def test_profiles_leave_the_mode_of_a_directory_of_others(tmp_path: Path) -> None:
    """A file named by the caller may lie in a directory that is not ours to close."""
    tmp_path.chmod(0o755)
    Profiles(tmp_path / "mine.json").add(WORK)
    assert (_mode(tmp_path), _mode(tmp_path / "mine.json")) == (0o755, 0o600)


@needs_links
def test_profiles_keep_a_link_a_link(profiles: Profiles, tmp_path: Path) -> None:
    """Who keeps settings elsewhere and links them finds the change there."""
    profiles.path.parent.mkdir(parents=True)
    profiles.path.symlink_to(tmp_path / "dotfiles.json")
    profiles.add(WORK)
    assert profiles.path.is_symlink()
    assert Profiles(tmp_path / "dotfiles.json").all() == [WORK]


def test_fields_of_a_newer_version_survive_a_change(profiles: Profiles) -> None:
    """An older version beside a newer one loses nothing it does not understand."""
    profiles.add(WORK)
    document = _document(profiles)
    document["theme"] = "dark"
    document["connections"][0]["colour"] = "\ud800"
    _write(profiles, json.dumps(document))
    profiles.update(WORK, replace(WORK, name="Office"))
    profiles.add(SERVER)
    changed = _document(profiles)
    assert changed["theme"] == "dark"
    assert changed["connections"][0]["colour"] == "\ud800"
    assert profiles.all() == [replace(WORK, name="Office"), SERVER]


def test_missing_optional_fields_have_their_default(profiles: Profiles) -> None:
    """A profile written by an older version is still read."""
    entry = {"name": "Büro", "deployment": "datacenter", "url": "https://jira.example.com", "auth": "pat"}
    _write(profiles, json.dumps({"format": 1, "connections": [entry]}))
    assert profiles.all() == [Connection("Büro", "datacenter", "https://jira.example.com", "pat")]


def _entries(*changes: dict[str, object]) -> str:
    plain = {"name": "A", "deployment": "datacenter", "url": "https://jira.example.com", "auth": "pat"}
    return json.dumps({"format": 1, "connections": [plain | change for change in changes]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "\x00" * 40,
        "[" * 100_000,
        "[]",
        "null",
        "{}",
        '{"format": "1", "connections": []}',
        '{"format": true, "connections": []}',
        '{"format": 1}',
        '{"format": 1, "connections": {}}',
        '{"format": 1, "connections": [1]}',
        '{"format": 1, "connections": [{}]}',
        _entries({"name": 5}),
        _entries({"name": ""}),
        _entries({"url": "http://jira.example.com"}),
        _entries({"auth": "api_token"}),
        _entries({"user": None}),
        _entries({}, {"name": "a"}),
        _entries({"account_id": "1"}, {"account_id": "1", "name": "B"}),
    ],
)
def test_damaged_file_is_named_and_never_overwritten(profiles: Profiles, text: str) -> None:
    """What cannot be understood is left for its owner to repair, by reading and by every change."""
    _write(profiles, text)
    for action in (
        profiles.all,
        lambda: profiles.get("A"),
        lambda: profiles.add(WORK),
        lambda: profiles.update(WORK, WORK),
        lambda: profiles.remove(WORK),
    ):
        with pytest.raises(ProfilesUnreadable, match="damaged") as caught:
            action()
        assert str(profiles.path) in str(caught.value)
    assert profiles.path.read_text(encoding="utf-8") == text


def test_file_of_a_newer_format_is_refused(profiles: Profiles) -> None:
    """A newer version may mean something else by the same words."""
    text = _write(profiles, '{"format": 2, "connections": {}}')
    with pytest.raises(ProfilesUnreadable, match="newer version"):
        profiles.all()
    with pytest.raises(ProfilesUnreadable, match="newer version"):
        profiles.add(WORK)
    assert profiles.path.read_text(encoding="utf-8") == text


def test_bytes_that_are_no_text_are_damage(profiles: Profiles) -> None:
    """Another encoding is a damaged file, not a crash."""
    _write(profiles, "")
    profiles.path.write_bytes(b"\xff\xfe{\x00")
    with pytest.raises(ProfilesUnreadable, match="damaged"):
        profiles.all()


def test_unreadable_and_unwritable_places_are_named(tmp_path: Path) -> None:
    """A directory in the place of the file, or a file in the place of the directory, ends in a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ProfilesUnreadable, match=r"cannot be read: Is a directory"):
        Profiles(tmp_path).all()
    with pytest.raises(ProfilesUnreadable, match=r"cannot be written"):
        Profiles(tmp_path / "file" / "connections.json").add(WORK)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_failed_write_leaves_the_old_file_and_no_rest(
    profiles: Profiles, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full disk loses nothing: the old file stands, the new one is gone."""
    profiles.add(WORK)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(ProfilesUnreadable, match="No space left on device"):
        profiles.add(SERVER)
    assert profiles.all() == [WORK]
    assert {file.name for file in profiles.path.parent.iterdir()} <= {"connections.json", "connections.json.lock"}


def test_locked_file_is_not_changed(profiles: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot get the lock says so instead of overwriting what the other one writes."""
    profiles.add(WORK)
    monkeypatch.setattr(profiles_module, "LOCK_TIMEOUT_SECONDS", 0.0)
    with FileLock(f"{profiles.path}.lock"), pytest.raises(ProfilesUnreadable, match="Another program"):
        profiles.add(SERVER)
    assert profiles.all() == [WORK]


_ADDER = """
import sys
from roots_nb.connections.connection import Connection
from roots_nb.connections.profiles import Profiles
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    name = f"{sys.argv[1]} {number}"
    Profiles().add(Connection(name, "datacenter", f"https://jira.example.com/{sys.argv[1]}{number}", "pat"))
"""


def test_two_processes_adding_at_once_lose_nothing(profiles: Profiles) -> None:
    """Two kernels that remember connections at the same moment both find theirs."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _ADDER, letter], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for letter in "ab"
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:
            writer.communicate("go\n", timeout=60)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert [writer.returncode for writer in writers] == [0, 0]
    names = [connection.name for connection in profiles.all()]
    assert sorted(names) == sorted(f"{letter} {number}" for letter in "ab" for number in range(20))
