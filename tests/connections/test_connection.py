"""An address and a connection: what is accepted, how it is cleaned, and what is refused before a secret goes there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roots_nb.connections.connection import (
    AuthKind,
    Connection,
    DeploymentName,
    absolute_ca_bundle,
    browse_url,
    clean_url,
    default_name,
    guess_deployment,
    name_key,
)
from roots_nb.errors import InvalidInput

CLOUD = Connection("Work", "cloud", "https://company.atlassian.net", "api_token", "ada@example.com")
SERVER = Connection("Server", "datacenter", "https://jira.example.com/jira", "pat")
LOCAL = Connection("Local", "cloud", "http://127.0.0.1:8080", "api_token", "ada@example.com")


@pytest.mark.parametrize(
    ("text", "deployment", "url"),
    [
        # Cloud: the host alone counts
        ("company.atlassian.net", "cloud", "https://company.atlassian.net"),
        ("  https://company.atlassian.net/  ", "cloud", "https://company.atlassian.net"),
        ("HTTPS://Company.Atlassian.NET", "cloud", "https://company.atlassian.net"),
        ("https://company.atlassian.net:443/", "cloud", "https://company.atlassian.net"),
        ("https://company.atlassian.net.", "cloud", "https://company.atlassian.net"),
        ("company.atlassian.net/browse/AB-1?focusedId=1", "cloud", "https://company.atlassian.net"),
        ("https://company.atlassian.net/browse/AB-1#comment-7", "cloud", "https://company.atlassian.net"),
        (
            "https://company.atlassian.net/jira/software/c/projects/X/boards/1?selectedIssue=X-1",
            "cloud",
            "https://company.atlassian.net",
        ),
        ("https://company.atlassian.net/secure/Dashboard.jspa", "cloud", "https://company.atlassian.net"),
        ("https://company.atlassian.net/login?dest=https://x.example", "cloud", "https://company.atlassian.net"),
        ("https://company.atlassian.net", None, "https://company.atlassian.net"),
        ("company．atlassian．net", "cloud", "https://company.atlassian.net"),
        # Cloud on this computer keeps its path
        ("http://127.0.0.1:8080", "cloud", "http://127.0.0.1:8080"),
        ("http://localhost:8080/cloud/", "cloud", "http://localhost:8080/cloud"),
        ("http://127.0.0.1:8080/jira/software/c/projects/X/boards/1?a=b", "cloud", "http://127.0.0.1:8080"),
        # Data Center: the context path stays
        ("jira.example.com", "datacenter", "https://jira.example.com"),
        ("jira", "datacenter", "https://jira"),
        ("https://jira.example.com/jira/", "datacenter", "https://jira.example.com/jira"),
        ("https://Jira.Example.com//Jira//", "datacenter", "https://jira.example.com/Jira"),
        ("https://jira.example.com:8443/jira", "datacenter", "https://jira.example.com:8443/jira"),
        ("https://jira.example.com:443/jira", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com:/jira", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com/jira/browse/AB-1?focusedId=1", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com/browse/AB-1", "datacenter", "https://jira.example.com"),
        ("https://jira.example.com/a/b/secure/Dashboard.jspa", "datacenter", "https://jira.example.com/a/b"),
        ("https://jira.example.com/secure/RapidBoard.jspa?rapidView=1#x", None, "https://jira.example.com"),
        ("https://jira.example.com/jira/projects/AB/issues", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com/issues/?jql=project%20=%20AB", "datacenter", "https://jira.example.com"),
        ("https://jira.example.com/jira/rest/api/2/myself", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com/jira/plugins/servlet/x", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com/jira/login.jsp?os_destination=%2F", "datacenter", "https://jira.example.com/jira"),
        ("https://jira.example.com/login.jsp;jsessionid=1A", "datacenter", "https://jira.example.com"),
        ("https://jira.example.com/servicedesk/customer", "datacenter", "https://jira.example.com"),
        ("https://jira.example.com/browser", "datacenter", "https://jira.example.com/browser"),
        ("https://atlassian.example.com/jira", None, "https://atlassian.example.com/jira"),
        ("https://192.168.1.7/jira", "datacenter", "https://192.168.1.7/jira"),
        ("http://127.8.9.1:80/jira", "datacenter", "http://127.8.9.1/jira"),
        ("http://[::1]:2990/jira", "datacenter", "http://[::1]:2990/jira"),
        ("https://[2001:DB8:0::1]/jira", "datacenter", "https://[2001:db8::1]/jira"),
        ("[::1]:8443", "datacenter", "https://[::1]:8443"),
        # a look-alike shows as what it is
        ("https://jira.exаmple.com", "datacenter", "https://jira.xn--exmple-4nf.com"),
        ("https://bücher.example", "datacenter", "https://xn--bcher-kva.example"),
        ("https://ｊｉｒａ.example.com", "datacenter", "https://jira.example.com"),
        ("https://faß.example", "datacenter", "https://xn--fa-hia.example"),
    ],
)
def test_clean_url_accepts(text: str, deployment: DeploymentName | None, url: str) -> None:
    """What people type and paste becomes the plain address of the site, and stays that when cleaned again."""
    assert clean_url(text, deployment) == url
    assert clean_url(url, deployment) == url


@pytest.mark.parametrize(
    ("text", "deployment"),
    [
        # nothing, or no host
        ("", None),
        ("   ", None),
        ("https://", None),
        ("https:///jira", None),
        ("https://?x", None),
        ("https://..", None),
        ("https://-jira.example.com", None),
        ("https://jira..example.com", None),
        ("https://" + "a" * 64 + ".example.com", None),
        ("https://" + "a.a" * 100, None),
        ("https://*.example.com", None),
        ("https://%6aira.example.com", None),
        # schemes
        ("http://jira.example.com", "datacenter"),
        ("http://company.atlassian.net", "cloud"),
        ("http://127.0.0.1.example.com", "datacenter"),
        ("http://localhost.example.com", "datacenter"),
        ("http://192.168.1.7/jira", "datacenter"),
        ("http://127.1", "datacenter"),
        ("http://0x7f000001", "datacenter"),
        ("ftp://jira.example.com", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("https:/jira.example.com", None),
        ("http:jira.example.com", None),
        # ports and addresses
        ("https://jira.example.com:0", None),
        ("https://jira.example.com:65536", None),
        ("https://jira.example.com:8o80", None),
        ("https://jira.example.com:-1", None),
        ("https://999.1.1.1", None),
        ("https://2130706433", None),
        ("https://[::1", None),
        ("https://[::g]", None),
        ("https://[fe80::1%25eth0]", None),
        ("::1", None),
        # a user before the host
        ("https://user:pw@company.atlassian.net", "cloud"),
        ("https://company.atlassian.net@evil.com", "cloud"),
        ("https://company.atlassian.net:443@evil.com", None),
        ("ada@company.atlassian.net", None),
        # characters that a parser drops, or that a person cannot see
        ("https://company.atlassian.net\\@evil.com", "cloud"),
        ("https://evil.com\\.atlassian.net", "cloud"),
        ("https://comp\nany.atlassian.net", "cloud"),
        ("https://comp\r\nany.atlassian.net", "cloud"),
        ("https://comp\tany.atlassian.net", "cloud"),
        ("https://company.atlassian.net\n", "cloud"),
        ("\thttps://company.atlassian.net", "cloud"),
        ("https://company.atlassian.net\x00", "cloud"),
        ("https://comp\u200bany.atlassian.net", "cloud"),
        ("https://comp\u00adany.atlassian.net", "cloud"),
        ("https://comp\ufe0fany.atlassian.net", "cloud"),
        ("https://comp\u034fany.atlassian.net", "cloud"),
        ("https://comp\u3164any.atlassian.net", "cloud"),
        ("\ufeffhttps://company.atlassian.net", "cloud"),
        ("https://\u202ecompany.atlassian.net", "cloud"),
        ("https://company.atlassian.net/browse/AB-1\u2028", "cloud"),
        ("https://company .atlassian.net", "cloud"),
        ("https://company\u00a0.atlassian.net", "cloud"),
        ("https://evil.com／.atlassian.net", "cloud"),
        ("https://evil.com＃.atlassian.net", "cloud"),
        ("https://evil.com＠.atlassian.net", "cloud"),
        # query and fragment tricks
        ("https://evil.com#.atlassian.net", "cloud"),
        ("https://evil.com#.atlassian.net", None),
        ("https://evil.com?.atlassian.net", None),
        ("https://evil.com/#.atlassian.net", None),
        ("https://evil.com/x?.atlassian.net", "datacenter"),
        ("https://evil.com/browse/A-1?.atlassian.net", "cloud"),
        ("https://company.atlassian.net?x=1", "cloud"),
        # look-alikes of Cloud
        ("https://company.atlassian.net.evil.com", "cloud"),
        ("https://company.atlassian.net.evil.com", "datacenter"),
        ("https://company.atlassian.net.evil.com", None),
        ("https://company.atlassian.net.co", "cloud"),
        ("https://atlassian.net.co", None),
        ("https://company-atlassian.net", "cloud"),
        ("https://company-atlassian.net", None),
        ("https://companyatlassian.net", "cloud"),
        ("https://atlassian.net", "cloud"),
        ("https://.atlassian.net", "cloud"),
        ("https://api.atlassian.com/ex/jira/1", "cloud"),
        ("https://id.atlassian.com/manage-profile", "cloud"),
        ("https://atlassian.com", None),
        ("https://company.аtlassian.net", "cloud"),
        ("https://jira.example.com", "cloud"),
        # the other deployment
        ("https://company.atlassian.net", "datacenter"),
        # paths that are no context path
        ("https://jira.example.com/../jira", "datacenter"),
        ("https://jira.example.com/a/./b", "datacenter"),
        ("https://jira.example.com/%2e%2e/jira", "datacenter"),
        ("https://jira.example.com/jira;x", "datacenter"),
        ("https://jira.example.com/<b>", "datacenter"),
        ("https://jira.example.com/jirä", "datacenter"),
    ],
)
def test_clean_url_refuses(text: str, deployment: DeploymentName | None) -> None:
    """Whatever could carry a secret elsewhere, or is no address, is refused with advice."""
    with pytest.raises(InvalidInput) as caught:
        clean_url(text, deployment)
    assert caught.value.advice


@given(st.text(alphabet=st.sampled_from("aé.:/@#?\\%[]\t\n\u200b-1０． htps:company.atlassian.net"), max_size=60))
def test_clean_url_of_cloud_ends_at_atlassian_whatever_is_typed(text: str) -> None:
    """There is no text that is accepted as Cloud and leads to a host that is not Atlassian's."""
    try:
        parts = urlsplit(clean_url(text, "cloud"))
    except InvalidInput:
        return
    loopback = parts.hostname in ("localhost", "::1") or (parts.hostname or "").startswith("127.")
    assert loopback or (parts.scheme == "https" and (parts.hostname or "").endswith(".atlassian.net"))
    assert not parts.username
    assert not parts.query
    assert not parts.fragment


def test_refused_address_does_not_repeat_what_was_typed() -> None:
    """A token pasted into the wrong field does not come back in the message."""
    for text in ("https://user:canary@jira.example.com", "can ary", "https://x.example/?token=canary", "=canary="):
        with pytest.raises(InvalidInput) as caught:
            clean_url(text)
        assert "canary" not in str(caught.value)


def test_look_alike_is_named_as_the_network_sees_it() -> None:
    """A Cyrillic letter in the host shows in the advice before any secret is sent."""
    with pytest.raises(InvalidInput, match=r"leads to company\.xn--tlassian-"):
        clean_url("https://company.аtlassian.net", "cloud")


@pytest.mark.parametrize(
    ("url", "deployment"),
    [
        ("company.atlassian.net", "cloud"),
        ("https://company.atlassian.net/browse/AB-1", "cloud"),
        ("https://jira.example.com/jira", "datacenter"),
        ("http://127.0.0.1:8080", None),
        ("http://localhost", None),
        ("http://[::1]:80", None),
        ("https://company.atlassian.net.evil.com", None),
        ("https://api.atlassian.com", None),
        ("", None),
        ("no address at all", None),
    ],
)
def test_deployment_follows_the_address(url: str, deployment: DeploymentName | None) -> None:
    """The form may switch while one types, so nothing is raised."""
    assert guess_deployment(url) == deployment


def test_default_name_names_deployment_and_host() -> None:
    """An empty label becomes "Cloud (host)" or "Server (host)", with a port that tells two apart."""
    assert default_name("cloud", "https://company.atlassian.net") == "Cloud (company.atlassian.net)"
    assert default_name("datacenter", "http://127.0.0.1:2990/jira") == "Server (127.0.0.1:2990)"


def test_default_name_of_a_long_host_fits() -> None:
    """A name has 64 characters at most."""
    name = default_name("datacenter", f"https://{'long.' * 30}example.com/jira")
    assert len(name) == 64
    assert name.endswith("…)")
    assert dataclasses.replace(SERVER, name=name).name == name


@pytest.mark.parametrize(
    ("one", "other"),
    [("Demo Cloud", "demo-cloud"), ("Acme (Cloud)", "ACME/cloud"), ("Büro", "BURO"), ("仕事", "仕事!")],
)
def test_names_that_would_share_variables_are_one_name(one: str, other: str) -> None:
    """Case, spaces and punctuation do not tell names apart."""
    assert name_key(one) == name_key(other) != ""


def test_names_in_other_scripts_stay_different() -> None:
    """A name without a Latin letter still has variables of its own."""
    assert name_key("仕事") == "U4ED5_U4E8B"
    assert name_key("家") != name_key("仕事")


@pytest.mark.parametrize("name", ["", "   ", "--", "x" * 65, "a\nb", "a\x00", "a\u202eb", " a", "a\u200b"])
def test_connection_refuses_a_name(name: str) -> None:
    """A name is 1 to 64 visible characters, with a letter or digit among them."""
    with pytest.raises(InvalidInput, match="name"):
        dataclasses.replace(CLOUD, name=name)


@pytest.mark.parametrize(
    ("deployment", "auth", "user"),
    [("cloud", "api_token", "ada@example.com"), ("datacenter", "pat", ""), ("datacenter", "password", "ada")],
)
def test_connection_accepts_what_fits(deployment: DeploymentName, auth: AuthKind, user: str) -> None:
    """These are the three ways to sign in."""
    assert Connection("Local", deployment, "http://127.0.0.1:8080", auth, user).auth == auth


@pytest.mark.parametrize(
    ("deployment", "auth", "user", "says"),
    [
        ("cloud", "pat", "", "e-mail of the account and an API token"),
        ("cloud", "password", "ada", "e-mail of the account and an API token"),
        ("datacenter", "api_token", "ada", "personal access token"),
        ("cloud", "api_token", "", "Give the e-mail"),
        ("datacenter", "password", " ", "Give the username"),
        ("datacenter", "password", "ada:x", "colon"),
        ("datacenter", "password", "ada\n", "invisible"),
        ("server", "pat", "", "cloud or datacenter"),
    ],
)
def test_connection_says_which_way_to_sign_in_fits(deployment: str, auth: str, user: str, says: str) -> None:
    """The sentence says what to do instead."""
    with pytest.raises(InvalidInput, match=says):
        Connection("Local", deployment, "http://127.0.0.1:8080", auth, user)  # type: ignore[arg-type]


def test_connection_takes_only_clean_addresses() -> None:
    """No road leads around the check of the address, not even a file edited by hand."""
    for url in ("http://jira.example.com", "https://jira.example.com/", "jira.example.com", ""):
        with pytest.raises(InvalidInput):
            dataclasses.replace(SERVER, url=url)


@pytest.mark.parametrize(
    ("connection", "gateway"),
    [
        (CLOUD, "https://api.atlassian.com/ex/jira/11111111-2222-3333-4444-555555555555"),
        (LOCAL, "http://127.0.0.1:8080/ex/jira/demo-1"),
    ],
)
def test_connection_accepts_the_gateway_of_cloud(connection: Connection, gateway: str) -> None:
    """A scoped token goes to Atlassian's gateway; a site on this computer has its own."""
    assert dataclasses.replace(connection, gateway=gateway).gateway == gateway


@pytest.mark.parametrize(
    ("connection", "gateway"),
    [
        (CLOUD, "https://evil.com/ex/jira/1"),
        (CLOUD, "https://api.atlassian.com.evil.com/ex/jira/1"),
        (CLOUD, "http://api.atlassian.com/ex/jira/1"),
        (CLOUD, "https://api.atlassian.com/ex/jira/../x"),
        (CLOUD, "https://company.atlassian.net/ex/jira/1"),
        (LOCAL, "http://127.0.0.1:9/ex/jira/1"),
        (SERVER, "https://api.atlassian.com/ex/jira/1"),
    ],
)
def test_connection_refuses_a_foreign_gateway(connection: Connection, gateway: str) -> None:
    """A changed profile cannot send the token elsewhere."""
    with pytest.raises(InvalidInput, match="gateway"):
        dataclasses.replace(connection, gateway=gateway)


def test_connection_knows_its_host() -> None:
    """The host is what a person is shown, with the port where it matters."""
    assert (CLOUD.host, CLOUD.is_loopback) == ("company.atlassian.net", False)
    assert (LOCAL.host, LOCAL.is_loopback) == ("127.0.0.1:8080", True)


def test_same_account_is_decided_by_account_id_then_by_user() -> None:
    """Ids decide where both are known, else users; what is not known is not the same."""
    known = dataclasses.replace(CLOUD, account_id="1")
    assert known.is_same_account(dataclasses.replace(known, name="Other", user="new@example.com"))
    assert not known.is_same_account(dataclasses.replace(known, account_id="2"))
    assert CLOUD.is_same_account(dataclasses.replace(known, user="ADA@example.com"))
    assert not CLOUD.is_same_account(dataclasses.replace(CLOUD, url="https://other.atlassian.net"))
    assert not SERVER.is_same_account(dataclasses.replace(SERVER, name="Other"))


def test_browse_url_is_built_from_the_connection() -> None:
    """A link leads to the site, context path included."""
    assert browse_url(SERVER, "APP_2-17") == "https://jira.example.com/jira/browse/APP_2-17"


@pytest.mark.parametrize("key", ["", "app-1", "A-1", "APP-", "APP-1\n", "APP-1/../x", "APP-1?x", "APP-١", "<b>-1"])
def test_browse_url_refuses_what_is_no_key(key: str) -> None:
    """Nothing from a reply reaches a link unless it is an issue key."""
    with pytest.raises(InvalidInput, match="issue key"):
        browse_url(CLOUD, key)


def test_ca_bundle_is_found_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile is read in other folders than the one it was made in; a home that is not there is told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert absolute_ca_bundle(" ca.pem ") == absolute_ca_bundle("~/ca.pem") == str(tmp_path / "ca.pem")
    assert absolute_ca_bundle("  ") == ""
    with pytest.raises(InvalidInput, match="~nosuchuser"):
        absolute_ca_bundle("~nosuchuser/ca.pem")
