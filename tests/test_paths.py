"""A path that a person gives may begin with ~, wherever it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import roots_nb as rn
from roots_nb.connections.connection import absolute_ca_bundle
from roots_nb.errors import InvalidInput
from roots_nb.reports.export import target_file

ASKED: dict[str, Callable[[str], object]] = {
    "a calendar": lambda path: rn.read_calendar(path, "2026-11-16..2026-11-20", zone="UTC"),
    "a schedule to read": rn.Schedule.read,
    "a schedule to save": rn.Schedule().save,
    "absences": lambda path: rn.Schedule(absences=path),
    "a CA file": absolute_ca_bundle,
    "an export": lambda path: target_file(path, "report", ".csv"),
}


@pytest.mark.parametrize("use", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("path", ["~no-such-person/x.csv", "~\0/x.csv"])
def test_home_of_nobody_is_told(path: str, use: Callable[[str], object]) -> None:
    with pytest.raises(InvalidInput, match="There is no folder ~"):
        use(path)


def test_home_is_found(fresh_home: Path) -> None:
    rn.Schedule().save("~/ours.toml")
    (fresh_home / "off.csv").write_text("day\nnever\n")
    rn.Schedule.read("~/ours.toml")
    with pytest.raises(InvalidInput, match="never"):
        rn.Schedule(absences="~/off.csv")
    with pytest.raises(InvalidInput, match=f"{fresh_home.name}.*day.ics"):
        rn.read_calendar("~/day.ics", "2026-11-18", zone="UTC")
