"""Connecting as a person does it, in JupyterLab: what is typed, what is shown, what Jira receives and what is left."""

from __future__ import annotations

import re
import shutil
import ssl
import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from playwright.sync_api import expect

from roots_nb.demo.server import JiraApp, serve
from tests.browser.form import (
    CONNECTED,
    MANAGER,
    WHO,
    act,
    button,
    connect,
    field,
    fill_cloud,
    fill_password,
    fill_server,
    open_form,
    state_of,
)
from tests.browser.notebook import PATIENCE_MS, Notebook, Window
from tests.browser.worlds import TOKEN, check_harmless, remember
from tests.faults.fault import Answer, Delay
from tests.faults.gate import Gate
from tests.world import World

pytestmark = pytest.mark.xdist_group("jupyterlab")


TEMPLATE = Path(__file__).parents[2] / "notebooks" / "01-connect.ipynb"


def test_first_connection_on_cloud(notebook: Notebook, cloud: World) -> None:
    """From nothing to "Connected as", with one request that proves the login, and the secret in the keyring alone."""
    manager = notebook.run()
    expect(manager).to_contain_text("There is no connection yet")
    notebook.picture("manager-empty")
    form = open_form(manager)
    notebook.picture("form-cloud")
    fill_cloud(form, cloud.url)
    button(form, "Connect").dblclick()
    expect(state_of(manager, "Work")).to_contain_text(f"{CONNECTED}Cloud)")
    expect(field(manager, "Label")).to_be_hidden()
    assert [request.path for request in cloud.log.requests if request.auth] == ["/rest/api/2/myself"]
    assert TOKEN in notebook.window.lab.keyring.read_text()
    expect(notebook.run(1)).to_contain_text("Ann on Work")
    notebook.picture("connected-cloud")


def test_first_connection_on_data_center(notebook: Notebook, server: World) -> None:
    """A page's address is cleaned, the site recognised without the secret, its host shown before the secret is sent."""
    form = open_form(notebook.run())
    field(form, "URL").fill(f"{server.url}/browse/APP-1")
    expect(form.get_by_text("This is Jira Data Center: switched.")).to_be_visible()
    expect(field(form, "URL")).to_have_value(server.url)
    host = server.url.removeprefix("http://").removesuffix("/jira")
    expect(form.get_by_text(f"Your secret will go to {host}")).to_be_visible()
    field(form, "Personal Access Token").fill(TOKEN)
    notebook.picture("form-data-center")
    assert {request.auth for request in server.log.requests} == {""}
    connect(form)
    row = state_of(notebook.output(), f"Server ({host})")
    expect(row).to_contain_text(re.compile(re.escape(CONNECTED) + r"Jira \d"))
    notebook.picture("connected-data-center")


@pytest.mark.slow
def test_connection_with_username_and_password(notebook: Notebook, server: World) -> None:
    """With the warning that single sign-on may forbid it."""
    form = open_form(notebook.run())
    fill_password(form, server.url)
    expect(form.get_by_text("Single sign-on may forbid passwords")).to_be_visible()
    notebook.picture("form-password")
    connect(form)
    expect(state_of(notebook.output(), "Customer")).to_contain_text(CONNECTED)


@pytest.mark.slow
def test_scoped_token_connects(notebook: Notebook, cloud: World) -> None:
    """The site refuses it, the gateway takes it; the person sees no difference."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN)
    form = open_form(notebook.run())
    fill_cloud(form, cloud.url)
    connect(form)
    expect(state_of(notebook.output(), "Work")).to_contain_text(f"{CONNECTED}Cloud)")


@pytest.mark.slow
def test_certificate_is_trusted_with_its_authority(notebook: Notebook, server: World, tmp_path: Path) -> None:
    """The form asks for the company's CA file when it is needed, and with it signing in goes on."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serve(JiraApp(server.site), context_path="/jira", ssl_context=context) as trusted:
        form = open_form(notebook.run())
        expect(field(form, "CA file (PEM)")).to_be_hidden()
        fill_server(form, trusted.url)
        connect(form)
        expect(form.get_by_role("alert").last).to_contain_text(
            "is not trusted. If your company has its own certificate"
        )
        notebook.picture("refused-certificate")
        field(form, "CA file (PEM)").fill(str(tmp_path / "ca.pem"))
        field(form, "Personal Access Token").fill(TOKEN)
        connect(form)
        expect(state_of(notebook.output(), "Customer")).to_contain_text(CONNECTED)


def test_connect_shows_the_form_and_goes_on_after_it(window: Window, cloud: World) -> None:
    """The cell stops with one sentence; run again it goes on, though the secret was kept for this session only."""
    with window.notebook(WHO) as notebook:
        form = notebook.run(fails="NotConnected")
        expect(form).to_contain_text("Fill in the form above and run this cell again")
        fill_cloud(form, cloud.url)
        form.get_by_text("Remember in the system keyring").click()
        expect(form.get_by_text("Kept for this session only.")).to_be_visible()
        notebook.picture("connect-without-a-connection")
        connect(form)
        expect(form).to_contain_text(CONNECTED)
        expect(notebook.run()).to_contain_text("Ann on Work")
        assert "widget-state" in notebook.save()
    assert not window.lab.keyring.exists()


@pytest.mark.slow
def test_second_connection_of_another_site(notebook: Notebook, cloud: World, server: World) -> None:
    """Several at once are normal; the same account twice would double the week, and is refused."""
    remember(notebook.window.lab, cloud, "Work")
    manager = notebook.run()
    form = open_form(manager)
    fill_cloud(form, cloud.url, label="Again")
    connect(form)
    expect(form.get_by_role("alert").last).to_contain_text("Work")
    notebook.picture("refused-second-of-one-account")
    fill_server(form, server.url)
    connect(form)
    expect(state_of(manager, "Customer")).to_contain_text(CONNECTED)
    expect(state_of(manager, "Work")).to_contain_text("Not signed in yet")
    notebook.picture("two-connections")
    assert [request.auth for request in cloud.log.requests if request.auth] == []


@pytest.mark.slow
def test_edit_keeps_the_secret_or_replaces_it(notebook: Notebook, cloud: World) -> None:
    """Empty = keep; the new label is shown, the old one is gone."""
    lab = notebook.window.lab
    remember(lab, cloud, "Work")
    manager = notebook.run()
    act(manager, "Edit", "Work").click()
    expect(field(manager, "Label")).to_have_value("Work")
    notebook.picture("form-edit")
    field(manager, "Label").fill("Company")
    connect(manager)
    expect(state_of(manager, "Company")).to_contain_text(CONNECTED)
    expect(manager.get_by_text("Work", exact=True)).to_have_count(0)
    new = TOKEN.replace("token", "renewed")
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("api_token", cloud.ann, new)
    act(manager, "Edit", "Company").click()
    field(manager, "API token").fill(new)
    connect(manager)
    expect(field(manager, "Label")).to_be_hidden()
    expect(state_of(manager, "Company")).to_contain_text(CONNECTED)
    assert new in lab.keyring.read_text()
    assert TOKEN not in lab.keyring.read_text()


@pytest.mark.slow
def test_remove_asks_and_forgets(notebook: Notebook, cloud: World, server: World) -> None:
    """Keep changes nothing; Remove deletes this connection and its secret, and leaves the other alone."""
    lab = notebook.window.lab
    remember(lab, cloud, "Work")
    remember(lab, server, "Customer")
    manager = notebook.run()
    act(manager, "Remove", "Work").click()
    expect(manager).to_contain_text("Remove Work? Its profile, secret and cache are deleted.")
    notebook.picture("remove")
    act(manager, "Keep", "Work").click()
    expect(state_of(manager, "Work")).to_contain_text("Not signed in yet")
    act(manager, "Remove", "Work").click()
    expect(act(manager, "Keep", "Work")).to_be_visible()
    act(manager, "Remove", "Work").click()
    expect(manager.get_by_role("status").filter(has_text=re.compile("Work|Removing"))).to_have_count(0)
    expect(state_of(manager, "Customer")).to_contain_text("Not signed in yet")
    assert cloud.url not in lab.keyring.read_text()
    assert server.url in lab.keyring.read_text()
    assert [path.name for path in lab.files_with(f'"{cloud.url}"')] == []


@pytest.mark.slow
def test_failed_ones_are_told_one_by_one_and_retried(notebook: Notebook, cloud: World, server: World) -> None:
    """One site is down and the other has revoked the token: each says so in full; Retry once it is back."""
    gate = Gate(lambda port: serve(cloud.log, port=port))
    cloud.url = gate.url
    remember(notebook.window.lab, cloud, "Work")
    remember(notebook.window.lab, server, "Customer")
    gate.close()
    server.site.remove_credential(TOKEN)
    manager = notebook.run()
    notebook.picture("not-signed-in-yet")
    for name in ("Work", "Customer"):
        act(manager, "Connect", name).click()
    expect(state_of(manager, "Work")).to_contain_text("refuses the connection. Check the address, the network")
    expect(state_of(manager, "Customer")).to_contain_text("Has the personal access token expired")
    notebook.picture("failed")
    gate.open()
    act(manager, "Retry", "Work").click()
    expect(state_of(manager, "Work")).to_contain_text(CONNECTED)
    expect(act(manager, "Retry", "Customer")).to_be_visible()
    gate.stop()


def test_restarted_kernel_reconnects_from_the_keyring(notebook: Notebook, cloud: World) -> None:
    """Nothing is asked again: the manager signs in with what the keyring has, and so does `connect`."""
    form = open_form(notebook.run())
    fill_cloud(form, cloud.url)
    connect(form)
    expect(state_of(notebook.output(), "Work")).to_contain_text(CONNECTED)
    notebook.restart_kernel()
    manager = notebook.run()
    expect(state_of(manager, "Work")).to_contain_text("Not signed in yet")
    act(manager, "Connect", "Work").click()
    expect(state_of(manager, "Work")).to_contain_text(CONNECTED)
    notebook.restart_kernel()
    expect(notebook.run(1)).to_contain_text("Ann on Work")


@pytest.mark.slow
def test_token_about_to_expire_is_told(notebook: Notebook, cloud: World) -> None:
    """On Cloud one may enter the day; from 14 days before the row says so."""
    form = open_form(notebook.run())
    fill_cloud(form, cloud.url)
    field(form, "Expires (optional)").fill((today() + timedelta(days=12)).isoformat())
    connect(form)
    expect(state_of(notebook.output(), "Work")).to_contain_text("token expires in 12 days")
    notebook.picture("connected-token-expires")


def test_row_tells_what_it_waits_for(notebook: Notebook, cloud: World) -> None:
    """Connecting…, then Jira's own wait with its seconds and a Stop, and after Stop a Retry."""
    remember(notebook.window.lab, cloud, "Work")
    asked = threading.Event()
    cloud.faults.when(lambda request: request.path.endswith("/serverInfo") and not asked.set(), Delay(seconds=60))
    cloud.faults.when(lambda request: request.auth != "", Answer(429, headers={"Retry-After": "50"}))
    manager = notebook.run()
    act(manager, "Connect", "Work").dblclick()
    expect(state_of(manager, "Work")).to_contain_text("Connecting…")
    expect(manager.get_by_title(re.compile("Work$"))).to_have_count(0)
    notebook.picture("connecting")
    assert asked.wait(PATIENCE_MS / 1000)
    cloud.faults.release()
    expect(state_of(manager, "Work")).to_contain_text(re.compile(r"Jira asks to wait, continuing in \d\d s"))
    notebook.picture("row-rate-limit")
    act(manager, "Stop", "Work").click()
    expect(state_of(manager, "Work")).to_contain_text("Stopped.")
    act(manager, "Retry", "Work").click()
    expect(state_of(manager, "Work")).to_contain_text(CONNECTED)
    assert [request.auth for request in cloud.log.requests if request.auth] == ["basic", "basic"]


@pytest.mark.slow
def test_without_a_safe_keyring_the_session_is_offered(window: Window, server: World) -> None:
    """The form says why, and what was signed in works until the kernel ends."""
    no_keyring = "import keyring\nfrom keyring.backends import null\nkeyring.set_keyring(null.Keyring())"
    with window.notebook(no_keyring, MANAGER, WHO) as notebook:
        notebook.run(0)
        form = open_form(notebook.run(1))
        expect(form.get_by_role("checkbox")).to_be_disabled()
        expect(form.get_by_text("Kept for this session only.")).to_be_visible()
        notebook.picture("form-without-a-keyring")
        fill_server(form, server.url)
        connect(form)
        expect(state_of(form, "Customer")).to_contain_text(CONNECTED)
        expect(notebook.run(2)).to_contain_text("Ann on Customer")
    assert not window.lab.keyring.exists()


@pytest.mark.slow
def test_text_from_jira_is_text(notebook: Notebook, cloud: World) -> None:
    """A name with markup in it is shown as it is written; as markup it would ask another host for a picture."""
    cloud.ann.display_name = "<img src=https://elsewhere.invalid/ onerror=alert(1)>"
    form = open_form(notebook.run())
    fill_cloud(form, cloud.url, label="<b>Work</b>")
    connect(form)
    expect(notebook.output()).to_contain_text(f"<b>Work</b> · Connected as {cloud.ann.display_name} (")
    notebook.picture("connected-hostile")


@pytest.mark.slow
def test_demo_has_its_own_connections(window: Window) -> None:
    """They are there and signed in, and can be neither edited nor removed."""
    with window.notebook("%env ROOTS_NB_DEMO=1", MANAGER) as notebook:
        notebook.run(0)
        manager = notebook.run(1)
        for name in ("Demo Cloud", "Demo Server"):
            expect(state_of(manager, f"{name} (the built-in demo)")).to_contain_text("Connected as")
        expect(button(manager, "Remove")).to_have_count(0)
        expect(button(manager, "+ Add connection")).to_be_disabled()
        notebook.picture("demo")


@pytest.mark.slow
def test_first_notebook_gets_one_connected(window: Window, cloud: World) -> None:
    """`01-connect` from top to bottom, a form in the middle, and from the top again: who I am, and this week."""
    cloud.add_worklog(*cloud.add_issues(1), f"{today()}T09:00", comment="Written by Ann")
    path = window.lab.folder / TEMPLATE.name
    shutil.copy(TEMPLATE, path)
    with window.open(path) as notebook:
        notebook.run_all(fails="NotConnected")
        manager = notebook.output_of("ConnectionManager()")
        form = open_form(manager)
        fill_cloud(form, cloud.url)
        connect(form)
        expect(state_of(manager, "Work")).to_contain_text(CONNECTED)
        notebook.run_all()
        expect(notebook.output_of("rn.show(")).to_contain_text("Written by Ann")
        notebook.picture("01-connect")
        assert "widget-state" in notebook.save()


def test_tracebacks_hold_no_secret(window: Window, cloud: World) -> None:
    """The most talkative ones, of a login that is refused and of one that is interrupted while it waits."""
    remember(window.lab, cloud, "Work")
    with window.notebook("%xmode Verbose", WHO) as notebook:
        notebook.run(0)
        cloud.site.remove_credential(TOKEN)
        notebook.run(1, fails="AuthenticationFailed")
        expect(notebook.output(1)).to_contain_text("secret = ***")
        notebook.save()
        check_harmless(window)
        asked = threading.Event()
        wait = Answer(429, headers={"Retry-After": "50"})
        cloud.faults.when(lambda request: request.auth != "" and asked.set() is None, wait)
        notebook.start(1)
        assert asked.wait(PATIENCE_MS / 1000)
        notebook.interrupt()
        assert [output["ename"] for output in notebook.outputs(1)] == ["KeyboardInterrupt"]
        expect(notebook.output(1)).to_contain_text("secret = ***")
        notebook.save()


def today() -> date:
    return datetime.now().astimezone().date()
