"""Which Jira: the address, what it is cleaned to, the host a secret would go to, and what answers there.

While typing has paused the site is asked once what it is, never with the secret; an answer for an address that was
changed meanwhile is dropped (`tests/widgets/test_site_fields.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import ipywidgets as widgets
from markupsafe import Markup

from roots_nb.connections.connection import (
    AUTH_KINDS,
    CLOUD_GATEWAY,
    Connection,
    DeploymentName,
    absolute_ca_bundle,
    clean_url,
    guess_deployment,
)
from roots_nb.errors import CertificateNotTrusted, InvalidInput, RootsError
from roots_nb.jira.signin import ServerInfo, probe
from roots_nb.widgets.background import Background, Pause, Timer
from roots_nb.widgets.notice import Kind, notice_html

EXAMPLES: dict[DeploymentName, str] = {"cloud": "company.atlassian.net", "datacenter": "https://jira.company.com/jira"}
DEPLOYMENTS: list[tuple[str, DeploymentName]] = [("Cloud", "cloud"), ("Server / Data Center", "datacenter")]

_SCOPED = Markup(" A token with scopes goes to Atlassian's gateway <b>{}</b> as well.").format(
    CLOUD_GATEWAY.split("/")[2]
)

FIELD = {"width": "calc(100% - 4px)", "max_width": "640px"}
STYLE = {"description_width": "170px"}
BELOW_FIELD = {"margin": "0 2px 4px 180px", "max_width": "460px"}


def show(widget: widgets.Widget, *, shown: bool) -> None:
    """Show or hide a widget; what is hidden is out of the Tab order as well."""
    widget.layout.display = None if shown else "none"


def toggles(description: str, options: Sequence[tuple[str, str]]) -> widgets.ToggleButtons:
    """Buttons of which one is chosen, beside their description as the other fields are."""
    made = widgets.ToggleButtons(
        options=options, description=description, style={**STYLE, "button_width": "auto"}, layout=FIELD
    )
    made.add_class("widget-inline-hbox")
    return made


class SiteFields(widgets.VBox):
    """Deployment, URL and, where a certificate needs it, the CA file.

    Attributes
    ----------
    deployment : ToggleButtons
        "cloud" or "datacenter"; follows the address and is corrected by what answers there, visibly.
    url, ca_bundle : Text
    host_note : HTML
        The host the secret will go to, the cleaned address, and what answers.

    Parameters
    ----------
    connection : Connection, optional
        Whose site is shown at first.
    """

    def __init__(
        self,
        connection: Connection | None = None,
        *,
        probe: Callable[..., ServerInfo | None] = probe,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self.deployment = toggles("Instance type", DEPLOYMENTS)
        self.url = widgets.Text(description="URL", style=STYLE, layout=FIELD)
        self.host_note = widgets.HTML(layout=BELOW_FIELD)
        self.ca_bundle = widgets.Text(
            description="CA file (PEM)", placeholder="/path/to/company-ca.pem", style=STYLE, layout=FIELD
        )
        super().__init__([self.deployment, self.url, self.host_note, self.ca_bundle])
        self._probe = probe
        self._pause = Pause(self._ask_site, timer=timer)
        self._lock = threading.RLock()
        self._asking: Background | None = None
        self._answered = ""
        self._fill(connection)
        for widget in (self.url, self.ca_bundle):
            widget.observe(self._typed, "value")
        self.deployment.observe(self._follow_deployment, "value")

    def _fill(self, connection: Connection | None) -> None:
        if connection is not None:
            self.deployment.value, self.url.value = connection.deployment, connection.url
            self.ca_bundle.value = connection.ca_bundle
        show(self.ca_bundle, shown=bool(self.ca_bundle.value))
        self._follow_deployment()
        self._note()

    def read(self) -> str:
        """The cleaned address, put into its field as well; what was being asked of the site does not count any more.

        Raises `InvalidInput` when it cannot be used, or is none of the chosen deployment.
        """
        self.cancel()
        url = clean_url(self.url.value, self.deployment.value)
        self._clean(url)
        self._note()
        return url

    def read_ca_bundle(self) -> str:
        """The CA file's absolute path, so that it is found from another notebook's folder too; "" for none."""
        return absolute_ca_bundle(self.ca_bundle.value)

    def ask_for_ca_bundle(self) -> None:
        """A certificate was not trusted: now the field for the CA file makes sense."""
        show(self.ca_bundle, shown=True)

    def cancel(self) -> None:
        """Ask the site nothing any more until something is typed."""
        with self._lock:
            self._pause.cancel()
            if self._asking is not None:
                self._asking.stop()
            self._asking = None

    def _follow_deployment(self, _: object = None) -> None:
        self.url.placeholder = EXAMPLES[self.deployment.value]

    def _typed(self, _: object) -> None:
        self.cancel()
        self._answered = ""
        self._note()
        self._pause.again()

    def _ask_site(self) -> None:
        try:
            url = clean_url(self.url.value)
        except InvalidInput as problem:
            if self.url.value.strip():
                self._note("warning", str(problem))
            return
        with self._lock:
            if url == self._answered:
                return
            self._answered = url
            asking = self._asking = Background(run=lambda job: job())
        if guess := guess_deployment(url) if "." in url else None:
            self._switch_to(guess, "This looks like")
        asking.start(
            lambda progress: self._probe(self._anybody_at(url), progress=progress),
            partial(self._if_current, asking, partial(self._found, url)),
            partial(self._if_current, asking, self._failed),
        )

    def _anybody_at(self, url: str) -> Connection:
        """Who asks does not matter: it is done without a secret."""
        deployment = guess_deployment(url) or "datacenter"
        auth = AUTH_KINDS[deployment][0]
        user = "nobody" if auth == "api_token" else ""
        return Connection("probe", deployment, url, auth, user, ca_bundle=self.read_ca_bundle())

    def _if_current(self, asking: Background, show_answer: Callable[[object], None], answer: object) -> None:
        with self._lock:
            if self._asking is asking:
                self._asking = None
                show_answer(answer)

    def _found(self, url: str, answer: object) -> None:
        self._clean(url)
        if not isinstance(answer, ServerInfo):
            self._note()
            return
        switched = self._switch_to(answer.deployment, "This is")
        title = "Jira Cloud" if answer.deployment == "cloud" else f"Jira {answer.version} (Server / Data Center)"
        self._note("good", switched or f"{title} answers there.")

    def _failed(self, answer: object) -> None:
        if isinstance(answer, CertificateNotTrusted):
            self.ask_for_ca_bundle()
        self._note("warning", str(answer) if isinstance(answer, RootsError) else "")

    def _switch_to(self, deployment: DeploymentName, because: str) -> str:
        """The sentence that says so, "" when it is that already."""
        if deployment == self.deployment.value:
            return ""
        self.deployment.value = deployment
        sentence = f"{because} {'Jira Cloud' if deployment == 'cloud' else 'Jira Data Center'}: switched."
        self._note("good", sentence)
        return sentence

    def _clean(self, url: str) -> None:
        """Not before typing is done: whoever still types would go on behind something else."""
        if self.url.value != url:
            self.url.unobserve(self._typed, "value")
            self.url.value = url
            self.url.observe(self._typed, "value")

    def _note(self, kind: Kind = "plain", sentence: str = "") -> None:
        self.host_note.value = notice_html(kind, self._destination(), sentence)

    def _destination(self) -> Markup:
        try:
            url = clean_url(self.url.value)
        except InvalidInput:
            return Markup("")
        host = url.split("/")[2]
        cleaned = Markup(", at {}").format(url) if url != self.url.value.strip() else ""
        gateway = _SCOPED if guess_deployment(url) == "cloud" else ""
        return Markup("Your secret will go to <b>{}</b>{}.{}").format(host, cleaned, gateway)
