"""Connections without a notebook: added, shown, tried, changed and removed from a shell; no secret on any screen."""

from __future__ import annotations

import io
import os
import ssl
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import keyring
import pytest
import trustme
from keyring.backends import fail
from typer.testing import CliRunner, Result

from roots_nb import errors
from roots_nb.cli import app, main
from roots_nb.connections import secrets
from roots_nb.connections.connection import Connection
from roots_nb.connections.profiles import Profiles
from roots_nb.demo.server import JiraApp, serve
from tests.conftest import MemoryKeyring
from tests.faults.fault import Answer, jira_errors
from tests.systems import needs_terminals
from tests.world import TOKEN, World

COMMAND = [sys.executable, "-c", "from roots_nb.cli import main; main()", "connections"]
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def run(*arguments: str, typed: str = "") -> Result:
    """One command, as in a process of its own: what an earlier one kept in memory is forgotten."""
    secrets.forget_session()
    return CliRunner().invoke(app, ["connections", *arguments], input=typed)


def run_apart(*arguments: str, piped: str = "") -> subprocess.CompletedProcess[str]:
    """A real process, on a computer without a keyring."""
    environment = {**os.environ, **NO_KEYRING}
    return subprocess.run(
        [*COMMAND, *arguments], input=piped, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def adding(world: World, *more: str, name: str = "Work") -> list[str]:
    user = ["--user", "ann@example.com"] if world.deployment == "cloud" else []
    return ["add", world.url, "--name", name, *user, *more]


def add(world: World, *more: str, name: str = "Work", secret: str = TOKEN) -> Connection:
    """Remembered, and the request log starts anew."""
    result = run(*adding(world, *more, name=name), typed=f"{secret}\n")
    assert result.exit_code == 0, result.output
    world.log.clear()
    return profile(name)


def profile(name: str = "Work") -> Connection:
    found = Profiles().get(name)
    assert found is not None
    return found


def let_in(world: World, secret: str) -> None:
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.ann, secret)


def used_by(world: World) -> set[str]:
    """The credentials that reached the server."""
    return {request.auth for request in world.log.requests if request.auth}


def test_add_signs_in_and_remembers(world: World, memory_keyring: MemoryKeyring) -> None:
    """The site itself says which deployment it is; the secret is the line that was piped in."""
    result = run(*adding(world), typed=f"{TOKEN}\n")
    assert result.exit_code == 0
    assert result.stdout.startswith("Work: Connected as Ann (ann@example.com, Europe/Berlin, ")
    assert (profile().deployment, profile().url) == (world.deployment, world.url)
    assert list(memory_keyring.passwords.values()) == [TOKEN]
    assert TOKEN not in result.output + Profiles().path.read_text()


def test_add_names_the_connection_after_its_host(server: World) -> None:
    """A pasted page is as good as the address, and without a name the host is one."""
    assert run("add", f"{server.url}/browse/APP-1", typed=TOKEN).exit_code == 0
    (known,) = Profiles().all()
    assert known.name == f"Server ({known.host})"
    assert known.url == server.url


def test_add_with_a_password(server: World) -> None:
    """Where tokens are switched off."""
    server.site.add_credential("password", server.ann, "pass word")
    add(server, "--auth", "password", "--user", "ann", secret="pass word")
    assert (profile().auth, profile().user) == ("password", "ann")


@pytest.mark.parametrize("option", ["--token", "--password", "--secret"])
def test_secret_is_no_option(option: str) -> None:
    """The shell's history and the list of processes would show it."""
    assert run("add", "https://jira.example.com", option, "x").exit_code == 2


def test_add_without_a_secret_sends_nothing_with_it(world: World) -> None:
    """An empty line is no secret."""
    result = run(*adding(world), typed="\n")
    assert isinstance(result.exception, errors.InvalidInput)
    assert "empty" in str(result.exception)
    assert used_by(world) == set()


def test_failed_add_remembers_nothing(world: World, memory_keyring: MemoryKeyring) -> None:
    """Jira's refusal is the error, with its advice."""
    result = run(*adding(world), typed="wrong")
    assert isinstance(result.exception, errors.AuthenticationFailed)
    assert Profiles().all() == []
    assert memory_keyring.passwords == {}


def test_add_asks_for_the_deployment_where_the_site_does_not_tell(server: World) -> None:
    """Closed to anonymous people, on an address that could be either: one option more, and it works."""
    server.faults.when(lambda request: "serverInfo" in request.path, Answer(status=403), times=None)
    result = run(*adding(server), typed=TOKEN)
    assert isinstance(result.exception, errors.InvalidInput)
    assert "--deployment" in str(result.exception)
    add(server, "--deployment", "datacenter")


def test_add_trusts_the_named_authority_from_any_folder(
    server: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile holds the whole path, and the certificate already counts for the question what the site is."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "company.pem")
    monkeypatch.chdir(tmp_path)
    with serve(JiraApp(server.site), context_path="/jira", ssl_context=context) as running:
        server.url = running.url
        refused = run(*adding(server), typed=TOKEN)
        assert isinstance(refused.exception, errors.CertificateNotTrusted)
        add(server, "--ca-bundle", "company.pem")
    assert profile().ca_bundle == str((tmp_path / "company.pem").resolve())


def test_add_without_a_keyring_names_the_variable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile alone is remembered; with the variable it works from then on."""
    keyring.set_keyring(fail.Keyring())
    result = run(*adding(world), typed=TOKEN)
    assert result.exit_code == 0
    assert "no system keyring" in result.stderr
    assert "set ROOTS_NB_WORK_TOKEN" in result.stderr
    assert "session" not in result.output
    assert run("test").exit_code == 4
    monkeypatch.setenv("ROOTS_NB_WORK_TOKEN", TOKEN)
    assert "Connected as Ann" in run("test").stdout


def test_add_with_a_keyring_that_refuses_says_so(
    world: World, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked keyring costs the secret, not the connection."""

    def refuse(*_: str) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(memory_keyring, "set_password", refuse)
    result = run(*adding(world), typed=TOKEN)
    assert result.exit_code == 0
    assert "locked or does not work" in result.stderr
    assert "set ROOTS_NB_WORK_TOKEN" in result.stderr
    assert TOKEN not in result.output
    assert profile().url == world.url


def test_list_of_nothing_says_how_to_add() -> None:
    """Empty is no failure."""
    result = run("list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "roots-nb connections add URL" in result.stdout


def test_list_says_where_each_secret_is(cloud: World, server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyring, environment or nowhere, and no address is cut when it is piped."""
    add(cloud, name="A [red]b[/red]")
    secrets.forget_secret(add(server, name="Server"))
    lines = run("list").stdout.splitlines()
    (first,) = [line for line in lines if cloud.url in line]
    assert "A [red]b[/red]" in first
    assert "keyring (" in first
    assert "ann@example.com" in first
    (second,) = [line for line in lines if server.url in line]
    assert "not kept" in second
    assert "Server / Data Center" in second
    monkeypatch.setenv("ROOTS_NB_SERVER_TOKEN", TOKEN)
    shown = run("list").stdout
    assert "environment (ROOTS_NB_SERVER_TOKEN)" in shown
    assert TOKEN not in shown
    monkeypatch.setenv("ROOTS_NB_A_RED_B_RED_TOKEN", TOKEN)
    assert run("list").stdout.count("environment (") == 1


def test_list_shows_the_connection_of_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the one that is used; a contradiction there hides no remembered one."""
    monkeypatch.setenv("ROOTS_NB_URL", world.url)
    monkeypatch.setenv("ROOTS_NB_DEPLOYMENT", world.deployment)
    monkeypatch.setenv("ROOTS_NB_USER", "ann@example.com")
    monkeypatch.setenv("ROOTS_NB_TOKEN", TOKEN)
    (line,) = [line for line in run("list").stdout.splitlines() if world.url in line]
    assert "environment (ROOTS_NB_TOKEN)" in line
    Profiles().add(Connection("Customer", "datacenter", "https://jira.example.com", "pat"))
    monkeypatch.delenv("ROOTS_NB_URL")
    result = run("list")
    assert result.exit_code == 1
    assert "https://jira.example.com" in result.stdout
    assert "ROOTS_NB_TOKEN is set, but ROOTS_NB_URL is not" in result.stderr


@pytest.mark.usefixtures("demo_mode")
def test_list_of_the_demo() -> None:
    """Two sites, and no keyring has their secrets."""
    lines = run("list").stdout.splitlines()
    assert [line.split()[-2:] for line in lines if "Demo" in line] == [["built", "in"]] * 2


@pytest.mark.parametrize(
    "url", [["https://company.atlassian.net", "--user", "ann@company.com"], ["https://jira.company.invalid"]]
)
def test_add_to_the_demo_asks_for_no_secret(url: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A Binder is no place for a token: a real host is refused before one is typed."""
    monkeypatch.setenv("ROOTS_NB_DEMO", "1")
    assert "Install roots_nb on your own computer" in str(run("add", *url).exception)


def test_list_shows_a_problem_beside_the_connection(
    world: World, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked keyring hides nothing, and nothing is sent."""

    def refuse(*_: str) -> None:
        raise RuntimeError

    add(world)
    monkeypatch.setattr(memory_keyring, "get_password", refuse)
    result = run("list")
    assert result.exit_code == 0
    assert "Work" in result.stdout
    assert "locked" in result.stdout
    assert world.log.requests == []


def test_test_tells_each_connection(cloud: World, server: World) -> None:
    """The failing one with its advice, the other as whom; exit code 4."""
    add(cloud, name="Good")
    add(server, name="Bad")
    assert run("test").exit_code == 0
    server.site.remove_credential(TOKEN)
    result = run("test")
    assert result.exit_code == 4
    good, bad = sorted(result.stdout.splitlines(), reverse=True)
    assert good == "Good: Connected as Ann (ann@example.com, Europe/Berlin, Cloud)."
    assert bad.startswith("Bad: 127.0.0.1")
    assert "personal access token expired" in bad
    assert run("test", "good").exit_code == 0
    assert run("test", "bad").exit_code == 4


def test_test_tells_of_a_token_that_expires_soon(cloud: World) -> None:
    """On Cloud only the noted day knows."""
    soon = (datetime.now().astimezone() + timedelta(days=3)).date()
    add(cloud, "--expires", str(soon))
    assert f"expires on {soon}" in run("test").stdout
    late = soon + timedelta(days=100)
    assert run("edit", "Work", "--expires", str(late)).exit_code == 0
    assert "expires" not in run("test").stdout


def test_test_shows_a_name_from_jira_on_one_line(cloud: World) -> None:
    """A display name is anybody's text."""
    add(cloud)
    cloud.ann.display_name = "Ann\x1b[2J\nGood: Connected as Bob"
    (line,) = run("test").stdout.splitlines()
    assert line.isprintable()


def test_refusal_by_jira_cannot_write_into_the_terminal(
    cloud: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is anybody's text, on stderr as well."""
    refusal = Answer(403, jira_errors("No\x1b]0;title\x07\x1b[2J\nWork: Connected as Bob"))
    cloud.faults.when(lambda request: request.path.endswith("/myself"), refusal, times=None)
    monkeypatch.setattr("sys.argv", ["roots-nb", "connections", *adding(cloud)])
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN))
    with pytest.raises(SystemExit) as ended:
        main()
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 4
    assert line.startswith("roots-nb: ")
    assert line.isprintable()


def test_edit_keeps_the_secret_when_nothing_is_typed(world: World, memory_keyring: MemoryKeyring) -> None:
    """A new name, the old secret, still one connection and one secret."""
    add(world)
    result = run("edit", "work", "--name", "Office", typed="\n")
    assert result.exit_code == 0
    assert "Office: Connected as Ann" in result.stdout
    assert [connection.name for connection in Profiles().all()] == ["Office"]
    assert list(memory_keyring.passwords.values()) == [TOKEN]
    assert run("test", "Office").exit_code == 0


def test_edit_replaces_the_secret(world: World, memory_keyring: MemoryKeyring) -> None:
    """The old one is forgotten, and so is the day on which it would have expired."""
    add(world, "--expires", "2026-12-31")
    let_in(world, "new-token")
    world.site.remove_credential(TOKEN)
    assert run("edit", "Work", typed="new-token\n").exit_code == 0
    assert list(memory_keyring.passwords.values()) == ["new-token"]
    assert profile().token_expires == ""


def test_failed_edit_changes_nothing(world: World, memory_keyring: MemoryKeyring) -> None:
    """The old token still works under the old name."""
    add(world)
    result = run("edit", "Work", "--name", "Office", typed="wrong")
    assert isinstance(result.exception, errors.AuthenticationFailed)
    assert run("test", "Work").exit_code == 0
    assert list(memory_keyring.passwords.values()) == [TOKEN]


def test_edit_to_another_host_wants_the_secret_typed(world: World) -> None:
    """An address mistyped must not get the old secret."""
    add(world)
    with World(world.deployment).running() as other:
        result = run("edit", "Work", "--url", other.url, typed="\n")
        assert isinstance(result.exception, errors.InvalidInput)
        assert used_by(other) == set()
        assert run("edit", "Work", "--url", other.url, typed=TOKEN).exit_code == 0
        assert profile().url == other.url


def test_edit_to_another_way_to_sign_in_wants_the_secret_typed(server: World) -> None:
    """A token is no password: it is not tried as one."""
    add(server)
    result = run("edit", "Work", "--auth", "password", "--user", "ann", typed="\n")
    assert isinstance(result.exception, errors.InvalidInput)
    assert "type it" in str(result.exception)
    assert used_by(server) == set()


def test_edit_after_a_move_to_cloud(cloud: World, server: World) -> None:
    """The way to sign in follows the deployment."""
    add(server)
    result = run("edit", "Work", "--url", cloud.url, "--user", "ann@example.com", typed=TOKEN)
    assert result.exit_code == 0
    assert (profile().deployment, profile().auth) == ("cloud", "api_token")


def test_edit_leaves_a_secret_of_the_environment_there(
    world: World, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asked to store it; a new name reads another variable, which is said."""
    secrets.forget_secret(add(world))
    monkeypatch.setenv("ROOTS_NB_WORK_TOKEN", TOKEN)
    result = run("edit", "Work", "--name", "Office", typed="\n")
    assert result.exit_code == 0
    assert memory_keyring.passwords == {}
    assert "set ROOTS_NB_OFFICE_TOKEN" in result.stderr


def test_remove_asks_first(world: World, memory_keyring: MemoryKeyring) -> None:
    """No is no; yes forgets profile and secret."""
    add(world)
    refused = run("remove", "Work", typed="n\n")
    assert "Its profile, secret and cache are deleted" in refused.stderr
    assert refused.exit_code == 1
    assert run("test").exit_code == 0
    assert run("remove", "work", typed="y\n").exit_code == 0
    assert Profiles().all() == []
    assert memory_keyring.passwords == {}


def test_remove_does_not_ask_when_told(cloud: World, server: World) -> None:
    """For scripts; the other connection stays."""
    add(cloud, name="A")
    add(server, name="B")
    assert run("remove", "A", "--yes").stdout == "A is removed.\n"
    assert [connection.name for connection in Profiles().all()] == ["B"]


def test_remove_with_a_locked_keyring_says_what_is_left(
    world: World, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not done in full is exit code 1."""

    def refuse(*_: str) -> None:
        raise RuntimeError

    add(world)
    monkeypatch.setattr(memory_keyring, "get_password", refuse)
    result = run("remove", "Work", "--yes")
    assert result.exit_code == 1
    assert "may still be in it" in result.stderr
    assert Profiles().all() == []


@pytest.mark.parametrize("command", ["edit", "remove", "env"])
def test_unknown_name_is_told_before_any_question(command: str) -> None:
    """A typing error is answered at once."""
    result = run(command, "Wrok", typed="y\n")
    assert isinstance(result.exception, errors.InvalidInput)
    assert "Wrok" in str(result.exception)
    assert result.output == ""


def test_env_names_what_a_machine_without_the_profile_needs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly these variables describe the connection where nothing is remembered."""
    connection = add(world)
    result = run("env", "Work")
    assert TOKEN not in result.output
    values = {"URL": connection.url, "USER": connection.user, "TOKEN": TOKEN, "DEPLOYMENT": connection.deployment}
    for name in result.stdout.splitlines():
        monkeypatch.setenv(name, values[name.removeprefix("ROOTS_NB_WORK_")])
    run("remove", "Work", "--yes")
    assert ": Connected as Ann" in run("test", "Work").stdout


def test_env_of_a_site_whose_address_tells_the_deployment() -> None:
    """No variable more than needed; the short way is told beside, not among them."""
    Profiles().add(Connection("Customer", "datacenter", "https://jira.example.com", "password", "ann"))
    result = run("env", "Customer")
    assert result.stdout.splitlines() == [f"ROOTS_NB_CUSTOMER_{name}" for name in ("URL", "USER", "PASSWORD")]
    assert "ROOTS_NB_CUSTOMER_PASSWORD alone" in result.stderr


@pytest.mark.slow
def test_exit_codes_mean_something(cloud: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a script sees them: no connection, added, works, unknown name, refused; no traceback and no secret."""
    done = [run_apart("test"), run_apart(*adding(cloud), piped=f"{TOKEN}\n")]
    monkeypatch.setenv("ROOTS_NB_WORK_TOKEN", TOKEN)
    done += [run_apart("test"), run_apart("test", "Wrok")]
    cloud.site.remove_credential(TOKEN)
    done += [run_apart("test"), run_apart("remove", "Work", "--yes")]
    assert [each.returncode for each in done] == [3, 0, 0, 2, 4, 0]
    written = "".join(each.stdout + each.stderr for each in done)
    assert "Traceback" not in written
    assert TOKEN not in written


@needs_terminals
def test_typed_secret_is_not_echoed(cloud: World) -> None:
    """At a terminal: the host is shown before the secret goes out, and the secret never."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *adding(cloud)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **NO_KEYRING},
        start_new_session=True,
    ) as process:
        os.close(theirs)
        asked = read_until(ours, f"{cloud.url}: ")
        os.write(ours, f"{TOKEN}\n".encode())
        answered = read_until(ours, "ROOTS_NB_WORK_TOKEN")
        assert process.wait(60) == 0
    os.close(ours)
    assert cloud.url in asked
    assert "Connected as Ann" in answered
    assert TOKEN not in asked + answered


def read_until(terminal: int, words: str) -> str:
    """What the terminal showed up to these words, or to its end; the test's own time limit guards it."""
    shown = ""
    while words not in shown:
        try:
            part = os.read(terminal, 1024)
        except OSError:
            break
        if not part:
            break
        shown += part.decode(errors="replace")
    return shown
