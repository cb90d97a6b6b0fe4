"""A disk that fails under the journal: the append is lost, torn or kept when the process ends, or the disk is full."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from unittest import mock

from roots_nb.editing import journal
from tests.faults.write_back.wire import Process

APPEND_KINDS = ("lost", "torn", "kept", "full")


class Disk:
    """Numbers the appends to journals from 1 and lets some of them fail.

    Attributes
    ----------
    count, struck : int
        Appends tried, and of these failed, so far.
    process : Process
        Who writes now.
    """

    def __init__(self, process: Process) -> None:
        self.count = self.struck = 0
        self.process = process
        self._put: Callable[[int, bytes], None] = journal._put
        self._lock = threading.Lock()
        self._first: dict[int, str] = {}
        self._full_from: float = float("inf")

    def at(self, number: int, kind: str, *, for_ever: bool = False) -> None:
        """Let append `number` fail, as one of `APPEND_KINDS`; `for_ever`, which only "full" can be, until `heal`."""
        self._first[number] = kind
        if for_ever:
            self._full_from = number

    def heal(self) -> None:
        """Somebody has freed some space."""
        self._full_from = float("inf")

    def clear(self) -> None:
        """No append fails any more, whatever was to come."""
        self._first.clear()
        self.heal()

    def patch(self) -> mock._patch[Callable[[int, bytes], None]]:
        return mock.patch.object(journal, "_put", self._append)

    def _append(self, descriptor: int, line: bytes) -> None:
        with self._lock:
            self.process.check()
            self.count += 1
            kind = "full" if self.count >= self._full_from else self._first.get(self.count, "")
            self.struck += bool(kind)
            if kind in ("torn", "full"):
                os.write(descriptor, line[: len(line) // 2])
            if kind == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if kind in ("", "kept"):
                self._put(descriptor, line)
            if kind:
                self.process.crash()
