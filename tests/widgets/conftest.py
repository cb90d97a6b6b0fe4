"""Forms as they are made in a notebook, except that the worker is done at once and time stands still."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from roots_nb.widgets.connect_form import ConnectForm
from roots_nb.widgets.connection_manager import ConnectionManager
from roots_nb.widgets.connection_row import ConnectionRow
from tests.widgets.front_end import Clock, at_once


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_form(clock: Clock) -> Callable[..., ConnectForm]:
    return partial(ConnectForm, run=at_once, timer=clock)


@pytest.fixture
def make_manager(make_form: Callable[..., ConnectForm]) -> Callable[..., ConnectionManager]:
    return partial(ConnectionManager, make_form=make_form, make_row=partial(ConnectionRow, run=at_once))
