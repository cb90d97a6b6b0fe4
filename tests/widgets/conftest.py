"""Forms as they are made in a notebook, except that the worker is done at once and time stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import ipywidgets as widgets
import pytest
from markupsafe import Markup

from roots_nb.widgets.connect_form import ConnectForm
from roots_nb.widgets.connection_manager import ConnectionManager
from roots_nb.widgets.connection_row import ConnectionRow
from tests.widgets.front_end import Clock, at_once


@pytest.fixture(autouse=True)
def _html_is_escaped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a widget shows as HTML was made by `Markup`, which escapes what is put into it."""
    trait, raw = widgets.HTML.class_traits()["value"], list[str]()
    validate = trait.validate

    def look(widget: widgets.Widget, value: str) -> str:
        if isinstance(widget, widgets.HTML) and value and not isinstance(value, Markup):
            raw.append(value)
        return validate(widget, value)

    monkeypatch.setattr(trait, "validate", look)
    yield
    assert raw == []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_form(clock: Clock) -> Callable[..., ConnectForm]:
    return partial(ConnectForm, run=at_once, timer=clock)


@pytest.fixture
def make_manager(make_form: Callable[..., ConnectForm]) -> Callable[..., ConnectionManager]:
    return partial(ConnectionManager, make_form=make_form, make_row=partial(ConnectionRow, run=at_once))
