"""Working days of Ann's, at random: she loads, edits, applies, resumes, undoes and reports while much goes wrong.

In the evening all is well again, and every worklog of every site is what the ledger says, and what Ann loads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from matplotlib import pyplot

import roots_nb
from roots_nb.demo.model import DEFAULT_PERMISSIONS, JiraSite
from roots_nb.editing.runs import KEPT_SECONDS
from tests.faults.write_back.disk import APPEND_KINDS
from tests.faults.write_back.kinds import CRASHED, LOST, LOST_AFTER, TOLD_TO_WAIT, TURNED_DOWN
from tests.faults.write_back.notebook import Deed, During, Edit, Event, Notebook
from tests.faults.write_back.scene import AUTHOR, WEEK
from tests.faults.write_back.trial import DiskStrike, Strike
from tests.soak.wired import Wired

T = TypeVar("T")

STEPS_A_DAY = (10, 20)
DAYS_A_REPORT = 5
DAYS_KEPT = 10  # so many of hers fit into the days for which journals are kept
FEWEST_WORKLOGS, MOST_WORKLOGS = 12, 40

QUICK = sorted({*LOST, *LOST_AFTER, *TOLD_TO_WAIT, *TURNED_DOWN} - {"time-out", "time-out after"})
SLOW = ("time-out", "time-out after")
WHATS = ("new", "time_spent", "comment", "started", "issue", "delete")
DEEDS = ("reword", "take longer", "start later", "edit and revert", "delete", "add")


class Days:
    """One after the other, with the same random numbers for the same seed; threads make the rest.

    Attributes
    ----------
    counts : Counter of str
        What was done so far.
    """

    def __init__(self, notebook: Notebook, seed: int, folder: Path) -> None:
        self.notebook = notebook
        self.counts: Counter[str] = Counter()
        self._random = Random(seed)
        self._folder = folder
        self._wired = [computer for computer in notebook.computers if isinstance(computer, Wired)]
        self._counted: set[str] = set()
        self._steps: list[tuple[Callable[[], None], int]] = [
            (self.load, 3),
            (self.edit, 10),
            (self.run_all_cells_again, 2),
            (self.apply_again, 1),
            (self.go_on, 6),
            (self.resume_any, 1),
            (self.undo, 4),
            (self.overwrite, 3),
            (self.close_run, 1),
            (self.somebody, 3),
            (self.permit, 1),
            (self.restart, 1),
            (self.restart_site, 1),
            (self.pass_time, 1),
        ]

    def live(self) -> None:
        """One day. Raises AssertionError where a promise is broken."""
        self.counts["rounds"] += 1
        steps, weights = zip(*self._steps, strict=True)
        for step in self._random.choices(steps, weights, k=self._random.randint(*STEPS_A_DAY)):
            step()
        if self.counts["rounds"] % DAYS_A_REPORT == 1:
            self.report()
        self.notebook.finish()
        self._count()
        self.compare()
        self._tidy()
        self.notebook.age(KEPT_SECONDS / 86400 / DAYS_KEPT)

    def rest(self) -> None:
        """Nothing is open; the notebook goes on with a restart."""
        for computer in self._wired:
            computer.shut_down()
            computer.restart_site()

    def compare(self) -> None:
        """Each site is what was told of it, to the worklog, and what is loaded of Ann's is what the sites hold."""
        for ledger in self.notebook.ledgers:
            assert not (untold := ledger.untold(ledger.site.worklogs)), "\n".join(untold)
        self.notebook.load(refresh=True)
        rows = self.notebook.worklogs[["url", "worklog_id", "started", "time_spent", "comment"]]
        loaded = Counter(rows.itertuples(index=False, name=None))
        there = Counter(row for ledger in self.notebook.ledgers for row in _of_ann(ledger.site, ledger.url))
        assert loaded == there, f"Loaded but not there: {loaded - there}; there but not loaded: {there - loaded}"

    # --- what Ann does

    def load(self) -> None:
        self.counts["loads"] += 1
        self.notebook.load(refresh=self._chance(0.5))

    def edit(self) -> None:
        if not self.notebook.interrupted:
            edits = [Edit(self._pick(WHATS), self._number(), self._number()) for _ in range(self._random.randint(1, 6))]
            self.notebook.plan(edits, allow_twins=self._chance(0.5))
            self._apply_latest()

    def run_all_cells_again(self) -> None:
        if not self.notebook.interrupted:
            self.load()
            self.notebook.plan_again()
            self._apply_latest()

    def apply_again(self) -> None:
        if self.notebook.plans:
            self.notebook.apply(self._pick(self.notebook.plans), *self._event())

    def go_on(self) -> None:
        if self.notebook.interrupted:
            if self._chance(0.3):
                self.permit()
                self.somebody()
            self._resume(self.notebook.interrupted[0])

    def resume_any(self) -> None:
        if self.notebook.runs:
            self._resume(self._pick(self.notebook.runs))

    def _resume(self, run: str) -> None:
        self.counts["resumes"] += 1
        self.notebook.resume(run, *self._event())

    def undo(self) -> None:
        if self.notebook.runs and not self.notebook.interrupted:
            self.notebook.plan_undo(self._pick(self.notebook.runs[-4:]))
            self._apply_latest()

    def overwrite(self) -> None:
        results = [result for result in self.notebook.results if result.counts["conflict"]]
        if results and not self.notebook.interrupted:
            self.counts["conflicts replanned"] += 1
            self.notebook.replan(results[-1], self._random.sample((*WHATS[1:],), self._random.randint(1, 5)))
            self._apply_latest()

    def close_run(self) -> None:
        if self.notebook.interrupted:
            self.notebook.close_run(self.notebook.interrupted[0])

    def report(self) -> None:
        self.counts["reports"] += 1
        report = roots_nb.report(self.notebook.worklogs, WEEK)
        assert report.matrix.to_numpy().sum() is not None
        report._repr_html_()
        for write in (report.to_html, report.to_excel):
            write(self._folder, force=True)
        assert not pyplot.get_fignums()

    def _apply_latest(self) -> None:
        if self.notebook.plans:
            self.notebook.apply(self.notebook.plans[-1], *self._event())

    # --- what happens to her

    def somebody(self) -> None:
        self.notebook.somebody(self._deed(), self._number())

    def permit(self) -> None:
        without = [name for name in sorted(DEFAULT_PERMISSIONS) if self._chance(0.2)]
        self.notebook.permit(self._pick(("APP", "OPS")), without=without, at=self._number())

    def restart(self) -> None:
        self.notebook.restart()

    def restart_site(self) -> None:
        self._pick(self._wired).restart_site()

    def pass_time(self) -> None:
        self.notebook.pass_time(self._pick((0.02, 1, 30)))

    def _event(self) -> tuple[Event | None, int]:
        """And the site at which it happens."""
        number = self._random.randint(1, 9)
        draw = self._random.random()
        event: Event | None = None
        if draw < 0.15:
            event = Strike(number, self._pick(sorted(CRASHED)))
        elif draw < 0.50:
            event = Strike(number, self._pick(QUICK), for_ever=self._chance(0.2))
        elif draw < 0.52:
            event = Strike(number, self._pick(SLOW))
        elif draw < 0.62:
            event = DiskStrike(self._random.randint(1, 12), self._pick(APPEND_KINDS))
        elif draw < 0.75:
            event = During(number, self._deed(), after=self._chance(0.5))
        return event, self._number()

    def _deed(self) -> Deed:
        return Deed(self._pick(DEEDS), self._number(), by_bob=self._chance(0.5))

    # --- the night

    def _tidy(self) -> None:
        """Somebody deletes or adds worklogs, so that a site has always about as many."""
        for at, site in enumerate(self.notebook.sites):
            while len(site.worklogs) > MOST_WORKLOGS:
                self.notebook.somebody(Deed("delete", self._number()), at)
            while len(site.worklogs) < FEWEST_WORKLOGS:
                self.notebook.somebody(Deed("add", self._number()), at)
            site.deleted.clear()

    def _count(self) -> None:
        """Runs are counted when nothing more will come of them."""
        self.counts.update({what: self.notebook.met[what] - self.counts[what] for what in self.notebook.met})
        kept = roots_nb.runs()
        fresh = kept[~kept["run"].isin(self._counted)]
        self._counted = set(kept["run"])
        self.counts["changes applied"] += int(fresh["done"].sum())
        self.counts["undos"] += int(((fresh["undoes"] != "") & (fresh["done"] > 0)).sum())

    def _number(self) -> int:
        return self._random.randrange(60)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _pick(self, items: Sequence[T]) -> T:
        return self._random.choice(items)


def _of_ann(site: JiraSite, url: str) -> list[tuple[object, ...]]:
    """Her worklogs of the week as rows of the frame."""
    return [
        (
            f"{url}/browse/{site.issues_by_id[each.issue_id].key}",
            str(each.id),
            each.started,
            timedelta(seconds=each.seconds),
            each.comment or "",
        )
        for each in site.worklogs.values()
        if each.author.display_name == AUTHOR and WEEK[0] <= f"{each.started:%Y-%m-%d}" <= WEEK[1]
    ]
