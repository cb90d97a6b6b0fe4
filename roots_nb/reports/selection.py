"""A part of a report, such as what one customer gets: by connection, project or category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from roots_nb.errors import InvalidInput

Names = str | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a report was narrowed to.

    Attributes
    ----------
    names : tuple of (column, names)
        Every one of the columns must hold one of its names; empty = everything.
    customer : str
        For whom, as the head says it.
    """

    names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    customer: str = ""

    @property
    def label(self) -> str:
        """Such as "NORD", "Cloud APP OPS"; "" for everything. For titles and file names."""
        return " ".join(name for _, names in self.names for name in names)

    @property
    def connections(self) -> tuple[str, ...]:
        """Those chosen; empty = all."""
        return next((names for column, names in self.names if column == "connection"), ())

    def narrowed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a frame that belong to it, with the frame's attrs."""
        rows = frame
        for column, names in self.names:
            rows = rows[rows[column].isin(names)]
        rows.attrs = frame.attrs
        return rows


def select(frame: pd.DataFrame, loaded: Iterable[str], chosen: dict[str, Names], customer: str) -> Selection:
    """The selection of what was asked for (None = not asked for).

    Raises
    ------
    InvalidInput
        Nothing was asked for, or a name is neither in the frame nor that of a connection that was `loaded`: a customer
        without hours is an empty report, a slip of the keyboard is not.
    """
    asked = {column: _names(names) for column, names in chosen.items() if names is not None}
    if not asked:
        raise InvalidInput("Nothing was chosen.", advice="Give connection=, project= or category=.")
    for column, names in asked.items():
        if column not in frame.columns:
            raise InvalidInput("The worklogs have no categories.", advice="Give report(..., categories=...).")
        known = {*frame[column].dropna(), *(loaded if column == "connection" else ())} - {""}
        if unknown := [name for name in names if name not in known]:
            listed = ", ".join(sorted(known)) or "none"
            raise InvalidInput(f"There is no {column} {unknown[0]!r} in the frame.", advice=f"Known: {listed}.")
    selection = Selection(tuple(asked.items()), customer)
    return selection if customer else Selection(selection.names, ", ".join(n for _, ns in selection.names for n in ns))


def _names(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())
