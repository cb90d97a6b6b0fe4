"""SECURITY.md names a test for every threat, and each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d+) \|.*\| (`tests/.*`) \|$", re.MULTILINE)
THREATS = 21


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_threat_names_tests_that_exist() -> None:
    """A renamed test must not leave a threat without its proof."""
    rows = ROW.findall((PROJECT / "SECURITY.md").read_text(encoding="utf-8"))
    assert [int(number) for number, _ in rows] == list(range(1, THREATS + 1))
    missing = []
    for number, cell in rows:
        path = ""
        for named in re.findall(r"`([^`]+)`", cell):
            path, function = (named.split("::")[0] or path), named.split("::")[1]
            missing += [] if function in functions_of(PROJECT / path) else [(number, named)]
    assert not missing
