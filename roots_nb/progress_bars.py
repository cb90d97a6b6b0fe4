"""Progress that people see: a bar below the cell, a bar in the terminal, and nothing when piped."""

from __future__ import annotations

import sys
import threading
import time
from math import ceil
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from roots_nb.display import one_line, terminal_text
from roots_nb.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_SECONDS_BETWEEN_UPDATES = 0.1


def default_progress(what: str) -> Progress:
    """A progress display for where the code runs; `what` is being done, such as "Loading worklogs".

    A bar below the cell in a Jupyter kernel, a bar on standard error in a terminal, otherwise nothing. It appears with
    the first step and vanishes with `close`. Steps may come from any thread; at most ten a second are drawn.
    """
    if "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel"):
        return NotebookProgress(what)
    return TerminalProgress(what) if sys.stderr.isatty() else Progress()


class NotebookProgress(Progress):
    """A bar below the cell, updated in place."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self._lock = threading.Lock()
        self._handle: Any = None
        self._drawn_at = float("-inf")
        self._closed = False

    def step(self, done: int, total: int | None, what: str) -> None:
        with self._lock:
            if time.monotonic() - self._drawn_at >= _SECONDS_BETWEEN_UPDATES:
                counted = f"{done:,}" if total is None else f"{done:,} of {total:,}"
                self._draw(f"{self._what}: {counted} {what}", done, total)

    def waiting(self, seconds: float, why: str) -> None:
        with self._lock:
            self._draw(f"{why} Going on in {ceil(seconds)} s.", 0, None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._handle is not None:
                self._handle.update({"text/html": "", "text/plain": ""}, raw=True)

    def _draw(self, text: str, done: int, total: int | None) -> None:
        """Threads that end later than the work (after an interrupt) draw nothing any more."""
        if self._closed:
            return
        self._drawn_at = time.monotonic()
        data = {"text/html": progress_html(text, done, total), "text/plain": terminal_text(text)}
        if self._handle is None:
            from IPython.display import DisplayHandle

            self._handle = DisplayHandle()
            self._handle.display(data, raw=True)
        else:
            self._handle.update(data, raw=True)


def progress_html(text: str, done: int, total: int | None) -> Markup:
    """A bar with its text; without a `total` it only shows that something is going on."""
    values = Markup('value="{}" max="{}"').format(min(done, total), total) if total else ""
    return Markup('<label class="roots-nb-progress"><progress {}></progress> {}</label>').format(values, one_line(text))


class TerminalProgress(Progress):
    """A bar on standard error."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = terminal_text(what)
        self._lock = threading.Lock()
        self._bar: RichProgress | None = None
        self._closed = False

    def step(self, done: int, total: int | None, what: str) -> None:
        counted = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        self._draw(f"{self._what}: {counted} {terminal_text(what)}", done, total)

    def waiting(self, seconds: float, why: str) -> None:
        self._draw(f"{terminal_text(why)} Going on in {ceil(seconds)} s.", 0, None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._bar is not None:
                self._bar.stop()

    def _draw(self, text: str, done: int, total: int | None) -> None:
        with self._lock:
            if self._closed:
                return
            if self._bar is None:
                self._bar = _rich_bar()
            self._bar.update(self._bar.task_ids[0], description=text, completed=done, total=total)


def _rich_bar() -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    bar = RichProgress(
        BarColumn(20), TextColumn("{task.description}", markup=False), console=Console(stderr=True), transient=True
    )
    bar.add_task("", total=None)
    bar.start()
    return bar
