"""A Jira site and how to sign in there: a plain value, no network, no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DeploymentName = Literal["cloud", "datacenter"]
AuthKind = Literal["api_token", "pat", "password"]


@dataclass(frozen=True, slots=True)
class Connection:
    """One Jira site and account, as remembered in a profile.

    Attributes
    ----------
    name : str
        Unique among the remembered connections; at most 64 characters.
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
    """

    name: str
    deployment: DeploymentName
    url: str
    auth: AuthKind
    user: str = ""
    gateway: str = ""
    account_id: str = ""
    ca_bundle: str = ""
