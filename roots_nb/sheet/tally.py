"""What is edited in a sheet, counted as it changes: no edit costs more with more rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from roots_nb.sheet.row import SheetRow


class Counts(NamedTuple):
    """How many rows are changed, new, to delete, have a problem or a conflict, and how much time all that adds.

    Those with a problem count as nothing else; those with a conflict do.
    """

    changed: int
    new: int
    deleted: int
    problems: int
    conflicts: int
    gain: timedelta

    @property
    def edits(self) -> int:
        """How many rows are edited."""
        return self.changed + self.new + self.deleted + self.problems


class Tally:
    """The edited rows of a sheet.

    Attributes
    ----------
    rows : dict
        Key -> row, of those that are edited.
    """

    def __init__(self) -> None:
        self.rows: dict[str, SheetRow] = {}
        self._counted: Counter[str] = Counter()
        self._gain = timedelta()

    @property
    def counts(self) -> Counts:
        counted = self._counted
        kinds = counted["changed"], counted["new"], counted["deleted"], counted["problems"]
        return Counts(*kinds, conflicts=counted["conflicts"], gain=self._gain)

    @contextmanager
    def changing(self, row: SheetRow) -> Iterator[None]:
        """Keeps what is counted right while the row is changed."""
        self.add(row, -1)
        try:
            yield
        finally:
            self.add(row)

    def add(self, row: SheetRow, sign: int = 1) -> None:
        """Count a row, or with -1 no more."""
        if not row.is_edited:
            self.rows.pop(row.key, None)
            return
        self.rows[row.key] = row
        self._gain += sign * row.gain
        self._counted[row.kind] += sign
        self._counted["conflicts"] += sign * bool(row.conflicts)
