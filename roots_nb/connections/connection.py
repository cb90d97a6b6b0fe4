"""A Jira site and how to sign in there: a plain value, no network, no secret.

An address decides where a secret is sent. So it is checked before it is parsed (`urlsplit` silently drops line breaks
and tabs), the host is shown as the network will see it (``xn--…``), and a Cloud site must be Atlassian's. Guarded by
the table in ``tests/connections/test_connection.py``.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from roots_nb.errors import InvalidInput
from roots_nb.paths import given_path

DeploymentName = Literal["cloud", "datacenter"]
AuthKind = Literal["api_token", "pat", "password"]

AUTH_KINDS: dict[DeploymentName, tuple[AuthKind, ...]] = {
    "cloud": ("api_token",),
    "datacenter": ("pat", "password"),
}
MAX_NAME_LENGTH = 64
CLOUD_SUFFIX = ".atlassian.net"
CLOUD_GATEWAY = "https://api.atlassian.com"

_EXAMPLES = "It looks like https://company.atlassian.net (Cloud) or https://jira.company.com/jira (Server)."
_DEFAULT_PORTS = {"https": 443, "http": 80}
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Drawn as nothing although Unicode does not file them under control or format characters.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_CONTEXT_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*")
_PAGE = re.compile(r"/(?:jira/software|browse|secure|projects|issues|rest|plugins|login\.jsp|servicedesk)(?=[/;]|\Z)")
_CLOUD_ID = re.compile(r"[A-Za-z0-9-]+")
_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")


@dataclass(frozen=True, slots=True)
class Connection:
    """One Jira site and account, as remembered in a profile.

    Attributes
    ----------
    name : str
        Unique among the remembered connections; at most 64 characters, at least one letter or digit.
    deployment : "cloud" or "datacenter"
    url : str
        The site as `clean_url` returns it: scheme, host, optional port and context path, no trailing slash.
    auth : "api_token", "pat" or "password"
        Cloud: api_token (scoped or not). Data Center: pat or password.
    user : str
        E-mail (Cloud) or username (password); "" with a personal access token.
    gateway : str
        Base URL that a scoped token must use instead of `url`; "" when the site itself answers.
    account_id : str
        Filled in by signing in (account id on Cloud, user key on Data Center); "" before.
    ca_bundle : str
        Path of a PEM file with the authorities to trust; "" = the usual ones.
    token_expires : str
        ISO date on which an API token of Cloud expires, where somebody noted it; "" = not known.

    Raises
    ------
    InvalidInput
        When a field cannot be used, or the fields do not fit each other.
    """

    name: str
    deployment: DeploymentName
    url: str
    auth: AuthKind
    user: str = ""
    gateway: str = ""
    account_id: str = ""
    ca_bundle: str = ""
    token_expires: str = ""

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_auth(self)
        if clean_url(self.url, self.deployment) != self.url:
            raise InvalidInput("The address is not in its plain form.", advice="Pass it through clean_url first.")
        _check_gateway(self)
        for value, what in ((self.user, "user"), (self.account_id, "account id"), (self.ca_bundle, "CA file")):
            if has_hidden_characters(value):
                raise InvalidInput(f"The {what} contains an invisible character.", advice="Type it by hand.")
        _check_day(self.token_expires)

    @property
    def host(self) -> str:
        """Host, with the port where it is not the usual one."""
        return urlsplit(self.url).netloc

    @property
    def is_loopback(self) -> bool:
        """True if the site runs on this computer, as the demo Jira does."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    def is_same_account(self, other: Connection) -> bool:
        """True if both are known to be one account of one site, so that using both would double the week.

        Account ids decide where both are known, else users. Two personal access tokens whose accounts are not known
        yet count as different.
        """
        if self.url != other.url:
            return False
        if self.account_id and other.account_id:
            return self.account_id == other.account_id
        return bool(self.user) and self.user.casefold() == other.user.casefold()


def absolute_ca_bundle(text: str) -> str:
    """The path of a CA file as typed, such that it is found from every folder; "" for none."""
    return str(given_path(text.strip()).absolute()) if text.strip() else ""


def _check_day(text: str) -> None:
    try:
        if text and date.fromisoformat(text).isoformat() == text:
            return
    except ValueError:
        pass
    if text:
        raise InvalidInput("The day on which the token expires is not a date.", advice="Write it as 2026-12-31.")


def default_name(deployment: DeploymentName, url: str) -> str:
    """Name for a connection without one: "Cloud (host)" or "Server (host)", at most 64 characters.

    `url` is one that `clean_url` returned. An unusual port belongs to the host.
    """
    kind = "Cloud" if deployment == "cloud" else "Server"
    host = urlsplit(url).netloc
    room = MAX_NAME_LENGTH - len(f"{kind} ()")
    return f"{kind} ({host if len(host) <= room else host[: room - 1] + '…'})"


def name_key(name: str) -> str:
    """What makes a name unique: upper-case ASCII letters and digits, joined by "_"; "" if there are none.

    "Demo Cloud" and "demo-cloud" are the same name, because both would read the same environment variables, and a
    secret could reach the wrong site.
    """
    decomposed = unicodedata.normalize("NFKD", name.upper())
    plain = (c if c.isascii() else f"_U{ord(c):04X}_" for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"[^A-Z0-9]+", "_", "".join(plain)).strip("_")


def guess_deployment(url: str) -> DeploymentName | None:
    """Cloud for ``*.atlassian.net``, else Data Center; None for this computer, and for what is no address."""
    try:
        host = _host(_split(url))
        _check_owner(host, None)
    except InvalidInput:
        return None
    if _is_loopback(host):
        return None
    return "cloud" if host.endswith(CLOUD_SUFFIX) else "datacenter"


def clean_url(text: str, deployment: DeploymentName | None = None) -> str:
    """Turn what a person typed or pasted into the address of a Jira site.

    Parameters
    ----------
    text : str
        An address, or the address of a page of Jira (query and fragment are cut with the page). Without a scheme
        https is meant. Spaces around it do not matter.
    deployment : "cloud", "datacenter" or None
        None = as the host says; a site on this computer is then taken for Data Center.

    Returns
    -------
    str
        Scheme, lower-case ASCII host, port where it is not the usual one, and for Data Center (and on this computer)
        the context path; no trailing slash.

    Raises
    ------
    InvalidInput
        Its `message` never repeats what was given, which may hold a secret; its `advice` may name the host.
    """
    parts = _split(text)
    host = _host(parts)
    _check_scheme(parts.scheme, host)
    _check_owner(host, deployment)
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{port}{_context_path(parts, host)}"


def browse_url(connection: Connection, key: str) -> str:
    """Address of an issue's page. Raises `InvalidInput` when `key` is no issue key such as APP-7."""
    if not _ISSUE_KEY.fullmatch(key):
        raise InvalidInput("This is not an issue key.", advice="An issue key looks like APP-7.")
    return f"{connection.url}/browse/{key}"


def has_hidden_characters(text: str) -> bool:
    """True if there is a control character, a line break or an invisible character anywhere in `text`."""
    return any(unicodedata.category(c) in _HIDDEN_CATEGORIES for c in text)


def _check_name(name: str) -> None:
    if not name_key(name):
        raise InvalidInput("The name of the connection is empty.", advice="Use at least one letter or digit.")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(
            f"The name of the connection has {len(name)} characters.", advice=f"Use at most {MAX_NAME_LENGTH}."
        )
    if has_hidden_characters(name) or name != name.strip():
        raise InvalidInput(
            "The name of the connection contains an invisible character, or spaces around it.",
            advice="Use letters, digits, punctuation and single spaces.",
        )


def _check_auth(connection: Connection) -> None:
    if connection.deployment not in AUTH_KINDS:
        raise InvalidInput("The deployment is not known.", advice="Use cloud or datacenter.")
    if connection.auth not in AUTH_KINDS[connection.deployment]:
        fitting = (
            "Jira Cloud takes the e-mail of the account and an API token (api_token)."
            if connection.deployment == "cloud"
            else "Jira Server / Data Center takes a personal access token (pat) or username and password (password)."
        )
        raise InvalidInput("This way to sign in does not fit the deployment.", advice=fitting)
    if connection.auth != "pat" and not connection.user.strip():
        what = "the e-mail of the Atlassian account" if connection.auth == "api_token" else "the username"
        raise InvalidInput("The user is missing.", advice=f"Give {what}.")
    if ":" in connection.user:
        raise InvalidInput("The user contains a colon.", advice="Give the e-mail or the username alone.")


def _check_gateway(connection: Connection) -> None:
    """A scoped token is sent to the gateway, so it must be Atlassian's own, or the site's on this computer."""
    if not connection.gateway:
        return
    base, _, cloud_id = connection.gateway.rpartition("/ex/jira/")
    trusted = base == CLOUD_GATEWAY or (connection.is_loopback and base == connection.url)
    if connection.deployment != "cloud" or not trusted or not _CLOUD_ID.fullmatch(cloud_id):
        raise InvalidInput("The gateway is not one of Jira Cloud.", advice="Sign in again to find it anew.")


def _split(text: str) -> SplitResult:
    address = text.strip(" ")
    if not address:
        raise InvalidInput("There is no address.", advice=_EXAMPLES)
    if has_hidden_characters(address) or _BLANK.search(address) or re.search(r"[\s\\]", address):
        raise InvalidInput(
            "The address contains a space, a backslash or an invisible character.", advice="Type it by hand."
        )
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", address):
        if re.match(r"https?:", address, re.IGNORECASE):
            raise InvalidInput("There is no // after the scheme of the address.", advice=_EXAMPLES)
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise InvalidInput("The host or the port in the address is not valid.", advice=_EXAMPLES) from None
    if "@" in parts.netloc:
        raise InvalidInput("The address contains a user.", advice="Leave out everything up to the @.")
    if port == 0:
        raise InvalidInput("The port in the address is not valid.", advice=_EXAMPLES)
    return parts


def _host(parts: SplitResult) -> str:
    """The host as the network sees it: lower case, ASCII, IPv6 without brackets."""
    host = parts.hostname or ""
    try:
        if ":" in host:
            return ipaddress.IPv6Address(host if "%" not in host else "").compressed
        host = _to_ascii(host).removesuffix(".")
        if re.search(r"(?:\A|\.)(?:[0-9]+|0x[0-9a-f]*)\Z", host):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        host = ""
    if not _HOST.fullmatch(host):
        raise InvalidInput("There is no valid host in the address.", advice=_EXAMPLES)
    return host


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host
    import idna  # rarely needed, and its tables take a while to load

    return idna.encode(host, uts46=True).decode("ascii")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Not is_loopback: Python versions disagree about IPv4 addresses inside IPv6 ones.
    return address == ipaddress.IPv6Address("::1") or address in ipaddress.ip_network("127.0.0.0/8")


def _check_scheme(scheme: str, host: str) -> None:
    if scheme not in _DEFAULT_PORTS:
        raise InvalidInput("The address does not begin with https://.", advice=_EXAMPLES)
    if scheme == "http" and not _is_loopback(host):
        raise InvalidInput(
            "Over http everyone on the way could read the secret.", advice="Use https:// at the beginning."
        )


def _check_owner(host: str, deployment: DeploymentName | None) -> None:
    """Refuse hosts that only look like Atlassian's, and those of the other deployment."""
    if _is_loopback(host):
        return
    leads_to = f"This address leads to {host}."
    is_cloud = host.endswith(CLOUD_SUFFIX)
    if host == "atlassian.com" or host.endswith(".atlassian.com"):
        raise InvalidInput(
            "This is an address of Atlassian, not of a Jira site.",
            advice="Give the site itself, such as https://company.atlassian.net; a scoped token finds its gateway.",
        )
    if not is_cloud and (deployment == "cloud" or CLOUD_SUFFIX[1:] in host):
        raise InvalidInput(
            "This is not the address of a Jira Cloud site.",
            advice=f"{leads_to} Jira Cloud looks like https://company.atlassian.net.",
        )
    if is_cloud and deployment == "datacenter":
        raise InvalidInput("This is a Jira Cloud site, not a Server.", advice=f"{leads_to} Choose Cloud.")


def _context_path(parts: SplitResult, host: str) -> str:
    path = re.sub("/{2,}", "/", parts.path)
    page = _PAGE.search(path)
    if host.endswith(CLOUD_SUFFIX):
        kept, is_page = "", path not in ("", "/")
    else:
        kept, is_page = path[: page.start()] if page else path.rstrip("/"), page is not None
    # Only a page's own query is harmless: evil.com#.atlassian.net wants to be taken for another host.
    if not is_page and re.search(r"[?#]", parts.geturl()):
        raise InvalidInput("There is a ? or # behind the host.", advice="Leave it and everything after it out.")
    if not _CONTEXT_PATH.fullmatch(kept):
        raise InvalidInput(
            "The path in the address cannot be a context path.", advice="Give the part before /browse or /secure."
        )
    return kept
