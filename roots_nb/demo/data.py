"""The demo's two sites, filled: the same invented person's fourteen months on Cloud and on a customer's Data Center.

Everything follows from the day and the seed, never from the clock, the machine's zone or the hash seed, so that two
people who start the demo on the same day see the same worklogs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Literal

from roots_nb.demo.model import JiraSite, User
from roots_nb.demo.texts import COLLEAGUES, LEAD, ME, PROJECTS, Person
from roots_nb.demo.working_life import CUSTOMER_PROJECT, WorkingLife, live

CLOUD_USER = "maren.albrecht@example.com"
CLOUD_TOKEN = "demo-api-token"  # noqa: S105 (opens nothing but the demo)
CLOUD_SCOPED_TOKEN = "demo-scoped-api-token"  # noqa: S105
SERVER_USER = ME.handle
SERVER_PAT = "demo-personal-access-token"
SERVER_PASSWORD = "demo-password"  # noqa: S105

DEFAULT_SEED = 7


def seed_cloud(today: date, seed: int = DEFAULT_SEED, *, now: Callable[[], datetime] | None = None) -> JiraSite:
    """The Cloud site: an app, its operation, and the company's own business.

    Parameters
    ----------
    today
        The last day with work, in Europe/Berlin; no worklog starts later.
    seed
        Another seed, another fourteen months.
    now
        The site's clock; None is the real one. It does not influence the data.
    """
    site = JiraSite("cloud", title="Demo Cloud", time_zone=ME.time_zone, now=now or _real_time)
    users = _fill(site, live(today, seed))
    site.add_credential("api_token", users[ME.handle], CLOUD_TOKEN)
    site.add_credential("scoped_token", users[ME.handle], CLOUD_SCOPED_TOKEN)
    return site


def seed_datacenter(today: date, seed: int = DEFAULT_SEED, *, now: Callable[[], datetime] | None = None) -> JiraSite:
    """The customer's Data Center site, with the same person's work there; parameters as in `seed_cloud`."""
    site = JiraSite(
        "datacenter", title="Demo Server", context_path="/jira", time_zone=ME.time_zone, now=now or _real_time
    )
    users = _fill(site, live(today, seed))
    site.add_credential("pat", users[ME.handle], SERVER_PAT)
    site.add_credential("password", users[ME.handle], SERVER_PASSWORD)
    return site


def _real_time() -> datetime:
    return datetime.now(UTC)


def _fill(site: JiraSite, life: WorkingLife) -> dict[str, User]:
    """Add people, projects, issues and worklogs in the order in which they were created; users by handle."""
    users = {
        person.handle: site.add_user(_user(person, number, site.deployment))
        for number, person in enumerate((ME, *COLLEAGUES))
        if site.deployment in person.sites.split()
    }
    for key, name in PROJECTS.items():
        if (key == CUSTOMER_PROJECT) != site.is_cloud:
            site.add_project(key, name)
    for issue in sorted(life.issues, key=lambda issue: issue.created):
        if issue.project in site.projects:
            site.add_issue(
                issue.key,
                issue.summary,
                issue_type=issue.issue_type,
                epic=issue.epic,
                labels=issue.labels,
                created=issue.created,
                closed=issue.closed,
            )
    for booking in sorted(life.bookings, key=lambda booking: booking.created):
        if booking.issue in site.issues:
            site.add_worklog(
                booking.issue,
                users[booking.author],
                booking.started,
                booking.seconds,
                booking.comment,
                created=booking.created,
                visibility=booking.visibility,
            )
    return users


def _user(person: Person, number: int, deployment: Literal["cloud", "datacenter"]) -> User:
    """On Cloud nothing but the account id identifies a person; on Data Center the key does."""
    given = CLOUD_USER if person is ME else f"{person.handle}@example.com"
    if deployment == "cloud":
        account_id = key = name = f"712020:{uuid.uuid5(uuid.NAMESPACE_DNS, given)}"
    else:
        account_id = key = f"JIRAUSER{10100 + number}"
        name = person.handle
    return User(
        account_id,
        key,
        name,
        person.display_name,
        given,
        person.time_zone,
        person.locale,
        groups=frozenset({"jira-users"}),
        roles=frozenset({"Administrators"} if person.handle == LEAD else ()),
    )
