"""Mutants that no test noticed: what was changed, whether only wording, and which of them are explained."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.scoreboard.preparing import BODY

EXPLAINED = Path(__file__).with_name("explained_mutants.txt")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_TWO_WORDS = re.compile(r"\w[^\w ]* +\S")
_MANGLED = re.compile(r"(?:x_|xǁ)(?P<name>.+)__mutmut_\d+")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant by what it does, so that it is known again when functions around it change.

    Attributes
    ----------
    function : str
        Module and qualified name: "roots_nb.editing.plan Plan.confirmation".
    removed, added : tuple of str
        Lines of the difference, without indentation.
    """

    function: str
    removed: tuple[str, ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(
            [self.function, *(f"- {line}" for line in self.removed), *(f"+ {line}" for line in self.added)]
        )

    @property
    def is_wording(self) -> bool:
        """Whether only a sentence for people reads otherwise, an advice is missing, or `zip` does not check lengths.

        None of that is a rule for tests to hold.
        """
        return _without_sentences(self.removed) == _without_sentences(self.added)


def read_survivor(name: str, diff: str) -> Survivor:
    """From the mutant's name and its unified difference as `mutmut` gives them."""
    module, _, mangled = name.rpartition(".")
    found = _MANGLED.fullmatch(mangled)
    function = found["name"].replace("ǁ", ".").removesuffix(BODY) if found else mangled
    changed = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    removed, added = (tuple(line[1:].strip() for line in changed if line.startswith(sign)) for sign in "-+")
    return Survivor(f"{module} {function}", removed, added)


def read_explained(path: Path = EXPLAINED) -> dict[Survivor, str]:
    """Survivors that no test can or should kill, and why: paragraphs of the file that end in a line with "= "."""
    explained = {}
    for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line for line in paragraph.splitlines() if line and not line.startswith("#")]
        if lines:
            explained[Survivor(lines[0], _after("- ", lines), _after("+ ", lines))] = " ".join(_after("= ", lines))
    return explained


def _without_sentences(lines: Iterable[str]) -> str:
    # Texts are taken from left to right: what stands between two of them is code.
    text = _TEXT.sub(lambda found: "_" if _TWO_WORDS.search(found[0][1:-1]) else found[0], " ".join(lines))
    return re.sub(r"\b(advice|strict)=\w+|[\s,]", "", text)


def _after(sign: str, lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line.removeprefix(sign).strip() for line in lines if line.startswith(sign.strip()))
