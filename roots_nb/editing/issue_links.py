"""Links to issues, which people paste where a key is asked for."""

from __future__ import annotations

import re

from roots_nb.editing.cells import BadCell

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_KEY = re.compile(r"(?:/browse/|/issues/|[?&]selectedIssue=)([A-Z][A-Z0-9_]+-[0-9]+)(?=[/?&#]|$)", re.IGNORECASE)


def key_of_link(text: str, site: str) -> str:
    """The key in a link to an issue of `site` (its address; "" = any site); other text as it is.

    Raises
    ------
    BadCell
        It leads to an issue of another site.
    """
    link = text.strip()
    found = _KEY.search(link) if _LINK.fullmatch(link) else None
    if found is None:
        return text
    if site and not link.casefold().startswith(f"{site.casefold()}/"):
        raise BadCell(f"This link leads to another site than {site}.")
    return found[1]
