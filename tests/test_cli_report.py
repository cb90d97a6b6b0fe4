"""What `roots-nb report` asks for, and what it leaves where; the notebook behind it is played."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from roots_nb import cli, headless
from roots_nb.headless import OnCell, Order, Run

Asked = list[tuple[dict[str, Any], Order]]
Report = Callable[..., int]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    """Parameters and orders, each carried out with a file of one word for each name it implies."""
    found: Asked = []

    def run_report(template: str, parameters: dict[str, Any], order: Order, on_cell: OnCell, **_: object) -> Run:
        found.append((parameters, order))
        on_cell(3, 8)
        parts = ["-APP", "-OPS"] if order.by else ["-mine"] if order.face == "mine" else [""]
        names = [f"{period}{part}.{kind}" for period in order.periods for part in parts for kind in order.formats]
        for name in names:
            Path(order.folder, name).write_text("new")
        return Run(tuple(names), "the table", ("Server: refused.",) if parameters["connection"] == ["Server"] else ())

    monkeypatch.setattr(headless, "run_report", run_report)
    monkeypatch.chdir(tmp_path)
    return found


@pytest.fixture
def report(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Runs the command in this process and returns its exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["roots-nb", "report", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


@pytest.mark.parametrize(
    ("arguments", "loaded", "periods"),
    [
        (["--week", "2026-W47"], "2026-W47", ["2026-W47"]),
        (["--week", "2026-W52..2027-W01"], "2026-12-21..2027-01-10", ["2026-W52", "2026-W53", "2027-W01"]),
        (["--month", "2026-11"], "2026-11", ["2026-11"]),
        (["--month", "2026-12..2027-01"], "2026-12-01..2027-01-31", ["2026-12", "2027-01"]),
        (["--year", "2026"], "2026", ["2026"]),
        (["--period", "2026-11-16..2026-11-17"], "2026-11-16..2026-11-17", ["2026-11-16..2026-11-17"]),
    ],
)
def test_period_is_loaded_once_and_reported_each(
    report: Report, asked: Asked, arguments: list[str], loaded: str, periods: list[str]
) -> None:
    """Over new year as well, and through week 53."""
    assert report(*arguments) == 0
    ((parameters, order),) = asked
    assert parameters["period"] == loaded
    assert list(order.periods) == periods
    assert sorted(path.name for path in Path("reports").iterdir()) == sorted(
        f"{period}.{kind}" for period in periods for kind in ("html", "xlsx")
    )


def test_last_is_counted_from_today(report: Report, asked: Asked) -> None:
    """Weeks, months and years alike; the last week is what is reported without any of them."""
    this = datetime.now().astimezone().date()
    for arguments in ([], ["--year", "last"], ["--month", "this"]):
        report(*arguments)
    week, year, month = (order.periods[0] for _, order in asked)
    assert week.startswith(f"{this.year}-W") or this.month == 1
    assert (year, month) == (str(this.year - 1), f"{this:%Y-%m}")


def test_formats_connections_and_schedule_are_passed_on(report: Report, asked: Asked, tmp_path: Path) -> None:
    """The schedule by its whole path: the kernel may stand elsewhere."""
    Path("part.toml").write_text("[[agreement]]\nhours = [4, 4, 4, 4, 4, 0, 0]\n")
    arguments = ["--format", "csv", "--format", "png", "--format", "csv", "--schedule", "part.toml"]
    assert report("--connection", "Cloud", "--connection", "Customer", *arguments) == 0
    ((parameters, order),) = asked
    assert parameters["connection"] == ["Cloud", "Customer"]
    assert parameters["schedule"] == str(tmp_path / "part.toml")
    assert (order.formats, order.face, order.by) == (("csv", "png"), "to hand in", "")


def test_for_whom_decides_what_is_in_the_files(report: Report, asked: Asked) -> None:
    """Mine has everything; a customer gets a file of its own; both beside what is handed in."""
    assert [report("--week", "2026-W47", "--for", whom) for whom in ("mine", "customer")] == [0, 0]
    assert [(order.face, order.by) for _, order in asked] == [("mine", ""), ("to hand in", "project")]
    assert {path.stem for path in Path("reports").iterdir()} == {"2026-W47-mine", "2026-W47-APP", "2026-W47-OPS"}


@pytest.mark.parametrize("whom", [[], ["--for", "mine"], ["--for", "customer"]])
def test_file_that_exists_stays_until_force(
    report: Report, asked: Asked, whom: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """None of the files is written then, also where their names are known only afterwards."""
    part = {"mine": "-mine", "customer": "-OPS"}.get(whom[-1] if whom else "", "")
    Path("reports").mkdir()
    signed = Path("reports", f"2026-W47{part}.xlsx")
    signed.write_text("signed")
    assert report("--week", "2026-W47", *whom) == 2
    assert f"{signed} exists already. Overwrite with --force" in capsys.readouterr().err
    assert [path.read_text() for path in Path("reports").iterdir()] == ["signed"]
    assert len(asked) == ("customer" in whom)
    assert report("--week", "2026-W47", "--force", *whom) == 0
    assert signed.read_text() == "new"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--month", "2026-W47"], "2026-W47 is not a month. Write it as last, this or 2026-11."),
        (["--week", "last", "--year", "2026"], "--week and --year cannot be given together"),
        (["--week", "2026-W47..2026-W40"], "2026-W47 is after 2026-W40"),
        (["--week", "2026-W40..soon"], "is not a period"),
        (["--schedule", "none.toml"], "none.toml cannot be read"),
        (["--format", "docx"], "docx"),
        (["--for", "boss"], "boss"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(
    report: Report, asked: Asked, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2."""
    assert report(*arguments) == 2
    assert words in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_told_to_a_terminal_alone(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    """On stderr, so that the table can be piped on; a log of cron stays empty."""
    monkeypatch.setattr(cli, "Console", partial(Console, force_terminal=is_terminal))
    assert report("--week", "2026-W47") == 0
    told = capsys.readouterr()
    assert ("Report: cell 3 of 8" in told.err) == is_terminal
    assert is_terminal or told.err == ""
    assert "cell" not in told.out


def test_incomplete_report_says_what_is_missing(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 5; the files are there."""
    assert report("--connection", "Server", "--week", "2026-W47") == 5
    told = capsys.readouterr()
    assert "INCOMPLETE" in told.err
    assert "Server: refused." in told.err
    assert "Written: reports/2026-W47.html" in told.out
