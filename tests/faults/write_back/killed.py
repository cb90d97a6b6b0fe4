"""The process that is killed: it applies a scene's plan over HTTP. It is imported before the fork, to start fast."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace

from roots_nb.connections.connection import DeploymentName
from roots_nb.connections.secrets import Secret
from roots_nb.editing import journal
from roots_nb.editing.apply import apply_changes
from roots_nb.jira.client import Jira
from roots_nb.jira.http import Http, auth_for
from roots_nb.progress import Progress
from tests.faults.write_back.scene import new_world, scene, signed_in
from tests.world import TOKEN

SCENES = {deployment: scene(deployment, "standard") for deployment in ("cloud", "datacenter")}  # type: ignore[arg-type]


def apply(deployment: DeploymentName, url: str, state_home: str, run: str, append: int, kind: str) -> None:
    """Apply the plan; at the journal's append number `append` (0 = none) the process kills itself, as `kind` says."""
    os.environ["XDG_STATE_HOME"] = state_home
    if append:
        journal._put = _deadly(append, kind)
    plan = replace(SCENES[deployment].plan, run=run)
    apply_changes(over_http(deployment, url), plan, progress=Progress())


def over_http(deployment: DeploymentName, url: str) -> Jira:
    """Ann's client of the scene's site, which answers at `url`."""
    jira = signed_in(new_world(deployment))
    http = Http(jira.connection, auth_for(jira.connection, Secret(TOKEN)), base_url=url)
    return Jira(jira.connection, http, jira.account)


def _deadly(number: int, kind: str) -> Callable[[int, bytes], None]:
    put, count = journal._put, 0

    def append(descriptor: int, line: bytes) -> None:
        nonlocal count
        count += 1
        if count < number:
            return put(descriptor, line)
        if kind == "torn":
            os.write(descriptor, line[: len(line) // 2])
        elif kind == "kept":
            put(descriptor, line)
        return os.kill(os.getpid(), signal.SIGKILL)

    return append
