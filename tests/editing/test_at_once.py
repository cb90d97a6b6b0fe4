"""Two clicks, two threads, two processes: one apply of an account at a time, and each change once."""

from __future__ import annotations

import concurrent.futures
import json
import subprocess
import sys
import threading

import pytest

from roots_nb.editing.runs import close_run
from roots_nb.errors import RunLocked
from roots_nb.progress import Progress
from tests.editing.desk import Desk, add, change, delete, is_write, minutes_of, move, states
from tests.faults.fault import Answer, Meanwhile
from tests.widgets.front_end import PATIENCE_SECONDS
from tests.world import TOKEN

EVERY_ACTION = (
    change("one", time_spent=minutes_of(90)),
    change("two", comment="zwei"),
    move("three", "OPS-1"),
    delete("four"),
    add("new", "APP-2"),
)
OTHER = change("five", comment="fünf")


def test_two_threads_apply_one_plan_once(desk: Desk) -> None:
    """A double click: both get the same result, and each change is made once."""
    plan = desk.plan(*EVERY_ACTION)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first, second = (future.result() for future in [pool.submit(desk.apply, plan) for _ in range(2)])
    assert (first.run, first.counts) == (second.run, second.counts)
    assert states(first) == {"done": 5}
    assert sorted(request.method for request in desk.writes()) == ["DELETE", "DELETE", "POST", "POST", "PUT", "PUT"]


def test_nothing_is_written_over_what_came_during_a_wait(desk: Desk) -> None:
    """Jira asks everybody to wait between our look and our write: then it is looked at again."""
    plan = desk.plan(change("one", comment="mine"))
    told = threading.Event()

    class Told(Progress):
        def waiting(self, seconds: float, why: str) -> None:
            told.set()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:

        def edit() -> None:
            pool.submit(desk.jira.issue, "APP-2", ("summary",), progress=Told())
            assert told.wait(PATIENCE_SECONDS)
            desk.someone_changes("one", comment="theirs")

        desk.world.faults.when(
            lambda request: request.path.endswith("/issue/APP-1/worklog"), Meanwhile(edit, after=True)
        )
        refusal = Answer(429, headers={"Retry-After": "1"})
        desk.world.faults.when(lambda request: request.path.endswith("/issue/APP-2"), refusal)
        result = desk.apply(plan, progress=Progress())
    assert states(result) == {"conflict": 1}
    assert desk.writes() == []


def test_second_plan_is_locked_out_while_one_is_applied(desk: Desk) -> None:
    """Of the same account: it says who is at work, and sends nothing."""
    first, second = desk.plan(change("one", time_spent=minutes_of(90))), desk.plan(OTHER)
    refusals: list[str] = []

    def meanwhile() -> None:
        for act in (lambda: desk.apply(second), lambda: desk.resume(first.run), lambda: close_run(first.run)):
            with pytest.raises(RunLocked) as locked:
                act()
            refusals.append(str(locked.value))

    desk.world.faults.when(is_write, Meanwhile(meanwhile))
    assert states(desk.apply(first)) == {"done": 1}
    assert len(refusals) == 3
    assert all("under way" in refusal for refusal in refusals)
    assert len(desk.writes()) == 1
    assert states(desk.apply(second)) == {"done": 1}


_OTHER_PROCESS = """
import json, sys
from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from roots_nb.editing.apply import apply_changes
from roots_nb.editing.plan import plan_changes
from roots_nb.errors import RootsError
from roots_nb.jira.signin import sign_in
from roots_nb.worklogs import load_worklogs

jira = sign_in(Connection(**json.loads(sys.argv[1])), Secret(sys.argv[2]))
loaded = load_worklogs(jira, ("2026-11-16", "2026-11-22"))
plan = plan_changes(loaded, loaded.assign(comment=loaded["comment"].replace("five", "other process")))
try:
    print(apply_changes(jira, plan).counts["done"], "done")
except RootsError as error:
    print(type(error).__name__, error)
"""


def test_two_processes_do_not_apply_at_once(server_desk: Desk) -> None:
    """The second notebook is told which process is at work; afterwards it may."""
    desk, world, told = server_desk, server_desk.world, []

    def other_process() -> None:
        facts = {name: getattr(world.connection, name) for name in ("name", "deployment", "url", "auth", "user")}
        command = [sys.executable, "-c", _OTHER_PROCESS, json.dumps(facts), TOKEN]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        told.append(done.stdout + done.stderr)

    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    world.faults.when(is_write, Meanwhile(other_process))
    assert states(desk.apply(plan)) == {"done": 1}
    assert "RunLocked" in told[0]
    assert "process" in told[0]
    other_process()
    assert told[1] == "1 done\n"
    assert len(desk.find("other process")) == 1
