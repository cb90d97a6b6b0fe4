"""The page of a report in a notebook, whose numbers can be clicked (`tests/widgets/test_report_picker.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class ReportPage(anywidget.AnyWidget):
    """HTML that is escaped already; a click on what names its rows is passed on.

    Parameters
    ----------
    on_number : callable
        Receives what `data-rows` of the clicked cell says, such as {"issue": "APP-1", "day": "2026-11-16"}, and shows
        these worklogs; the browser goes there then.

    Attributes
    ----------
    value : str
        The page, from `reports.page`.
    """

    _esm = Path(__file__).with_name("report_page.js")
    _css = Path(__file__).with_name("report_page.css")

    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_number: Callable[[Mapping[str, str]], None]) -> None:
        super().__init__()
        self._on_number = on_number
        self.on_msg(self._receive)

    def _receive(self, _: object, content: dict[str, Any], __: object) -> None:
        self._on_number(content["rows"])
        self.send({"shown": True})
