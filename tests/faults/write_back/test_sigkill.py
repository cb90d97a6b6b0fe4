"""A real SIGKILL of a process that applies over HTTP, at a request or at an append to the journal; then resume."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from werkzeug.wrappers import Response

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.server import serve
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.journal import journal_paths, read_journal
from tests.faults.fault import Exchange, Fault
from tests.faults.write_back import killed
from tests.faults.write_back.scene import new_world
from tests.faults.write_back.trial import Trial, run_trial
from tests.faults.write_back.verdict import judge
from tests.systems import WINDOWS
from tests.world import InstantProgress

SUITE = "SIGKILL"
TRIALS = 60
CHUNKS = 6
SEED = 60
PATIENCE_SECONDS = 30

if WINDOWS:
    pytest.skip("Windows has no SIGKILL", allow_module_level=True)

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([killed.__name__])


@dataclass(frozen=True, slots=True)
class Kill:
    """At a request ("before" or "after" Jira's work) or at an append to the journal ("lost", "torn", "kept")."""

    deployment: DeploymentName
    place: str
    number: int
    kind: str

    def __str__(self) -> str:
        return f"SIGKILL {self.kind} {self.place} {self.number}"


@dataclass(frozen=True, slots=True)
class Killing(Fault):
    """The client is killed while its request is under way; Jira does its work (`after`) or never sees it."""

    process: BaseProcess
    started: threading.Event

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        assert self.started.wait(PATIENCE_SECONDS)
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        raise ConnectionAbortedError


def kills() -> list[Kill]:
    """A seeded sample of all places in a run in which nothing else breaks."""
    found: list[Kill] = []
    for deployment in ("cloud", "datacenter"):
        healthy = run_trial(killed.SCENES[deployment])
        requests, appends = healthy.requests_of_apply, healthy.appends_of_apply
        for number in range(1, requests + 1):
            found += [Kill(deployment, "request", number, kind) for kind in ("before", "after")]  # type: ignore[arg-type]
        for number in range(1, appends + 1):
            found += [Kill(deployment, "append", number, kind) for kind in ("lost", "torn", "kept")]  # type: ignore[arg-type]
    return random.Random(SEED).sample(found, TRIALS)


def trial(kill: Kill, state_home: Path) -> Trial:
    """Apply in a process that is killed, then resume in this one."""
    world, stage, run = new_world(kill.deployment), killed.SCENES[kill.deployment], uuid.uuid4().hex
    plan = replace(stage.plan, run=run)
    before = dict(world.site.worklogs)
    with serve(world.log, context_path=world.site.context_path) as server:
        append, kind = (kill.number, kill.kind) if kill.place == "append" else (0, "")
        arguments = (kill.deployment, server.url, str(state_home), run, append, kind)
        process: BaseProcess = _context.Process(target=killed.apply, args=arguments)
        started = threading.Event()
        if kill.place == "request":
            world.faults.at(kill.number, Killing(after=kill.kind == "after", process=process, started=started))
        process.start()
        started.set()
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == -signal.SIGKILL, f"{kill}: the process ended with {process.exitcode}"
        jira = killed.over_http(kill.deployment, server.url)
        begun = bool(journal_paths(run))
        go_on = resume(jira, run, progress=InstantProgress()) if begun else apply_changes(jira, plan)
        jira.http.close()
    ended = Trial(stage, (), world.site, plan, before, {}, ends=[str(kill), "done"], result=go_on)
    ended.journals = [read_journal(path) for path in journal_paths(run)]
    return ended


@pytest.fixture
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_killed_process_breaks_no_promise(chunk: int, state_home: Path) -> None:
    """Whenever it is killed, resuming brings every change to its end, once."""

    def trials() -> Iterator[Trial]:
        for kill in kills()[chunk::CHUNKS]:
            ended = trial(kill, state_home)
            assert ended.result is not None
            assert ended.result.counts["done"] == len(ended.plan.operations), f"{kill}: {ended.result.counts}"
            yield ended

    assert judge(SUITE, trials()) == TRIALS // CHUNKS
