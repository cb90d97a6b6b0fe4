"""Reports are made on one day, whenever the tests run: what is due depends on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from roots_nb.reports import page
from tests.reports.frames import NOW


@pytest.fixture(autouse=True)
def monday_at_noon() -> Iterator[None]:
    """The Monday after the week that most tests report."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def drawn() -> None:
    """For tests that look at the drawings in a page."""


@pytest.fixture(autouse=True)
def quick_drawings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all time of a page goes into its charts, which are drawn only for those who look at them."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(page, "draw_svg", lambda report, name: "<svg></svg>")
