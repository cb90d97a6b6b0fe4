"""Tries mutants in a copy of the project: run there by `WorkingCopy`, and knows nothing of the checkout.

The tests are collected once. Each mutant then has a process of its own, forked from the one that has collected them,
in which the tests that reach its function run until one fails: first those that noticed most mutants of that function,
then the fast ones and those that notice much elsewhere. `mutmut` can try mutants too, but collects anew for each and
runs tests in any order.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation import trampoline

WORKERS = 2
# Hypothesis: the same examples for every mutant, and none remembered from another one.
# Output is captured in memory, for a file would be shared by all processes.
OPTIONS = ("-q", "-p", "no:cacheprovider", "--hypothesis-profile=ci", "--capture=sys", "--tb=native")
_FORK = multiprocessing.get_context("fork")


class Trial:
    """A plugin of pytest that does this instead of running the tests."""

    def __init__(self, mutants: Iterable[str], tell: Callable[[str, str], object]) -> None:
        self._mutants = mutants
        self._tell = tell
        self._failure = ""
        self._seconds: list[float] = []
        self._running: dict[Connection, tuple[ForkProcess, str]] = {}
        self._tests: dict[str, list[int]] = {}
        self._kills: Counter[int | tuple[str, int]] = Counter()  # by test, and by function and test
        self._todo: list[str] = []
        self._hung: set[str] = set()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note_failure(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note_failure(report)

    def _note_failure(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed and not self._failure:
            self._failure = f"{report.nodeid}\n{report.longreprtext}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._session = session
        gc.freeze()
        try:
            if self._failure or not self._measure():
                self._tell("problem", self._failure or "No test could be run.")
            else:
                self._try_all()
        finally:
            for process, _ in self._running.values():
                _kill_group(process)
        return True

    def _measure(self) -> bool:
        """Which tests reach which function, and how long they take; False if one fails."""
        connection, _ = self._start("", self._run_all)
        with contextlib.suppress(EOFError):
            self._failure, self._seconds, self._tests = connection.recv()
        self._end(connection)
        return bool(self._seconds) and not self._failure

    def _run_all(self) -> tuple[str, list[float], dict[str, list[int]]]:
        reached: set[str] = set()
        tests: defaultdict[str, list[int]] = defaultdict(list)
        seconds = []
        trampoline.record_trampoline_hit = lambda name, caller=None: reached.add(name)
        trampoline.set_mutant_under_test("stats")
        del os.environ["MUTANT_UNDER_TEST"]  # a process that a test starts shall not count
        for test, following in pairwise([*range(len(self._session.items)), None]):
            reached.clear()
            start = time.perf_counter()
            self._run(test, following)
            seconds.append(time.perf_counter() - start)
            for name in reached:
                tests[name].append(test)
            if self._failure:
                break
        return self._failure, seconds, dict(tests)

    def _try_all(self) -> None:
        """Functions that are tried soonest come first, so that much is known if this is stopped."""
        self._todo = sorted(self._mutants, key=lambda name: (self._cost(name), _function_of(name)), reverse=True)
        while self._todo or self._running:
            if self._todo and len(self._running) < WORKERS:
                name = self._todo.pop()
                self._start(name, lambda name=name: self._outcome(name))  # type: ignore[misc]
            else:
                for connection in wait([*self._running]):
                    self._hear(connection)  # type: ignore[arg-type]

    def _hear(self, connection: Connection) -> None:
        """A time-out may be the machine's, which was busy or asleep: it has to happen twice."""
        name = self._running[connection][1]
        verdict, killer = "timeout", None
        with contextlib.suppress(EOFError):  # it hangs or broke down
            verdict, killer = connection.recv()
        self._end(connection)
        if killer is not None:
            self._kills.update([killer, (_function_of(name), killer)])
        if verdict == "timeout" and name not in self._hung:
            self._hung.add(name)
            self._todo.append(name)
        else:
            self._tell(name, verdict)

    def _outcome(self, name: str) -> tuple[str, int | None]:
        """A verdict, and the test that noticed."""
        trampoline.set_mutant_under_test(name)
        tests = self._tests_of(name)
        faulthandler.dump_traceback_later(60 + 10 * self._cost(name), exit=True, file=sys.__stderr__)
        for test, following in pairwise([*tests, None]):
            self._run(test, following, limit=10 + 10 * self._seconds[test])
            if self._failure:
                return "timeout" if "from pytest-timeout" in self._failure else "killed", test
        return "survived", None

    def _run(self, test: int, following: int | None, limit: float | None = None) -> None:
        items = self._session.items
        item, nextitem = items[test], None if following is None else items[following]
        if limit is not None:
            item.add_marker(pytest.mark.timeout(limit), append=False)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)

    def _tests_of(self, name: str) -> list[int]:
        function, kills = _function_of(name), self._kills
        return sorted(
            self._tests.get(function, []),
            key=lambda test: (-kills[function, test], self._seconds[test] / (1 + kills[test])),
        )

    def _cost(self, name: str) -> float:
        return sum(self._seconds[test] for test in self._tests.get(_function_of(name), []))

    def _start(self, name: str, run: Callable[[], Any]) -> tuple[Connection, ForkProcess]:
        receiving, sending = _FORK.Pipe(duplex=False)
        process = _FORK.Process(target=_run_alone, args=(run, sending))
        process.start()
        sending.close()
        self._running[receiving] = process, name
        return receiving, process

    def _end(self, connection: Connection) -> None:
        """With whatever its tests have left running."""
        process, _ = self._running.pop(connection)
        _kill_group(process)
        process.join()
        connection.close()


def _function_of(name: str) -> str:
    return name.rpartition("__mutmut_")[0]


def _run_alone(run: Callable[[], Any], sending: Connection) -> None:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sending.send(run())
    os._exit(0)


def _kill_group(process: ForkProcess) -> None:
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def main(asked: Path) -> int:
    """A file with tests and mutants in JSON; a line of JSON, mutant and verdict, is told for each."""
    tests, mutants = json.loads(asked.read_text())
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    trial = Trial(mutants, lambda *what: print(json.dumps(what), file=told))
    return pytest.main([*OPTIONS, *tests], plugins=[trial])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
