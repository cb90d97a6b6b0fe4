"""The user's own categories: rules, or a function, that give each worklog a name (tests/reports/test_split.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from roots_nb.errors import InvalidInput

Rule = Mapping[str, str | Iterable[str]]
Categories = Mapping[str, Rule] | Callable[["pd.Series[Any]"], object]

FIELDS = {
    "connection": "connection",
    "project": "project",
    "epic": "epic",
    "issue": "issue",
    "issue_type": "issue_type",
    "label": "labels",
    "summary": "summary",
    "comment": "comment",
}
_FREE_TEXT = ("summary", "comment")
_ONLY_FNMATCH = re.compile(r"[\[?]")  # which stand for other characters in fnmatch, but not in a rule


def categorise(worklogs: pd.DataFrame, categories: Categories) -> pd.Series[str]:
    """The category of each row, "" where none fits.

    Parameters
    ----------
    categories : mapping or function
        A mapping names the categories in order of preference: {"Support": {"label": ["support", "hotline"]},
        "Meetings": {"project": "ORG", "summary": "meeting"}}. A rule fits where each of its fields (`FIELDS`) has one
        of the given texts, in any case of letters; "*" stands for any characters, and in summary and comment a text
        fits anywhere. A function gets each row as a Series and returns the name.

    Raises
    ------
    InvalidInput
        An unknown field, or a category that is no text.
    """
    if callable(categories):
        names = [_name(categories(row)) for _, row in worklogs.iterrows()]
        return pd.Series(names, index=worklogs.index, dtype="str", name="category")
    found = pd.Series([""] * len(worklogs), index=worklogs.index, dtype="str", name="category")
    for name, rule in reversed(list(categories.items())):
        fits = pd.Series([True] * len(worklogs), index=worklogs.index)
        for field, texts in rule.items():
            fits &= _fits(worklogs, field, [texts] if isinstance(texts, str) else list(texts))
        found = found.mask(fits, _name(name))
    return found


def _fits(worklogs: pd.DataFrame, field: str, texts: list[str]) -> pd.Series[bool]:
    if field not in FIELDS:
        near = get_close_matches(field, FIELDS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise InvalidInput(
            f"Categories cannot be told by {field!r}.", advice=f"{hint}A rule may name {', '.join(FIELDS)}."
        )
    patterns = [_ONLY_FNMATCH.sub(r"[\g<0>]", text.lower()) for text in texts]
    if field in _FREE_TEXT:
        patterns = [f"*{pattern}*" for pattern in patterns]
    column = worklogs[FIELDS[field]].fillna("")
    known = {text: _any_fits(labels_of(text) if field == "label" else [text], patterns) for text in column.unique()}
    return column.map(known).astype(bool)


def _any_fits(texts: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text.lower(), pattern) for text in texts for pattern in patterns)


def labels_of(text: str) -> list[str]:
    """The labels in a cell of the frame's column `labels`; [""] when it has none."""
    return [label.strip() for label in text.split(",") if label.strip()] or [""]


def _name(category: object) -> str:
    if category is None or category != category:
        return ""
    if not isinstance(category, str):
        raise InvalidInput(f"{category!r} is no name of a category.", advice="The function must return a text.")
    return category
