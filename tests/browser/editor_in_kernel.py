"""What the bulk editor's cells in the browser's tests begin with: a week of any size, without a Jira."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd

from roots_nb.widgets.bulk_editor import BulkEditor
from roots_nb.widgets.grid.rows import Edit
from tests.browser.grid_in_kernel import HOSTILE
from tests.editing.frames import loaded, mine


def week_of(rows: int) -> pd.DataFrame:
    """Worklogs from Monday to Friday; one comment is hostile."""
    return loaded(*map(_worklog, range(rows)))


def _worklog(number: int) -> dict[str, Any]:
    return mine(
        f"2026-11-{16 + number % 5} {8 + number % 9:02}:15",
        30 + 15 * (number % 4),
        issue=f"APP-{number % 40 + 1}",
        summary="Checkout: the total is wrong with a voucher",
        comment=HOSTILE if number == 1 else f"Review of part {number}",
    )


class TimedEditor(BulkEditor):
    """Notes when each action had been taken over, in seconds since 1970."""

    def __init__(self, worklogs: pd.DataFrame) -> None:
        self.times: list[float] = []
        super().__init__(worklogs)

    def _write(self, edits: list[Edit]) -> None:
        super()._write(edits)
        self.times.append(time.time())
