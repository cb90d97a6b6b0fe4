"""The form signs in with what was typed, says what came of it, and keeps everything but the secret."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null

import roots_nb as rn
from roots_nb.connecting import remember_connection
from roots_nb.connections import secrets
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret
from roots_nb.errors import NotConnected
from roots_nb.jira.client import Jira
from roots_nb.widgets.background import on_a_thread
from roots_nb.widgets.connect_form import API_TOKENS_PAGE, ConnectForm
from tests.conftest import MemoryKeyring
from tests.faults.fault import Answer, Delay
from tests.widgets.front_end import SecretInput, fill, is_shown, text_of, wait_until
from tests.world import TOKEN, World

MakeForm = Callable[..., ConnectForm]


def press(form: ConnectForm) -> str:
    """Press Connect and read what it says."""
    form.connect.click()
    return text_of(form.status)


def remembered(world: World, name: str = "Work") -> Jira:
    connection = world.connection
    renamed = rn.Connection(name, connection.deployment, connection.url, connection.auth, connection.user)
    return remember_connection(renamed, Secret(TOKEN), in_keyring=True).jira


def test_form_signs_in_and_remembers(make_form: MakeForm, world: World, memory_keyring: MemoryKeyring) -> None:
    """From an empty form to "Connected as"; the next process finds everything."""
    done: list[Jira] = []
    form = make_form(on_done=done.append)
    fill(form, world, label="Work")
    assert "Connected as Ann" in press(form)
    assert [jira.account.display_name for jira in done] == ["Ann"]
    assert [connection.name for connection in Profiles().all()] == ["Work"]
    secrets.forget_session()
    assert rn.connect("Work").account.display_name == "Ann"
    assert list(memory_keyring.passwords.values()) == [TOKEN]


def test_enter_in_the_secret_is_connect(make_form: MakeForm, cloud: World) -> None:
    """Who works with the keyboard needs no button."""
    form = make_form()
    fill(form, cloud).press_enter()
    assert form.signed_in is not None


def test_label_left_empty_is_the_host(make_form: MakeForm, world: World) -> None:
    """`Cloud (host)` or `Server (host)`."""
    form = make_form()
    fill(form, world)
    press(form)
    kind = "Cloud" if world.deployment == "cloud" else "Server"
    assert Profiles().all()[0].name == f"{kind} ({Profiles().all()[0].host})"


def test_only_fitting_fields_are_shown(make_form: MakeForm) -> None:
    """Cloud: e-mail, API token and where to make one; Server: a token, or a username and a password."""
    form = make_form()
    assert form.secret.label == "API token"
    assert "shown only once" in form.secret.hint
    assert API_TOKENS_PAGE in form.token_link.value
    assert [is_shown(field) for field in (form.email, form.token_link, form.auth, form.username)] == [
        True,
        True,
        False,
        False,
    ]
    form.deployment.value = "datacenter"
    assert form.secret.label == "Personal Access Token"
    assert "Profile → Personal Access Tokens → Create token" in form.secret.hint
    assert [is_shown(field) for field in (form.email, form.token_link, form.auth, form.username)] == [
        False,
        False,
        True,
        False,
    ]
    form.auth.value = "password"
    assert is_shown(form.username)
    assert "Single sign-on" in form.secret.hint
    assert "Jira 11" in form.secret.hint


def test_every_input_is_labelled(make_form: MakeForm) -> None:
    """By a text beside it, not by a placeholder that goes away."""
    form = make_form()
    inputs = [form.label, *form.site.children, form.email, form.auth, form.username, form.token_expires, form.remember]
    assert all(field.description for field in inputs if field is not form.host_note)
    assert form.secret.label


def test_everything_wrong_is_told_at_once(make_form: MakeForm) -> None:
    """Nothing is sent, and nobody mends one field at a time."""
    form = make_form(remember=lambda *args, **more: pytest.fail("sent"))
    SecretInput(form.secret)
    form.label.value = "!" * 70
    said = press(form)
    for problem in ("There is no address", "The e-mail is missing", "The API token is missing", "at least one letter"):
        assert problem in said
    assert 'role="alert"' in form.status.value


def test_secret_is_emptied_and_all_else_stays_after_a_failure(make_form: MakeForm, world: World) -> None:
    """The moment Connect is pressed; the rest is not typed twice."""
    form = make_form()
    browser = fill(form, world, "wrong", label="Work")
    assert "does not accept these credentials" in press(form)
    assert browser.text == ""
    assert (form.label.value, form.url.value) == ("Work", world.url)
    assert not form.connect.disabled
    browser.text = TOKEN
    assert "Connected as Ann" in press(form)


def test_secret_is_emptied_even_when_a_field_is_wrong(make_form: MakeForm, cloud: World) -> None:
    """It waits in no input."""
    form = make_form()
    browser = fill(form, cloud)
    form.email.value = ""
    press(form)
    assert browser.text == ""
    assert cloud.log.requests == []


def test_double_click_signs_in_once(make_form: MakeForm, cloud: World) -> None:
    """However fast, and after the answer as well."""
    form = make_form()
    browser = fill(form, cloud)
    browser.answering = False
    form.connect.click()
    form.connect.click()
    for number in browser.asked:
        browser.answer(number)
    form.connect.click()
    assert cloud.log.count(path="myself") == 1


def test_nothing_can_be_changed_while_signing_in(make_form: MakeForm, cloud: World) -> None:
    """Only Stop can be pressed; afterwards everything is as before."""
    busy: list[tuple[bool, ...]] = []

    def look(*args: object, **more: object) -> Jira:
        watched = (form.connect, form.cancel, form.url, form.email, form.secret, form.remember, form.deployment)
        busy.append((*(widget.disabled for widget in watched), is_shown(form.stop)))
        raise NotConnected("No.")

    form = make_form(remember=look)
    fill(form, cloud, "wrong")
    press(form)
    assert busy == [(True,) * 8]
    assert not any(widget.disabled for widget in (form.connect, form.cancel, form.url, form.secret, form.remember))
    assert not is_shown(form.stop)


def test_rate_limit_is_told_in_seconds_and_can_be_stopped(make_form: MakeForm, world: World) -> None:
    """The secret was not sent; after Stop the form is there again."""
    world.faults.when(lambda request: True, Answer(429, headers={"Retry-After": "50"}), times=None)
    form = make_form(run=on_a_thread)
    fill(form, world)
    form.connect.click()
    wait_until(form.status, lambda: "Jira asks to wait, continuing in 5" in text_of(form.status))
    form.stop.click()
    wait_until(form.status, lambda: "Stopped" in text_of(form.status))
    assert not form.connect.disabled
    assert all(request.auth == "" for request in world.log.requests)
    assert Profiles().all() == []


def test_long_rate_limit_says_until_when(make_form: MakeForm, world: World) -> None:
    """Over a minute nobody waits in front of a form."""
    world.faults.when(lambda request: True, Answer(429, headers={"Retry-After": "600"}), times=None)
    form = make_form()
    fill(form, world)
    assert "asks to wait until" in press(form)


def test_page_that_does_not_answer_is_told(make_form: MakeForm, world: World) -> None:
    """As where the kernel's environment has roots_nb and JupyterLab's has not."""
    form = make_form()
    fill(form, world).answering = False
    assert "install roots_nb where JupyterLab itself runs" in press(form)


def test_keyring_is_named(make_form: MakeForm) -> None:
    """One should know where a secret goes before it goes there."""
    form = make_form()
    assert form.remember.value
    assert form.remember.description == f"Remember in the system keyring ({MemoryKeyring().name})"
    form.remember.value = False
    assert "Kept for this session only" in text_of(form.remember_note)


@pytest.mark.parametrize(
    ("backend", "reason"), [(fail.Keyring(), "no system keyring"), (null.Keyring(), "switched off")]
)
def test_unsafe_keyring_is_not_offered(make_form: MakeForm, world: World, backend: object, reason: str) -> None:
    """The form says so, says why, and signs in for this session."""
    keyring.set_keyring(backend)
    form = make_form()
    assert (form.remember.value, form.remember.disabled) == (False, True)
    assert "Kept for this session only" in text_of(form.remember_note)
    assert reason in text_of(form.remember_note)
    fill(form, world)
    assert "Connected as Ann" in press(form)
    assert rn.connect().account.display_name == "Ann"


class ForgetfulKeyring(MemoryKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""


def test_keyring_that_fails_does_not_undo_the_login(make_form: MakeForm, world: World) -> None:
    """Signed in, and told that the secret lasts for this session only."""
    keyring.set_keyring(ForgetfulKeyring())
    done: list[Jira] = []
    form = make_form(on_done=done.append)
    fill(form, world)
    said = press(form)
    assert "Connected as Ann" in said
    assert "did not keep the secret" in said
    assert "this session only" in said
    assert done


def test_second_connection_to_one_account_is_refused(make_form: MakeForm, world: World) -> None:
    """It would double the week."""
    remembered(world)
    form = make_form()
    fill(form, world, label="Again")
    assert "double the week" in press(form)
    assert len(Profiles().all()) == 1


def test_edit_keeps_name_and_secret(make_form: MakeForm, world: World) -> None:
    """An empty field means the secret that is known."""
    form = make_form(remembered(world).connection)
    browser = SecretInput(form.secret)
    assert (form.label.value, form.url.value, form.email.value) == ("Work", world.url, world.connection.user)
    assert "keep" in form.secret.placeholder
    assert "Connected as Ann" in press(form)
    assert browser.text == ""
    secrets.forget_session()
    assert rn.connect("Work").account.display_name == "Ann"


def test_edit_leaves_a_secret_out_of_the_keyring_that_is_not_in_it(
    make_form: MakeForm, world: World, memory_keyring: MemoryKeyring
) -> None:
    """It came from the environment, or was kept for the session only: the box says so, until somebody ticks it."""
    connection = remembered(world).connection
    memory_keyring.passwords.clear()
    form = make_form(connection)
    SecretInput(form.secret)
    assert not form.remember.value
    assert "Connected as Ann" in press(form)
    assert memory_keyring.passwords == {}


def test_edit_replaces_name_and_secret(make_form: MakeForm, world: World, memory_keyring: MemoryKeyring) -> None:
    """One connection stays one; the old secret is gone."""
    form = make_form(remembered(world).connection)
    world.site.remove_credential(TOKEN)
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.ann, "new-token")
    SecretInput(form.secret, "new-token")
    form.label.value = "Customer"
    press(form)
    assert [connection.name for connection in Profiles().all()] == ["Customer"]
    assert list(memory_keyring.passwords.values()) == ["new-token"]


def test_failed_edit_changes_nothing(make_form: MakeForm, world: World) -> None:
    """The old token still works."""
    form = make_form(remembered(world).connection)
    SecretInput(form.secret, "wrong")
    form.label.value = "Customer"
    assert "does not accept" in press(form)
    secrets.forget_session()
    assert rn.connect("Work").account.display_name == "Ann"


def test_known_secret_never_goes_to_another_host(make_form: MakeForm, server: World) -> None:
    """Whoever changes the address types the secret again."""
    form = make_form(remembered(server).connection)
    SecretInput(form.secret)
    server.log.clear()
    form.url.value = server.url.replace("127.0.0.1", "127.0.0.2")
    assert "The personal access token is missing" in press(form)
    assert server.log.requests == []


def test_edit_of_a_scoped_token_goes_to_its_gateway_at_once(make_form: MakeForm, cloud: World) -> None:
    """The site is not asked in vain again."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN)
    form = make_form(remembered(cloud).connection)
    SecretInput(form.secret)
    cloud.log.clear()
    assert "Connected as Ann" in press(form)
    assert cloud.log.count(path="tenant_info") == 0


def test_expiry_of_a_cloud_token_is_kept(make_form: MakeForm, cloud: World) -> None:
    """Cloud does not tell it; who noted it is reminded."""
    form = make_form()
    fill(form, cloud)
    form.token_expires.value = date(2027, 1, 31)
    press(form)
    (connection,) = Profiles().all()
    assert connection.token_expires == "2027-01-31"
    assert make_form(connection).token_expires.value == date(2027, 1, 31)


def test_cancel_closes_and_a_late_answer_signs_nobody_in(make_form: MakeForm, cloud: World) -> None:
    """What was typed goes with the form."""
    form = make_form()
    browser = fill(form, cloud)
    browser.answering = False
    form.connect.click()
    form.cancel.click()
    browser.answer(browser.asked[0])
    assert cloud.log.requests == []


def test_name_from_jira_is_shown_as_text(make_form: MakeForm, world: World) -> None:
    """A display name is anybody's text."""
    world.ann.display_name = "<img src=x onerror=alert(1)>"
    form = make_form()
    fill(form, world)
    press(form)
    assert "<img" not in form.status.value
    assert "&lt;img" in form.status.value


def test_secret_is_in_no_widget(make_form: MakeForm, world: World) -> None:
    """Neither after success, nor after a failure, nor after Stop, whatever a notebook saves."""
    canary = "canary-4711"
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.ann, canary)
    failed, stopped, connected = make_form(), make_form(run=on_a_thread), make_form()
    fill(failed, world, f"{canary}-wrong")
    assert "does not accept" in press(failed)
    world.faults.when(lambda request: True, Answer(429, headers={"Retry-After": "50"}), times=None)
    fill(stopped, world, canary)
    stopped.connect.click()
    wait_until(stopped.status, lambda: "asks to wait" in text_of(stopped.status))
    stopped.stop.click()
    wait_until(stopped.status, lambda: "Stopped" in text_of(stopped.status))
    world.faults.clear()
    fill(connected, world, canary)
    assert "Connected as" in press(connected)
    assert canary not in everything_saved(failed, stopped, connected)


def everything_saved(*forms: ConnectForm) -> str:
    """What nbclient and JupyterLab write of widgets, and what an inspector shows."""
    state = ConnectForm.get_manager_state(drop_defaults=False)
    return repr((state, [vars(form) for form in forms], [form.secret.get_state() for form in forms]))


def test_two_forms_sign_in_independently(make_form: MakeForm, cloud: World, server: World) -> None:
    """One that hangs keeps no other waiting."""
    server.faults.when(lambda request: True, Delay(30), times=None)
    hanging, quick = make_form(run=on_a_thread), make_form()
    fill(hanging, server, label="Hanging")
    hanging.connect.click()
    fill(quick, cloud, label="Quick")
    assert "Connected as Ann" in press(quick)
    assert hanging.connect.disabled
    stopped = threading.Event()
    hanging.status.observe(lambda _: stopped.set(), "value")
    hanging.stop.click()
    server.faults.release()
    assert stopped.wait(10)


def test_ca_file_is_found_from_anywhere(make_form: MakeForm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is kept as an absolute path."""
    monkeypatch.chdir(tmp_path)
    form = make_form()
    form.ca_bundle.value = "ca.pem"
    assert form.site.read_ca_bundle() == str(tmp_path / "ca.pem")
