"""Files: their names, and that nothing is lost or overwritten."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from roots_nb.errors import InvalidInput
from roots_nb.reports.export import file_name, write_file
from roots_nb.reports.report import Report, report
from tests.reports.frames import WEEK, frame, worklog


def a_week() -> Report:
    return report(frame(worklog("2026-11-16 09:05", 90.5, comment="two\nlines, and = a comma")), WEEK)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("worklogs 2026-W47", "worklogs-2026-W47.html"),
        ("../../etc/passwd", "etc-passwd.html"),
        ("/absolute", "absolute.html"),
        ("C:\\temp\\x", "C-temp-x.html"),
        ("CON", "_CON.html"),
        ("nul.txt", "_nul.txt.html"),
        ("a\0b\nc", "a-b-c.html"),
        ("...", "report.html"),
        ("", "report.html"),
        ("Müller & Söhne", "Müller-Söhne.html"),
        ("x" * 300, "x" * 100 + ".html"),
        ("語" * 100, "語" * 66 + ".html"),
    ],
)
def test_a_file_name_stays_inside_its_directory_on_every_system(name: str, file: str) -> None:
    """Whatever a customer or a project is called."""
    assert file_name(name, ".html") == file


@pytest.mark.parametrize(
    ("method", "suffix"), [("to_html", ".html"), ("to_excel", ".xlsx"), ("to_csv", ".csv"), ("to_markdown", ".md")]
)
def test_a_directory_gets_a_file_named_after_the_period(tmp_path: Path, method: str, suffix: str) -> None:
    """And the path that was written is returned."""
    path = getattr(a_week(), method)(tmp_path)
    assert path == tmp_path / f"worklogs-2026-W47{suffix}"
    assert path.stat().st_size > 100
    assert getattr(a_week(), method)(tmp_path / "a..b").name == f"a..b{suffix}"


@pytest.mark.parametrize("method", ["to_html", "to_excel", "to_csv", "to_markdown", "to_png", "to_svg"])
def test_an_existing_file_is_only_replaced_when_told_to(tmp_path: Path, method: str) -> None:
    """The error says how."""
    path = getattr(a_week(), method)(tmp_path)
    path.write_text("signed already")
    with pytest.raises(InvalidInput, match="force=True"):
        getattr(a_week(), method)(tmp_path)
    assert path.read_text() == "signed already"
    getattr(a_week(), method)(tmp_path, force=True)
    assert path.read_bytes() != b"signed already"


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole or not at all."""
    target = tmp_path / "week.html"
    target.write_text("old")

    def full(self: Path, to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InvalidInput, match="No space left"):
        write_file(target, b"new", force=True)
    assert [file.read_text() for file in tmp_path.iterdir() if file.is_file()] == ["old"]


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """No directory is made of a typing error."""
    with pytest.raises(InvalidInput, match="nowhere"):
        a_week().to_html(tmp_path / "nowhere" / "week.html")


@pytest.mark.parametrize(
    "place",
    ["x" * 300, f"{'x' * 300}/week.html", "a\0b", "file/week.html"],
    ids=lambda text: ascii(text[:9]),
)
def test_a_place_where_no_file_can_be_is_told(tmp_path: Path, place: str) -> None:
    """Too long, not a name, or inside of a file."""
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match=r"(?s)cannot be written: \S.*another place"):
        a_week().to_html(tmp_path / place)
    assert not [*tmp_path.glob(".*.tmp")]


def test_a_part_with_a_long_name_in_any_script_is_written(tmp_path: Path) -> None:
    """Systems limit a name's bytes, of which a Chinese letter has three."""
    name = "語" * 100
    part = report(frame(worklog("2026-11-16 09:05", 90, project=name)), WEEK).only(project=name)
    assert part.to_csv(tmp_path).stat().st_size > 100  # type: ignore[union-attr]


def test_csv_has_a_line_a_worklog_with_exact_seconds() -> None:
    """Comments of several lines and commas come back whole."""
    lines = list(csv.reader(io.StringIO(str(a_week().to_csv()), newline="")))
    assert lines == [
        ["day", "start", "connection", "project", "issue", "summary", "time_spent", "seconds", "comment"],
        [
            "2026-11-16",
            "09:05",
            "Cloud",
            "APP",
            "APP-1",
            "Summary of APP-1",
            "1:30:30",
            "5430",
            "two\nlines, and = a comma",
        ],
    ]


def test_csv_files_open_in_excel_with_their_letters(tmp_path: Path) -> None:
    """Excel knows UTF-8 by its mark."""
    assert a_week().to_csv(tmp_path / "x.csv").read_bytes().startswith(b"\xef\xbb\xbfday")  # type: ignore[union-attr]


def test_a_chart_is_a_picture_of_its_own(tmp_path: Path) -> None:
    """Named after the period and the chart, on white or in the colour of the text around it."""
    png, svg = a_week().to_png(tmp_path, "calendar"), a_week().to_svg(tmp_path)
    assert png == tmp_path / "worklogs-2026-W47-calendar.png"
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg == tmp_path / "worklogs-2026-W47-days.svg"
    assert str(a_week().to_svg()) == svg.read_text("utf-8")  # type: ignore[union-attr]
