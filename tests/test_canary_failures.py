"""Every failure, every form and every command, with secrets that can be told: nowhere but in the keyring.

All in one process that says whatever can be said: logs of all libraries at DEBUG, what `http.client` prints, and each
error as `traceback` and as IPython's Verbose mode show it, with the local variables of every frame. What notebooks
leave is in `tests/test_canary.py`.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import signal
import socket
import ssl
import stat
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import ipywidgets as widgets
import pytest
import trustme
from IPython.core.ultratb import VerboseTB
from typer.testing import CliRunner

from roots_nb import errors
from roots_nb.cli import app
from roots_nb.connections import secrets
from roots_nb.connections.secrets import Secret
from roots_nb.demo.server import JiraApp, serve
from roots_nb.editing.runs import close_run, runs
from roots_nb.jira import http as http_module
from roots_nb.jira.signin import sign_in
from roots_nb.widgets.connect_form import ConnectForm
from roots_nb.widgets.connection_manager import ConnectionManager
from roots_nb.widgets.connection_row import ConnectionRow
from roots_nb.worklogs import load_worklogs
from tests.canaries import SECRETS, CanaryWorld, found_in
from tests.conftest import MemoryKeyring
from tests.editing.desk import WEEK, Desk, add, change, delete, is_write, minutes_of, move
from tests.editing.test_interruptions import kernel_that_dies
from tests.faults import fault
from tests.faults.fault import Answer, Fault, Garbage, Meanwhile, Reset, TimeOut, Truncated
from tests.faults.request import Request
from tests.widgets.front_end import Clock, SecretInput, at_once, text_of
from tests.world import InstantProgress

CAPTCHA = {
    "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
    "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp",
}
FAILURES_OF_JIRA: tuple[Fault, ...] = (
    fault.unauthorised(),
    fault.forbidden(),
    Answer(403, headers=CAPTCHA),
    fault.not_found(),
    Answer(400),
    Answer(429, headers={"Retry-After": "3600"}),
    Answer(500),
    Answer(503),
    fault.html(),
    fault.redirect("https://login.example.test/saml?SAMLRequest=x"),
    Garbage(),
    Answer(200, "[" * 100_000),
    Truncated(),
    Reset(),
    TimeOut(),
)
INTERRUPT = Meanwhile(lambda: os.kill(os.getpid(), signal.SIGINT))
FAILURES = (*FAILURES_OF_JIRA, INTERRUPT)
EDITS = (change("one", time_spent=minutes_of(90)), move("three", "OPS-1"), delete("four"), add("new"))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Ears:
    """Everything that is said goes into a file, where the search finds it."""

    def __init__(self, folder: Path, *, verbose: bool) -> None:
        self.verbose = verbose
        self.file = (folder / "said.txt").open("a", encoding="utf-8", errors="backslashreplace")

    def write(self, *texts: str) -> None:
        self.file.write("\n".join((*texts, "")))

    def hear(self, action: Callable[[], Any]) -> BaseException | None:
        """What comes of it, as text and as HTML, or the error with all its frames."""
        try:
            result = action()
        except BaseException as error:
            self.write(*self.shown(error))
            return error
        self.write(repr(result), str(getattr(result, "_repr_html_", str)()))
        return None

    def hear_command(self, *arguments: str, typed: str = "") -> str:
        """As in a process of its own: what an earlier command kept in memory is forgotten."""
        secrets.forget_session()
        result = CliRunner().invoke(app, arguments, input=typed)
        self.write(result.output)
        if result.exc_info and (frames := result.exc_info[2].tb_next):  # the first one knows what is typed
            self.write(*self.shown(result.exc_info[1].with_traceback(frames)))
        return f"{result.output}{result.exception or ''}"

    def shown(self, error: BaseException) -> list[str]:
        """As `traceback` and as `%xmode Verbose` show it (which takes 0.2 s), and its attributes."""
        plain = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        verbose = VerboseTB().text(type(error), error, error.__traceback__) if self.verbose else ""
        return [*plain, COLOUR.sub("", verbose), repr(error), repr(vars(error))]

    def look_at_widgets(self) -> None:
        """What JupyterLab would save of every widget that there is."""
        self.write(json.dumps(widgets.Widget.get_manager_state()))


@pytest.fixture
def ears(
    site: CanaryWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ears]:
    """At the end nothing of a secret is in any file below the test's folder, and those of ours are private."""
    log, root, level = logging.FileHandler(tmp_path / "log.txt"), logging.getLogger(), logging.root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    listening = Ears(tmp_path, verbose=site.auth == "api_token")
    yield listening
    root.setLevel(level)
    root.removeHandler(log)
    log.close()
    listening.write(*capsys.readouterr())
    listening.file.close()
    assert "Starting new HTTP" in (tmp_path / "log.txt").read_text()
    assert found_in(tmp_path) == []
    assert [path for path in left_in(tmp_path / "home") if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def left_in(home: Path) -> list[Path]:
    """Our folders and all that is in them."""
    ours = [folder for folder in home.rglob("roots_nb") if folder.is_dir()]
    assert ours
    return ours + [path for folder in ours for path in folder.rglob("*")]


@pytest.fixture(params=[pytest.param(each, marks=pytest.mark.slow if each == "pat" else ()) for each in SECRETS])
def site(request: pytest.FixtureRequest) -> Iterator[CanaryWorld]:
    with CanaryWorld(request.param).running() as world:
        yield world


def knows_who(request: Request) -> bool:
    return request.auth != ""


def break_each(
    site: CanaryWorld, matches: Callable[[Request], bool], failures: Sequence[Fault] = FAILURES
) -> Iterator[str]:
    """Each failure in turn; where something is asked again it fails again, but one Ctrl-C is enough."""
    for failure in failures:
        with pytest.MonkeyPatch.context() as patch:
            if isinstance(failure, TimeOut):
                patch.setattr(http_module, "READ_TIMEOUT_SECONDS", 1)
            site.faults.when(matches, failure, times=1 if failure is INTERRUPT else None)
            yield repr(failure)
        assert site.faults.played, failure
        site.faults.clear()


def test_failed_requests_show_no_secret(site: CanaryWorld, ears: Ears) -> None:
    """Whatever goes wrong, at the sign-in and in a load."""
    desk = Desk(site)
    signing_in = partial(sign_in, site.connection, Secret(site.secret), progress=InstantProgress())
    for name in break_each(site, knows_who):
        assert ears.hear(signing_in), name
    for name in break_each(site, lambda request: "search" in request.path):
        assert ears.hear(partial(load_worklogs, desk.new_kernel(), WEEK, progress=InstantProgress())), name


@pytest.mark.parametrize("site", ["api_token", "password"], indirect=True)
def test_failed_applies_show_no_secret(site: CanaryWorld, ears: Ears) -> None:
    """Plan, result, journal and errors, whatever goes wrong with a write."""
    desk = Desk(site)
    for _ in break_each(site, is_write):
        desk.new_kernel()
        ears.hear(partial(desk.apply, desk.plan(*EDITS)))
        for run in runs().query("status == 'interrupted'")["run"]:
            close_run(run)


def test_hosts_that_do_not_answer_show_no_secret(
    site: CanaryWorld, ears: Ears, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that is not trusted and one that is, nobody who listens, nobody of that name."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    def try_at(url: str, ca_bundle: str = "") -> BaseException | None:
        connection = replace(site.connection, url=url, ca_bundle=ca_bundle)
        return ears.hear(partial(sign_in, connection, Secret(site.secret)))

    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serve(JiraApp(site.site), context_path=site.site.context_path, ssl_context=context) as running:
        assert isinstance(try_at(running.url), errors.CertificateNotTrusted)
        assert try_at(running.url, str(tmp_path / "ca.pem")) is None
    assert "refuses the connection" in str(try_at(running.url))
    monkeypatch.setattr(socket, "getaddrinfo", Mock(side_effect=socket.gaierror(-2, "Name or service not known")))
    url = "https://company.atlassian.net" if site.deployment == "cloud" else "https://jira.example.com"
    assert "There is no host" in str(try_at(url))


def type_into(form: ConnectForm | None, site: CanaryWorld, secret: str) -> ConnectForm:
    assert form is not None
    form.deployment.value, form.url.value = site.deployment, site.url
    form.email.value, form.username.value = "ann@example.com", "ann"
    if site.deployment == "datacenter":
        form.auth.value = site.auth
    SecretInput(form.secret, secret)
    return form


def make_manager() -> ConnectionManager:
    make_form = partial(ConnectForm, run=at_once, timer=Clock())
    return ConnectionManager(make_form=make_form, make_row=partial(ConnectionRow, run=at_once))


def test_forms_keep_no_secret(site: CanaryWorld, ears: Ears, memory_keyring: MemoryKeyring) -> None:
    """One that is refused, one with something invisible inside, whatever else goes wrong, at last one that works."""
    manager = make_manager()
    manager.add.click()
    form = type_into(manager.form, site, f"{site.secret}\u200b")
    form.connect.click()
    assert "invisible" in text_of(form.status)
    for name in break_each(site, knows_who, FAILURES_OF_JIRA):
        type_into(form, site, site.secret).connect.click()
        ears.look_at_widgets()
        assert form.signed_in is None, name
    type_into(form, site, site.secret).connect.click()
    ears.look_at_widgets()
    assert "Connected as Ann" in text_of(manager.rows[0].text)
    assert list(memory_keyring.passwords.values()) == [site.secret]


def test_manager_keeps_no_secret(site: CanaryWorld, ears: Ears, memory_keyring: MemoryKeyring) -> None:
    """Connected, edited with the old secret and with a new one, in vain and again, removed."""
    ears.hear_command(*adding(site), typed=site.secret)
    (row,) = (manager := make_manager()).rows
    row.connect.click()
    for secret in ("", site.secret):
        manager.rows[0].edit.click()
        type_into(manager.form, site, secret).connect.click()
        ears.look_at_widgets()
    assert "Connected as Ann" in text_of(manager.rows[0].text)
    site.shut_out()
    manager.rows[0].edit.click()
    form = type_into(manager.form, site, site.secret)
    form.connect.click()
    assert "does not accept" in text_of(form.status)
    form.cancel.click()
    secrets.forget_session()
    (row,) = (manager := make_manager()).rows
    row.connect.click()
    assert "does not accept" in text_of(row.text)
    ears.look_at_widgets()
    row.remove.click()
    row.confirm.click()
    assert memory_keyring.passwords == {}


def adding(site: CanaryWorld) -> list[str]:
    auth = {"api_token": "token", "pat": "pat", "password": "password"}[site.auth]
    return ["connections", "add", site.url, "--name", "Work", "--auth", auth, "--user", site.connection.user]


def test_commands_show_no_secret(
    site: CanaryWorld, ears: Ears, memory_keyring: MemoryKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of `connections`, `runs` and `notebooks`, with a kernel that dies in the middle of an apply before."""
    command = ears.hear_command
    assert "invisible" in command(*adding(site), typed=f"{site.secret}\u200b")
    assert "Connected as Ann" in command(*adding(site), typed=site.secret)
    assert list(memory_keyring.passwords.values()) == [site.secret]
    assert "already" in command(*adding(site), typed=site.secret)
    for arguments in (["list"], ["test"], ["env", "Work"], ["edit", "Work", "--name", "Work"]):
        assert "Work" in command("connections", *arguments)
    assert "Connected as Ann" in command("connections", "edit", "Work", typed=site.secret)
    desk = Desk(site)
    plan = desk.plan(*EDITS)
    with kernel_that_dies(after=3):
        desk.apply(plan)
    for arguments in (["list"], ["show"], ["resume"], ["show"], ["undo", "--yes"], ["list"]):
        run = [] if arguments == ["list"] else [plan.run]
        assert plan.run[:8] in command("runs", *arguments, *run)
    command("notebooks", str(tmp_path / "notebooks"))
    site.shut_out()
    assert "does not accept" in command("connections", "test", "Work")
    assert "does not accept" in command("connections", "edit", "Work", typed=site.secret)
    assert "removed" in command("connections", "remove", "Work", "--yes")
    assert memory_keyring.passwords == {}
