"""Booked against required, day by day, and what adds up from it.

A day to come is no deficit: what is required of it counts only as far as it is booked already. The last day that counts
is the day as of which the worklogs are known, for after it nobody can tell (tests/reports/test_balance.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from roots_nb.reports.schedule import Schedule

ZERO = timedelta()
_DURATIONS = ("booked", "target", "absence", "required", "balance", "running")


@dataclass(frozen=True, slots=True)
class DayBalance:
    """One day, as `Report.balance` describes its columns."""

    day: date
    booked: timedelta
    target: timedelta
    absence: timedelta
    required: timedelta
    balance: timedelta
    running: timedelta
    reason: str


def balance_of_days(booked: Mapping[date, timedelta], schedule: Schedule, last_known: date) -> list[DayBalance]:
    """The balance of each day, in the order of `booked`."""
    running, found = ZERO, []
    for day, spent in booked.items():
        work = schedule.on(day)
        due = work.required if day <= last_known else min(work.required, spent)
        running += spent - due
        found.append(
            DayBalance(day, spent, work.target, work.absence, work.required, spent - due, running, work.reason)
        )
    return found


def balance_frame(days: Sequence[DayBalance]) -> pd.DataFrame:
    """One row a day, see `Report.balance`."""
    index = pd.Index([each.day for each in days], dtype=object, name="day")
    durations = {name: [getattr(each, name) for each in days] for name in _DURATIONS}
    made = pd.DataFrame({name: np.array(column, "timedelta64[us]") for name, column in durations.items()}, index)
    made["reason"] = pd.Series([each.reason for each in days], index, dtype="str")
    return made


def add(durations: Iterable[timedelta]) -> timedelta:
    """Their exact sum."""
    return sum(durations, ZERO)
