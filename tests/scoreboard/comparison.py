"""A create that Jira carries out while its reply is lost: how many worklogs there are afterwards, client by client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from roots_nb.connections.connection import DeploymentName
from tests.faults.fault import Answer, Fault, Reset, TimeOut
from tests.faults.request import Request
from tests.scoreboard.clients import Client
from tests.world import World

MOST_WORKLOGS = 50
DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")


@dataclass(frozen=True, slots=True)
class Loss:
    """What becomes of the replies to the first `times` creates (None = to all), each of which Jira carries out."""

    name: str
    fault: Fault
    times: int | None


LOSSES = (
    Loss("reset once", Reset(after=True), 1),
    Loss("reset always", Reset(after=True), None),
    Loss("timeout once", TimeOut(after=True), 1),
    Loss("timeout always", TimeOut(after=True), None),
    Loss("503 once", Answer(503, after=True), 1),
    Loss("503 always", Answer(503, after=True), None),
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How many worklogs are in Jira, and what the client says: done, an error, or nothing before it was stopped."""

    worklogs: int
    said: Literal["done", "error", "no end"]

    def __str__(self) -> str:
        if self.said == "no end":
            return f"stopped at {self.worklogs}"
        return str(self.worklogs) if self.said == "done" else f"{self.worklogs}, error"


class _NoEnd(Exception):
    """Raised in the client's own waiting."""


def create_once(client: Client, deployment: DeploymentName, loss: Loss | None = None) -> Ending:
    """One create on a fresh site; a client that goes on making worklogs is stopped at `MOST_WORKLOGS`."""
    with World(deployment).running() as world:
        (key,) = world.add_issues(1)
        if loss is not None:
            world.faults.when(_is_create, loss.fault, times=loss.times)
        said: Literal["done", "error", "no end"]
        try:
            said = "done" if client.log_an_hour(world, key, _stop_at_most(world)) else "error"
        except _NoEnd:
            said = "no end"
        return Ending(len(world.site.worklogs), said)


def _stop_at_most(world: World) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        if len(world.site.worklogs) >= MOST_WORKLOGS:
            raise _NoEnd

    return wait


def _is_create(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/worklog")
