"""Every connection with its state: what is shown in each, what can be done, and what stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import keyring
import pytest
from keyring.backends import fail

import roots_nb as rn
from roots_nb.connecting import remember_connection
from roots_nb.connections import secrets
from roots_nb.connections.connection import Connection
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret
from roots_nb.jira.client import Jira
from roots_nb.widgets.background import on_a_thread
from roots_nb.widgets.connection_manager import ConnectionManager
from roots_nb.widgets.connection_row import ConnectionRow
from tests.conftest import MemoryKeyring
from tests.editing.desk import Desk, change
from tests.faults.fault import Answer, Delay, unauthorised
from tests.widgets.front_end import SecretInput, at_once, fill, text_of, wait_until
from tests.world import TOKEN, World

MakeManager = Callable[..., ConnectionManager]


def remember(world: World, name: str = "Work", **changes: str) -> Connection:
    """As if a process before this one had signed in."""
    jira = remember_connection(replace(world.connection, name=name, **changes), Secret(TOKEN), in_keyring=True).jira
    secrets.forget_session()
    world.log.clear()
    return jira.connection


def actions(row: ConnectionRow) -> list[str]:
    return [button.description for button in row.actions.children]


def shown(manager: ConnectionManager) -> list[str]:
    return [text_of(row.text) for row in manager.rows]


def test_nothing_is_signed_in_unasked(make_manager: MakeManager, world: World) -> None:
    """Looking at one's connections sends nothing."""
    remember(world)
    manager = make_manager()
    (row,) = manager.rows
    assert text_of(row.text) == "Work · Not signed in yet"
    assert actions(row) == ["Connect", "Edit", "Remove"]
    assert (world.log.requests, manager.connected) == ([], [])


def test_connected_says_as_whom_and_where(make_manager: MakeManager, world: World) -> None:
    """Name, e-mail, time zone, Cloud or Jira's version."""
    remember(world)
    manager = make_manager()
    (row,) = manager.rows
    row.connect.click()
    site = "Cloud" if world.deployment == "cloud" else f"Jira {row.jira.version}"
    assert text_of(row.text) == f"✓ Work · Connected as Ann (ann@example.com, Europe/Berlin, {site})"
    assert actions(row) == ["Edit", "Remove"]
    assert [jira.connection.name for jira in manager.connected] == ["Work"]


def test_connected_tells_of_an_interrupted_run(make_manager: MakeManager, cloud: World) -> None:
    """On a line of its own; what it says can be copied."""
    desk = Desk(cloud)
    remember(cloud)
    cloud.faults.when(lambda request: request.method == "PUT", unauthorised())
    run = desk.do(change("one", comment="uno")).run
    (row,) = make_manager().rows
    row.connect.click()
    connected, _, note = text_of(row.text).partition(", Cloud)")
    assert connected.startswith("! Work · Connected as Ann")
    assert note.strip().startswith("1 interrupted run of ")
    assert f'resume(jira, "{run}")' in note


def test_connecting_offers_nothing(make_manager: MakeManager, world: World) -> None:
    """Clicking again would only ask twice."""
    remember(world)
    seen: list[tuple[str, list[str]]] = []

    def look(connection: Connection, **_: object) -> Jira:
        seen.append((text_of(manager.rows[0].text), actions(manager.rows[0])))
        raise rn.errors.Unreachable("No.")

    manager = make_manager(make_row=partial(ConnectionRow, open_connection=look, run=at_once))
    manager.rows[0].connect.click()
    assert seen == [("… Work · Connecting…", [])]


def test_failed_says_why_in_full_and_can_be_retried(make_manager: MakeManager, world: World) -> None:
    """A connection that fails is not forgotten."""
    remember(world)
    world.site.remove_credential(TOKEN)
    (row,) = make_manager().rows
    row.connect.click()
    assert "does not accept these credentials" in text_of(row.text)
    assert "expired" in text_of(row.text)
    assert actions(row) == ["Retry", "Edit", "Remove"]
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.ann, TOKEN)
    row.retry.click()
    assert "Connected as Ann" in text_of(row.text)
    assert Profiles().get("Work") is not None


def test_failed_ones_each_show_their_own_sentence(make_manager: MakeManager, cloud: World, server: World) -> None:
    """And hide none that works."""
    remember(cloud, "Gone")
    cloud.site.remove_credential(TOKEN)
    remember(server, "Slow")
    server.faults.when(lambda request: True, Answer(503), times=None)
    with World("datacenter").running() as third:
        remember(third, "Fine")
        manager = make_manager()
        for row in manager.rows:
            row.connect.click()
        gone, slow, fine = shown(manager)
    assert "does not accept" in gone
    assert "failed" in slow
    assert "Connected as Ann" in fine
    assert [jira.connection.name for jira in manager.connected] == ["Fine"]


def test_rate_limit_shows_seconds_and_stops(make_manager: MakeManager, world: World) -> None:
    """Stop is the only thing to do, and then one may retry."""
    remember(world)
    world.faults.when(lambda request: True, Answer(429, headers={"Retry-After": "50"}), times=None)
    manager = make_manager(make_row=ConnectionRow)
    (row,) = manager.rows
    row.connect.click()
    wait_until(row.actions, lambda: actions(row) == ["Stop"])
    assert "Work · Jira asks to wait, continuing in" in text_of(row.text)
    row.stop.click()
    wait_until(row.actions, lambda: "Retry" in actions(row))
    assert "Stopped" in text_of(row.text)


def test_row_that_hangs_keeps_no_other_waiting(make_manager: MakeManager, cloud: World, server: World) -> None:
    """Each has its own worker."""
    remember(cloud, "Hanging")
    remember(server, "Quick")
    cloud.faults.when(lambda request: True, Delay(30))
    manager = make_manager(make_row=partial(ConnectionRow, run=on_a_thread))
    hanging, quick = manager.rows
    hanging.connect.click()
    quick.connect.click()
    wait_until(quick.text, lambda: "Connected as Ann" in text_of(quick.text))
    assert "Connecting" in text_of(hanging.text)
    cloud.faults.release()
    wait_until(hanging.text, lambda: "Connected as Ann" in text_of(hanging.text))


@pytest.mark.parametrize(
    ("days", "words"),
    [(12, "token expires in 12 days"), (1, "in 1 day"), (0, "expires today"), (-1, "expired on"), (15, "")],
)
def test_expiry_is_told_from_14_days_before(make_manager: MakeManager, cloud: World, days: int, words: str) -> None:
    """In time to make a new one, and not all year long."""
    day = datetime.now().astimezone().date() + timedelta(days=days)
    remember(cloud, token_expires=day.isoformat())
    (row,) = make_manager().rows
    row.connect.click()
    assert words in text_of(row.text)
    assert ("expire" in text_of(row.text)) == bool(words)


def test_expiry_of_a_personal_access_token_is_asked_of_jira(make_manager: MakeManager, server: World) -> None:
    """Nobody has to note it."""
    server.site.remove_credential(TOKEN)
    server.site.add_credential("pat", server.ann, TOKEN, expires=datetime.now(UTC) + timedelta(days=5))
    remember(server)
    (row,) = make_manager().rows
    row.connect.click()
    assert "token expires in" in text_of(row.text)


def test_added_connection_becomes_a_row(make_manager: MakeManager, cloud: World, server: World) -> None:
    """The form closes, the others stay as they are, and the notebook goes on with both."""
    remember(cloud)
    manager = make_manager()
    manager.rows[0].connect.click()
    manager.add.click()
    assert manager.add.disabled
    fill(manager.form, server, label="Customer")
    manager.form.connect.click()
    assert manager.form is None
    assert not manager.add.disabled
    assert ["Connected as Ann" in text for text in shown(manager)] == [True, True]
    assert [jira.connection.name for jira in rn.connect_all()] == ["Customer", "Work"]


def test_form_can_be_cancelled(make_manager: MakeManager) -> None:
    """And opened again."""
    manager = make_manager()
    manager.add.click()
    manager.form.cancel.click()
    assert manager.form is None
    manager.add.click()
    assert manager.form is not None


def test_edit_and_remove_rest_while_a_form_is_open(make_manager: MakeManager, cloud: World, server: World) -> None:
    """What is being edited must not vanish below the form."""
    remember(cloud, "Work")
    remember(server, "Customer")
    manager = make_manager()
    manager.rows[0].edit.click()
    form = manager.form
    assert all(row.edit.disabled and row.remove.disabled for row in manager.rows)
    assert [(row.connect.disabled, row.retry.disabled) for row in manager.rows] == [(True, True), (False, False)]
    manager.rows[1].edit.click()
    assert manager.form is form
    form.cancel.click()
    assert not any(row.edit.disabled or row.remove.disabled or row.connect.disabled for row in manager.rows)


def test_edit_shows_what_another_kernel_saved(make_manager: MakeManager, cloud: World) -> None:
    """The row is older than the profile: what was noted since must not be wiped by editing."""
    seen = remember(cloud)
    manager = make_manager()
    Profiles().update(seen, replace(seen, token_expires="2026-12-31"))
    manager.rows[0].edit.click()
    assert str(manager.form.token_expires.value) == "2026-12-31"


def test_edit_renames_in_place(make_manager: MakeManager, world: World) -> None:
    """One row before, one row after; the secret was kept."""
    remember(world)
    manager = make_manager()
    manager.rows[0].edit.click()
    SecretInput(manager.form.secret)
    manager.form.label.value = "Customer"
    manager.form.connect.click()
    (text,) = shown(manager)
    assert text.startswith("✓ Customer · Connected as Ann")


def test_remove_asks_once_and_forgets_everything(
    make_manager: MakeManager, cloud: World, server: World, memory_keyring: MemoryKeyring
) -> None:
    """Profile, secret and cache of this one, nothing of the others."""
    remember(cloud, "Work")
    remember(server, "Customer")
    manager = make_manager()
    row = manager.rows[0]
    row.remove.click()
    assert text_of(row.text) == "! Remove Work? Its profile, secret and cache are deleted."
    assert actions(row) == ["Remove", "Keep"]
    row.keep.click()
    assert actions(row) == ["Connect", "Edit", "Remove"]
    assert len(Profiles().all()) == 2
    row.remove.click()
    row.confirm.click()
    assert shown(manager) == ["Customer · Not signed in yet"]
    assert [connection.name for connection in Profiles().all()] == ["Customer"]
    assert len(memory_keyring.passwords) == 1


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise PermissionError("locked")


def test_remove_with_a_locked_keyring_says_so(make_manager: MakeManager, world: World) -> None:
    """The profile is gone all the same, and somebody has to know that the secret is not."""
    remember(world)
    manager = make_manager()
    keyring.set_keyring(LockedKeyring())
    manager.rows[0].remove.click()
    manager.rows[0].confirm.click()
    assert manager.rows == []
    assert "keyring is locked" in text_of(manager.status)


def test_unknown_secret_opens_the_form(make_manager: MakeManager, world: World) -> None:
    """After a restart without a keyring nothing but the secret is missing."""
    keyring.set_keyring(fail.Keyring())
    remember_connection(replace(world.connection, name="Work"), Secret(TOKEN), in_keyring=False)
    secrets.forget_session()
    manager = make_manager()
    manager.rows[0].connect.click()
    assert "The secret of Work is not known" in shown(manager)[0]
    SecretInput(manager.form.secret, TOKEN)
    manager.form.connect.click()
    assert "Connected as Ann" in shown(manager)[0]


def test_keyring_that_fails_is_told_after_the_form_has_closed(make_manager: MakeManager, world: World) -> None:
    """Signed in, but for this session only."""
    manager = make_manager()
    manager.add.click()
    keyring.set_keyring(LockedKeyring())
    fill(manager.form, world, label="Work")
    manager.form.connect.click()
    assert "Connected as Ann" in shown(manager)[0]
    assert "this session only" in text_of(manager.status)


def test_signed_in_earlier_in_this_process_shows_who(make_manager: MakeManager, world: World) -> None:
    """A cell that runs again shows what is so."""
    remember(world)
    rn.connect()
    assert "Connected as Ann" in shown(make_manager())[0]


def test_environment_and_session_are_marked_and_cannot_be_edited(
    make_manager: MakeManager, cloud: World, server: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not remembered cannot be forgotten here."""
    monkeypatch.setenv("ROOTS_NB_URL", cloud.url)
    monkeypatch.setenv("ROOTS_NB_USER", "ann@example.com")
    monkeypatch.setenv("ROOTS_NB_TOKEN", TOKEN)
    monkeypatch.setenv("ROOTS_NB_DEPLOYMENT", "cloud")
    rn.connecting.open_connection(server.connection, Secret(TOKEN))
    manager = make_manager()
    environment, session = manager.rows
    assert "(from the environment) · Not signed in yet" in text_of(environment.text)
    assert "Server (this session only) · Connected as Ann" in text_of(session.text)
    assert (actions(environment), actions(session)) == (["Connect"], [])
    environment.connect.click()
    assert "Connected as Ann" in text_of(environment.text)


def test_account_in_environment_and_profile_is_one_row(
    make_manager: MakeManager, cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one account."""
    remember(cloud)
    monkeypatch.setenv("ROOTS_NB_URL", cloud.url)
    monkeypatch.setenv("ROOTS_NB_USER", "ann@example.com")
    monkeypatch.setenv("ROOTS_NB_TOKEN", TOKEN)
    monkeypatch.setenv("ROOTS_NB_DEPLOYMENT", "cloud")
    assert shown(make_manager()) == ["Work · Not signed in yet"]


def test_half_an_environment_hides_no_connection(
    make_manager: MakeManager, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong is told above what works."""
    remember(world)
    monkeypatch.setenv("ROOTS_NB_TOKEN", "t")
    manager = make_manager()
    assert shown(manager) == ["Work · Not signed in yet"]
    assert "ROOTS_NB_URL is not" in text_of(manager.status)


def test_damaged_profiles_are_told(make_manager: MakeManager) -> None:
    """The manager appears all the same, and the file stays as it is."""
    path = Profiles().path
    path.parent.mkdir(parents=True)
    path.write_text("{")
    manager = make_manager()
    assert "is damaged" in text_of(manager.status)
    assert path.read_text() == "{"


@pytest.mark.usefixtures("demo_mode")
def test_demo_is_connected_and_nothing_is_added_to_it(make_manager: MakeManager) -> None:
    """Two sites, marked as the demo."""
    manager = make_manager()
    assert [text.partition(" (")[0] for text in shown(manager)] == ["✓ Demo Cloud", "✓ Demo Server"]
    assert all("the built-in demo) · Connected as" in text for text in shown(manager))
    assert manager.add.disabled


def test_change_of_another_kernel_is_seen_after_any_change(
    make_manager: MakeManager, cloud: World, server: World
) -> None:
    """Two notebooks at once lose nothing."""
    remember(cloud, "Work")
    manager = make_manager()
    remember(server, "Customer")
    manager.refresh()
    assert shown(manager) == ["Work · Not signed in yet", "Customer · Not signed in yet"]


def test_names_are_shown_as_text(make_manager: MakeManager, world: World) -> None:
    """Whatever somebody called a connection, or himself."""
    remember(world, "<img src=x onerror=alert(1)>")
    world.ann.display_name = "<img src=x onerror=alert(2)>"
    (row,) = make_manager().rows
    row.connect.click()
    row.remove.click()
    asked = row.text.value
    row.keep.click()
    assert "<img" not in row.text.value + asked
    assert row.text.value.count("&lt;img") == 2
