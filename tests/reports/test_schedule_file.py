"""A schedule on disk, for people to read and edit."""

from __future__ import annotations

import stat
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots_nb.connections.profiles import Profiles
from roots_nb.errors import InvalidInput
from roots_nb.reports.report import report
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.schedule_file import to_toml
from tests.reports.frames import WEEK, frame

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(400)]
FULL = Schedule(
    [8, 8, 8, 8, "5:30", 0, 0],
    country="DE",
    subdivision="BY",
    since="2026-01-01",
    longest_day="9:20",
    absences=[
        {"first": "2026-07-20", "last": "2026-08-02", "name": 'Vacation "south" \\ 日本'},
        {"day": "2026-12-24", "part": 0.5},
        {"day": "2026-12-22", "hours": "1:42", "name": "two\nlines"},
    ],
).then("2026-04-01", {"mon": 7.7, "wed": 4}, country="AT")


def same(one: Schedule, other: Schedule) -> bool:
    return [one.on(day) for day in DAYS] == [other.on(day) for day in DAYS] and one.longest_day == other.longest_day


def test_what_is_saved_is_what_is_read_again(tmp_path: Path) -> None:
    """Agreements, absences, names of every kind, and the longest day."""
    path = FULL.save(tmp_path / "schedule.toml")
    assert same(Schedule.read(path), FULL)
    assert to_toml(Schedule.read(path)) == path.read_text("utf-8")


@given(name=st.text(max_size=30), part=st.floats(0.01, 1), minutes=st.integers(0, 1440))
def test_any_name_and_part_comes_back(name: str, part: float, minutes: int, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """Whatever somebody calls a day off, the file is TOML."""
    off = {"day": "2026-05-05", "part": part, "name": name}
    schedule = Schedule([f"{minutes // 60}:{minutes % 60:02}"] * 7, absences=off)
    path = tmp_path_factory.getbasetemp() / "schedule.toml"
    schedule.save(path, force=True)
    assert Schedule.read(path).required(date(2026, 5, 5)) == schedule.required(date(2026, 5, 5))


@given(
    places=st.lists(
        st.sampled_from([("", ""), ("DE", ""), ("DE", "BY"), ("DE", "BE"), ("AT", "")]), min_size=1, max_size=4
    )
)
def test_any_change_of_public_holidays_comes_back(places: list[tuple[str, str]], tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """From a day on others are free, or none."""
    country, subdivision = places[0]
    schedule = Schedule(country=country, subdivision=subdivision)
    for month, (country, subdivision) in enumerate(places[1:], start=1):
        schedule = schedule.then(date(2026, month, 1), country=country, subdivision=subdivision)
    path = schedule.save(tmp_path_factory.getbasetemp() / "schedule.toml", force=True)
    assert Schedule.read(path).agreements == schedule.agreements


def test_the_one_beside_the_connections_is_used_when_none_is_given() -> None:
    """And without any, the default, which is no file."""
    assert report(frame(), WEEK).schedule.is_assumed(date(2026, 11, 16))
    path = Schedule([6, 6, 6, 6, 6, 0, 0]).save()
    assert path == Profiles().path.with_name("schedule.toml")
    assert report(frame(), WEEK).balance["required"].sum() == timedelta(hours=30)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_report_takes_the_path_of_a_schedule(tmp_path: Path) -> None:
    """For papermill and the command."""
    path = Schedule([4] * 7).save(tmp_path / "mine.toml")
    assert report(frame(), WEEK, schedule=path).balance["required"].sum() == timedelta(hours=28)


def test_an_assumed_schedule_stays_assumed_in_the_file(tmp_path: Path) -> None:
    """Saving a country confirms no hours."""
    read = Schedule.read(Schedule(country="FR").save(tmp_path / "schedule.toml"))
    assert read.is_assumed(date(2026, 11, 16))
    assert read.on(date(2026, 7, 14)).holiday


def test_files_named_in_it_are_found_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the working directory is; and saving keeps them files."""
    (tmp_path / "off.csv").write_text("day\n2026-11-18\n")
    (tmp_path / "schedule.toml").write_text('absences = ["off.csv"]\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    schedule = Schedule.read("../schedule.toml")
    assert schedule.required(date(2026, 11, 18)) == timedelta()
    assert f'absences = ["{(tmp_path / "off.csv").as_posix()}"]' in to_toml(Schedule.read(tmp_path / "schedule.toml"))


def test_a_file_that_exists_is_replaced_only_when_told_to(tmp_path: Path) -> None:
    """It may hold comments."""
    path = tmp_path / "schedule.toml"
    path.write_text("# since my parental leave\n")
    with pytest.raises(InvalidInput, match="force=True"):
        Schedule().save(path)
    assert path.read_text() == "# since my parental leave\n"
    Schedule([1] * 7).save(path, force=True)
    assert same(Schedule.read(path), Schedule([1] * 7))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = 1\nhours = 8 9", "is no TOML.*line 2"),
        ("longest = 9", "Did you mean longest_day"),
        ("[[agreement]]\nhurs = 8", "Did you mean hours"),
        ("[agreement]\nhours = 8", r"\[\[agreement\]\]"),
        ("[[agreement]]\nhours = [8, 8]", "seven weekdays"),
        ("[[agreement]]\n[[agreement]]\nhours = [8, 8, 8, 8, 8, 8, 8]", "not after"),
        ("[[absence]]\nday = 2026-12-24\npart = 2", "no part of a day"),
        ('absences = "off.csv"', "no list of files"),
        ("longest_day = 2026-12-24", "longest_day"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    """Never half a schedule."""
    path = tmp_path / "schedule.toml"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=rf"(?s)schedule\.toml.*{says}"):
        Schedule.read(path)


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    """Only the default may be missing."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        Schedule.read(tmp_path / "schedule.toml")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    """As any place that cannot be written to."""
    with pytest.raises(InvalidInput, match="cannot be written"):
        Schedule().save(tmp_path / name)
