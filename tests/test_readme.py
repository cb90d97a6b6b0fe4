"""What the README shows is run: every block of code, and every command that it names."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

import roots_nb as rn
from tests.systems import needs_shell

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(README)
# What is too large to be run within a test, and the test that runs it.
RUN_BY = {
    "pip install .": "tests/test_packaging.py::test_installed_wheel_makes_the_report",
    "roots-nb lab": "tests/test_lab_command.py::test_lab_serves_the_templates_until_it_is_stopped",
}
TARGET = re.compile(r"`make ([a-z-]+)`|^make ([a-z-]+)", re.MULTILINE)
NAMED_TEST = re.compile(r"`(?:pytest )?(tests/[\w/.]+?)(?:::(\w+))?`")


def code(language: str) -> str:
    return "\n".join(text for kind, text in BLOCKS if kind == language)


def commands() -> list[str]:
    """One a line, without comments."""
    return [command for line in code("sh").splitlines() if (command := shlex.join(shlex.split(line, comments=True)))]


def test_every_block_is_of_a_kind_that_is_run() -> None:
    """A new kind needs a test of its own."""
    assert {kind for kind, _ in BLOCKS} <= {"python", "sh", "toml"}
    assert README.count("```") == 2 * len(BLOCKS)


@pytest.mark.usefixtures("demo_mode")
def test_python_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the demo Jira, in one go, and what is repaired there is repaired."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code("python"), "README.md", "exec"), names)
    plan, result = names["plan"], names["result"]
    assert isinstance(plan, rn.Plan)
    assert isinstance(result, rn.Result)
    assert plan.counts["update"] > 0
    assert result.is_finished


@needs_shell
@pytest.mark.slow
def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the demo Jira, but for those that a test of their own runs."""
    monkeypatch.setenv("ROOTS_NB_DEMO", "1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    ours = [each for each in commands() if each.startswith("roots-nb ") and each not in RUN_BY]
    assert ours
    script = "set -eu\n" + "\n".join(ours)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_other_commands_are_run_elsewhere() -> None:
    """By make, which `.ci/run` calls, or by a test."""
    others = [each for each in commands() if not each.startswith(("make ", "roots-nb "))] + [*RUN_BY]
    assert {*others} == {*RUN_BY} & {*commands()}
    for named in RUN_BY.values():
        path, _, function = named.partition("::")
        assert function in names_in(PROJECT / path)


def test_targets_of_make_exist() -> None:
    """And CI calls those that a newcomer is told to type first."""
    targets = {*re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)}
    assert {"".join(names) for names in TARGET.findall(README)} <= targets
    first = [each for each in commands() if each.startswith("make ")][:2]
    assert {*first} <= {*(PROJECT / ".ci" / "run").read_text(encoding="utf-8").splitlines()}


def test_named_tests_exist() -> None:
    """What a claim is shown by must not be renamed behind its back."""
    for path, function in NAMED_TEST.findall(README):
        assert (PROJECT / path).exists(), path
        assert not function or function in names_in(PROJECT / path), f"{path}::{function}"


def test_links_lead_to_files() -> None:
    """Pictures as well."""
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link}
    assert links
    assert not [link for link in links if not (PROJECT / link).exists()]


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_quoted_sentences_are_ours() -> None:
    """Who looks for what is on the screen must find it here."""
    rows = re.findall(r'^\| (".*?") \|', README, re.MULTILINE)
    quoted = [text for row in rows for text in re.findall(r'"([^"]+)"', row)]
    said = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "roots_nb").rglob("*.py"))
    assert len(quoted) > len(rows) > 0
    assert not [text for text in quoted if text not in said]


def test_schedule_can_be_read(tmp_path: Path) -> None:
    """As it stands there."""
    (tmp_path / "vacation.csv").write_text("day,name\n2026-08-03,Vacation\n")
    (tmp_path / "team.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x\nEND:VCALENDAR\n")
    (tmp_path / "schedule.toml").write_text(code("toml"))
    schedule = rn.Schedule.read(tmp_path / "schedule.toml")
    assert schedule.required(date(2026, 11, 18)) == timedelta(hours=2)
    assert schedule.required(date(2026, 3, 6)) == timedelta(hours=6)
    assert schedule.required(date(2026, 8, 3)) == timedelta(0)
