"""What was found once and need not be found again: functions in which every mutant is noticed or explained."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.scoreboard.preparing import digests
from tests.scoreboard.targets import PROJECT, Target

NOTICED = Path(__file__).with_name("noticed_mutants.txt")
_HEAD = (
    "# Functions in which every mutant is noticed or explained, by a digest of their code. `make mutants` writes it.\n"
)


@dataclass(frozen=True, slots=True)
class Function:
    """A function as it is now; `module` and `name` as in "roots_nb.editing.plan Plan.confirmation"."""

    module: str
    name: str
    digest: str

    def __str__(self) -> str:
        return f"{self.module} {self.name}"


class Noticed:
    """The file: a line a function, with what became of its mutants."""

    def __init__(self, path: Path = NOTICED) -> None:
        self._path = path

    def read(self) -> dict[Function, Counter[str]]:
        found = {}
        for line in self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []:
            if not line.startswith("#"):
                *function, counts = line.split(" ", 3)
                pairs = (each.split(" ", 1) for each in counts.split(", ") if each)
                found[Function(*function)] = Counter({column: int(count) for count, column in pairs})
        return found

    def add(self, function: Function, counts: Counter[str]) -> None:
        self._write(self._others(function) | {function: counts})

    def drop(self, function: Function) -> None:
        self._write(self._others(function))

    def _others(self, function: Function) -> dict[Function, Counter[str]]:
        return {each: counts for each, counts in self.read().items() if str(each) != str(function)}

    def _write(self, found: dict[Function, Counter[str]]) -> None:
        lines = [
            f"{each} {each.digest} {', '.join(f'{count} {column}' for column, count in sorted(counts.items()))}\n"
            for each, counts in found.items()
        ]
        new = self._path.with_suffix(".new")
        new.write_text(_HEAD + "".join(sorted(lines)), encoding="utf-8")
        new.replace(self._path)


def functions_of(target: Target, project: Path = PROJECT) -> list[Function]:
    """Those that are mutated, as they are now."""
    return [
        Function(module.removesuffix(".py").replace("/", "."), name, digest)
        for module in target.modules
        for name, digest in digests((project / module).read_text(encoding="utf-8")).items()
        if not target.functions or name in target.functions
    ]
