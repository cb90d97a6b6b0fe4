"""What the pages of one list tell together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from roots_nb.jira.http import Reply
from roots_nb.jira.paging import all_worklogs

EARLIER, LATER = datetime(2026, 11, 17, 9, tzinfo=UTC), datetime(2026, 11, 17, 10, tzinfo=UTC)


@pytest.mark.parametrize("moments", [(EARLIER, LATER), (LATER, EARLIER), (EARLIER, None), (None, EARLIER)])
def test_list_is_as_old_as_its_oldest_page(moments: tuple[datetime | None, ...]) -> None:
    """A page that is fresh from Jira does not make the cached one before it fresh."""

    def ask(page: dict[str, object]) -> Reply:
        number = int(str(page["startAt"]))
        return Reply({"worklogs": [{"id": str(number)}], "total": len(moments)}, moments[number])

    assert all_worklogs(ask, "APP-1").cached_since == EARLIER
