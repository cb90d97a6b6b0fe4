"""Every connection with its state, a form to add and edit them, and nothing signed in unasked.

Only what was signed in earlier in this process signs in again by itself, to show who it is
(`tests/widgets/test_connection_manager.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import ipywidgets as widgets

from roots_nb.connecting import KnownConnection, SecretUnknown, is_demo, known_connections
from roots_nb.connections.connection import Connection, name_key
from roots_nb.connections.profiles import Profiles
from roots_nb.errors import RootsError
from roots_nb.jira.client import Jira
from roots_nb.widgets.connect_form import ConnectForm
from roots_nb.widgets.connection_row import ConnectionRow
from roots_nb.widgets.notice import notice_html


class ConnectionManager(widgets.VBox):
    """Shows, adds, edits and removes connections.

    Attributes
    ----------
    rows : list of ConnectionRow
        One per connection: the remembered ones, then those of the environment and of this session.
    add : Button
    form : ConnectForm or None
        Open below the rows while a connection is added or edited.
    status : HTML

    Examples
    --------
    >>> manager = rn.ConnectionManager()
    >>> manager.connected
    []
    """

    def __init__(
        self,
        *,
        known: Callable[[], tuple[list[KnownConnection], list[RootsError]]] = known_connections,
        make_row: Callable[..., ConnectionRow] = ConnectionRow,
        make_form: Callable[..., ConnectForm] = ConnectForm,
    ) -> None:
        self._known, self._make_row, self._make_form = known, make_row, make_form
        self._lock = threading.RLock()
        self.rows: list[ConnectionRow] = []
        self.form: ConnectForm | None = None
        self._edited: Connection | None = None
        self._listing, self._slot = widgets.VBox(), widgets.VBox()
        self.add = widgets.Button(description="+ Add connection", layout={"width": "auto", "align_self": "flex-start"})
        self.add.on_click(lambda _: self._open_form(None))
        self.status = widgets.HTML()
        super().__init__([self._listing, self.status, self.add, self._slot])
        self.refresh()

    @property
    def connected(self) -> list[Jira]:
        """Those that are signed in now, in the order of the rows."""
        return [row.jira for row in self.rows if row.jira is not None]

    def refresh(self, *notices: str, signed_in: Jira | None = None) -> None:
        """Read again which connections there are; a row whose connection is the same keeps its state."""
        with self._lock:
            known, problems = self._known()
            before = {_identity(row.connection, row.origin): row for row in self.rows}
            self.rows = [before.get(_identity(each.connection, each.origin)) or self._new_row(each) for each in known]
            empty = widgets.HTML(notice_html("plain", "There is no connection yet."))
            self._listing.children = self.rows or [empty]
            self.status.value = notice_html("problem" if problems else "warning", *map(str, problems), *notices)
            self._lock_changes()
        for row, each in zip(list(self.rows), known, strict=True):
            if signed_in and name_key(each.connection.name) == name_key(signed_in.connection.name):
                row.show_connected(signed_in)
            elif each.signed_in and row not in before.values():
                row.sign_in()

    def _new_row(self, known: KnownConnection) -> ConnectionRow:
        return self._make_row(known, self)

    def edit(self, connection: Connection) -> None:
        """As it is remembered now: another kernel may have changed it."""
        self._open_form(Profiles().get(connection.name) or connection)

    def failed(self, row: ConnectionRow, problem: RootsError) -> None:
        """Where nothing but the secret is missing, the form that asks for it is what comes next."""
        if isinstance(problem, SecretUnknown):
            self._open_form(problem.connection)

    def removed(self, row: ConnectionRow, problem: RootsError | None) -> None:
        self.refresh(*([str(problem)] if problem else []))

    def _open_form(self, connection: Connection | None) -> None:
        """One form at a time."""
        with self._lock:
            if self.form is None:
                self._edited = connection
                self.form = self._make_form(connection, on_done=self._done, on_cancel=self._close_form)
                self._slot.children = [self.form]
                self._lock_changes()

    def _close_form(self) -> None:
        with self._lock:
            if self.form is not None:
                self.form.dismiss()
            self.form, self._edited, self._slot.children = None, None, []
            self._lock_changes()

    def _lock_changes(self) -> None:
        """While a form is open another would replace it, and what it edits must stay; the demo is as it is."""
        is_open = self.form is not None
        self.add.disabled = is_open or is_demo()
        self.add.tooltip = "The demo has its own connections" if is_demo() else "Sign in to one more Jira"
        for row in self.rows:
            edited = self._edited is not None and name_key(row.connection.name) == name_key(self._edited.name)
            row.lock(locked=is_open, edited=edited)

    def _done(self, jira: Jira) -> None:
        with self._lock:
            signed_in = self.form.signed_in if self.form else None
            self._close_form()
        self.refresh(signed_in.problem if signed_in else "", signed_in=jira)


def _identity(connection: Connection, origin: str) -> tuple[str, ...]:
    """What makes a row's connection another one; not what signing in finds out."""
    return origin, connection.name, connection.deployment, connection.url, connection.auth, connection.user
