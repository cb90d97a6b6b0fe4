"""Secrets: they never show, they are found where they were kept, and they reach no other site."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
import pprint
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked

from roots_nb.connections.connection import Connection
from roots_nb.connections.keyrings import keyring_name, keyring_problem
from roots_nb.connections.secrets import (
    SERVICE,
    Secret,
    connection_from_environment,
    environment_names,
    find_secret,
    forget_secret,
    forget_session,
    keep_for_session,
    remember_secret,
    session_connections,
)
from roots_nb.errors import InvalidInput, KeyringUnusable

if TYPE_CHECKING:
    from tests.conftest import MemoryKeyring

CANARY = "ATATT-canary-7f3b"
SECRET = Secret(CANARY)
CLOUD = Connection("Demo Cloud", "cloud", "https://company.atlassian.net", "api_token", "ada@example.com")
PAT = Connection("Demo Server", "datacenter", "https://jira.example.com/jira", "pat", account_id="JIRAUSER1")
PASSWORD = Connection("Old Server", "datacenter", "https://old.example.com", "password", "Ada")

Environ = Callable[..., None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Environ:
    """Set variables by what follows ROOTS_NB_."""

    def set_variables(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"ROOTS_NB_{name}", value)

    return set_variables


class _Keyring(KeyringBackend):
    """A keyring in memory; subclasses are worse ones."""

    priority = 0

    def __init__(self) -> None:
        super().__init__()
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.passwords[service, username]


class _AltKeyring(_Keyring):
    """Named like the one that writes base64 into a file."""


_AltKeyring.__module__ = "keyrings.alt.file"


class _MyPlaintextKeyring(_Keyring):
    """A plain text one of somebody else."""


class _ForgetfulKeyring(_Keyring):
    def get_password(self, service: str, username: str) -> str | None:
        return None


class _CuttingKeyring(_Keyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:8])


class _RaisingKeyring(_Keyring):
    """Locked, and it repeats in its error what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"cannot store {password}")


class _InterruptedKeyring(_Keyring):
    """It waits to be unlocked, and its owner presses Ctrl-C."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyboardInterrupt


def _all_text(error: BaseException) -> str:
    """Everything an error and its causes could show, with the local variables of every frame but the test's own."""
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None:
        shown = traceback.TracebackException.from_exception(current, capture_locals=True)
        frames = (frame for frame in shown.stack if not frame.name.startswith("test_"))
        parts += [repr(current), str(current), *(str(frame.locals) for frame in frames)]
        current = current.__cause__ or current.__context__
    return "\n".join(parts)


# --- a secret never shows ---


def test_secret_reveals_what_it_was_given() -> None:
    """There is one way out, and pasted spaces and line breaks are left behind."""
    assert Secret(f"  {CANARY}\r\n").reveal() == CANARY
    assert Secret("two words").reveal() == "two words"


@dataclass
class _Holder:
    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        lambda s: f"{s}",
        lambda s: f"{s!r:>40}",
        lambda s: f"{s:>40}",
        lambda s: "{:s}".format(s),  # noqa: UP032
        lambda s: "%s %r" % (s, s),  # noqa: UP031
        lambda s: str([s, {"secret": s}]),
        lambda s: pprint.pformat(_Holder(s)),
        lambda s: repr(_Holder(s)),
        lambda s: json.dumps({"secret": s}, default=str),
        lambda s: str(dir(s)),
        lambda s: str(ValueError("refused", s)),
    ],
)
def test_secret_shows_only_stars(show: Callable[[Secret], str]) -> None:
    """Whatever turns a value into text gets three stars."""
    assert CANARY not in show(SECRET)


@pytest.mark.parametrize(
    "take",
    [
        vars,
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        lambda s: pickle.dumps(s, protocol=0),
        lambda s: pickle.Pickler(io.BytesIO(), protocol=5).dump(_Holder(s)),
        json.dumps,
        lambda s: json.dumps(s, default=vars),
        lambda s: json.dumps(s, default=lambda o: o.__getstate__()),
        lambda s: dataclasses.asdict(_Holder(s)),
        lambda s: s.__getstate__(),
        lambda s: s.__reduce__(),
        hash,
        bytes,
        list,
    ],
)
def test_secret_is_neither_copied_nor_taken_apart(take: Callable[[Secret], object]) -> None:
    """Whatever would carry the value elsewhere is refused, without naming it."""
    with pytest.raises(TypeError) as caught:
        take(SECRET)
    assert CANARY not in _all_text(caught.value)


def test_secret_stays_hidden_in_a_traceback_with_locals() -> None:
    """A notebook in verbose mode prints every local variable of every frame."""

    def sign_in(secret: Secret) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        sign_in(Secret(CANARY))
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = ***" in text
    assert CANARY not in text


@pytest.mark.parametrize(
    "text", ["", "  \n", f"{CANARY}\n{CANARY}", f"{CANARY}\x00x", f"{CANARY}\u200bx", f"{CANARY}\ud800x"]
)
def test_secret_refuses_what_cannot_be_one(text: str) -> None:
    """Empty, or with something invisible inside; the refusal shows nothing of it either."""
    with pytest.raises(InvalidInput, match="Paste it again") as caught:
        Secret(text)
    assert CANARY not in _all_text(caught.value)


def test_secrets_compare_by_value_with_each_other_alone() -> None:
    """Equal secrets are equal; a secret never equals a text."""
    assert Secret("ключ") == Secret("ключ")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


# --- which keyring is safe ---


def test_keyring_in_memory_of_a_third_party_is_accepted(memory_keyring: MemoryKeyring) -> None:
    """Who installed a backend chose it."""
    assert keyring_problem() == ""
    assert keyring_name() == memory_keyring.name


@pytest.mark.parametrize(
    ("backend", "problem"),
    [
        (fail.Keyring(), "There is no system keyring on this computer."),
        (null.Keyring(), "The system keyring is switched off."),
        (_AltKeyring(), "plain text"),
        (_MyPlaintextKeyring(), "plain text"),
    ],
)
def test_unsafe_keyring_is_refused_in_a_sentence(backend: KeyringBackend, problem: str) -> None:
    """Where no keyring is safe, nothing is stored and the sentence says why."""
    keyring.set_keyring(backend)
    assert problem in keyring_problem()
    assert keyring_name() == ""
    with pytest.raises(KeyringUnusable, match="ROOTS_NB_DEMO_CLOUD_TOKEN"):
        remember_secret(CLOUD, SECRET)
    assert not getattr(backend, "passwords", None)
    assert find_secret(CLOUD) is None
    forget_secret(CLOUD)


@pytest.mark.parametrize("module", ["keyring.backends.SecretService", "keyring.backends.libsecret"])
def test_keyring_is_named_as_its_owner_knows_it(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form says where the secret would lie."""
    monkeypatch.setattr(_Keyring, "__module__", module)
    keyring.set_keyring(_Keyring())
    assert keyring_name() == "Secret Service"


def test_keyring_that_cannot_be_loaded_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend named in the configuration but not installed ends in a sentence."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no_such_module.Keyring")
    assert keyring_problem() == "The system keyring cannot be opened (ModuleNotFoundError)."
    assert find_secret(CLOUD) is None


class _Chain(chainer.ChainerBackend):
    backends: ClassVar[list[KeyringBackend]] = []


def test_chain_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a chain of several the first safe one is used, for writing and reading alike."""
    unsafe, safe = _AltKeyring(), _Keyring()
    monkeypatch.setattr(_Chain, "backends", [unsafe, safe])
    keyring.set_keyring(_Chain())
    remember_secret(CLOUD, SECRET)
    assert (len(unsafe.passwords), len(safe.passwords)) == (0, 1)
    assert find_secret(CLOUD) == SECRET


@pytest.mark.parametrize(("backends", "problem"), [([_AltKeyring()], "plain text"), ([], "no system keyring")])
def test_chain_without_a_safe_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, backends: list[KeyringBackend], problem: str
) -> None:
    """A chain is as safe as what it would write to."""
    monkeypatch.setattr(_Chain, "backends", backends)
    keyring.set_keyring(_Chain())
    assert problem in keyring_problem()


def test_importing_connections_imports_no_keyring() -> None:
    """`import roots_nb` stays light: a keyring looks for every backend of the computer."""
    modules = ("connection", "profiles", "secrets", "keyrings")
    imports = "; ".join(f"import roots_nb.connections.{module}" for module in modules)
    code = f"{imports}; import sys; sys.exit('keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- keyring ---


@pytest.mark.parametrize("connection", [CLOUD, PAT, PASSWORD])
def test_remembered_secret_is_found_and_forgotten(memory_keyring: MemoryKeyring, connection: Connection) -> None:
    """What went into the keyring comes out, and after removal nothing is left."""
    remember_secret(connection, SECRET)
    assert find_secret(connection) == SECRET
    forget_secret(connection)
    assert find_secret(connection) is None
    assert memory_keyring.passwords == {}


def test_keyring_entry_names_site_and_account(memory_keyring: MemoryKeyring) -> None:
    """Its owner recognises it in the system's own keyring window."""
    remember_secret(PAT, SECRET)
    remember_secret(CLOUD, SECRET)
    assert list(memory_keyring.passwords) == [
        (SERVICE, "https://jira.example.com/jira (account JIRAUSER1)"),
        (SERVICE, "https://company.atlassian.net (user ada@example.com)"),
    ]


def test_remembered_secret_survives_a_new_name() -> None:
    """A connection's name is only a label."""
    remember_secret(CLOUD, SECRET)
    assert find_secret(replace(CLOUD, name="Renamed", user="Ada@Example.com")) == SECRET


def test_remembered_secret_is_replaced_once_the_account_is_known(memory_keyring: MemoryKeyring) -> None:
    """The entry made before the first sign-in is found, then superseded, so that no old token stays behind."""
    remember_secret(CLOUD, Secret("old"))
    signed_in = replace(CLOUD, account_id="5b10")
    assert find_secret(signed_in) == Secret("old")
    remember_secret(signed_in, SECRET)
    assert list(memory_keyring.passwords.values()) == [CANARY]


def test_secret_of_one_account_is_not_found_by_another() -> None:
    """Neither another account of the site nor the same account id elsewhere."""
    remember_secret(PAT, SECRET)
    keep_for_session(PAT, SECRET)
    assert find_secret(replace(PAT, name="B", account_id="JIRAUSER2")) is None
    assert find_secret(replace(PAT, name="C", url="https://other.example.com")) is None
    assert find_secret(replace(PAT, name="D", account_id="", auth="password", user="JIRAUSER1")) is None


@pytest.mark.parametrize("backend", [_ForgetfulKeyring(), _CuttingKeyring()])
def test_keyring_that_does_not_keep_is_found_out(backend: _Keyring) -> None:
    """What was stored is read back; a cut token does not stay to fail the next sign-in."""
    keyring.set_keyring(backend)
    with pytest.raises(KeyringUnusable, match="did not keep"):
        remember_secret(CLOUD, SECRET)
    assert find_secret(CLOUD) is None


def test_locked_keyring_says_what_to_do() -> None:
    """The error names the way around and carries nothing of the backend, whose own text shows the secret."""
    keyring.set_keyring(_RaisingKeyring())
    actions: list[Callable[[], object]] = [
        lambda: remember_secret(CLOUD, SECRET),
        lambda: find_secret(CLOUD),
        lambda: forget_secret(CLOUD),
    ]
    for action in actions:
        with pytest.raises(KeyringUnusable, match=r"Unlock it.*ROOTS_NB_DEMO_CLOUD_TOKEN") as caught:
            action()
        assert CANARY not in _all_text(caught.value)
        assert caught.value.__context__ is None


def test_interrupted_keyring_shows_no_secret() -> None:
    """Ctrl-C while it waits is Ctrl-C, without the backend's frames, where the secret is."""
    keyring.set_keyring(_InterruptedKeyring())
    with pytest.raises(KeyboardInterrupt) as caught:
        remember_secret(CLOUD, SECRET)
    assert CANARY not in _all_text(caught.value)
    assert caught.value.__context__ is None


def test_locked_keyring_does_not_matter_when_another_place_has_it(environ: Environ) -> None:
    """Environment and memory work without a keyring."""
    keyring.set_keyring(_RaisingKeyring())
    keep_for_session(CLOUD, Secret("memory"))
    assert find_secret(CLOUD) == Secret("memory")
    environ(DEMO_CLOUD_TOKEN="environment")
    assert find_secret(CLOUD) == Secret("environment")


def test_keyring_goes_before_environment_before_memory(environ: Environ) -> None:
    """The order in which a secret is looked for."""
    assert find_secret(CLOUD) is None
    keep_for_session(CLOUD, Secret("memory"))
    assert find_secret(CLOUD) == Secret("memory")
    environ(DEMO_CLOUD_TOKEN="environment")
    assert find_secret(CLOUD) == Secret("environment")
    remember_secret(CLOUD, Secret("keyring"))
    assert find_secret(CLOUD) == Secret("keyring")


# --- memory ---


def test_session_knows_who_signed_in_oldest_first() -> None:
    """Signing in again counts as new; the account found by signing in makes no second one."""
    keep_for_session(CLOUD, Secret("old"))
    keep_for_session(PAT, SECRET)
    assert session_connections() == [CLOUD, PAT]
    signed_in = replace(CLOUD, account_id="5b10")
    keep_for_session(signed_in, SECRET)
    assert session_connections() == [PAT, signed_in]
    assert find_secret(signed_in) == SECRET


def test_session_forgets_one_or_all() -> None:
    """Removing a connection takes its secret out of memory, and only its own."""
    keep_for_session(CLOUD, SECRET)
    keep_for_session(PAT, SECRET)
    forget_secret(CLOUD)
    assert session_connections() == [PAT]
    assert find_secret(CLOUD) is None
    forget_session()
    assert session_connections() == []
    assert find_secret(PAT) is None


def test_session_forgets_even_when_the_keyring_is_locked() -> None:
    """What can be forgotten is."""
    keep_for_session(CLOUD, SECRET)
    keyring.set_keyring(_RaisingKeyring())
    with pytest.raises(KeyringUnusable):
        forget_secret(CLOUD)
    assert session_connections() == []


# --- environment ---


def test_environment_names_follow_the_name() -> None:
    """Everything but letters and digits becomes one underscore."""
    assert environment_names("Demo Cloud") == (
        "ROOTS_NB_DEMO_CLOUD_URL",
        "ROOTS_NB_DEMO_CLOUD_USER",
        "ROOTS_NB_DEMO_CLOUD_TOKEN",
        "ROOTS_NB_DEMO_CLOUD_PASSWORD",
        "ROOTS_NB_DEMO_CLOUD_DEPLOYMENT",
    )
    assert environment_names("Cloud (company.atlassian.net)").token == "ROOTS_NB_CLOUD_COMPANY_ATLASSIAN_NET_TOKEN"
    assert environment_names().url == "ROOTS_NB_URL"


@pytest.mark.parametrize(
    ("variables", "connection"),
    [
        (
            {"URL": "company.atlassian.net/jira/your-work", "USER": "ada@example.com", "TOKEN": CANARY},
            replace(CLOUD, name="Cloud (company.atlassian.net)"),
        ),
        (
            {"URL": "https://jira.example.com/jira/", "TOKEN": f" {CANARY}\n", "USER": " "},
            replace(PAT, name="Server (jira.example.com)", account_id=""),
        ),
        (
            {"URL": "https://old.example.com", "USER": "Ada", "PASSWORD": CANARY, "DEPLOYMENT": "Server"},
            replace(PASSWORD, name="Server (old.example.com)"),
        ),
        (
            {"URL": "http://127.0.0.1:8080", "USER": "a@b.c", "TOKEN": CANARY, "DEPLOYMENT": "cloud"},
            Connection("Cloud (127.0.0.1:8080)", "cloud", "http://127.0.0.1:8080", "api_token", "a@b.c"),
        ),
        (
            {"URL": "http://127.0.0.1:8080", "TOKEN": CANARY, "DEPLOYMENT": "datacenter"},
            Connection("Server (127.0.0.1:8080)", "datacenter", "http://127.0.0.1:8080", "pat"),
        ),
    ],
)
def test_environment_gives_a_connection(environ: Environ, variables: dict[str, str], connection: Connection) -> None:
    """The bare names describe one connection, the same with a name a named one."""
    environ(**variables)
    assert connection_from_environment() == (connection, SECRET)
    environ(**{f"DEMO_{name}": value for name, value in variables.items()})
    assert connection_from_environment("demo") == (replace(connection, name="demo"), SECRET)


def test_environment_without_an_address_gives_none(environ: Environ) -> None:
    """Nothing set is no connection; a named token alone belongs to a remembered one."""
    assert connection_from_environment() is None
    environ(DEMO_CLOUD_TOKEN=CANARY)
    assert connection_from_environment("Demo Cloud") is None
    assert connection_from_environment() is None


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"TOKEN": CANARY}, "ROOTS_NB_TOKEN is set, but ROOTS_NB_URL is not"),
        ({"PASSWORD": CANARY, "USER": "ada"}, "ROOTS_NB_PASSWORD is set, but ROOTS_NB_URL is not"),
        ({"URL": "x.atlassian.net", "TOKEN": CANARY}, "ROOTS_NB_USER is missing"),
        ({"URL": "x.atlassian.net", "USER": "a@b.c"}, "ROOTS_NB_TOKEN is missing"),
        ({"URL": "x.atlassian.net", "USER": "a@b.c", "PASSWORD": CANARY}, "Set ROOTS_NB_TOKEN instead"),
        ({"URL": "jira.example.com"}, "ROOTS_NB_TOKEN or ROOTS_NB_PASSWORD is missing"),
        ({"URL": "jira.example.com", "PASSWORD": CANARY}, "ROOTS_NB_USER is missing"),
        (
            {"URL": "jira.example.com", "USER": "a", "TOKEN": CANARY, "PASSWORD": CANARY},
            "Both ROOTS_NB_TOKEN and ROOTS_NB_PASSWORD",
        ),
        ({"URL": "http://127.0.0.1:1", "TOKEN": CANARY}, "ROOTS_NB_DEPLOYMENT is missing"),
        ({"URL": "jira.example.com", "TOKEN": CANARY, "DEPLOYMENT": CANARY}, "ROOTS_NB_DEPLOYMENT is not known"),
        ({"URL": "x.atlassian.net", "TOKEN": CANARY, "DEPLOYMENT": "datacenter"}, "ROOTS_NB_URL cannot be used"),
        ({"URL": "jira.example.com", "TOKEN": CANARY, "DEPLOYMENT": "cloud"}, "ROOTS_NB_URL cannot be used"),
        ({"URL": f"https://a:{CANARY}@jira.example.com", "TOKEN": CANARY}, "ROOTS_NB_URL cannot be used"),
        ({"URL": f"{CANARY}.atlassian.net.example.com", "TOKEN": CANARY}, "ROOTS_NB_URL cannot be used"),
        ({"URL": "jira.example.com", "TOKEN": f"{CANARY}\nx"}, "ROOTS_NB_TOKEN contains a line break"),
        ({"URL": "x.atlassian.net", "TOKEN": "x", "USER": f"{CANARY}:x"}, "user contains a colon"),
    ],
)
def test_environment_names_what_is_missing_or_wrong(environ: Environ, variables: dict[str, str], says: str) -> None:
    """The variable is named, its value never."""
    environ(**variables)
    with pytest.raises(InvalidInput, match=says) as caught:
        connection_from_environment()
    assert CANARY.casefold() not in str(caught.value).casefold()


def test_environment_secret_fits_the_way_to_sign_in(environ: Environ) -> None:
    """A token is never tried as a password: a few wrong ones lock the account."""
    environ(OLD_SERVER_TOKEN=CANARY, DEMO_SERVER_PASSWORD=CANARY)
    assert find_secret(PASSWORD) is None
    assert find_secret(PAT) is None
    environ(OLD_SERVER_PASSWORD=CANARY, DEMO_SERVER_TOKEN=CANARY)
    assert find_secret(PASSWORD) == SECRET
    assert find_secret(PAT) == SECRET


def test_bare_secret_reaches_only_the_site_and_user_beside_it(environ: Environ) -> None:
    """ROOTS_NB_TOKEN without, or beside another, ROOTS_NB_URL is not sent to a remembered site."""
    environ(TOKEN=CANARY)
    assert find_secret(CLOUD) is None
    environ(URL="https://other.atlassian.net")
    assert find_secret(CLOUD) is None
    environ(URL="not an address")
    assert find_secret(CLOUD) is None
    environ(URL="company.atlassian.net/browse/AB-1", USER="bob@example.com")
    assert find_secret(CLOUD) is None
    environ(USER="ADA@example.com")
    assert find_secret(CLOUD) == SECRET


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"DEMO_CLOUD_URL": "other.atlassian.net"}, "ROOTS_NB_DEMO_CLOUD_URL does not fit Demo Cloud"),
        ({"DEMO_CLOUD_USER": "bob@example.com"}, "ROOTS_NB_DEMO_CLOUD_USER does not fit Demo Cloud"),
    ],
)
def test_named_secret_of_another_site_or_user_is_refused(
    environ: Environ, variables: dict[str, str], says: str
) -> None:
    """A token whose own variables name another site is not sent to the remembered one."""
    environ(DEMO_CLOUD_TOKEN=CANARY, **variables)
    with pytest.raises(InvalidInput, match=says):
        find_secret(CLOUD)
