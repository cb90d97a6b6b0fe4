"""The lock: two applies of one account never run at once, and a dead one blocks nobody."""

from __future__ import annotations

import json
import os
import platform
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from roots_nb.editing import account_lock as module
from roots_nb.editing.account_lock import account_lock, who_applies
from roots_nb.editing.journal import state_folder
from roots_nb.errors import JournalUnusable, RunLocked
from tests.systems import needs_modes

SITE, ACCOUNT = "https://company.atlassian.net", "5:ann"
MINUTE = 60

_HOLDER = f"""
import sys
from roots_nb.editing.account_lock import account_lock
with account_lock({SITE!r}, {ACCOUNT!r}, run="run1"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_process() -> Iterator[subprocess.Popen[str]]:
    """Another Python that holds the lock until it is told otherwise."""
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def owner_path() -> Path:
    (path,) = state_folder("locks").glob("*.json")
    return path


def owner() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(owner_path().read_text())
    return content


def leave_owner(host: str, minutes_ago: float, *, run: str = "", pid: int = 4711) -> Path:
    """An owner file as one on `host` left it, with a heartbeat that long ago."""
    with account_lock(SITE, ACCOUNT):
        path = owner_path()
    left = {"host": host, "pid": pid, "since": "2026-11-23T16:20:00+00:00", "run": run}
    path.write_text(json.dumps(left))
    beat = time.time() - minutes_ago * MINUTE
    for left in (path, path.with_suffix(".lock")):
        os.utime(left, (beat, beat))
    return path


@needs_modes
def test_lock_names_its_owner() -> None:
    """Process, host, since when and for which run; all of it private, gone at the end."""
    with account_lock(SITE, ACCOUNT, run="run1"):
        assert owner().keys() == {"pid", "host", "since", "run"}
        assert (owner()["pid"], owner()["host"], owner()["run"]) == (os.getpid(), platform.node(), "run1")
        assert owner()["since"].endswith("+00:00")
        folder = owner_path().parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert list(state_folder("locks").glob("*.json")) == []


def test_second_apply_in_the_same_thread_is_refused() -> None:
    """A cell run within a cell is a second apply like any other."""
    with account_lock(SITE, ACCOUNT), pytest.raises(RunLocked), account_lock(SITE, ACCOUNT):
        pytest.fail("Both hold the lock.")
    with account_lock(SITE, ACCOUNT):
        pass


def test_one_of_many_threads_gets_the_lock() -> None:
    """A double click starts one apply; the others are told which process it is."""
    start, end = threading.Barrier(8), threading.Barrier(8)

    def take() -> str:
        with ExitStack() as held:
            start.wait()
            try:
                held.enter_context(account_lock(SITE, ACCOUNT))
                return "held"
            except RunLocked as error:
                return str(error)
            finally:
                end.wait()

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(take) for _ in range(8)]]
    assert answers.count("held") == 1
    assert all("another apply of this account is under way" in answer for answer in answers if answer != "held")


def test_lock_given_back_on_another_thread_is_free() -> None:
    """A widget may end on its worker what it began elsewhere."""
    lock = account_lock(SITE, ACCOUNT)
    lock.__enter__()
    thread = threading.Thread(target=lock.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    with account_lock(SITE, ACCOUNT):
        pass


def test_second_process_is_told_who_holds_the_lock() -> None:
    """The sentence names the process, the host and since when, and the lock is free when that one ends."""
    with other_process() as holder:
        pattern = (
            rf"process {holder.pid} on host {re.escape(platform.node())} since \d{{4}}-\d\d-\d\d \d\d:\d\d \(UTC\)"
        )
        with pytest.raises(RunLocked, match=pattern) as caught, account_lock(SITE, ACCOUNT):
            pytest.fail("Both hold the lock.")
        assert SITE in str(caught.value)
        holder.communicate("go\n")
    with account_lock(SITE, ACCOUNT):
        pass


def test_killed_process_leaves_no_lock() -> None:
    """Its owner file is there still, but says nothing any more."""
    with other_process() as holder:
        holder.kill()
        holder.wait()
        assert owner()["pid"] == holder.pid
        with account_lock(SITE, ACCOUNT):
            assert (owner()["pid"], owner()["run"]) == (os.getpid(), "")


def test_who_applies_is_told_without_the_lock() -> None:
    """Of that run alone, and only as long as its process is there; asking keeps nobody from anything."""
    assert who_applies(SITE, ACCOUNT, "run1") == ""
    assert not state_folder("locks").exists()
    with other_process() as holder:
        assert who_applies(SITE, ACCOUNT, "run1").startswith(f"process {holder.pid} on host {platform.node()} since ")
        assert who_applies(SITE, ACCOUNT, "run2") == ""
        assert who_applies(SITE, "5:bob", "run1") == ""
        with pytest.raises(RunLocked), account_lock(SITE, ACCOUNT):
            pytest.fail("Asking has taken the lock.")
        holder.kill()
        holder.wait()
        assert owner()["pid"] == holder.pid
        assert who_applies(SITE, ACCOUNT, "run1") == ""
    with account_lock(SITE, ACCOUNT, run="run3"):
        assert who_applies(SITE, ACCOUNT, "run3").startswith(f"process {os.getpid()} ")
    assert who_applies(SITE, ACCOUNT, "run3") == ""


@pytest.mark.parametrize(("minutes_ago", "is_told"), [(29, True), (31, False)])
def test_who_applies_elsewhere_is_told_while_there_is_a_heartbeat(minutes_ago: float, *, is_told: bool) -> None:
    """Of the last half hour: nothing else is known of another computer, whose lock may have gone with it."""
    path = leave_owner("elsewhere", minutes_ago, run="run1")
    assert bool(who_applies(SITE, ACCOUNT, "run1")) == is_told
    path.with_suffix(".lock").unlink()
    assert bool(who_applies(SITE, ACCOUNT, "run1")) == is_told
    assert stat.S_IMODE(path.with_suffix(".lock").stat().st_mode) == 0o600


def test_who_applies_here_is_told_however_long_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits for Jira, or slept with its computer, holds the lock still; who asks does not wait for it."""
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("It waits."))
    with account_lock(SITE, ACCOUNT, run="run1"):
        beat = time.time() - 31 * MINUTE
        os.utime(owner_path(), (beat, beat))
        assert who_applies(SITE, ACCOUNT, "run1").startswith(f"process {os.getpid()} ")


def test_process_number_of_a_crash_may_be_another_process_now() -> None:
    """The lock tells that nobody applies, on every system, although a process of that number is there."""
    leave_owner(platform.node(), 0, run="run1", pid=os.getpid())
    assert who_applies(SITE, ACCOUNT, "run1") == ""


def test_question_keeps_nobody_from_applying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks has the lock in passing: who wants to apply looks again before taking it for an apply."""
    leave_owner(platform.node(), 0)
    question = FileLock(owner_path().with_suffix(".lock"))
    question.acquire()
    monkeypatch.setattr(time, "sleep", lambda _: question.release())
    with account_lock(SITE, ACCOUNT):
        assert owner()["pid"] == os.getpid()


def test_other_accounts_and_sites_are_not_locked() -> None:
    """The lock is for one account on one site."""
    with account_lock(SITE, ACCOUNT), account_lock(SITE, "5:bob"), account_lock("https://jira.example.com", ACCOUNT):
        assert len(list(state_folder("locks").glob("*.json"))) == 3


@pytest.mark.parametrize("minutes_ago", [0, 29, -90])
def test_owner_on_another_host_is_obeyed(minutes_ago: float) -> None:
    """Where home is a network folder the lock of the system may not reach; a heartbeat of the last half hour does."""
    path = leave_owner("elsewhere", minutes_ago)
    before = path.read_bytes()
    with pytest.raises(RunLocked, match=r"process 4711 on host elsewhere since 2026-11-23 16:20 \(UTC\)") as caught:
        account_lock(SITE, ACCOUNT).__enter__()
    assert re.match(rf"Wait until it has ended.* delete {re.escape(str(path))}\.", caught.value.advice)
    assert path.read_bytes() == before
    path.unlink()
    with account_lock(SITE, ACCOUNT):
        pass


@pytest.mark.parametrize(("host", "minutes_ago"), [("elsewhere", 31), (platform.node(), 0)])
def test_owner_that_is_gone_is_replaced(host: str, minutes_ago: float) -> None:
    """One of another host without a heartbeat for half an hour, and any of this host whose lock is free."""
    leave_owner(host, minutes_ago)
    with account_lock(SITE, ACCOUNT):
        assert owner()["pid"] == os.getpid()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pid": 1}', "\udcff"])
def test_illegible_owner_blocks_nobody(content: str) -> None:
    """The lock of the system decides; the file only tells."""
    leave_owner("elsewhere", 0).write_bytes(content.encode("utf-8", "surrogateescape"))
    with account_lock(SITE, ACCOUNT):
        assert owner()["pid"] == os.getpid()
        owner_path().write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(RunLocked, match="another notebook or command"), account_lock(SITE, ACCOUNT):
            pytest.fail("Both hold the lock.")


def test_heartbeat_writes_at_most_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be called before each request."""
    clock = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: clock)
    with account_lock(SITE, ACCOUNT) as lock:
        os.utime(owner_path(), (1, 1))
        clock += 59.9
        lock.heartbeat()
        assert owner_path().stat().st_mtime == 1
        clock += 0.1
        lock.heartbeat()
        assert owner_path().stat().st_mtime > 1
        os.utime(owner_path(), (1, 1))
        lock.heartbeat()
        assert owner_path().stat().st_mtime == 1


def test_heartbeat_comes_back_when_its_file_was_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody cleared the folder: the owner says again that it is there."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0)
    with account_lock(SITE, ACCOUNT) as lock:
        owner_path().unlink()
        lock.heartbeat()
        assert owner()["pid"] == os.getpid()


def test_heartbeat_stops_when_another_host_has_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer that slept for an hour does not go on beside the one that took its place, nor removes its file."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0)
    with account_lock(SITE, ACCOUNT) as lock:
        owner_path().write_text(json.dumps(owner() | {"host": "elsewhere", "pid": 4711}))
        with pytest.raises(RunLocked, match="process 4711 on host elsewhere"):
            lock.heartbeat()
    assert owner()["host"] == "elsewhere"


def test_heartbeat_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails stops the run with a sentence before its next request."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0)
    with account_lock(SITE, ACCOUNT) as lock, monkeypatch.context() as full:
        full.setattr(os, "utime", no_space)
        with pytest.raises(JournalUnusable, match=r"No space left on device.*Nothing more was sent"):
            lock.heartbeat()


def test_folder_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent, with a reason; and a lock that could not be told is given back."""
    state_folder("locks").parent.mkdir(parents=True)
    state_folder("locks").write_text("a file in its place")
    with pytest.raises(JournalUnusable, match="cannot be used: File exists"):
        account_lock(SITE, ACCOUNT).__enter__()
    state_folder("locks").unlink()
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        with pytest.raises(JournalUnusable, match="No space left on device"):
            account_lock(SITE, ACCOUNT).__enter__()
    with account_lock(SITE, ACCOUNT):
        pass


def no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")
