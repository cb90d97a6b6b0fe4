"""Every exception of the package. Each says what happened and, in `advice`, what to do next.

No error carries a header, a body or a secret, so it can be shown, logged and pasted into a ticket.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class RootsError(Exception):
    """Base of all errors raised on purpose by `roots_nb`.

    `str(error)` is what happened and the advice, in full sentences; `advice` is the latter alone (may be "").
    """

    advice = ""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if advice is not None:
            self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class InvalidInput(RootsError, ValueError):
    """Something typed in (a period, a duration, a zone, a URL, a name) cannot be used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell cannot be used.

    Attributes
    ----------
    row : object
        The row's label in the index of the edited frame.
    column : str
    value : object
        What the cell holds; None where the column is missing.
    reason : str
        A sentence.
    """

    row: object
    column: str
    value: object
    reason: str


class InvalidChanges(InvalidInput):
    """Some cells of an edited frame cannot be used; `problems` names every one, in the order of the frame."""

    advice = "Correct them and plan again. Nothing was sent."
    _named = 5

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count, named = len(self.problems), self.problems[: self._named]
        what = "1 cell cannot be used:" if count == 1 else f"{count:,} cells cannot be used:"
        lines = [f"row {each.row}, {each.column}: {each.reason}" for each in named]
        rest = f"And {count - len(named):,} more, in .problems." if count > len(named) else ""
        super().__init__("\n".join(filter(None, [what, *lines, rest])))

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}"


class NotConnected(RootsError):
    """There is no connection to use."""

    advice = (
        "Sign in with roots_nb.connect(...) or, without a screen, set ROOTS_NB_URL, ROOTS_NB_USER and ROOTS_NB_TOKEN "
        "(Server / Data Center: ROOTS_NB_URL and ROOTS_NB_TOKEN). To try without a Jira: ROOTS_NB_DEMO=1."
    )


class ProfilesUnreadable(RootsError):
    """The file with the remembered connections cannot be read or written; it is left as it is."""


class JournalUnusable(RootsError):
    """The journal of a run, or the lock beside it, cannot be written or read: no request is sent without it."""


class RunLocked(RootsError):
    """Another apply of the same account is under way, in this process, another one or on another computer."""


class KeyringUnusable(RootsError):
    """The system keyring is missing, unsafe, locked, or did not keep what it was given."""


class Stopped(RootsError):
    """The person pressed Stop. Nothing half-done is left behind."""

    advice = "Run it again to go on."

    def __init__(self, message: str = "Stopped.", *, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)


class JiraError(RootsError):
    """Jira, or something in front of it, did not do what was asked.

    Attributes
    ----------
    host : str
        The host that was asked.
    status_code : int or None
        HTTP status; None when there was no reply.
    jira_says : tuple of str
        Jira's own messages, in the account's language.
    retryable : bool
        Whether asking again, after a wait, may help.
    retry_after_seconds : float or None
        The least to wait, where Jira said so.
    was_sent : bool
        False if the request is known not to have reached Jira.
    """

    retryable = False
    was_sent = True

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        host: str = "",
        status_code: int | None = None,
        jira_says: tuple[str, ...] = (),
        retryable: bool | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.host = host
        self.status_code = status_code
        self.jira_says = jira_says
        self.retry_after_seconds = retry_after_seconds
        if retryable is not None:
            self.retryable = retryable


class AuthenticationFailed(JiraError):
    """Jira does not accept these credentials, or not any more."""


class CaptchaRequired(AuthenticationFailed):
    """Too many failed logins: Jira wants a person to sign in in the browser first."""

    advice = "Sign in once in the browser, then try again. Nothing more is sent until then."


class WrongAuthKind(AuthenticationFailed):
    """A personal access token was sent to Cloud, or the like: the kind of credential does not fit the site."""


class NotJira(JiraError):
    """Something answered, but not Jira's REST API: a login page, a redirect, another application."""


class CertificateNotTrusted(JiraError):
    """The TLS certificate of the site is not signed by an authority this computer trusts."""

    advice = "If your company has its own certificate authority, name its CA file (ca_bundle, or REQUESTS_CA_BUNDLE)."


class Unreachable(JiraError):
    """No reply: the host does not exist, refuses, or does not answer in time."""

    advice = "Check the address, the network, and whether a VPN or a proxy is needed."
    retryable = True


class RateLimited(JiraError):
    """Jira asks to wait, and waiting unasked did not or would not help.

    Attributes
    ----------
    limit : str
        Which limit was met, in Jira's words, such as "jira-burst-based"; "" when it does not tell.
    """

    retryable = True
    limit = ""


class Forbidden(JiraError):
    """Jira knows who is asking and refuses (403)."""


class NotFound(JiraError):
    """Jira says 404: it is gone, or not visible to this account."""


class BadRequest(JiraError):
    """Jira refuses the request itself (400 and the like); asking again would bring the same answer."""


class ServerError(JiraError):
    """Jira failed (5xx) and did not recover while asked again."""


class UnexpectedAnswer(JiraError):
    """A reply that is not what Jira's documentation says: broken, too large, or of another shape."""


class UnfinishedRun(RootsError):
    """A run of this account was interrupted; `runs` names it. Nothing new is sent before it is resumed or closed."""

    def __init__(self, runs: Sequence[str]) -> None:
        self.runs = tuple(runs)
        super().__init__(
            f"A run was interrupted and is not finished: {', '.join(runs)}.",
            advice=f'roots_nb.resume(jira, "{runs[0]}") goes on with it; roots_nb.close_run("{runs[0]}") leaves it as '
            "it is. Nothing was sent.",
        )
