"""What is mutated, and the tests that concern it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """Modules that are mutated together.

    Attributes
    ----------
    name : str
    modules : tuple of str
        Paths from the project's folder.
    tests : tuple of str
        Paths of the tests that concern them.
    functions : tuple of str
        The only ones that are mutated, such as "Http.read"; empty means all.
    """

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    functions: tuple[str, ...] = ()


PROJECT = Path(__file__).parents[2]
_PLAN = ("plan", "plan_properties", "planner", "comparison", "cells", "change", "drafts", "preview", "wording")
_JOURNAL = ("journal", "account_lock")
_TYPED = ("dates", "issue_links")


def _editing(is_wanted: Callable[[str], bool]) -> tuple[str, ...]:
    return _found("roots_nb/editing", "", is_wanted)


def _tests(is_wanted: Callable[[str], bool]) -> tuple[str, ...]:
    return _found("tests/editing", "test_", is_wanted)


def _found(folder: str, prefix: str, is_wanted: Callable[[str], bool] = bool) -> tuple[str, ...]:
    names = sorted(path.stem.removeprefix(prefix) for path in (PROJECT / folder).glob(f"{prefix}*.py"))
    return tuple(f"{folder}/{prefix}{name}.py" for name in names if name != "__init__" and is_wanted(name))


def _is_of_apply(name: str) -> bool:
    """Whatever is not named: a new module cannot be forgotten."""
    return name not in _PLAN + _JOURNAL + _TYPED


# Where a fault costs most comes first.
TARGETS = (
    Target(
        "waiting",
        ("roots_nb/jira/http.py",),
        (*_found("tests/jira", "test_", {"http", "replies", "cache", "signin"}.__contains__), "tests/test_loading.py"),
        functions=(
            "Http.read",
            "Http._tell",
            "Http._read",
            "Http.sit_out",
            "_error_in",
            "_worth_another_try",
            "_least_seconds",
            "_seconds_to_wait",
            "_enough",
        ),
    ),
    Target("journal", _editing(_JOURNAL.__contains__), _tests(_JOURNAL.__contains__)),
    Target("plan", _editing(_PLAN.__contains__), _tests(_PLAN.__contains__)),
    Target(
        "apply",
        _editing(_is_of_apply),
        (*_tests(_is_of_apply), "tests/faults/write_back/test_late_commits.py"),
    ),
    Target(
        "sheet",
        _found("roots_nb/sheet", "") + _editing(_TYPED.__contains__),
        _found("tests/sheet", "test_") + _tests(_TYPED.__contains__),
    ),
)
