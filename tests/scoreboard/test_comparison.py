"""The comparison is fair: every client can log an hour, and each cell is what is in Jira afterwards."""

from __future__ import annotations

import pytest

from roots_nb.connections.connection import DeploymentName
from tests.scoreboard import comparison
from tests.scoreboard.clients import CLIENTS, Client
from tests.scoreboard.comparison import DEPLOYMENTS, LOSSES, Ending, create_once

PYCONTRIBS, ATLASSIAN, PATIENT, OURS = CLIENTS
RESET_ONCE, RESET_ALWAYS = LOSSES[:2]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_client_logs_an_hour_where_nothing_is_lost(client: Client, deployment: DeploymentName) -> None:
    """Signed in and asked as its documentation says: what goes wrong later is not our clumsiness."""
    assert create_once(client, deployment) == Ending(1, "done")


@pytest.mark.parametrize(
    ("client", "ending"), [(PYCONTRIBS, Ending(4, "error")), (ATLASSIAN, Ending(1, "error"))], ids=["jira", "atlassian"]
)
def test_lost_replies_are_counted_in_jira(client: Client, ending: Ending) -> None:
    """Three retries of a create that was carried out make four worklogs; no retry leaves one and an error."""
    assert create_once(client, "cloud", RESET_ALWAYS) == ending


def test_client_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """`backoff_and_retry` sends a create again for ever when its replies are lost."""
    monkeypatch.setattr(comparison, "MOST_WORKLOGS", 5)
    ending = create_once(PATIENT, "datacenter", RESET_ALWAYS)
    assert ending == Ending(5, "no end")
    assert str(ending) == "stopped at 5"


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("loss", [RESET_ONCE, RESET_ALWAYS], ids=lambda loss: loss.name)
def test_ours_makes_one(deployment: DeploymentName, loss: comparison.Loss) -> None:
    """The row that the promise is about."""
    assert create_once(OURS, deployment, loss) == Ending(1, "done")
