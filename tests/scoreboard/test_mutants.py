"""Mutants are made of the code we mean, what survived is told as it is, and the checkout is only read."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tests.scoreboard.mutants import Score, score_of, try_rest
from tests.scoreboard.noticed import NOTICED, Function, Noticed
from tests.scoreboard.preparing import digests, prepare
from tests.scoreboard.survivors import Survivor, read_explained, read_survivor
from tests.scoreboard.targets import PROJECT, TARGETS, Target
from tests.scoreboard.working_copy import CannotMutate, WorkingCopy

DECORATED = '''
from contextlib import contextmanager
from functools import cached_property

class Sum:
    def __init__(self, *parts):
        self.parts = parts

    @property
    def value(self):
        """The sum."""
        return sum(self.parts)

    @cached_property
    def half(self):
        return self.value / 2

    @classmethod
    def of(cls, text):
        return cls(*map(int, text.split()))

@contextmanager
def given(first, *more, factor=1, **named):
    yield Sum(first * factor, *more), named
'''


def test_prepared_source_does_the_same() -> None:
    """Properties and context managers are what they were; only their bodies lie in functions of their own."""
    space: dict[str, object] = {}
    exec(prepare(DECORATED), space)
    with space["given"](1, 2, factor=10, why="x") as (total, named):  # type: ignore[operator]
        assert (total.value, total.half, total.of("1 2").value, named) == (12, 6, 3, {"why": "x"})
    assert {"value_undecorated", "half_undecorated", "of"} <= vars(space["Sum"]).keys()
    assert not isinstance(vars(space["Sum"])["value_undecorated"], property)


def test_digest_is_of_the_code_alone() -> None:
    """Formatting, comments, docstrings and the version of Python change no rule; anything else does."""
    source = "def one():\n    return 1\n"
    same = 'def one( ):\n    """One."""\n    # why\n    return (1)\n'
    assert digests(source) == digests(same) != digests(source.replace("1", "2"))
    assert digests("def f(x): return f\"{x['a']}\"") == digests("def f(x): return f'{x[\"a\"]}'")
    assert digests(DECORATED).keys() == {"Sum.__init__", "Sum.value", "Sum.half", "Sum.of", "given"}


def test_noticed_functions_are_read_as_they_were_written(tmp_path: Path) -> None:
    """A line each, sorted; a function that has changed takes the place of what it was."""
    path = tmp_path / "noticed.txt"
    noticed, one, two = Noticed(path), Function("pkg.mod", "f", "1"), Function("pkg.mod", "A.g", "2")
    noticed.add(one, Counter({"killed": 3, "only wording": 1}))
    noticed.add(two, Counter())
    assert noticed.read() == {one: Counter({"killed": 3, "only wording": 1}), two: Counter()}
    noticed.add(Function("pkg.mod", "f", "3"), Counter({"refused by mypy": 1}))
    assert path.read_text().splitlines()[1:] == ["pkg.mod A.g 2 ", "pkg.mod f 3 1 refused by mypy"]
    noticed.drop(two)
    assert noticed.read() == {Function("pkg.mod", "f", "3"): Counter({"refused by mypy": 1})}


def test_score_is_of_functions_as_they_are_now() -> None:
    """What was noticed of a function that has changed does not count."""
    target = next(each for each in TARGETS if each.functions)
    nothing_known = score_of(target, {})
    assert nothing_known.counts.total() == 0
    assert {each.name for each in nothing_known.not_tried} == {*target.functions}
    first, *others = nothing_known.not_tried
    known = {first: Counter({"killed": 2}), Function(others[0].module, others[0].name, "old"): Counter({"killed": 5})}
    assert score_of(target, known) == Score(target.name, Counter({"killed": 2}), others)


def test_noticed_file_is_sorted_and_of_code_that_is_mutated() -> None:
    """It is written by a program; what is merged by hand has to look the same."""
    lines = NOTICED.read_text(encoding="utf-8").splitlines()[1:]
    assert lines == sorted(lines)
    modules = {module.removesuffix(".py").replace("/", ".") for target in TARGETS for module in target.modules}
    assert {function.module for function in Noticed().read()} <= modules


def diff(old: str, new: str) -> str:
    return f"--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n def f():\n-    {old}\n+    {new}\n"


@pytest.mark.parametrize(
    ("old", "new", "is_wording"),
    [
        ('raise Bad("It is full.")', 'raise Bad("XXIt is full.XX")', True),
        ('raise Bad(f"{n} are", advice="Wait a while.")', 'raise Bad(f"{n} are", advice=None)', True),
        ('raise Bad(f"{n} are", advice=_ADVICE)', 'raise Bad(f"{n} are", )', True),
        ("zip(a, b, strict=True)", "zip(a, b, )", True),
        ("zip(a, b, strict=True)", "zip(a, strict=True)", False),
        ('send("POST", body)', 'send("post", body)', False),
        ('return "a" if x < 2 else "b"', 'return "a" if x <= 2 else "b"', False),
        ('raise Bad("It is full.")', "raise Bad(None)", False),
        ('step(1, "is done")', 'step(2, "is done")', False),
    ],
)
def test_wording_is_told_from_rules(old: str, new: str, is_wording: bool) -> None:
    """Only sentences may differ; a condition between two texts is no sentence."""
    survivor = read_survivor("pkg.mod.xǁPlanǁtotal_undecorated__mutmut_3", diff(old, new))
    assert survivor == Survivor("pkg.mod Plan.total", (old,), (new,))
    assert survivor.is_wording is is_wording


def test_explained_survivors_are_known_again(tmp_path: Path) -> None:
    """What is pasted from the list of survivors, with a reason below, is the same survivor."""
    survivor = read_survivor("pkg.mod.x_f__mutmut_1", diff("x = 1", "x = 2"))
    path = tmp_path / "explained.txt"
    path.write_text(f"# Why.\n\n{survivor}\n= Nobody\n= can see it.\n\n", encoding="utf-8")
    assert read_explained(path) == {survivor: "Nobody can see it."}


def test_explanations_are_complete() -> None:
    """Each says why, of code that is mutated."""
    modules = {module.removesuffix(".py").replace("/", ".") for target in TARGETS for module in target.modules}
    for survivor, why in read_explained().items():
        assert why
        assert survivor.function.split()[0] in modules
        assert survivor.removed != survivor.added


def test_all_of_editing_is_mutated_and_tested() -> None:
    """A module or test that was renamed would leave the figure without its mutants; so would a function."""
    modules = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "roots_nb/editing").glob("[!_]*.py")}
    assert modules <= {module for target in TARGETS for module in target.modules}
    for target in TARGETS:
        assert target.tests
        assert [name for name in (*target.modules, *target.tests) if not (PROJECT / name).exists()] == []
        source = "".join((PROJECT / name).read_text(encoding="utf-8") for name in target.modules)
        assert [each for each in target.functions if f"def {each.rpartition('.')[2]}(" not in source] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package with one rule, tested to the point, and one that is not."""
    files = {
        "pyproject.toml": "[tool.mypy]\nstrict = true\n",
        "roots_nb/__init__.py": "",
        "roots_nb/rules.py": """
            class Rules:
                @property
                def most(self) -> int:
                    return 10

            def is_long(hours: int) -> bool:
                return hours > 8
            """,
        "tests/__init__.py": "",
        "tests/test_rules.py": """
            from roots_nb.rules import Rules, is_long

            def test_most() -> None:
                assert Rules().most == 10

            def test_long() -> None:
                assert is_long(10) and not is_long(2)
            """,
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return tmp_path / "project"


RULES = Target("rules", ("roots_nb/rules.py",), ("tests/test_rules.py",))


def tried(project: Path, noticed: Noticed, explained: tuple[Survivor, ...] = (), target: Target = RULES) -> Score:
    score = score_of(target, noticed.read(), project)
    with WorkingCopy(target, score.not_tried, project) as copy:
        try_rest(score, copy, noticed, explained)
    return score


@pytest.mark.slow
def test_survivors_are_found_and_gone_when_a_test_notices(project: Path, tmp_path: Path) -> None:
    """From a gap in the tests to its end: the boundary is found untested, a test is written, nothing survives."""
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    noticed = Noticed(tmp_path / "noticed.txt")
    score = tried(project, noticed)
    changed = ("return hours >= 8", "return hours > 9")
    gaps = tuple(Survivor("roots_nb.rules is_long", ("return hours > 8",), (line,)) for line in changed)
    assert {*score.survivors} == {*gaps}
    assert score.counts == Counter({"survived": 2, "killed": 1})
    assert [each.name for each in noticed.read()] == ["Rules.most"]
    assert tried(project, Noticed(tmp_path / "other.txt"), gaps).survivors == []
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before

    test = project / "tests" / "test_rules.py"
    test.write_text(test.read_text() + "\n\ndef test_eight() -> None:\n    assert is_long(9) and not is_long(8)\n")
    assert [each.name for each in score_of(RULES, noticed.read(), project).not_tried] == ["is_long"]
    assert tried(project, noticed).survivors == []
    assert score_of(RULES, noticed.read(), project).not_tried == []


@pytest.mark.slow
def test_test_that_fails_without_mutants_is_named(project: Path, tmp_path: Path) -> None:
    """Every mutant would count as killed."""
    (project / "tests" / "test_rules.py").write_text(
        "from roots_nb.rules import is_long\ndef test_no(): assert is_long(1)"
    )
    with pytest.raises(CannotMutate, match="test_no"):
        tried(project, Noticed(tmp_path / "noticed.txt"))


def test_target_without_tests_is_told(project: Path, tmp_path: Path) -> None:
    """Every mutant would survive, or none be tried."""
    with pytest.raises(CannotMutate, match="no test"):
        tried(
            project, Noticed(tmp_path / "noticed.txt"), target=Target("rules", RULES.modules, ("tests/test_none.py",))
        )
