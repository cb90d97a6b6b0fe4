"""Progress is seen where somebody looks, and nowhere else."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from roots_nb import progress_bars
from roots_nb.progress import Progress
from roots_nb.progress_bars import default_progress


class Shell:
    """A kernel's display publisher, which keeps what it was given."""

    def __init__(self) -> None:
        self.kernel = object()
        self.published: list[dict[str, Any]] = []
        self.display_pub = types.SimpleNamespace(publish=lambda **message: self.published.append(message))

    def htmls(self) -> list[str]:
        return [str(message["data"]["text/html"]) for message in self.published]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [1000.0]
    monkeypatch.setattr(progress_bars.time, "monotonic", lambda: now[0])

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    import IPython
    from IPython.core.interactiveshell import InteractiveShell

    made = Shell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    monkeypatch.setattr(InteractiveShell, "initialized", classmethod(lambda cls: True))
    monkeypatch.setattr(InteractiveShell, "instance", classmethod(lambda cls: made))
    return made


def test_progress_in_a_notebook_is_one_bar_updated_in_place(shell: Shell, clock: Callable[[float], None]) -> None:
    """It appears with the first step, follows the work and vanishes at the end."""
    progress = default_progress("Loading <worklogs>")
    assert shell.published == []
    progress.step(1, None, "issues")
    clock(0.2)
    progress.step(1500, 3000, "issues")
    progress.close()
    first, second, last = shell.htmls()
    assert "Loading &lt;worklogs&gt;: 1 issues" in first
    assert 'value="1500" max="3000"' in second
    assert "1,500 of 3,000 issues" in second
    assert last == ""
    assert len({message["transient"]["display_id"] for message in shell.published}) == 1
    assert [bool(message.get("update")) for message in shell.published] == [False, True, True]


def test_progress_in_a_notebook_draws_at_most_ten_times_a_second(shell: Shell, clock: Callable[[float], None]) -> None:
    """Ten thousand steps must not flood the page."""
    progress = default_progress("Loading")
    for done in range(1000):
        clock(0.01)
        progress.step(done, 1000, "issues")
    assert 90 <= len(shell.published) <= 101


def test_progress_tells_of_a_wait_at_once(shell: Shell, clock: Callable[[float], None]) -> None:
    """A pause without a word looks like a fault."""
    progress = default_progress("Loading")
    progress.step(1, 2, "issues")
    progress.waiting(11.2, "Jira asks to wait.")
    assert "Jira asks to wait. Going on in 12 s." in shell.htmls()[-1]


def test_progress_that_shows_nothing_leaves_nothing(shell: Shell) -> None:
    """Work that was done at once makes no output."""
    default_progress("Loading").close()
    assert shell.published == []


def test_progress_in_a_terminal_is_a_bar_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output stays clean for what is piped on."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    progress = default_progress("Loading [bold]worklogs")
    progress.step(3, 10, "issues")
    progress.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert "Loading [bold]worklogs: 3 of 10 issues" in err


def test_progress_is_silent_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in a log file."""
    progress = default_progress("Loading")
    assert type(progress) is Progress
    progress.step(1, 2, "issues")
    progress.close()
    assert capsys.readouterr() == ("", "")


def test_closed_progress_draws_nothing_any_more(shell: Shell, clock: Callable[[float], None]) -> None:
    """After an interrupt, threads may still finish a request: the bar does not come back."""
    progress = default_progress("Loading")
    progress.step(1, 2, "issues")
    progress.close()
    clock(1)
    progress.step(2, 2, "issues")
    progress.waiting(3, "Jira asks to wait.")
    assert shell.htmls()[-1] == ""
