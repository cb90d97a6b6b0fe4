"""Durations as Jira writes and reads them: "1w 2d 3h 30m", where a day and a week are as long as the site says."""

from __future__ import annotations

import re

from roots_nb.demo.model import JiraSite

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([wdhm]?)", re.IGNORECASE | re.ASCII)


def _unit_seconds(site: JiraSite) -> dict[str, float]:
    day = site.hours_per_day * 3600
    return {"w": day * site.days_per_week, "d": day, "h": 3600, "m": 60}


def parse_time_spent(text: str, site: JiraSite) -> int | None:
    """Seconds of "1h 30m"; a bare number counts minutes. None if it is no duration."""
    units = _unit_seconds(site)
    parts = text.split()
    matches = [_PART.fullmatch(part) for part in parts]
    if not parts or not all(matches):
        return None
    return round(sum(float(match[1]) * units[match[2].lower() or "m"] for match in matches if match))


def format_time_spent(seconds: int, site: JiraSite) -> str:
    """The units that are not zero, largest first, for example "1d 4h"; "0m" for less than a minute."""
    parts = []
    for unit, size in _unit_seconds(site).items():
        amount, seconds = divmod(seconds, round(size))
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts) or "0m"
