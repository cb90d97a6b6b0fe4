"""Messages of the front end in the order in which they were sent.

A kernel with subshells may hand them over on several threads, and out of order (`tests/widgets/test_worklog_grid.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """What a page did; each page has a name of its own and numbers what it sends from 1."""

    client: str
    number: int
    content: dict[str, Any]


class Inbox:
    """Hands each page's messages to `handle` in their order, one after the other, each of them once.

    `handle` may run on any thread that puts a message in, but never on two at a time.
    """

    def __init__(self, handle: Callable[[Message], None]) -> None:
        self._handle = handle
        self._guard = threading.Lock()
        self._early: dict[tuple[str, int], Message] = {}
        self._next: dict[str, int] = {}
        self._ready: list[Message] = []
        self._is_working = False

    def put(self, message: Message) -> None:
        """Take a message; handles it and those that waited for it, unless another thread is already at it."""
        with self._guard:
            if message.number >= self._next.get(message.client, 1):
                self._early[message.client, message.number] = message
            self._sort_in(message.client)
            if self._is_working:
                return
            self._is_working = True
        try:
            while (ready := self._take()) is not None:
                self._handle(ready)
        except BaseException:
            with self._guard:
                self._is_working = False
            raise

    def _sort_in(self, client: str) -> None:
        number = self._next.get(client, 1)
        while (message := self._early.pop((client, number), None)) is not None:
            self._ready.append(message)
            number += 1
        self._next[client] = number

    def _take(self) -> Message | None:
        with self._guard:
            if not self._ready:
                self._is_working = False
                return None
            return self._ready.pop(0)
