"""From a name, an environment or nothing at all to a signed-in Jira."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

import roots_nb as rn
from roots_nb import errors
from roots_nb.connecting import forget_connection, interrupted_note, open_connection, remember_connection
from roots_nb.connections import profiles as profiles_module
from roots_nb.connections import secrets
from roots_nb.connections.connection import Connection
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret
from roots_nb.editing import journal
from roots_nb.editing.journal import journal_paths
from roots_nb.jira.client import Jira
from tests.conftest import MemoryKeyring
from tests.editing.desk import Desk, change, minutes_of
from tests.faults.fault import Answer, Meanwhile, unauthorised
from tests.world import TOKEN, World


def remember(world: World, name: str = "Work") -> Connection:
    connection = Connection(name, world.connection.deployment, world.url, world.connection.auth, world.connection.user)
    Profiles().add(connection)
    secrets.remember_secret(connection, Secret(TOKEN))
    return connection


def set_environment(monkeypatch: pytest.MonkeyPatch, world: World, prefix: str = "ROOTS_NB") -> None:
    monkeypatch.setenv(f"{prefix}_URL", world.url)
    monkeypatch.setenv(f"{prefix}_TOKEN", TOKEN)
    monkeypatch.setenv(f"{prefix}_USER", world.connection.user)
    monkeypatch.setenv(f"{prefix}_DEPLOYMENT", world.deployment)


def test_connect_without_anything_says_what_to_do() -> None:
    """The one sentence for a fresh notebook and for a schedule."""
    for connecting in (rn.connect, rn.connect_all):
        with pytest.raises(errors.NotConnected, match="ROOTS_NB_URL"):
            connecting()


def test_connect_uses_the_only_remembered_connection(world: World) -> None:
    """And keeps what signing in found out, so that the profile knows its account."""
    remember(world)
    assert rn.connect().account.display_name == "Ann"
    (profile,) = Profiles().all()
    assert profile.account_id == rn.connect().account.account_id


def test_connect_with_a_scoped_token_remembers_the_gateway(cloud: World) -> None:
    """The second time the site is not asked in vain."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN)
    remember(cloud)
    rn.connect()
    assert Profiles().all()[0].gateway
    cloud.log.clear()
    rn.connect()
    assert cloud.log.count(path="tenant_info") == 0


def test_connect_uses_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a profile and without a screen; nothing is written to disk."""
    set_environment(monkeypatch, world)
    assert rn.connect().account.display_name == "Ann"
    assert Profiles().all() == []


def test_damaged_profiles_do_not_cost_the_environments_connection(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is described in full; the file stays as it is."""
    set_environment(monkeypatch, world)
    path = Profiles().path
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert rn.connect().account.display_name == "Ann"
    assert path.read_text() == "{"


def test_profiles_that_cannot_be_written_do_not_cost_the_connection(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What signing in found out is found out anew the next time."""
    remember(world)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(profiles_module, "write_private", full)
    assert rn.connect().account.display_name == "Ann"


def test_connect_by_name(cloud: World, server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A remembered name, whatever its case, or one that only the environment knows."""
    remember(cloud, "Work")
    set_environment(monkeypatch, server, "ROOTS_NB_CUSTOMER")
    assert rn.connect("work").connection.url == cloud.url
    assert rn.connect("Customer").connection.url == server.url


def test_connect_by_an_unknown_name_lists_the_known(world: World) -> None:
    """A typing error is answered with the names there are."""
    remember(world)
    with pytest.raises(errors.InvalidInput, match="'Work'"):
        rn.connect("Wrok")


def test_connect_with_several_asks_for_a_name(cloud: World, server: World) -> None:
    """It never picks one by itself, except the one signed in last in this process."""
    remember(cloud, "Work")
    remember(server, "Customer")
    with pytest.raises(errors.InvalidInput, match=r"connect\('Work'\).*'Customer'"):
        rn.connect()
    rn.connect("Customer")
    assert rn.connect().connection.name == "Customer"


def test_connect_uses_a_session_without_a_keyring(world: World) -> None:
    """Signed in earlier in this process is enough for a cell that runs again."""
    open_connection(world.connection, Secret(TOKEN))
    assert rn.connect().account.display_name == "Ann"


def test_connect_all_takes_each_account_once(cloud: World, server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same account from the environment and from a profile would double the week."""
    remember(cloud, "Work")
    remember(server, "Customer")
    set_environment(monkeypatch, cloud)
    rn.connect("Customer")
    assert sorted(jira.connection.url for jira in rn.connect_all()) == sorted([cloud.url, server.url])


def test_connect_all_finds_out_that_two_tokens_are_one_account(server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A personal access token does not tell whose it is before signing in."""
    remember(server, "Work")
    set_environment(monkeypatch, server)
    monkeypatch.delenv("ROOTS_NB_USER")
    assert len(rn.connect_all()) == 1


def test_connect_all_takes_named_connections_of_the_environment(
    cloud: World, server: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "All" leaves none out that a schedule has set up."""
    set_environment(monkeypatch, cloud, "ROOTS_NB_OFFICE")
    set_environment(monkeypatch, server, "ROOTS_NB_CUSTOMER")
    assert [jira.connection.name for jira in rn.connect_all()] == ["CUSTOMER", "OFFICE"]


def test_connect_after_all_of_them_takes_the_first(cloud: World, server: World) -> None:
    """Which one that is does not depend on which answered first."""
    open_connection(server.connection, Secret(TOKEN))
    open_connection(cloud.connection, Secret(TOKEN))
    for _ in range(3):
        assert [jira.connection.name for jira in rn.connect_all()] == ["Cloud", "Server"]
        assert rn.connect().connection.name == "Cloud"


def test_replaced_scoped_token_finds_back_to_the_site(cloud: World) -> None:
    """The remembered gateway is left when a token works at the site alone."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN)
    scoped = open_connection(cloud.connection, Secret(TOKEN)).connection
    cloud.site.add_credential("api_token", cloud.ann, "classic")
    assert scoped.gateway
    assert open_connection(scoped, Secret("classic")).connection.gateway == ""


def test_connect_all_keeps_the_failing_ones(cloud: World, server: World) -> None:
    """With the reason, so that a report can say what is missing."""
    remember(cloud, "Work")
    remember(server, "Customer")
    server.faults.when(lambda request: True, Answer(status=403), times=None)
    work, customer = rn.connect_all()
    assert work.problem is None
    assert isinstance(customer.problem, errors.Forbidden)
    with pytest.raises(errors.Forbidden):
        _ = customer.account
    frame = rn.load_worklogs([work, customer], "2026-W47")
    assert "Customer" in [load["connection"] for load in frame.attrs["loads"] if load["problem"]]


def test_connect_without_the_secret_names_the_variable(world: World) -> None:
    """The profile is there, the keyring is not."""
    connection = remember(world)
    secrets.forget_secret(connection)
    with pytest.raises(errors.NotConnected, match="ROOTS_NB_WORK_TOKEN"):
        rn.connect()


def test_secret_of_another_account_is_refused(world: World) -> None:
    """A replaced token must not turn a connection into somebody else's."""
    remember(world)
    rn.connect()
    world.site.remove_credential(TOKEN)
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.bob, TOKEN)
    if world.deployment == "cloud":
        world.ann.email, world.bob.email = world.bob.email, world.ann.email
    with pytest.raises(errors.InvalidInput, match="belongs to Bob"):
        rn.connect()


def test_zone_of_the_connection_is_the_profiles_unless_said(world: World) -> None:
    """Days are counted there by default."""
    remember(world)
    assert rn.connect().zone == "Europe/Berlin"
    assert rn.connect(zone="Asia/Kathmandu").zone == "Asia/Kathmandu"


@pytest.mark.parametrize("variable", ["ROOTS_NB_DEMO", "BINDER_LAUNCH_HOST"])
def test_demo_and_binder_send_no_token_to_a_real_host(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Refused before anything is looked up or sent."""
    monkeypatch.setenv(variable, "1")
    connection = Connection("Work", "cloud", "https://company.atlassian.net", "api_token", "ann@example.com")
    for sign_in in (open_connection, partial(remember_connection, in_keyring=True)):
        with pytest.raises(errors.InvalidInput, match=r"company\.atlassian\.net is not asked"):
            sign_in(connection, Secret("never sent"))


@pytest.mark.usefixtures("demo_mode")
def test_demo_is_two_sites_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ROOTS_NB_DEMO nothing real is asked, whatever else is set."""
    monkeypatch.setenv("ROOTS_NB_URL", "https://company.atlassian.net")
    sites = rn.connect_all()
    assert [(jira.connection.name, jira.connection.is_loopback) for jira in sites] == [
        ("Demo Cloud", True),
        ("Demo Server", True),
    ]
    assert rn.connect().connection.url == sites[0].connection.url
    assert rn.connect("demo server").connection.url == sites[1].connection.url
    with pytest.raises(errors.InvalidInput, match="Demo Cloud"):
        rn.connect("Work")


def test_demo_of_the_public_module_runs_and_stops() -> None:
    """`rn.demo.start()` for those who want it in their own hands."""
    with rn.demo.start() as demo:
        site = demo.sites[0]
        connection = Connection(site.name, site.deployment, site.url, site.auth, site.user)
        assert open_connection(connection, Secret(site.secret)).account.display_name
    with pytest.raises(errors.Unreachable):
        open_connection(connection, Secret(site.secret))


def test_wrong_token_fails_without_being_forgotten(world: World) -> None:
    """A connection that fails stays remembered, and so does its secret."""
    connection = remember(world)
    world.site.remove_credential(TOKEN)
    with pytest.raises(errors.AuthenticationFailed):
        rn.connect()
    assert Profiles().get("Work") is not None
    assert secrets.find_secret(connection) == Secret(TOKEN)


def test_remembered_connection_is_there_for_the_next_process(world: World, memory_keyring: MemoryKeyring) -> None:
    """Profile and secret apart; the account that signing in found is in the profile."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=True)
    secrets.forget_session()
    assert rn.connect().account.display_name == "Ann"
    assert list(memory_keyring.passwords.values()) == [TOKEN]
    assert TOKEN not in Profiles().path.read_text()


def test_connection_without_keyring_lasts_for_the_session(world: World, memory_keyring: MemoryKeyring) -> None:
    """Its profile stays, its secret does not."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=False)
    assert rn.connect().account.display_name == "Ann"
    secrets.forget_session()
    assert memory_keyring.passwords == {}
    with pytest.raises(errors.NotConnected):
        rn.connect()


def test_failed_sign_in_remembers_nothing(world: World, memory_keyring: MemoryKeyring) -> None:
    """Nothing is half-done."""
    with pytest.raises(errors.AuthenticationFailed):
        remember_connection(world.connection, Secret("wrong"), in_keyring=True)
    assert Profiles().all() == []
    assert memory_keyring.passwords == {}
    assert secrets.session_connections() == []


def test_second_connection_to_the_same_account_is_refused(world: World) -> None:
    """It would double the week; on Cloud the user tells before anything is sent."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=True)
    world.log.clear()
    with pytest.raises(errors.InvalidInput, match="double the week"):
        remember_connection(replace(world.connection, name="Again"), Secret(TOKEN), in_keyring=True)
    assert len(Profiles().all()) == 1
    if world.deployment == "cloud":
        assert world.log.requests == []


def test_replacing_keeps_the_name_and_forgets_the_old_secret(world: World, memory_keyring: MemoryKeyring) -> None:
    """A new token in the place of an old one, for the session only: the old one must not be found any more."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=True)
    kind = "api_token" if world.deployment == "cloud" else "pat"
    world.site.add_credential(kind, world.ann, "new-token")  # type: ignore[arg-type]
    name = world.connection.name
    remember_connection(world.connection, Secret("new-token"), in_keyring=False, replacing=world.connection)
    assert memory_keyring.passwords == {}
    world.site.remove_credential(TOKEN)
    assert rn.connect(name).account.display_name == "Ann"
    assert [connection.name for connection in Profiles().all()] == [name]


def test_failed_replacement_changes_nothing(world: World, memory_keyring: MemoryKeyring) -> None:
    """The old token still works."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=True)
    with pytest.raises(errors.AuthenticationFailed):
        remember_connection(world.connection, Secret("wrong"), in_keyring=True, replacing=world.connection)
    secrets.forget_session()
    assert rn.connect().account.display_name == "Ann"
    assert list(memory_keyring.passwords.values()) == [TOKEN]


def test_forgetting_leaves_nothing_of_it_and_all_of_the_others(
    cloud: World, server: World, memory_keyring: MemoryKeyring, fresh_home: Path
) -> None:
    """Profile, secret and cache of one connection; the other's stay."""
    for world in (cloud, server):
        remember_connection(world.connection, Secret(TOKEN), in_keyring=True)
    before = len(list((fresh_home / ".cache").rglob("*.sqlite")))
    seen = Profiles().get("cloud")
    assert seen is not None
    forget_connection(seen)
    assert [connection.name for connection in Profiles().all()] == ["Server"]
    assert len(memory_keyring.passwords) == 1
    assert (before, len(list((fresh_home / ".cache").rglob("*.sqlite")))) == (2, 1)
    assert rn.connect().connection.name == "Server"
    with pytest.raises(errors.InvalidInput, match="no remembered connection"):
        forget_connection(seen)


def test_keyring_that_is_locked_does_not_cost_a_replacement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old secret cannot be deleted: that is told, and this session is signed in with the new one."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=True)

    def locked(*_: object) -> None:
        raise RuntimeError("locked")

    monkeypatch.setattr(MemoryKeyring, "get_password", locked)
    again = remember_connection(world.connection, Secret(TOKEN), in_keyring=True, replacing=world.connection)
    assert "locked" in again.problem
    assert rn.connect().account.display_name == "Ann"


def test_keyring_that_refuses_does_not_cost_the_connection(world: World) -> None:
    """Signed in, once, and remembered; only the secret is not, and that is said."""
    keyring.set_keyring(fail.Keyring())
    assert "session only" in remember_connection(world.connection, Secret(TOKEN), in_keyring=True).problem
    assert world.log.count(path="myself") == 1
    assert rn.connect().account.display_name == "Ann"


def test_profiles_that_cannot_be_written_cost_only_the_next_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: this session is signed in."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(profiles_module, "write_private", full)
    assert "No space left" in remember_connection(world.connection, Secret(TOKEN), in_keyring=True).problem
    assert rn.connect().account.display_name == "Ann"


def test_secret_left_behind_is_not_found_before_the_new_one(world: World, memory_keyring: MemoryKeyring) -> None:
    """The profile went, the keyring entry stayed; then it is added again for the session only."""
    remember_connection(world.connection, Secret(TOKEN), in_keyring=True)
    Profiles().path.unlink()
    for address in memory_keyring.passwords:
        memory_keyring.passwords[address] = "revoked"
    secrets.forget_session()
    remember_connection(world.connection, Secret(TOKEN), in_keyring=False)
    assert rn.connect().account.display_name == "Ann"


def test_connection_that_another_kernel_replaced_is_not_touched(cloud: World, server: World) -> None:
    """It has the same name and is another site: neither removed nor overwritten by who saw the old one."""
    seen = remember_connection(replace(cloud.connection, name="Work"), Secret(TOKEN), in_keyring=True).jira.connection
    forget_connection(seen)
    remember_connection(replace(server.connection, name="Work"), Secret(TOKEN), in_keyring=True)
    with pytest.raises(errors.InvalidInput, match="changed elsewhere"):
        forget_connection(seen)
    with pytest.raises(errors.InvalidInput, match="changed elsewhere"):
        remember_connection(seen, Secret(TOKEN), in_keyring=True, replacing=seen)
    secrets.forget_session()
    assert rn.connect("Work").connection.url == server.url


def test_half_set_variables_of_another_connection_do_not_matter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for one connection gets it; who asks for all is told what is missing."""
    remember(world)
    monkeypatch.setenv("ROOTS_NB_OTHER_URL", "https://other.atlassian.net")
    assert rn.connect("Work").account.display_name == "Ann"
    with pytest.raises(errors.InvalidInput, match="ROOTS_NB_OTHER_TOKEN"):
        rn.connect_all()


def interrupted(desk: Desk) -> str:
    """Three changes, of which one was made before the token failed for a moment."""
    plan = desk.plan(*(change(name, comment=f"{name}, again") for name in ("one", "two", "three")))
    desk.world.faults.when(lambda request: desk.world.log.count("PUT") == 2, unauthorised())
    run = desk.apply(plan).run
    desk.new_kernel()
    return run


def test_interrupted_run_is_told_in_one_sentence(world: World) -> None:
    """When, how far, and what to do; until it is resumed, and nothing is asked of Jira for it."""
    desk = Desk(world)
    assert interrupted_note([desk.jira]) == ""
    run = interrupted(desk)
    begun = rn.runs()["begun"][0].to_pydatetime().astimezone()
    assert interrupted_note([desk.jira]) == (
        f"1 interrupted run of {begun:%Y-%m-%d %H:%M}: 2 of 3 changes are not settled. "
        f'roots_nb.resume(jira, "{run}") goes on; roots_nb.close_run("{run}") leaves it as it is.'
    )
    assert world.log.requests == []
    desk.resume(run)
    assert interrupted_note([desk.jira]) == ""


def test_closed_run_is_told_no_more(world: World) -> None:
    """Somebody has decided."""
    desk = Desk(world)
    rn.close_run(interrupted(desk))
    assert interrupted_note([desk.jira]) == ""


def test_run_that_is_being_applied_is_not_called_interrupted(world: World) -> None:
    """Somebody who resumed it now would be refused; the sentence says who is at it, and nothing waits for them."""
    desk, notes = Desk(world), []
    plan = desk.plan(change("one", comment="eins"), change("two", comment="zwei"))
    elsewhere = world.sign_in()
    look = Meanwhile(lambda: notes.append(interrupted_note([elsewhere])))
    world.faults.when(lambda request: request.method == "PUT", look)
    desk.apply(plan)
    (note,) = notes
    assert f"is being applied: 2 of 2 changes are not settled. Wait until process {os.getpid()} on host " in note
    assert f'should it never end, stop it there, and roots_nb.resume(jira, "{plan.run}") goes on.' in note
    assert interrupted_note([elsewhere]) == ""


def test_text_that_looks_like_an_end_hides_no_run(world: World) -> None:
    """A comment is anybody's, and stands in the last line of the journal after a crash."""
    desk = Desk(world)
    run = desk.do(change("one", comment='"step": "finished"')).run
    (path,) = journal_paths()
    lines = path.read_bytes().splitlines(keepends=True)[:-1]
    path.write_bytes(b"".join(lines[: 1 + max(n for n, line in enumerate(lines) if b"finished" in line)]))
    assert f'resume(jira, "{run}")' in interrupted_note([desk.jira])


def test_torn_end_hides_no_run(world: World) -> None:
    """As after a crash in the last moment: everything is settled, and resuming verifies it."""
    desk = Desk(world)
    desk.do(change("one", time_spent=minutes_of(90)))
    (path,) = journal_paths()
    path.write_bytes(path.read_bytes()[:-1])
    assert "not everything is verified" in interrupted_note([desk.jira])


def test_runs_of_other_accounts_are_neither_told_nor_read(cloud: World, server: World) -> None:
    """Not even a damaged one gets in the way."""
    interrupted(Desk(cloud))
    other = Desk(server)
    assert interrupted_note([other.jira]) == ""
    (path,) = journal_paths()
    path.write_bytes(b"damaged")
    assert interrupted_note([other.jira]) == ""


def test_run_on_two_sites_is_counted_once_and_whole(cloud: World, server: World) -> None:
    """Whichever of them is asked."""
    desks = [Desk(cloud), Desk(server)]
    loaded = rn.concat_worklogs([desk.load() for desk in desks])
    edited = loaded.assign(comment=loaded["comment"] + ", again")
    for world in (cloud, server):
        world.faults.when(lambda request: request.method == "PUT", unauthorised(), times=None)
    rn.apply_changes([desk.jira for desk in desks], rn.plan_changes(loaded, edited))
    jiras = [desk.new_kernel() for desk in desks]
    for sites in (jiras, jiras[:1], jiras[1:]):
        assert "1 interrupted run of " in interrupted_note(sites)
        assert ": 10 of 10 changes are not settled." in interrupted_note(sites)


def test_of_several_interrupted_runs_the_oldest_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other: a second one can only come from another computer with the same home."""
    desk = Desk(world)
    older = interrupted(desk)
    (path,) = journal_paths()
    aside = path.rename(path.with_suffix(".aside"))
    monkeypatch.setattr(journal, "_now", lambda: "2099-01-01T12:00:00.000+00:00")
    desk.world.faults.when(lambda request: request.method == "PUT", unauthorised())
    desk.do(change("four", comment="quattro"))
    desk.new_kernel()
    aside.rename(path)
    note = interrupted_note([desk.jira])
    assert note.startswith("2 interrupted runs, the first of 20")
    assert f'resume(jira, "{older}")' in note


def test_damaged_journal_does_not_cost_the_connection(world: World) -> None:
    """The sentence of the problem stands in the place of the note."""
    desk = Desk(world)
    interrupted(desk)
    (path,) = journal_paths()
    path.write_bytes(path.read_bytes()[:40])
    assert interrupted_note([desk.jira]).startswith(f"{path} is damaged: ")


def test_site_that_failed_has_no_runs_to_tell(world: World) -> None:
    """Whose they would be is not known."""
    failed = Jira(world.connection, problem=errors.Unreachable("No."))
    assert interrupted_note([failed]) == ""
