"""Runs in a shell: what was applied is listed, shown, gone on with, taken back and closed; nothing goes out unasked."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from roots_nb import cli_runs, errors
from roots_nb.cli import app, main
from roots_nb.connecting import forget_connection, known_connections, remember_connection
from roots_nb.connections import secrets
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret
from roots_nb.editing.journal import journal_paths
from roots_nb.editing.runs import close_run
from roots_nb.editing.runs import runs as all_runs
from tests.editing.desk import Desk, add, change, is_write, minutes_of
from tests.editing.test_several_sites import TwoDesks, longer
from tests.faults.fault import Answer, Meanwhile, jira_errors, unauthorised
from tests.systems import needs_signals, needs_terminals
from tests.test_cli_connections import COMMAND, NO_KEYRING, read_until
from tests.world import TOKEN, World

RUNS = [*COMMAND[:-1], "runs"]


@pytest.fixture
def desk(world: World) -> Desk:
    """Ann's desk, in front of each deployment in turn; her connection is remembered."""
    return remembered(Desk(world))


@pytest.fixture
def cloud_desk(cloud: World) -> Desk:
    return remembered(Desk(cloud))


@pytest.fixture
def server_desk(server: World) -> Desk:
    return remembered(Desk(server))


def remembered(desk: Desk) -> Desk:
    remember_connection(desk.world.connection, Secret(TOKEN), in_keyring=True)
    desk.world.log.clear()
    return desk


def interrupted(desk: Desk) -> str:
    """Three updates, of which one was made before the token failed for a moment."""
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in ("one", "two", "three")))
    desk.world.faults.when(lambda request: desk.world.log.count("PUT") == 2, unauthorised())
    run = desk.apply(plan).run
    desk.world.log.clear()
    return run


def run(*arguments: str, typed: str = "") -> Result:
    """One command, piped, as in a process of its own: what an earlier one kept in memory is forgotten."""
    secrets.forget_session()
    result = CliRunner().invoke(app, ["runs", *arguments], input=typed)
    assert TOKEN not in result.output
    return result


def variables(desk: Desk) -> dict[str, str]:
    """What a process of its own needs on a computer without a keyring."""
    connection = desk.world.connection
    named = {"URL": connection.url, "TOKEN": TOKEN, "USER": connection.user, "DEPLOYMENT": connection.deployment}
    return {f"ROOTS_NB_{name}": value for name, value in named.items()}


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is a person's, although a test types."""
    monkeypatch.setattr(cli_runs, "_can_ask", lambda: True)


def test_list_of_nothing_says_so() -> None:
    """Empty is no failure."""
    for arguments in ([], ["list"]):
        result = run(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.startswith("There is no run")


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer whose clock is not UTC's."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has its zone from the system alone")
@pytest.mark.usefixtures("far_away")
def test_list_tells_local_time(cloud_desk: Desk) -> None:
    """As the clock on the wall."""
    cloud_desk.do(add("new"))
    begun = all_runs()["begun"][0] + timedelta(hours=5, minutes=45)
    assert f" {begun:%Y-%m-%d %H:%M} " in run().stdout


def test_list_is_newest_first_with_counts_in_words(desk: Desk) -> None:
    """One line a run: its short id, the local time, where, whether it has ended, and how."""
    first = desk.do(change("four", comment="quattro"), add("new")).run
    second = interrupted(desk)
    result = run()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == run("list").stdout
    *_, newest, oldest = result.stdout.splitlines()
    assert newest.startswith(second[:8])
    assert f" {desk.world.connection.name} " in newest
    assert newest.rstrip().endswith("interrupted 1 done, 2 not sent")
    assert oldest.startswith(first[:8])
    assert oldest.rstrip().endswith("finished    2 done")
    assert desk.world.log.requests == []


def test_show_takes_the_beginning_of_an_id(desk: Desk) -> None:
    """What became of each change, from the disk alone, and what can be done next."""
    applied = desk.do(change("one", comment="uno"), add("new", issue="OPS-1")).run
    desk.world.log.clear()
    for beginning in (applied[:4], applied[:8], applied):
        result = run("show", beginning)
        assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Result: 2 done"
    assert [line.split()[:3] for line in lines if line.startswith("done")] == [
        ["done", "change", "APP-1"],
        ["done", "add", "OPS-1"],
    ]
    assert lines[-1] == f"To take it back: roots-nb runs undo {applied[:8]}."
    assert desk.world.log.requests == []


def test_show_has_every_change(desk: Desk) -> None:
    """A shell has no result.changes to look into."""
    issues = ("APP-1", "APP-2", "OPS-1")
    applied = desk.do(*(add(f"new {n}", issues[n % 3], f"2026-11-20 15:{n:02}") for n in range(51))).run
    assert run("show", applied).stdout.count("\ndone") == 51


def test_show_says_by_its_exit_code_how_it_ended(desk: Desk) -> None:
    """5 as long as it is not finished, 1 where Jira or somebody else kept a change from being made."""
    assert run("show", interrupted(desk)).exit_code == 5
    desk.new_kernel()
    desk.resume(all_runs()["run"][0])
    plan = desk.plan(change("four", comment="mine"))
    desk.someone_changes("four", comment="theirs")
    conflict = run("show", desk.apply(plan).run)
    assert conflict.exit_code == 1
    (told,) = [line for line in conflict.stdout.splitlines() if line.rstrip().endswith("mine")]
    assert told.split() == ["APP-2", str(desk.get("theirs").id), "comment", "four", "theirs", "mine"]
    assert "replan(overwrite=[…])" in conflict.stdout


def test_no_text_of_jira_reaches_the_terminal_as_it_is(desk: Desk) -> None:
    """A refusal is anybody's text, in a table and in a sentence."""
    begun = interrupted(desk)
    refusal = Answer(400, jira_errors("No\x1b[2J\nResult: 9 done"))
    desk.world.faults.when(lambda request: request.method == "PUT", refusal)
    desk.world.faults.when(lambda request: request.method == "GET" and desk.writes() != [], refusal, times=None)
    resumed = run("resume", begun)
    assert resumed.stdout.startswith("Stopped before the end: ")
    for shown in (resumed.stdout, run("show", begun).stdout):
        assert "Result: 9 done" in shown
        assert "\nResult: 9 done" not in shown
        assert all(line.isprintable() for line in shown.splitlines())


def test_unknown_run_names_the_newest(desk: Desk) -> None:
    """A typing error is answered with what there is."""
    assert "Nothing was applied" in str(run("show", "abc").exception)
    applied = [desk.do(add(f"new {n}", started=f"2026-11-20 1{n}:00")).run[:8] for n in range(2)]
    for command in ("show", "resume", "undo", "close"):
        for wrong in ("xyz", ""):
            result = run(command, wrong)
            assert isinstance(result.exception, errors.InvalidInput)
            assert sorted(applied) == sorted(str(result.exception).partition("The newest are ")[2][:18].split(", "))
            assert result.output == ""


def test_ambiguous_beginning_names_the_runs(desk: Desk) -> None:
    """None of them is taken by chance; a whole id is never ambiguous."""
    original = desk.do(add("new")).run
    (path,) = journal_paths()
    for name in ("abcd1", "abcd12"):
        (path.parent / path.name.replace(original, name)).write_bytes(path.read_bytes())
    result = run("show", "abcd")
    assert isinstance(result.exception, errors.InvalidInput)
    assert {"abcd1", "abcd12"} == set(str(result.exception).partition("abcd: ")[2].partition(".")[0].split(", "))
    assert run("show", "abcd1").exit_code == 0


def test_damaged_journal_hides_no_other_run(desk: Desk) -> None:
    """The list shows them, says which file cannot be read and what to do, and the exit code tells; so it is shown."""
    applied = desk.do(add("new")).run
    (path,) = journal_paths()
    damaged = path.parent / path.name.replace(applied, "damaged")
    damaged.write_bytes(path.read_bytes().replace(b"new", b"old", 1))
    assert run("show", applied).exit_code == 0
    result = run()
    assert result.exit_code == 1
    assert applied[:8] in result.stdout
    assert "unreadable" in result.stdout
    assert f"{damaged} is damaged: line 2 is not as it was written" in result.stdout
    assert "move the file to another folder" in result.stdout


def test_resume_goes_on(desk: Desk) -> None:
    """What was not sent is sent, once, by the account that began it."""
    begun = interrupted(desk)
    result = run("resume", begun[:8])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Result: 3 done" in result.stdout
    assert len(desk.writes()) == 2
    assert {desk.get(name).seconds for name in ("one", "two", "three")} == {90 * 60}
    assert all_runs()["status"].tolist() == ["finished"]


def test_resume_signs_in_where_the_run_is_alone(cloud: World, server: World) -> None:
    """No token goes to a site that has nothing to do with it."""
    Profiles().add(server.connection)
    secrets.remember_secret(server.connection, Secret(TOKEN))
    assert run("resume", interrupted(remembered(Desk(cloud)))).exit_code == 0
    assert server.log.requests == []


@pytest.fixture
def both(cloud: World, server: World) -> TwoDesks:
    """Ann's desks on two sites, whose connections are remembered."""
    desks = TwoDesks(cloud, server)
    for desk in desks.desks:
        remembered(desk)
    return desks


def test_resume_signs_in_only_where_the_run_has_not_ended(both: TwoDesks) -> None:
    """The token of a site on which all is settled may have expired meanwhile."""
    both.server.world.faults.when(is_write, unauthorised())
    begun = both.apply(both.plan(longer("one", "five"))).run
    both.server.world.faults.clear()
    both.cloud.site.remove_credential(TOKEN)
    result = run("resume", begun)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Result: 4 done" in result.stdout


def test_undo_signs_in_only_where_something_is_taken_back(both: TwoDesks) -> None:
    """A site on which the run did nothing is not asked."""
    both.server.world.faults.when(is_write, unauthorised(), times=None)
    begun = both.apply(both.plan(longer("one", "five"))).run
    close_run(begun)
    both.server.site.remove_credential(TOKEN)
    result = run("undo", begun, "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Result: 2 done" in result.stdout
    assert both.cloud.get("one").seconds == 3600


def test_resume_that_is_stopped_again_is_not_finished(desk: Desk) -> None:
    """Exit code 5, why it stopped, and how to go on."""
    begun = interrupted(desk)
    desk.world.faults.when(lambda request: request.method == "PUT", unauthorised())
    result = run("resume", begun)
    assert result.exit_code == 5
    assert result.stdout.startswith("Stopped before the end: ")
    assert f"roots-nb runs resume {begun[:8]}" in result.stdout.splitlines()[-1]


def test_resume_without_a_connection_says_which_is_missing(desk: Desk) -> None:
    """Exit code 3 by its class, and nothing is sent."""
    begun = interrupted(desk)
    for known in known_connections()[0]:
        forget_connection(known.connection)
    result = run("resume", begun)
    assert isinstance(result.exception, errors.NotConnected)
    assert f"{desk.world.url} as Ann" in str(result.exception)
    assert desk.world.log.requests == []


def test_resume_with_a_token_that_expired_tells_jiras_refusal(desk: Desk) -> None:
    """Exit code 4 by its class; the run waits."""
    begun = interrupted(desk)
    desk.site.remove_credential(TOKEN)
    result = run("resume", begun)
    assert isinstance(result.exception, errors.AuthenticationFailed)
    assert desk.writes() == []
    assert all_runs()["status"].tolist() == ["interrupted"]


def test_resume_as_somebody_else_sends_nothing(server_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token does not tell whose it is before signing in; then Bob's is not used for Ann's run."""
    begun = interrupted(server_desk)
    forget_connection(known_connections()[0][0].connection)
    server_desk.site.remove_credential(TOKEN)
    server_desk.site.add_credential("pat", server_desk.world.bob, TOKEN)
    for name, value in variables(server_desk).items():
        monkeypatch.setenv(name, value)
    result = run("resume", begun)
    assert isinstance(result.exception, errors.NotConnected)
    assert "as Ann" in str(result.exception)
    assert server_desk.writes() == []


def test_resume_of_what_has_ended_sends_nothing(desk: Desk) -> None:
    """Nor does it sign in."""
    applied = desk.do(add("new")).run
    desk.world.log.clear()
    result = run("resume", applied)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Run {applied[:8]} has ended; there is nothing to resume.\nResult: 1 done")
    assert desk.world.log.requests == []


def test_undo_takes_a_run_back(desk: Desk) -> None:
    """By the same engine as any plan, which is shown; the list says so."""
    before = desk.contents()
    applied = desk.do(change("one", comment="uno"), add("new")).run
    assert desk.contents() != before
    result = run("undo", applied[:8], "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Plan to undo {applied[:8]}: 1 change, 1 delete; -1:00" in result.stdout
    assert "Result: 2 done" in result.stdout
    assert desk.contents() == before
    undone_by = all_runs()["run"][0]
    *_, oldest = run().stdout.splitlines()
    assert oldest.split()[-1] == undone_by[:8]
    assert f"There is nothing to undo in run {applied[:8]}." in run("undo", applied).stdout


def test_undo_that_nobody_can_confirm_sends_nothing(desk: Desk) -> None:
    """A script sees the plan, and what to say."""
    applied = desk.do(change("one", comment="uno")).run
    desk.world.log.clear()
    result = run("undo", applied)
    assert isinstance(result.exception, errors.InvalidInput)
    assert "again with --yes" in str(result.exception)
    assert "uno → one" in result.stdout
    assert desk.world.log.requests == []


@pytest.mark.usefixtures("typing")
def test_undo_asks_in_a_terminal(desk: Desk) -> None:
    """No is no, yes is yes; the plan is on the screen before."""
    applied = desk.do(change("one", comment="uno")).run
    desk.world.log.clear()
    refused = run("undo", applied, typed="n\n")
    assert refused.exit_code == 1
    assert "uno → one" in refused.stdout
    assert f"Undo run {applied[:8]}? [y/N]:" in refused.stderr
    assert desk.world.log.requests == []
    done = run("undo", applied, typed="y\n")
    assert done.exit_code == 0
    assert "Result: 1 done" in done.stdout
    assert desk.find("one") != []


@pytest.mark.usefixtures("typing")
def test_undo_of_a_lot_wants_it_typed(desk: Desk) -> None:
    """What the plan says has to be said; a reflex is not enough."""
    applied = desk.do(*(add(f"new {n}", started=f"2026-11-20 15:{n:02}") for n in range(11))).run
    desk.world.log.clear()
    for typed in ("y\n", "\n", ""):
        refused = run("undo", applied, typed=typed)
        assert refused.exit_code == 1
        assert 'To go on, type "delete 11":' in refused.stderr
    assert desk.world.log.requests == []
    assert run("undo", applied, typed="delete 11\n").exit_code == 0
    assert desk.find("new 0") == []


@needs_terminals
def test_real_terminal_is_asked(cloud_desk: Desk) -> None:
    """Nothing stands for the person's side here."""
    import pty

    begun = interrupted(cloud_desk)
    ours, theirs = pty.openpty()
    with subprocess.Popen([*RUNS, "close", begun], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        read_until(ours, "[y/N]: ")
        os.write(ours, b"y\n")
        assert "is closed." in read_until(ours, "is closed.")
        assert process.wait(60) == 0
    os.close(ours)


def test_undo_of_an_interrupted_run_names_the_commands(desk: Desk) -> None:
    """In a shell Python's functions are no advice."""
    begun = interrupted(desk)
    result = run("undo", begun, "--yes")
    assert isinstance(result.exception, errors.UnfinishedRun)
    assert f"roots-nb runs resume {begun[:8]} " in str(result.exception)
    assert "roots_nb." not in str(result.exception)


def test_close_says_what_stays_undone(desk: Desk) -> None:
    """It is never sent any more, and the next plan can be applied; nothing is sent for it."""
    begun = interrupted(desk)
    refused = run("close", begun)
    assert isinstance(refused.exception, errors.InvalidInput)
    assert "Not sent: 2 of 3 changes." in refused.stdout
    assert all_runs()["status"].tolist() == ["interrupted"]
    assert run("close", begun[:8], "--yes").stdout.endswith(f"Run {begun[:8]} is closed.\n")
    assert all_runs()["status"].tolist() == ["closed"]
    assert desk.world.log.requests == []
    assert "nothing to close" in run("close", begun, "--yes").stdout
    shown = run("show", begun)
    assert shown.exit_code == 5
    assert "was closed before its end" in shown.stdout
    assert "runs resume" not in shown.stdout


@pytest.mark.usefixtures("typing")
def test_close_asks_in_a_terminal(desk: Desk) -> None:
    """As long as nobody says yes, the run can be resumed."""
    begun = interrupted(desk)
    refused = run("close", begun, typed="n\n")
    assert refused.exit_code == 1
    assert "Not sent: 2 of 3 changes." in refused.stdout
    assert f"Close run {begun[:8]}? [y/N]:" in refused.stderr
    assert all_runs()["status"].tolist() == ["interrupted"]
    assert run("close", begun, typed="y\n").exit_code == 0
    assert all_runs()["status"].tolist() == ["closed"]


def test_exit_codes_mean_something(
    cloud_desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a script sees them: shown, usage, resumed, unconfirmed, undone, refused, not connected; one line each."""

    def code(*arguments: str) -> object:
        secrets.forget_session()
        monkeypatch.setattr("sys.argv", ["roots-nb", "runs", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    begun = interrupted(cloud_desk)
    codes = [code("show", begun), code("show", "xyz"), code("resume"), code("resume", begun)]
    codes += [code("undo", begun), code("undo", begun, "--yes"), code("list")]
    undo = all_runs()["run"][0]
    cloud_desk.site.remove_credential(TOKEN)
    codes += [code("undo", undo, "--yes")]
    forget_connection(known_connections()[0][0].connection)
    capsys.readouterr()
    codes += [code("undo", undo, "--yes")]
    assert codes == [5, 2, 2, 0, 2, 0, 0, 4, 3]
    assert capsys.readouterr().err.startswith("roots-nb: No known connection leads to http")


@needs_signals
def test_interrupted_command_says_how_to_go_on(cloud_desk: Desk) -> None:
    """Ctrl-C in the middle: what was under way is seen through, and the rest waits."""
    begun = interrupted(cloud_desk)
    environment = {**os.environ, **NO_KEYRING, **variables(cloud_desk)}
    with subprocess.Popen([*RUNS, "resume", begun], env=environment, stderr=subprocess.PIPE, text=True) as process:
        interrupt = Meanwhile(lambda: process.send_signal(signal.SIGINT))
        cloud_desk.world.faults.when(lambda request: request.method == "PUT", interrupt)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.startswith(f"roots-nb: Stopped. To go on: roots-nb runs resume {begun[:8]} ")
    assert len(cloud_desk.writes()) == 1
    assert run("resume", begun).exit_code == 0


@pytest.mark.slow
def test_report_does_not_tell_of_runs(cloud_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is handed in, and the exit code is about the report."""
    interrupted(cloud_desk)
    for name, value in {**variables(cloud_desk), **NO_KEYRING}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["report", "--week", "2026-W47", "--out", str(tmp_path)])
    assert (result.exit_code, result.stderr) == (0, "")
    page = (tmp_path / "2026-W47.html").read_text("utf-8")
    assert "APP-1" in page
    assert "interrupted" not in page
