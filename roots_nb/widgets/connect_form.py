"""The form that signs in to a Jira, for a new connection or an edited one.

It reads its fields, calls `remember_connection` on its worker and shows what came of it. The secret is taken out of
the browser when Connect is pressed, and is gone after that, whatever happens; everything else that was typed stays
(`tests/widgets/test_connect_form.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import ipywidgets as widgets
from markupsafe import Markup

from roots_nb.connecting import Remembered, SecretUnknown, remember_connection
from roots_nb.connections.connection import AuthKind, Connection, clean_url, default_name
from roots_nb.connections.keyrings import keyring_name, keyring_problem
from roots_nb.connections.secrets import Secret, find_secret, is_remembered
from roots_nb.display import link_html
from roots_nb.errors import CertificateNotTrusted, InvalidInput, RootsError, Stopped
from roots_nb.jira.client import Jira
from roots_nb.jira.replies import API_TOKENS_PAGE
from roots_nb.jira.signin import ServerInfo, probe
from roots_nb.progress import Progress
from roots_nb.widgets.background import Background, Run, Timer, on_a_thread
from roots_nb.widgets.notice import Kind, connected_text, notice_html
from roots_nb.widgets.secret_field import SecretField
from roots_nb.widgets.site_fields import BELOW_FIELD, EXAMPLES, FIELD, STYLE, SiteFields, show, toggles

SECRET_LABELS: dict[AuthKind, str] = {
    "api_token": "API token",
    "pat": "Personal Access Token",
    "password": "Password",
}
SECRET_NAMES = {"api_token": "API token", "pat": "personal access token", "password": "password"}
HINTS: dict[AuthKind, str] = {
    "api_token": "The token is shown only once, when you create it: copy it then. With or without scopes; it lives a "
    "year at most.",
    "pat": "In Jira: Profile → Personal Access Tokens → Create token. It is shown only once, and it may expire.",
    "password": "Single sign-on may forbid passwords, and Jira 11 turns them off: a personal access token is safer.",
}
UNREAD = "If this stays, the page does not answer: install roots_nb where JupyterLab itself runs, and reload the page."
_LINK = Markup('<span class="jp-RenderedHTMLCommon" style="font-size: inherit">{}</span>').format(
    link_html("Create API token", API_TOKENS_PAGE)
)
AUTHS: list[tuple[str, AuthKind]] = [("Personal Access Token", "pat"), ("Username + password", "password")]


class ConnectForm(widgets.VBox):
    """Fields for one connection, Connect, Cancel, and what is happening.

    Parameters
    ----------
    connection : Connection, optional
        The remembered connection to edit; its secret is kept where none is typed.
    on_done : callable, optional
        Receives the signed-in Jira.
    on_cancel : callable, optional
        Called by Cancel; by default the form closes.

    Attributes
    ----------
    signed_in : Remembered or None
        None until signing in has succeeded.
    """

    def __init__(
        self,
        connection: Connection | None = None,
        *,
        on_done: Callable[[Jira], None] = lambda jira: None,
        on_cancel: Callable[[], None] | None = None,
        remember: Callable[..., Remembered] = remember_connection,
        probe: Callable[..., ServerInfo | None] = probe,
        run: Run = on_a_thread,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._editing = connection
        self._on_done, self._on_cancel, self._remember = on_done, on_cancel or self.dismiss, remember
        self._background = Background(self._waiting, run=run)
        self.signed_in: Remembered | None = None
        self._dismissed = False
        self._make_fields(SiteFields(connection, probe=probe, timer=timer))
        self._make_buttons()
        self.fields = widgets.VBox(self._in_order())
        self.buttons = widgets.HBox([self.connect, self.cancel, self.stop], layout=BELOW_FIELD)
        self.status = widgets.HTML(layout={"max_width": "640px"})
        super().__init__([self.fields, self.buttons, self.status])
        if connection is not None:
            self._fill(connection)
        self._show_fitting()
        for toggle in (self.deployment, self.auth):
            toggle.observe(self._show_fitting, "value")

    def _make_fields(self, site: SiteFields) -> None:
        self.site = site
        self.deployment, self.url, self.host_note, self.ca_bundle = site.children
        self.label = widgets.Text(description="Label", style=STYLE, layout=FIELD)
        self.email = widgets.Text(
            description="E-mail", placeholder="of your Atlassian account", style=STYLE, layout=FIELD
        )
        self.auth = toggles("Sign in with", AUTHS)
        self.username = widgets.Text(description="Username", placeholder="not the e-mail", style=STYLE, layout=FIELD)
        self.secret = SecretField()
        self.token_link = widgets.HTML(_LINK, layout=BELOW_FIELD)
        self.token_expires = widgets.DatePicker(
            description="Expires (optional)", style=STYLE, tooltip="You are reminded from 14 days before"
        )
        self._make_remember()

    def _make_remember(self) -> None:
        problem = keyring_problem()
        name = "" if problem else f" ({keyring_name()})"
        self.remember = widgets.Checkbox(
            value=not problem,
            disabled=bool(problem),
            description=f"Remember in the system keyring{name}",
            indent=False,
            layout={**BELOW_FIELD, "width": "auto"},
        )
        self.remember_note = widgets.HTML(layout=BELOW_FIELD)
        self._keyring_problem = problem
        self.remember.observe(self._show_remembering, "value")
        self._show_remembering()

    def _make_buttons(self) -> None:
        self.connect = widgets.Button(description="Connect", button_style="primary")
        self.cancel = widgets.Button(description="Cancel")
        self.stop = widgets.Button(description="Stop", layout={"display": "none"})
        self.connect.on_click(self._press)
        self.secret.on_submit(self._press)
        self.cancel.on_click(self._give_up)
        self.stop.on_click(lambda _: self._background.stop())

    def _in_order(self) -> list[widgets.Widget]:
        credentials = [self.email, self.auth, self.username, self.secret, self.token_link, self.token_expires]
        return [self.label, self.site, *credentials, self.remember, self.remember_note]

    def _fill(self, connection: Connection) -> None:
        self.label.value = connection.name
        self.remember.value = not self._keyring_problem and is_remembered(connection)
        if connection.auth == "api_token":
            self.email.value = connection.user
        else:
            self.auth.value, self.username.value = connection.auth, connection.user
        if connection.token_expires:
            self.token_expires.value = date.fromisoformat(connection.token_expires)

    @property
    def _auth(self) -> AuthKind:
        kind: AuthKind = "api_token" if self.deployment.value == "cloud" else self.auth.value
        return kind

    def _show_fitting(self, _: object = None) -> None:
        is_cloud, kind = self.deployment.value == "cloud", self._auth
        for widget in (self.email, self.token_link, self.token_expires):
            show(widget, shown=is_cloud)
        show(self.auth, shown=not is_cloud)
        show(self.username, shown=kind == "password")
        self.label.placeholder = "Cloud (host)" if is_cloud else "Server (host)"
        self.secret.label, self.secret.hint = SECRET_LABELS[kind], HINTS[kind]
        self.secret.placeholder = "leave empty to keep the one you have" if self._editing else ""

    def _show_remembering(self, _: object = None) -> None:
        why = self._keyring_problem or "Jira's address is remembered, the secret is not."
        self.remember_note.value = notice_html(
            "plain", "" if self.remember.value else f"Kept for this session only. {why}"
        )

    def _press(self, _: object = None) -> None:
        """The field is emptied first: whatever follows, the secret is typed anew."""
        if not self._background.busy and self.signed_in is None:
            self.status.value = notice_html("working", f"Reading the {SECRET_NAMES[self._auth]} …", UNREAD)
            self.secret.ask(self._submit, self._fail)

    def _submit(self, secret: Secret | None) -> None:
        read = self._read(secret)
        if isinstance(read, list):
            self._show_problems(*read)
        elif not self._background.busy and not self._dismissed:
            self._set_busy(True)
            self.status.value = notice_html("working", f"Connecting to {read.host} …")
            work = partial(self._sign_in, read, secret, self.remember.value)
            self._background.start(work, self._succeed, self._fail)

    def _read(self, secret: Secret | None) -> Connection | list[str]:
        """The connection as typed, or everything that is wrong with it, at once."""
        url, problems = "", list[str]()
        try:
            url = self.site.read()
        except InvalidInput as problem:
            problems.append(str(problem))
        problems += filter(None, [self._missing_user(), "" if secret else self._missing_secret(url)])
        try:
            connection = self._connection(url or clean_url(EXAMPLES[self.deployment.value]))
        except InvalidInput as problem:
            problems.append(str(problem))
        return problems or connection

    def _connection(self, url: str) -> Connection:
        """A missing user was told already: something else stands for it, so that the other fields are checked too."""
        kind, deployment = self._auth, self.deployment.value
        expires = self.token_expires.value if kind == "api_token" else None
        return Connection(
            self.label.value.strip() or default_name(deployment, url),
            deployment,
            url,
            kind,
            self._user() or ("missing" if kind != "pat" else ""),
            ca_bundle=self.site.read_ca_bundle(),
            token_expires=expires.isoformat() if expires else "",
        )

    def _user(self) -> str:
        kind = self._auth
        return "" if kind == "pat" else str((self.email if kind == "api_token" else self.username).value).strip()

    def _missing_user(self) -> str:
        if self._auth == "pat" or self._user():
            return ""
        return "The e-mail is missing." if self._auth == "api_token" else "The username is missing."

    def _missing_secret(self, url: str) -> str:
        """Nothing is missing where the known one may be used; that one must never reach another host."""
        known, what = self._editing, SECRET_NAMES[self._auth]
        if known is None:
            return f"The {what} is missing."
        if known.auth != self._auth or (url and url.split("/")[2] != known.host):
            return f"The {what} is missing: the secret that is known was for another host, or another way to sign in."
        return ""

    def _sign_in(
        self, connection: Connection, given: Secret | None, in_keyring: bool, progress: Progress
    ) -> Remembered:
        """Runs on the worker."""
        secret, known = given, self._editing
        if secret is None and known is not None:
            secret = find_secret(known)
            connection = replace(connection, gateway=known.gateway if connection.url == known.url else "")
        if secret is None:
            raise SecretUnknown(known or connection)
        return self._remember(connection, secret, in_keyring=in_keyring, replacing=known, progress=progress)

    def _succeed(self, signed_in: Remembered) -> None:
        self.signed_in = signed_in
        self._set_busy(False)
        for part in (self.fields, self.buttons):
            show(part, shown=False)
        kind: Kind = "warning" if signed_in.problem else "good"
        self.status.value = notice_html(kind, connected_text(signed_in.jira), signed_in.problem)
        self._on_done(signed_in.jira)

    def _fail(self, problem: RootsError) -> None:
        if isinstance(problem, CertificateNotTrusted):
            self.site.ask_for_ca_bundle()
        self._set_busy(False)
        stopped = isinstance(problem, Stopped)
        self._show_problems("Stopped. Press Connect to try again." if stopped else str(problem))

    def _show_problems(self, *sentences: str) -> None:
        self.status.value = notice_html("problem", *sentences)
        self.secret.focus()

    def _waiting(self, sentence: str) -> None:
        self.status.value = notice_html("working", sentence or "Connecting …")

    def _set_busy(self, busy: bool) -> None:
        """While signing in nothing can be changed, and Stop alone can be pressed."""
        for widget in (*self.site.children, *self._in_order(), self.connect, self.cancel):
            if widget.has_trait("disabled"):
                widget.disabled = busy
        self.remember.disabled = busy or bool(self._keyring_problem)
        show(self.stop, shown=busy)

    def _give_up(self, _: object) -> None:
        self._on_cancel()

    def dismiss(self) -> None:
        """Close the form; what was typed goes with it."""
        self._dismissed = True
        self.site.cancel()
        self._background.stop()
        _close_tree(self)


def _close_tree(widget: widgets.Widget) -> None:
    """A box does not close what is in it."""
    for child in getattr(widget, "children", ()):
        _close_tree(child)
    widget.close()
