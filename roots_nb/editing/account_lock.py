"""One apply at a time for an account on a site, whatever notebook, process or thread it runs in.

The operating system's lock decides and ends with its process, on Linux, macOS and Windows, so a crash leaves nothing to
clear away. Beside it lies a file that says who holds it; whether that is so still is asked of the lock, never of a
process number, which may be another's by now. Where home is a network folder the lock may not hold between computers;
there this file does: one of another computer with a heartbeat of the last half hour is obeyed. Its age is told by the
file system's own clock, which all computers share. Guarded by `tests/editing/test_account_lock.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from filelock import Timeout

from roots_nb.editing.journal import account_key, state_folder
from roots_nb.errors import JournalUnusable, RunLocked
from roots_nb.private_files import private_folder, private_lock, touch_private, write_private

STALE_AFTER_SECONDS = 30 * 60
HEARTBEAT_SECONDS = 60
LONGEST_QUESTION_SECONDS = 0.2  # who asks whether the lock is free has it in passing: that is no apply

_Owner = dict[str, Any]


def account_lock(site: str, account_id: str, *, run: str = "") -> AccountLock:
    """The right to apply changes for an account on a site, taken by `with` and given back at its end; not waited for.

    Parameters
    ----------
    site : str
        Address of the site, as the journal names it.
    account_id : str
    run : str, optional
        The run it is for, which the file beside the lock names.

    Raises
    ------
    RunLocked
        By `with`: another apply of the same account is under way; the sentence says in which process and since when.
    JournalUnusable
        By `with`: the folder of the locks cannot be written. Nothing was sent.
    """
    return AccountLock(site, account_id, run)


def who_applies(site: str, account_id: str, run: str) -> str:
    """Who is carrying out this run at the moment, as far as the file beside the lock tells; "" = nobody.

    Such as "process 4711 on host tower since 2026-11-23 16:20 (UTC)". Never waits, and keeps nobody from applying. What
    a process of this computer left that has ended says nothing, nor does one of another computer without a heartbeat
    for half an hour.
    """
    return account_lock(site, account_id).who_applies(run)


class AccountLock:
    """Held within `with`; made by `account_lock`, and of use once."""

    def __init__(self, site: str, account_id: str, run: str) -> None:
        folder, key = state_folder("locks"), account_key(site, account_id)
        self._path = folder / f"{key}.lock"
        self._owner_path = folder / f"{key}.json"
        self._site = site
        self._me = {"pid": os.getpid(), "host": platform.node(), "since": "", "run": run}
        self._lock = private_lock(self._path)
        self._last_beat_seconds: float  # since the lock was taken
        self._beating = threading.Lock()

    def __enter__(self) -> AccountLock:
        with self._told():
            private_folder(self._path.parent)
            try:
                self._lock.acquire(timeout=LONGEST_QUESTION_SECONDS)
            except Timeout:
                raise self._locked(self._owner()) from None
            try:
                self._take_over()
            except BaseException:
                self._lock.release()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            if self._owner() == self._me:
                self._owner_path.unlink()
        with contextlib.suppress(OSError):  # it ends with the process
            self._lock.release()

    def heartbeat(self) -> None:
        """Say that this apply is alive; writes at most once a minute, so call it before each request, on any thread.

        Raises
        ------
        RunLocked
            Another computer has taken over meanwhile, as after a long sleep of this one: send nothing more.
        JournalUnusable
            The file cannot be written.
        """
        with self._beating, self._told():
            if time.monotonic() - self._last_beat_seconds < HEARTBEAT_SECONDS:
                return
            owner = self._owner()
            if owner and owner != self._me:
                raise self._locked(owner)
            if owner:
                os.utime(self._owner_path)
            else:
                self._write_owner()
            self._last_beat_seconds = time.monotonic()

    def who_applies(self, run: str) -> str:
        """As `who_applies` of this module."""
        with contextlib.suppress(OSError):
            if (owner := self._owner()) and owner["run"] == run and self._is_alive(owner):
                return _named(owner)
        return ""

    def _is_alive(self, owner: _Owner) -> bool:
        if owner["host"] == self._me["host"]:
            return self._is_held()
        return self._beats()

    def _is_held(self) -> bool:
        try:
            with self._lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def _take_over(self) -> None:
        owner = self._owner()
        if owner and owner["host"] != self._me["host"] and self._beats():
            raise self._locked(owner)
        self._me["since"] = datetime.now(UTC).isoformat(timespec="seconds")
        self._write_owner()
        self._last_beat_seconds = time.monotonic()

    def _write_owner(self) -> None:
        write_private(self._owner_path, json.dumps(self._me).encode())

    def _beats(self) -> bool:
        """Whether the owner's last heartbeat is recent, as the clock of the file system tells."""
        touch_private(self._path)  # on Windows its last holder may have deleted it
        return self._path.stat().st_mtime - self._owner_path.stat().st_mtime < STALE_AFTER_SECONDS

    def _owner(self) -> _Owner:
        """Empty when nobody has said so, or not legibly."""
        try:
            owner = json.loads(self._owner_path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return owner if isinstance(owner, dict) and owner.keys() >= self._me.keys() else {}

    def _locked(self, owner: _Owner) -> RunLocked:
        who = "another notebook or command"
        if owner:
            who = _named(owner)
        advice = "Wait until it has ended, or stop it there."
        if owner and owner["host"] != self._me["host"]:
            advice += f" If that computer is off, try again in half an hour or delete {self._owner_path}."
        return RunLocked(f"{self._site}: another apply of this account is under way: {who}.", advice=advice)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise JournalUnusable(
                f"{self._path.parent} cannot be used: {error.strerror or type(error).__name__}.",
                advice="Free some space or mend the permissions there. Nothing more was sent.",
            ) from None


def _named(owner: _Owner) -> str:
    since = str(owner["since"])[:16].replace("T", " ")
    return f"process {owner['pid']} on host {owner['host']} since {since} (UTC)"
