"""Connections begin with an empty memory in every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roots_nb.connections import secrets


@pytest.fixture(autouse=True)
def empty_session() -> Iterator[None]:
    secrets.forget_session()
    yield
    secrets.forget_session()
