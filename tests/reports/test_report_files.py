"""Files of a report: whose they are, what they are called, and that nothing is lost by writing them."""

from __future__ import annotations

from pathlib import Path

import pytest

import roots_nb as rn
from roots_nb.errors import InvalidInput
from roots_nb.reports.files import FORMATS, existing, keep_files, parts_of, save_reports
from roots_nb.reports.report import Report
from tests.reports.frames import WEEK, frame, load, worklog


@pytest.fixture
def made() -> Report:
    """The project APP on two sites, and OPS on one of them."""
    rows = [
        worklog("2026-11-16 09:00", 60),
        worklog("2026-11-17 09:00", 60, issue="OPS-1"),
        worklog("2026-11-18 09:00", 60, connection="Server"),
    ]
    categories = {"Care": {"project": "OPS"}}
    return rn.report(frame(*rows, loads=[load(), load("Server")]), WEEK, categories=categories)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("", ["2026-W47.md"]),
        ("project", ["2026-W47-Cloud-APP.md", "2026-W47-Cloud-OPS.md", "2026-W47-Server-APP.md"]),
        ("connection", ["2026-W47-Cloud.md", "2026-W47-Server.md"]),
        ("category", ["2026-W47-Care.md"]),
    ],
)
def test_parts_have_names_of_their_own(made: Report, by: str, names: list[str], tmp_path: Path) -> None:
    """And a project that is on two sites is two customers."""
    written = save_reports(parts_of(made, by), tmp_path, ["md"], face="to hand in")
    assert [path.name for path in written] == names


def test_projects_of_one_site_need_not_name_it(tmp_path: Path) -> None:
    """The name is the customer's alone."""
    made = rn.report(frame(worklog("2026-11-16 09:00", 60), loads=[load()]), WEEK)
    (path,) = save_reports(parts_of(made, "project"), tmp_path, ["csv"], face="to hand in")
    assert path.name == "2026-W47-APP.csv"


def test_parts_are_all_of_the_time(made: Report) -> None:
    """Together they are the whole."""
    for by in ("project", "connection"):
        assert sum((part.total for part in parts_of(made, by)), rn.duration("0h")) == made.total


def test_nothing_logged_is_no_part(made: Report) -> None:
    """A customer without hours gets no file; the whole report is there all the same."""
    empty = rn.report(made.frame, "2026-W46")
    assert [len(parts_of(empty, by)) for by in ("", "project", "connection")] == [1, 0, 0]


def test_every_format_is_written(made: Report, tmp_path: Path) -> None:
    """Of an empty week as well."""
    for report in (made, rn.report(made.frame, "2026-W46")):
        for face in ("to hand in", "mine"):
            paths = save_reports([report], tmp_path, FORMATS, face=face)  # type: ignore[arg-type]
            assert [path.suffix[1:] for path in paths] == list(FORMATS)
            assert all(path.stat().st_size > 50 for path in paths)


def test_names_that_would_be_one_file_are_told_apart(tmp_path: Path) -> None:
    """On systems that do not tell capitals apart, too."""
    names = ["A/B", "A-B", "a b", "Üñ"]
    rows = [worklog("2026-11-16 09:00", 60, connection=name) for name in names]
    made = rn.report(frame(*rows), WEEK)
    paths = save_reports(parts_of(made, "connection"), tmp_path, ["csv"], face="to hand in")
    assert len({path.name.casefold() for path in paths}) == len(names)
    assert all(path.parent == tmp_path for path in paths)


def test_file_that_exists_is_known_and_kept(tmp_path: Path) -> None:
    """Unless it may be replaced."""
    (tmp_path / "made").mkdir()
    new, there = tmp_path / "made" / "week.csv", tmp_path / "kept" / "week.csv"
    new.write_text("new")
    assert existing([new], there.parent) == []
    assert keep_files([new], there.parent, force=False) == [there]
    there.write_text("signed")
    assert existing([new], there.parent) == [there]
    with pytest.raises(InvalidInput, match="exists already"):
        keep_files([new], there.parent, force=False)
    assert there.read_text() == "signed"
    keep_files([new], there.parent, force=True)
    assert there.read_text() == "new"
