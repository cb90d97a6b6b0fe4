"""A closed gate refuses connections; the app behind it knows nothing of it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from roots_nb.demo.server import serve
from tests.faults.conftest import CountingApp, send
from tests.faults.gate import Gate, LastReply
from tests.faults.middleware import Faults


@pytest.fixture
def faults(app: CountingApp) -> Faults:
    return Faults(app)


@pytest.fixture
def gate(faults: Faults) -> Iterator[Gate]:
    gate = Gate(lambda port: serve(faults, port=port))
    yield gate
    gate.stop()


def refused(client: requests.Session, url: str) -> bool:
    with pytest.raises(requests.ConnectionError) as caught:
        send(client, url)
    assert f"[Errno {errno.ECONNREFUSED}]" in str(caught.value)
    return True


def test_closed_gate_refuses_connections(gate: Gate, app: CountingApp, client: requests.Session) -> None:
    """ECONNREFUSED, nothing sent, until it is opened again at the same URL; closing twice is closing."""
    assert send(client, gate.url).status_code == 201
    gate.close()
    gate.close()
    assert refused(client, gate.url)
    assert app.calls == 1
    gate.open()
    gate.open()
    assert send(client, gate.url).status_code == 201
    assert app.calls == 2


def test_gate_closes_after_a_numbered_request(
    gate: Gate, faults: Faults, app: CountingApp, client: requests.Session
) -> None:
    """The last request is answered as ever, the next one refused."""
    faults.at(2, LastReply(gate))
    assert send(client, gate.url).status_code == 201
    last = send(client, gate.url)
    assert (last.status_code, last.json()) == (201, {"id": "10000", "comment": "é"})
    assert refused(client, gate.url)
    assert app.calls == 2
    gate.open()
    assert send(client, gate.url).status_code == 201


def test_gate_keeps_its_port_until_it_is_stopped(app: CountingApp) -> None:
    """While it is closed nobody else is given the port; stopped, it lets go of it."""
    gate = Gate(lambda port: serve(app, port=port))
    address = "127.0.0.1", urlsplit(gate.url).port
    gate.close()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(address)
    gate.stop()
    with socket.socket() as other:
        other.bind(address)
