"""Days of Ann's until time is over, what they came to, and whether the process held on to more and more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich import box
from rich.table import Table

from roots_nb.connections.connection import DeploymentName
from tests.faults.write_back.notebook import Notebook
from tests.soak.days import DAYS_KEPT, Days
from tests.soak.meter import Sample, growth_mib, measure
from tests.soak.wired import Wired

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
COUNTS = (
    *("rounds", "loads", "changes applied", "faults", "resumes", "undos"),
    *("foreign edits", "conflicts replanned", "reports"),
)
MOST_GROWTH_MIB = 16
"""What may be added. Measured: 3 in ten minutes, most of it in the first five. In an hour a frame kept of each load
(30 KiB), a client of each kernel or a chart of each report would add more than this."""
MOST_STATE_GROWTH = 3
"""Times the state directory may be as large at the end: days differ in length, and what is kept is bounded."""


@dataclass
class Outcome:
    """What came of a soak.

    Attributes
    ----------
    violation : str
        How a promise was broken; the soak ends with it.
    samples : list of Sample
        One a night after the warm-up.
    """

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    violation: str = ""
    samples: list[Sample] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        return [*filter(None, [self.violation]), *self._leaks()]

    def _leaks(self) -> Iterator[str]:
        if not self.samples:
            return
        first, last = self.samples[0], self.samples[-1]
        if (growth := growth_mib(self.samples)) > MOST_GROWTH_MIB:
            yield f"Memory has grown by {growth:.1f} MiB, more than {MOST_GROWTH_MIB}."
        if last.descriptors > first.descriptors:
            yield f"{first.descriptors} files were open at the start, {last.descriptors} at the end."
        if last.threads > first.threads:
            yield f"There were {first.threads} threads at the start, {last.threads} at the end."
        if last.state_bytes > MOST_STATE_GROWTH * first.state_bytes:
            yield f"The state directory held {first.state_bytes:,} bytes at the start, {last.state_bytes:,} at the end."


def soak(
    seed: int,
    folder: Path,
    is_over: Callable[[int], bool],
    *,
    warm_up: int = DAYS_KEPT,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Live days until `is_over`, asked with their number; `tell` hears of each. Reports are written into `folder`.

    After `warm_up` days it is measured what the process holds on to.
    """
    outcome = Outcome(seed)
    notebook = Notebook(*DEPLOYMENTS, computer=Wired, in_order=False)
    days = Days(notebook, seed, folder)
    try:
        while not is_over(days.counts["rounds"]):
            days.live()
            outcome.counts = days.counts
            days.rest()
            sample = measure(notebook.folder)
            if days.counts["rounds"] > warm_up:
                outcome.samples.append(sample)
            notebook.restart()
            tell(outcome)
    except AssertionError as violation:
        outcome.violation = f"Round {days.counts['rounds']}: {violation}"
    finally:
        notebook.close()
    return outcome


def table_of(outcome: Outcome) -> Table:
    """All in one: what was done, what was broken, and what was held on to at the start and at the end."""
    table = Table(box=box.SIMPLE_HEAD, title=f"Soak with seed {outcome.seed}")
    for title, justify in (("", "left"), ("Start", "right"), ("End", "right")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    for what in COUNTS:
        table.add_row(what, "", f"{outcome.counts[what]:,}")
    table.add_row("violations", "", str(int(bool(outcome.violation))), end_section=True)
    if outcome.samples:
        first, last = outcome.samples[0], outcome.samples[-1]
        hours = (last.at_seconds - first.at_seconds) / 3600
        slope = f" ({growth_mib(outcome.samples) / hours:+.1f} an hour)" if hours else ""
        table.add_row("memory, MiB", f"{first.memory_mib:.1f}", f"{last.memory_mib:.1f}{slope}")
        table.add_row("open files", str(first.descriptors), str(last.descriptors))
        table.add_row("threads", str(first.threads), str(last.threads))
        table.add_row("state directory, KiB", f"{first.state_bytes / 1024:.0f}", f"{last.state_bytes / 1024:.0f}")
    return table
