"""Ann's computer on a real network: her requests go over HTTP, and she signs in as people do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from requests.adapters import HTTPAdapter
from werkzeug.wrappers import Response

import roots_nb
from roots_nb.connections import secrets
from roots_nb.demo.server import serve
from roots_nb.jira import http
from roots_nb.jira.client import Jira
from tests.faults.fault import Exchange, Fault, Reset
from tests.faults.gate import Gate
from tests.faults.write_back.disk import Disk
from tests.faults.write_back.kinds import CRASHED, KINDS, with_sockets
from tests.faults.write_back.scene import ZONE, Scene
from tests.faults.write_back.trial import Computer
from tests.faults.write_back.wire import Process
from tests.world import TOKEN

TIMEOUT_SECONDS = 3
"""Long enough that no answer of a busy computer is taken for lost: what Jira still did then would come late."""


class Wired(Computer):
    """Serves its site while it is entered."""

    def __init__(self, scene: Scene, folder: Path, *, in_order: bool, beside: Computer | None = None) -> None:
        super().__init__(scene, folder, in_order=in_order, beside=beside)
        world = self.world
        self._gate = Gate(lambda port: serve(world.log, port=port, context_path=world.site.context_path))
        world.url = self._gate.url
        crashes = {kind: Killed(self.disk, after=fault.after) for kind, fault in CRASHED.items()}
        self.kinds = {kind: with_sockets(fault) for kind, fault in KINDS.items() if kind != "refused"} | crashes
        self._jira: Jira | None = None

    def _patch(self) -> None:
        super()._patch()
        self._patches.enter_context(mock.patch.object(http, "READ_TIMEOUT_SECONDS", TIMEOUT_SECONDS))

    def __exit__(self, *_: object) -> None:
        self.shut_down()
        self.world.faults.release()
        self._gate.stop()
        super().__exit__()

    def boot(self) -> Jira:
        self.shut_down()
        if self._beside is None:
            self.disk.process = Process()
            secrets.forget_session()
        with mock.patch.dict(os.environ, self._variables()):
            self._jira = roots_nb.connect(self.world.connection.name, zone=ZONE)
        for session in (self._jira.http._session, self._jira.http._cached_session):
            assert session is not None
            for scheme, adapter in list(session.adapters.items()):
                session.mount(scheme, Cable(adapter, self.disk.process))
        return self._jira

    def shut_down(self) -> None:
        """The kernel ends, and its connections with it."""
        if self._jira is not None:
            self._jira.http.close()
            self._jira = None

    def restart_site(self) -> None:
        """Jira is restarted: every connection ends, the address stays."""
        self._gate.close()
        self._gate.open()

    def _variables(self) -> dict[str, str]:
        connection = self.world.connection
        told = {"URL": connection.url, "DEPLOYMENT": connection.deployment, "TOKEN": TOKEN, "USER": connection.user}
        names = {f"ROOTS_NB_{connection.name.upper()}_{name}": value for name, value in told.items()}
        return {**names, "ROOTS_NB_UNATTENDED": "1"}


@dataclass(frozen=True, slots=True)
class Killed(Fault):
    """The client's process ends while its request is under way."""

    disk: Disk

    def play(self, exchange: Exchange) -> Response:
        if self.after:
            exchange.commit()
        self.disk.process.is_gone = True
        return Reset().play(exchange)


class Cable(HTTPAdapter):
    """Leads requests of a process to its real adapter as long as the process lives."""

    def __init__(self, adapter: Any, process: Process) -> None:
        super().__init__()
        self._adapter, self._process = adapter, process

    def send(self, *request: Any, **options: Any) -> requests.Response:
        self._process.check()
        try:
            response: requests.Response = self._adapter.send(*request, **options)
        except requests.RequestException:
            self._process.check()
            raise
        if self._process.is_gone:
            response.close()
        self._process.check()
        return response

    def close(self) -> None:
        self._adapter.close()
