"""`connect` and `connect_all` as notebooks use them: where there is no connection yet, the form appears.

Nobody can tell JupyterLab from a run without a screen, so the form is displayed in every kernel and the cell stops
with one sentence that serves both. `ipywidgets` is not imported before that. Who is signed in is told of interrupted
runs, unless nobody is there to read it (`tests/widgets/test_signing_in.py`).
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeVar

from roots_nb import connecting, errors
from roots_nb.connecting import SecretUnknown
from roots_nb.connections.connection import Connection
from roots_nb.jira.client import Jira

_VARIABLES = (
    "ROOTS_NB_URL, ROOTS_NB_USER and ROOTS_NB_TOKEN (Server / Data Center: ROOTS_NB_URL and ROOTS_NB_TOKEN). "
    "To try without a Jira: ROOTS_NB_DEMO=1."
)
UNATTENDED = "ROOTS_NB_UNATTENDED"
_COLUMNS = 72
_Result = TypeVar("_Result")


class NotConnected(errors.NotConnected):
    """The same, shown in a cell as its sentence alone: the way through our code says nothing to a person."""

    def _render_traceback_(self) -> list[str]:
        return textwrap.wrap(f"NotConnected: {self}", _COLUMNS)


@wraps(connecting.connect)
def connect(name: str | None = None, *, zone: str | None = None) -> Jira:
    jira = _or_form(lambda: connecting.connect(name, zone=zone))
    _tell_interrupted([jira])
    return jira


@wraps(connecting.connect_all)
def connect_all(*, zone: str | None = None) -> list[Jira]:
    sites = _or_form(lambda: connecting.connect_all(zone=zone))
    _tell_interrupted(sites)
    return sites


def _tell_interrupted(sites: Iterable[Jira]) -> None:
    """On standard error; a page that is made without a screen is no place for it."""
    if not os.environ.get(UNATTENDED) and (note := connecting.interrupted_note(sites)):
        print(note, file=sys.stderr)


def _or_form(attempt: Callable[[], _Result]) -> _Result:
    try:
        return attempt()
    except errors.NotConnected as error:
        if not _is_in_kernel():
            raise
        problem = error
    connection, variables = None, _VARIABLES
    if isinstance(problem, SecretUnknown):
        connection, variables = problem.connection, f"{problem.variable}."
    _display_form(connection)
    advice = f"Fill in the form above and run this cell again; without a screen set {variables}"
    raise NotConnected(problem.message, advice=advice)


def _is_in_kernel() -> bool:
    return "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel")


def _display_form(connection: Connection | None) -> None:
    from IPython.display import display

    from roots_nb.widgets.connect_form import ConnectForm

    display(ConnectForm(connection))
