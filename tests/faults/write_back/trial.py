"""One trial: a plan is applied while something breaks, and resumed until nothing is open.

Each trial has a Jira, a computer and a clock of its own. A crash is a kernel restart: what the process held is gone,
the site and the state directory stay. Waiting takes time on the trial's clock alone.
"""

from __future__ import annotations

import os
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self, TypeVar
from unittest import mock

from roots_nb.demo.model import JiraSite, Worklog
from roots_nb.editing import pace
from roots_nb.editing.apply import Result, apply_changes, resume
from roots_nb.editing.journal import Journal, journal_paths, read_journal
from roots_nb.editing.plan import Plan
from roots_nb.errors import RootsError
from roots_nb.jira import http
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from tests.faults.fault import Meanwhile
from tests.faults.request import Request
from tests.faults.write_back.disk import Disk
from tests.faults.write_back.kinds import KINDS
from tests.faults.write_back.scene import Scene, new_world, signed_in
from tests.faults.write_back.wire import Crash, LateCommit, Line, Process

MOST_RESUMES = 3
MEMORY = Path("/dev/shm")

Act = Callable[[JiraSite], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Strike:
    """When a fault strikes: at one request of the trial or, `for_ever`, at all from there to the end of the apply."""

    number: int
    kind: str
    for_ever: bool = False

    def __str__(self) -> str:
        return f"{self.kind} at request {self.number}{' and ever after' if self.for_ever else ''}"


@dataclass(frozen=True, slots=True)
class DiskStrike:
    """An append to the journal that fails, as one of `disk.APPEND_KINDS`."""

    number: int
    kind: str
    for_ever: bool = False

    def __str__(self) -> str:
        return f"{self.kind} at append {self.number}{' and ever after' if self.for_ever else ''}"


@dataclass(frozen=True, slots=True)
class Late:
    """A request whose reply does not come, and which Jira carries out when `by` more have been answered."""

    number: int
    by: int

    def __str__(self) -> str:
        return f"request {self.number} is done {self.by} requests late"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Somebody else acts on the site, before or after Jira does the work of a request."""

    number: int
    act: Act
    after: bool = False

    def __str__(self) -> str:
        name = getattr(self.act, "__name__", "something").replace("_", " ")
        return f"{name} {'after' if self.after else 'before'} request {self.number}"


Event = Strike | DiskStrike | Late | Elsewhere


class Clock:
    """The time of one trial: it moves a second with each look of the server, and by what is waited."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._seconds = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The server's: never the same twice, so that every change has an `updated` of its own."""
        return self._start + timedelta(seconds=self.advance(1))

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> float:
        with self._lock:
            self._seconds += max(seconds, 0)
            return self._seconds


@dataclass(slots=True)
class Trial:
    """What a trial left behind.

    Attributes
    ----------
    before : Mapping of int to Worklog
        The site's worklogs when it began, by id.
    foreign : Mapping of int to Worklog or None
        Those that somebody else touched, as they left them (None = deleted).
    ends : list of str
        How each run ended: "done", "crash", or the error; the apply first.
    result : Result or None
        The last one; None if no run ever came to its end.
    requests : list of Request
        All, of all runs, in the order of arrival.
    requests_of_apply, appends_of_apply : int
        How many the first run made.
    journals : list of Journal
    """

    scene: Scene
    events: tuple[Event, ...]
    site: JiraSite
    plan: Plan
    before: Mapping[int, Worklog]
    foreign: Mapping[int, Worklog | None]
    ends: list[str] = field(default_factory=list)
    result: Result | None = None
    requests: list[Request] = field(default_factory=list)
    requests_of_apply: int = 0
    appends_of_apply: int = 0
    journals: list[Journal] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.scene}: {'; '.join(map(str, self.events)) or 'nothing breaks'} ({', '.join(self.ends)})"


def run_trial(scene: Scene, *events: Event, in_order: bool = True) -> Trial:
    """Apply the scene's plan while the events happen, then resume, healthily, until nothing is open.

    What strikes for ever ends with the apply; what strikes once may strike a resume. `in_order`, one issue is worked on
    after the other and a trial can be repeated exactly; else several at once, as people have it.
    """
    with state_folder() as folder, Computer(scene, folder, in_order=in_order) as computer:
        for event in events:
            computer.expect(event)
        site = computer.world.site
        trial = Trial(scene, events, site, computer.plan, dict(site.worklogs), computer.foreign)
        computer.run(trial, computer.apply)
        trial.requests_of_apply, trial.appends_of_apply = computer.world.faults.count, computer.disk.count
        computer.heal()
        for _ in range(MOST_RESUMES):
            if trial.result is not None and trial.result.is_finished:
                break
            computer.run(trial, computer.go_on)
        computer.arrive()
        trial.requests = computer.world.log.requests
        trial.journals = [read_journal(path) for path in journal_paths(computer.plan.run)]
    return trial


class Computer:
    """The person's side of a trial: a state directory and one process after the other.

    With a second site the process is the same, `beside` that of the first, whose clock and disk count for both.
    """

    kinds = KINDS

    def __init__(self, scene: Scene, folder: Path, *, in_order: bool, beside: Computer | None = None) -> None:
        self.world = new_world(scene.deployment)
        self.plan = replace(scene.plan, run=uuid.uuid4().hex)
        self.clock = beside.clock if beside else Clock(self.world.now)
        self.world.site.now = self.clock.now
        self.disk = beside.disk if beside else Disk(Process())
        self._beside = beside
        self._folder, self._in_order = folder, in_order
        self.foreign: dict[int, Worklog | None] = {}
        self._late: list[LateCommit] = []
        self._is_ill = True
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        if self._beside is None:
            self._patch()
        return self

    def _patch(self) -> None:
        for module in (http, pace):
            self._patches.enter_context(mock.patch.object(module, "time", self.clock))
        self._patches.enter_context(mock.patch("platformdirs.user_state_path", self._state_path))
        self._patches.enter_context(mock.patch.object(Progress, "wait", self._wait()))
        self._patches.enter_context(mock.patch.object(os, "fsync", _trust_the_disk))
        self._patches.enter_context(self.disk.patch())

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def _state_path(self, *_: object, **__: object) -> Path:
        return self._folder

    def _wait(self) -> Callable[[Progress, float], None]:
        def wait(progress: Progress, seconds: float) -> None:
            begun = self.clock.monotonic()
            assert self.clock.advance(seconds) > begun or seconds == 0, "A wait that takes no time may never end."
            progress.check_stop()

        return wait

    # --- what happens

    def expect(self, event: Event) -> None:
        faults = self.world.faults
        match event:
            case Strike(number, kind, for_ever=False):
                faults.at(number, self.kinds[kind])
            case Strike(first, kind):
                faults.when(lambda request: self._is_ill and request.number >= first, self.kinds[kind], times=None)
            case DiskStrike(number, kind, for_ever):
                self.disk.at(number, kind, for_ever=for_ever)
            case Late(number, by):
                late = LateCommit()
                self._late.append(late)
                faults.at(number, late)
                faults.at(number + by, Meanwhile(late.commit, after=True))
            case Elsewhere(number, act, after):
                faults.at(number, Meanwhile(partial(self.let, act), after=after))

    def let(self, act: Act) -> None:
        """Somebody else acts; it is remembered how they left what they touched."""
        site = self.world.site
        with site.lock:
            before = dict(site.worklogs)
            act(site)
            touched = {key for key in before.keys() | site.worklogs.keys() if before.get(key) != site.worklogs.get(key)}
        self.foreign.update({key: site.worklogs.get(key) for key in touched})

    def heal(self) -> None:
        """What strikes for ever does so no longer."""
        self._is_ill = False
        self.disk.heal()

    def arrive(self) -> None:
        """What is late by more requests than there were is done now."""
        for late in self._late:
            late.commit()

    # --- what the person does

    def apply(self, jira: Jira) -> Result:
        return apply_changes(jira, self.plan, progress=Progress())

    def go_on(self, jira: Jira) -> Result:
        """Resume; a run that never got as far as its journal is begun again."""
        if not journal_paths(self.plan.run):
            return self.apply(jira)
        return resume(jira, self.plan.run, progress=Progress())

    def boot(self) -> Jira:
        """A new process, and the client in it."""
        if self._beside is None:
            self.disk.process = Process()
        return Line(self.world.log, self.disk.process).connect(signed_in(self.world, in_order=self._in_order))

    def run(self, trial: Trial, work: Callable[[Jira], Result]) -> None:
        """Do the work in a new process and note how it ended."""
        jira = self.boot()
        trial.result, end = see_through(lambda: work(jira))
        trial.ends.append(end)
        jira.http.close()


def see_through(work: Callable[[], T]) -> tuple[T | None, str]:
    """What the work returns, and how it ended: "done", "crash", or the error. Its threads end with it."""
    done: T | None = None
    try:
        done, end = work(), "done"
    except Crash:
        end = "crash"
    except RootsError as error:
        end = f"{type(error).__name__}: {error}"
    for thread in (each for each in threading.enumerate() if each.name.startswith("roots_nb-")):
        thread.join(10)
        assert not thread.is_alive(), f"{thread} outlives its run"
    return done, end


def _trust_the_disk(descriptor: int) -> None:
    """Crashes are simulated: what was written stays."""


@contextmanager
def state_folder() -> Iterator[Path]:
    """In memory where there is such a folder: thousands of trials write thousands of journals."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        yield Path(folder)
