"""The command as a schedule runs it: files, table, and an exit code that means something."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import requests

from roots_nb import cli
from roots_nb.connections.connection import Connection
from roots_nb.connections.profiles import Profiles
from roots_nb.demo import data
from roots_nb.demo.model import JiraSite
from roots_nb.durations import format_duration
from roots_nb.periods import week_of
from tests.faults.fault import Answer
from tests.systems import needs_signals
from tests.world import TOKEN, World

BERLIN = ZoneInfo("Europe/Berlin")
LAST_WEEK = week_of(datetime.now(BERLIN).date()).previous


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


def run(*arguments: str, folder: Path, env: Mapping[str, str] | None = None) -> Finished:
    command = [sys.executable, "-c", "from roots_nb.cli import main; main()", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=100, check=False
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def environment(world: World, **more: str) -> dict[str, str]:
    named = {"URL": world.url, "TOKEN": TOKEN, "USER": world.connection.user, "DEPLOYMENT": world.deployment, **more}
    return {f"ROOTS_NB_{name}": value for name, value in named.items()}


def booked(site: JiraSite, user: str) -> timedelta:
    """What the demo's own data says this person booked last week, counted without the package."""
    (person,) = {each.user.account_id for each in site.credentials if each.secret == user}
    seconds = sum(
        worklog.seconds
        for worklog in site.worklogs.values()
        if worklog.author.account_id == person
        and LAST_WEEK.first <= worklog.started.astimezone(BERLIN).date() <= LAST_WEEK.last
    )
    return timedelta(seconds=seconds)


def test_report_on_the_demo_is_right_and_complete(tmp_path: Path) -> None:
    """The main job: a table on screen, a page and a workbook, whose sums are those of the demo's own data."""
    today = None
    while today != datetime.now(BERLIN).date():  # again if midnight, and with it the demo's data, came in between
        today = datetime.now(BERLIN).date()
        done = run("report", "--demo", "--week", LAST_WEEK.label, "--out", "reports", "--force", folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    sites = (data.seed_cloud(today, 2026), data.CLOUD_TOKEN), (data.seed_datacenter(today, 2026), data.SERVER_PAT)
    expected = sum((booked(*site) for site in sites), timedelta())
    assert expected > timedelta(hours=20)
    total = format_duration(expected)
    assert f"Total: {total}" in done.out
    assert "Completeness: complete" in done.out
    page, workbook = (tmp_path / "reports" / f"{LAST_WEEK.label}.{kind}" for kind in ("html", "xlsx"))
    assert str(page.relative_to(tmp_path)) in done.out
    assert total in page.read_text("utf-8")
    sheet = openpyxl.load_workbook(workbook, data_only=True).worksheets[0]
    durations = [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, timedelta)]
    assert max(durations) == expected
    assert "make lab" in done.out
    assert (
        re.findall(r"<script|<link|<img(?! src=\"data:)|url\((?!data:|#)|@import|<iframe", page.read_text("utf-8"))
        == []
    )
    assert "default-src 'none'" in page.read_text("utf-8")
    assert "roots_nb as rn" not in page.read_text("utf-8")


def test_report_does_not_overwrite(tmp_path: Path) -> None:
    """The file of last Friday stays until --force; known before anything is asked of Jira."""
    (tmp_path / "2026-W40.xlsx").write_text("signed")
    done = run("report", "--demo", "--week", "2026-W40", "--out", ".", folder=tmp_path)
    assert done.code == 2
    assert "--force" in done.err
    assert (tmp_path / "2026-W40.xlsx").read_text() == "signed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "--week", "2025-W53"], "2025 has 52 ISO weeks"),
        (["report", "--week", "2026-11"], "is not a week"),
        (["report", "--week", "soon"], "is not a period"),
        (["report", "--out", "file/below"], "cannot be written to"),
        (["report", "--nonsense"], "--nonsense"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_is_told_at_once(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2 and a sentence, no traceback."""
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["roots-nb", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.slow
def test_report_without_a_connection(tmp_path: Path) -> None:
    """Exit code 3 names the variables to set, and no file is left behind."""
    done = run("report", folder=tmp_path)
    assert done.code == 3
    assert "ROOTS_NB_URL" in done.err
    assert "Traceback" not in done.err
    assert list((tmp_path / "reports").iterdir()) == []


@pytest.mark.slow
def test_report_without_the_secret_of_a_connection(cloud: World, tmp_path: Path) -> None:
    """Exit code 3 where it is the only one; 5 where another one is there: the report is written without it."""
    Profiles().add(Connection("Other", "datacenter", "https://jira.example.com", "pat"))
    alone, beside = (run("report", folder=tmp_path, env=env) for env in ({}, environment(cloud)))
    assert (alone.code, beside.code) == (3, 5)
    for done in (alone, beside):
        assert "The secret of Other is not known. Sign in again, or set ROOTS_NB_OTHER_TOKEN." in done.err


def test_report_refused_by_jira(cloud: World, tmp_path: Path) -> None:
    """Exit code 4 with the advice; the token is in no output."""
    cloud.site.remove_credential(TOKEN)
    done = run("report", folder=tmp_path, env=environment(cloud))
    assert done.code == 4
    assert "does not accept these credentials" in done.err
    assert TOKEN not in done.out + done.err
    assert list((tmp_path / "reports").iterdir()) == []


def test_report_with_a_gap_is_written_and_says_so(server: World, tmp_path: Path) -> None:
    """Exit code 5: the files are there, and the word INCOMPLETE is in them."""
    server.now = datetime.now(UTC)
    server.add_issues(1)
    server.add_worklog("APP-1", f"{LAST_WEEK.first} 09:00")
    good = {"id": "7", "author": {"key": "JIRAUSER1", "name": "ann"}, "timeSpentSeconds": 60}
    issue = {"id": "1", "key": "APP-1", "fields": {"worklog": {"total": 1, "worklogs": [{**good, "started": "soon"}]}}}
    body = {"issues": [issue], "total": 1}
    server.faults.when(lambda request: "/search" in request.path, Answer(status=200, body=body), times=None)
    done = run("report", "--week", LAST_WEEK.label, "--out", ".", folder=tmp_path, env=environment(server))
    assert done.code == 5
    assert "INCOMPLETE" in done.err
    assert "INCOMPLETE" in done.out
    assert "INCOMPLETE" in (tmp_path / f"{LAST_WEEK.label}.html").read_text("utf-8")
    assert (tmp_path / f"{LAST_WEEK.label}.xlsx").exists()


@needs_signals
def test_interrupted_report_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle: exit code 130, no traceback, no half-written file."""
    command = [sys.executable, "-c", "from roots_nb.cli import main; main()", "report", "--demo", "--out", "."]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
    with tempfile.TemporaryDirectory(prefix="rn-") as folder:
        with subprocess.Popen(command, **pipes, env={**os.environ, "TMPDIR": folder}) as process:  # type: ignore[call-overload]
            while process.poll() is None and not list(Path(folder).glob("rn-*/k-*")):
                time.sleep(0.01)  # until the kernel's sockets are there
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        assert list(Path(folder).iterdir()) == []
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert list(tmp_path.glob("*.*ml*")) + list(tmp_path.glob("*.xlsx")) == []


@pytest.mark.slow
def test_two_reports_at_once_do_not_meet(tmp_path: Path) -> None:
    """From one folder, as two schedules would: each has its own kernel and its own channels."""
    command = [sys.executable, "-c", "from roots_nb.cli import main; main()", "report", "--demo", "--out"]
    pair = [subprocess.Popen([*command, name], cwd=tmp_path, stdout=subprocess.DEVNULL) for name in ("one", "two")]
    assert [process.wait(100) for process in pair] == [0, 0]
    assert [len(list((tmp_path / name).iterdir())) for name in ("one", "two")] == [2, 2]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["one", "two"]


@pytest.mark.slow
def test_terminal_that_knows_few_letters_still_gets_the_report(tmp_path: Path) -> None:
    """The demo's comments and box lines are not ASCII."""
    done = run("report", "--demo", "--out", ".", folder=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert (done.code, done.err) == (0, "")
    assert "Total" in done.out


def test_notebooks_into_a_file_is_told(tmp_path: Path) -> None:
    """A sentence instead of a traceback."""
    (tmp_path / "file").write_text("")
    done = run("notebooks", "file", folder=tmp_path)
    assert done.code == 1
    assert "File exists: file" in done.err


@needs_signals
def test_demo_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """One line of JSON first, then two sites that answer, then an end without complaint."""
    command = [sys.executable, "-c", "from roots_nb.cli import main; main()", "demo", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        sites = json.loads(process.stdout.readline())["sites"]
        try:
            assert [sorted(site) for site in sites] == [["deployment", "name", "secret", "url", "user"]] * 2
            cloud, server = sites
            cloud_me = requests.get(
                f"{cloud['url']}/rest/api/2/myself", auth=(cloud["user"], cloud["secret"]), timeout=5
            )
            bearer = {"Authorization": f"Bearer {server['secret']}"}
            server_me = requests.get(f"{server['url']}/rest/api/2/myself", headers=bearer, timeout=5)
            assert cloud_me.json()["displayName"] == server_me.json()["displayName"]
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_notebooks_are_copied_and_never_replaced(tmp_path: Path) -> None:
    """What somebody changed in a copy stays."""
    assert run("notebooks", "mine", folder=tmp_path).code == 0
    copy = tmp_path / "mine" / "02-weekly-report.ipynb"
    assert json.loads(copy.read_text())["nbformat"] == 4
    copy.write_text("changed")
    done = run("notebooks", "mine", folder=tmp_path)
    assert "kept" in done.out
    assert copy.read_text() == "changed"
