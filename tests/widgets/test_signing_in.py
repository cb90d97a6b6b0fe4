"""In a notebook without a connection the form appears, and the same cell goes on once it is filled in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import keyring
import pytest
from keyring.backends import fail

import roots_nb as rn
from roots_nb import connecting, errors
from roots_nb.connections import secrets
from roots_nb.connections.secrets import Secret
from roots_nb.editing.journal import journal_paths
from roots_nb.widgets import connect_form
from roots_nb.widgets.connect_form import ConnectForm
from tests.editing.desk import Desk, change
from tests.faults.fault import unauthorised
from tests.widgets.front_end import SecretInput, fill
from tests.world import TOKEN, World


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch, make_form: Callable[..., ConnectForm]) -> list[ConnectForm]:
    """A kernel that shows its outputs to the test."""
    shown: list[ConnectForm] = []
    import IPython
    import IPython.display

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "display", shown.append)
    monkeypatch.setattr(connect_form, "ConnectForm", partial(make_form))
    return shown


@pytest.mark.parametrize("again", [rn.connect, rn.connect_all])
def test_cell_without_a_connection_shows_the_form_and_goes_on_after_it(
    displayed: list[ConnectForm], world: World, again: Callable[[], object]
) -> None:
    """Session-only connections included: no keyring is needed for that."""
    keyring.set_keyring(fail.Keyring())
    with pytest.raises(errors.NotConnected, match=r"Fill in the form above and run this cell again.*set ROOTS_NB_URL"):
        again()
    (form,) = displayed
    fill(form, world)
    form.connect.click()
    again()
    assert rn.connect().account.display_name == "Ann"
    assert len(displayed) == 1


def test_cell_without_the_secret_shows_the_form_of_that_connection(displayed: list[ConnectForm], world: World) -> None:
    """Nothing but the secret is to be typed; the sentence names its variable."""
    connecting.remember_connection(world.connection, Secret(TOKEN), in_keyring=False)
    secrets.forget_session()
    name = world.connection.name
    with pytest.raises(errors.NotConnected, match=f"ROOTS_NB_{name.upper()}_TOKEN"):
        rn.connect(name)
    (form,) = displayed
    assert form.label.value == name
    SecretInput(form.secret, TOKEN)
    form.connect.click()
    assert rn.connect(name).account.display_name == "Ann"


def test_sentence_stands_alone_in_the_cell(displayed: list[ConnectForm]) -> None:
    """No way through our code above it."""
    with pytest.raises(errors.NotConnected) as caught:
        rn.connect()
    lines = caught.value._render_traceback_()
    assert lines[0].startswith("NotConnected: There is no connection to Jira yet.")
    assert " ".join(lines) == f"NotConnected: {caught.value}"
    assert caught.value.__context__ is None


def test_other_failures_show_no_form(displayed: list[ConnectForm]) -> None:
    """A typing error in a name is no missing connection."""
    with pytest.raises(errors.InvalidInput):
        rn.connect("Wrok")
    assert displayed == []


def test_without_a_kernel_there_is_no_form() -> None:
    """A script gets the sentence for scripts."""
    with pytest.raises(errors.NotConnected) as caught:
        rn.connect()
    assert "form above" not in str(caught.value)


def test_help_is_the_one_of_connecting() -> None:
    """Shift-Tab in a notebook shows the parameters."""
    assert rn.connect.__doc__ == connecting.connect.__doc__
    assert rn.connect_all.__doc__ == connecting.connect_all.__doc__


def test_widgets_are_loaded_when_they_are_asked_for() -> None:
    """`import roots_nb` is light, `rn.ConnectionManager` is there all the same."""
    code = (
        "import json, sys, roots_nb as rn\n"
        "before = [name for name in ('ipywidgets', 'anywidget', 'IPython') if name in sys.modules]\n"
        "print(json.dumps([before, rn.ConnectionManager.__name__, 'ConnectionManager' in rn.__all__]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], "ConnectionManager", True]
    with pytest.raises(AttributeError, match="Nothing"):
        _ = rn.Nothing


@pytest.mark.parametrize("again", [rn.connect, rn.connect_all])
def test_signing_in_tells_of_an_interrupted_run(
    cloud: World, again: Callable[[], object], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error, as a sentence; not where nobody would read it, and never instead of the connection."""
    desk = Desk(cloud)
    connecting.open_connection(cloud.connection, Secret(TOKEN))
    again()
    assert capsys.readouterr() == ("", "")
    cloud.faults.when(lambda request: request.method == "PUT", unauthorised())
    run = desk.do(change("one", comment="uno")).run
    again()
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f'1 of 1 changes is not settled. roots_nb.resume(jira, "{run}") goes on' in err
    monkeypatch.setenv("ROOTS_NB_UNATTENDED", "1")
    again()
    assert capsys.readouterr() == ("", "")
    monkeypatch.delenv("ROOTS_NB_UNATTENDED")
    (path,) = journal_paths()
    path.write_bytes(path.read_bytes()[:40])
    again()
    assert "is damaged" in capsys.readouterr().err
