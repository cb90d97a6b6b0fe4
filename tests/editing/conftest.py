"""Desks in front of a small Jira."""

from __future__ import annotations

import pytest

from tests.editing.desk import Desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """Ann's desk, in front of each deployment in turn."""
    return Desk(world)


@pytest.fixture
def cloud_desk(cloud: World) -> Desk:
    return Desk(cloud)


@pytest.fixture
def server_desk(server: World) -> Desk:
    return Desk(server)
