"""What stands for a page with a grid in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from roots_nb.widgets.grid.worklog_grid import WorklogGrid


class Page:
    """A page in a browser: says that it is ready, sends what is done in it, keeps what it gets."""

    def __init__(self, grid: WorklogGrid, name: str = "page") -> None:
        self.grid, self.name, self.sent = grid, name, 0
        self.received: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        grid.send = self._receive

    def open(self) -> None:
        self.grid._handle_custom_msg({"type": "ready", "client": self.name}, [])

    def edit(self, *cells: list[object]) -> None:
        self.deliver(self.message("edit", cells=list(cells)))

    def message(self, kind: str, **content: object) -> dict[str, object]:
        self.sent += 1
        return {"type": kind, "client": self.name, "number": self.sent, **content}

    def deliver(self, message: dict[str, object]) -> None:
        self.grid._handle_custom_msg(message, [])

    def _receive(self, message: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        self.received.append(json.loads(json.dumps(message)))
        self.buffers.append(list(buffers))

    def last(self, kind: str) -> dict[str, Any]:
        return next(message for message in reversed(self.received) if message["type"] == kind)

    def rows(self) -> dict[str, Any]:
        """What the last message with rows holds."""
        decoded: dict[str, Any] = json.loads(next(buffers[0] for buffers in reversed(self.buffers) if buffers))
        return decoded
