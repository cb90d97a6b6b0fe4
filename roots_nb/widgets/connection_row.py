"""One connection in the manager: its state in full sentences, and what can be done in that state.

Each row has a worker of its own, so one that hangs keeps no other waiting (`tests/widgets/test_connection_manager.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple, Protocol

import ipywidgets as widgets
from markupsafe import Markup

from roots_nb.connecting import KnownConnection, Origin, forget_connection, interrupted_note, open_connection
from roots_nb.connections.connection import Connection
from roots_nb.display import one_line
from roots_nb.errors import RootsError, Stopped
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from roots_nb.widgets.background import Background, Run, on_a_thread
from roots_nb.widgets.notice import Kind, connected_text, notice_html

EXPIRY_NOTICE_DAYS = 14

_ORIGINS: dict[Origin, str] = {
    "remembered": "",
    "environment": " (from the environment)",
    "session": " (this session only)",
    "demo": " (the built-in demo)",
}


class RowListener(Protocol):
    """Who is told what a row cannot do by itself; called on any thread."""

    def edit(self, connection: Connection) -> None:
        """Edit was pressed."""

    def failed(self, row: ConnectionRow, problem: RootsError) -> None:
        """Signing in failed; the row shows it already."""

    def removed(self, row: ConnectionRow, problem: RootsError | None) -> None:
        """The connection was removed, as far as `problem` does not say otherwise."""


class _SignedIn(NamedTuple):
    jira: Jira
    token_expires: date | None
    note: str


class ConnectionRow(widgets.HBox):
    """Label and state of one connection, and its buttons.

    Attributes
    ----------
    connection : Connection
    jira : Jira or None
        None unless it is signed in.
    text : HTML
    actions : HBox
        The buttons that make sense now, of `connect`, `retry`, `edit`, `remove`, `stop`, `confirm`, `keep`.
    """

    def __init__(
        self,
        known: KnownConnection,
        listener: RowListener,
        *,
        open_connection: Callable[..., Jira] = open_connection,
        forget: Callable[[Connection], None] = forget_connection,
        run: Run = on_a_thread,
    ) -> None:
        self.connection, self.origin = known.connection, known.origin
        self.jira: Jira | None = None
        self._listener, self._open, self._forget = listener, open_connection, forget
        self._background = Background(self._show_waiting, run=run)
        self._make_buttons()
        self.text = widgets.HTML(layout={"flex": "1 1 420px"})
        self.actions = widgets.HBox(layout={"flex": "0 0 auto"})
        super().__init__([self.text, self.actions], layout={"flex_flow": "row wrap", "margin": "0 0 8px"})
        self._show("plain", "Not signed in yet", self.connect)

    def _make_buttons(self) -> None:
        self.connect = self._button("Connect", lambda _: self.sign_in())
        self.retry = self._button("Retry", lambda _: self.sign_in())
        self.edit = self._button("Edit", lambda _: self._listener.edit(self.connection))
        self.remove = self._button("Remove", lambda _: self._ask_whether_to_remove())
        self.stop = self._button("Stop", lambda _: self._background.stop())
        self.confirm = self._button("Remove", lambda _: self._remove())
        self.keep = self._button("Keep", lambda _: self._show_state())
        self.confirm.button_style = "danger"

    def _button(self, description: str, act: Callable[[widgets.Button], None]) -> widgets.Button:
        button = widgets.Button(
            description=description, tooltip=f"{description} {one_line(self.connection.name)}", layout={"width": "auto"}
        )
        button.on_click(act)
        return button

    def sign_in(self) -> None:
        """Sign in with what is remembered; harmless while that is under way."""
        self._start(lambda progress: self._signed_in(self._open(self.connection, progress=progress), progress))

    def show_connected(self, jira: Jira) -> None:
        """It was signed in elsewhere, in the form."""
        self.connection = jira.connection
        self._start(lambda progress: self._signed_in(jira, progress))

    def lock(self, *, locked: bool, edited: bool) -> None:
        """Edit and Remove rest while a form is open; who is `edited` in it does not sign in beside it either."""
        self.edit.disabled = self.remove.disabled = self.confirm.disabled = locked
        self.connect.disabled = self.retry.disabled = edited

    def _start(self, work: Callable[[Progress], _SignedIn]) -> None:
        if not self._background.busy:
            self.jira = None
            self._show("working", "Connecting…")
            self._background.start(work, self._succeed, self._fail)

    def _signed_in(self, jira: Jira, progress: Progress) -> _SignedIn:
        """Runs on the worker. That nobody waited for the token list does not undo the login."""
        note = interrupted_note([jira])
        try:
            return _SignedIn(jira, jira.token_expires(progress=progress), note)
        except Stopped:
            return _SignedIn(jira, None, note)

    def _succeed(self, signed_in: _SignedIn) -> None:
        self.jira, self.connection = signed_in.jira, signed_in.jira.connection
        expiry = _expiry(signed_in.token_expires, today=datetime.now().astimezone().date())
        kind: Kind = "warning" if expiry or signed_in.note else "good"
        self._show(kind, connected_text(self.jira) + expiry, note=signed_in.note)

    def _fail(self, problem: RootsError) -> None:
        stopped = isinstance(problem, Stopped)
        self._show("problem", "Stopped. Press Retry to try again." if stopped else str(problem), self.retry)
        self._listener.failed(self, problem)

    def _show_waiting(self, sentence: str) -> None:
        self._show("working", sentence or "Connecting…", *([self.stop] if sentence else []))

    def _show(self, kind: Kind, state: str, *buttons: widgets.Button, note: str = "") -> None:
        """What is remembered can be edited and removed, except while something is under way."""
        label = Markup("<b>{}</b>{} · {}").format(
            one_line(self.connection.name),
            _ORIGINS[self.origin],
            state if isinstance(state, Markup) else one_line(state),
        )
        changing = (self.edit, self.remove) if self.origin == "remembered" and kind != "working" else ()
        self._state = notice_html(kind, label, note), (*buttons, *changing)
        self._show_state()

    def _show_state(self) -> None:
        self.text.value, self.actions.children = self._state

    def _ask_whether_to_remove(self) -> None:
        question = f"Remove {one_line(self.connection.name)}? Its profile, secret and cache are deleted."
        self.text.value = notice_html("warning", question)
        self.actions.children = (self.confirm, self.keep)

    def _remove(self) -> None:
        if not self._background.busy:
            self._show("working", "Removing…")
            self._background.start(
                lambda progress: self._forget(self.connection),
                lambda _: self._listener.removed(self, None),
                self._fail_to_remove,
            )

    def _fail_to_remove(self, problem: RootsError) -> None:
        self._show("problem", str(problem), self.retry)
        self._listener.removed(self, problem)


def _expiry(day: date | None, *, today: date) -> str:
    """From 14 days before; a day that Jira does not know, but somebody noted, may have passed."""
    if day is None or (left := (day - today).days) > EXPIRY_NOTICE_DAYS:
        return ""
    if left < 0:
        return f" · token expired on {day}, as noted"
    return f" · token expires {'today' if left == 0 else f'in {left} day' + 's' * (left > 1)}"
