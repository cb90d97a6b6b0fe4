"""The journal: what was said to be on the disk is there, whatever breaks, and damage is never taken for truth."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roots_nb.editing import journal as module
from roots_nb.editing.change import Change
from roots_nb.editing.journal import Journal, account_key, journal_path, journal_paths, read_journal, run_and_account
from roots_nb.editing.record import Record
from roots_nb.errors import InvalidInput, JournalUnusable
from tests.systems import needs_modes

RUN, SITE, ACCOUNT = "6d0c2a4e", "https://company.atlassian.net", "5:ann"
HEADER = {"run": RUN, "site": SITE, "account_id": ACCOUNT}
OPERATIONS = [{"op": "1", "seq": 9, "crc": "00000000", "after": {"comment": "Büro\n☕"}}, {"op": "2", "after": None}]
RECORDED = Path(__file__).parent / "journals" / "format-1.jsonl"


@pytest.fixture
def journal() -> Journal:
    return Journal.create(HEADER, OPERATIONS)


@pytest.fixture
def written(journal: Journal) -> Path:
    """A closed journal with three steps; the second has a fact that looks like the end of a line."""
    with journal:
        journal.append("intent", "1", request="create")
        journal.append("created", "1", image={"id": "10", "crc": "01234567"}, note='", "crc": "89abcdef"}')
        journal.append("done", "1")
    return journal.path


def steps(journal: Journal) -> list[str]:
    return [entry["step"] for entry in journal.entries]


def test_journal_gives_back_what_it_was_given(journal: Journal) -> None:
    """Header, operations and steps in their order, with number and UTC time; at once and when read again."""
    before = datetime.now(UTC)
    journal.append("intent", "1", before={"seconds": 60}, tries=2)
    journal.append("ended")
    for each in (journal, read_journal(journal.path), Journal.open(journal.path)):
        assert {name: each.header[name] for name in HEADER} == HEADER
        assert each.header.keys() == {*HEADER, "format", "tool", "at"}
        assert (each.header["format"], each.header["tool"]) == (1, version("roots-nb"))
        assert each.operations == OPERATIONS
        first, last = each.entries
        assert (first["seq"], first["step"], first["op"]) == (3, "intent", "1")
        assert (first["before"], first["tries"]) == ({"seconds": 60}, 2)
        assert (last["seq"], last["step"], last["op"]) == (4, "ended", "")
        assert abs((datetime.fromisoformat(first["at"]) - before).total_seconds()) < 60
        each.close()


@needs_modes
def test_journal_lies_privately_in_the_state_directory(fresh_home: Path) -> None:
    """0600 in a folder 0700 whatever the umask, named by run and account and not by what the account is called."""
    before = os.umask(0)
    try:
        with Journal.create(HEADER, OPERATIONS) as journal:
            journal.append("ended")
    finally:
        os.umask(before)
    assert journal.path == journal_path(RUN, SITE, ACCOUNT)
    assert journal.path.is_relative_to(fresh_home)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in journal.path.parent.iterdir()] == [f"{RUN}.8d06c93454472e57.jsonl"]


def test_journals_lie_in_the_tools_own_folder_of_the_users_state() -> None:
    """Where an update of the tool, or another of its commands, finds them again."""
    assert journal_path(RUN, SITE, ACCOUNT).parent == platformdirs.user_state_path() / "roots_nb" / "runs"


@needs_modes
def test_journal_that_others_could_read_is_closed_to_them(written: Path) -> None:
    """As after a restore from a backup."""
    written.chmod(0o644)
    Journal.open(written).close()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_run_is_begun_once(written: Path) -> None:
    """A second journal of a run would lose the first one's steps; another account has its own."""
    before = written.read_bytes()
    with pytest.raises(JournalUnusable, match="begun already"):
        Journal.create(HEADER, [])
    assert written.read_bytes() == before
    Journal.create({**HEADER, "account_id": "5:bob"}, []).close()
    assert len(journal_paths(RUN)) == 2


@pytest.mark.parametrize("run", ["", "../x", "a/b", "a.b", "-a", "a\n", "ü", "a" * 101])
def test_run_is_never_a_path(run: str) -> None:
    """A run's name comes from the keyboard too."""
    with pytest.raises(InvalidInput, match="not the name of a run"):
        journal_path(run, SITE, ACCOUNT)
    assert journal_paths(run) == []


def test_journal_paths_lists_journals_alone() -> None:
    """Of one run or of all, sorted; what else lies there is nobody's journal."""
    assert journal_paths() == []
    made = []
    for run, account in (("b", "1"), ("a", "1"), ("a", "2")):
        with Journal.create({**HEADER, "run": run, "account_id": account}, []) as journal:
            made.append(journal.path)
    folder = made[0].parent
    for other in (f".{made[0].name}.x1", f"{made[0].name}.bak", "a.jsonl", "notes.txt"):
        (folder / other).touch()
    assert journal_paths() == sorted(made)
    assert journal_paths("a") == sorted(made[1:])
    assert run_and_account(made[1]) == ("a", account_key(SITE, "1"))
    assert journal_paths("c") == []


def test_folder_that_cannot_be_read_is_told() -> None:
    """No list is better than one that looks empty."""
    folder = journal_path(RUN, SITE, ACCOUNT).parent
    folder.parent.mkdir(parents=True)
    folder.touch()
    with pytest.raises(JournalUnusable, match="cannot be read: Not a directory"):
        journal_paths()
    with pytest.raises(JournalUnusable, match="cannot be written: File exists"):
        Journal.create(HEADER, OPERATIONS)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_full_disk_leaves_no_half_journal(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A journal that exists is whole; a run without one has sent nothing, and the sentence says so."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(JournalUnusable, match=r"No space left on device.*Nothing was sent"):
            Journal.create(HEADER, OPERATIONS)
    assert list(journal_path(RUN, SITE, ACCOUNT).parent.iterdir()) == []
    Journal.create(HEADER, OPERATIONS).close()


def test_missing_journal_is_told() -> None:
    """Not a traceback of the file system."""
    for take in (Journal.open, read_journal):
        with pytest.raises(JournalUnusable, match="cannot be read: No such file"):
            take(journal_path(RUN, SITE, ACCOUNT))


def test_step_is_on_the_disk_when_append_returns(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written as a whole by one call, then synchronised."""
    calls: list[str] = []
    real_write = os.write

    def write(descriptor: int, line: bytes) -> int:
        calls.append("write")
        return real_write(descriptor, line)

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    journal.append("intent", "1")
    assert calls == ["write", "fsync"]
    assert steps(read_journal(journal.path)) == ["intent"]


def test_closed_journal_takes_nothing_more(journal: Journal) -> None:
    """Nor does one that was opened to be looked at."""
    journal.close()
    journal.close()
    with pytest.raises(JournalUnusable, match="is closed"):
        journal.append("intent")
    with read_journal(journal.path) as looked_at, pytest.raises(JournalUnusable, match="to be read alone"):
        looked_at.append("intent")
    assert read_journal(journal.path).entries == []


@pytest.mark.parametrize(
    ("facts", "why"), [({"moment": datetime.now(UTC)}, "datetime"), ({"seq": 1}, "'seq'"), ({"at": "now"}, "'at'")]
)
def test_facts_that_cannot_be_kept_are_refused(journal: Journal, facts: dict[str, Any], why: str) -> None:
    """What JSON cannot hold and what the journal says itself; the journal goes on as before."""
    with pytest.raises(TypeError, match=why):
        journal.append("intent", **facts)
    journal.append("ended")
    assert steps(read_journal(journal.path)) == ["ended"]


def test_facts_are_as_they_were_when_written(journal: Journal) -> None:
    """A list that is changed later does not change what is remembered."""
    seen = ["1"]
    journal.append("intent", seen=seen)
    seen.append("2")
    assert journal.entries[0]["seen"] == ["1"]


# A torn tail


def test_journal_cut_at_any_byte_goes_on(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash within the last write costs that step alone; what follows stands on a line of its own."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    data = written.read_bytes()
    all_entries = read_journal(written).entries
    first = sum(len(line) for line in data.splitlines(keepends=True)[:3])
    for size in range(first, len(data) + 1):
        written.write_bytes(data[:size])
        whole = data[:size].count(b"\n") - 3
        assert read_journal(written).entries == all_entries[:whole]
        assert written.stat().st_size == size
        with Journal.open(written) as journal:
            assert written.read_bytes() == data[: data.rfind(b"\n", 0, size) + 1]
            journal.append("resumed")
        assert read_journal(written).entries == journal.entries
        assert journal.entries[:-1] == all_entries[:whole]


def test_journal_cut_before_its_first_step_is_damaged(written: Path) -> None:
    """Header and operations were written at once: if a part is missing, nobody knows what was planned."""
    data = written.read_bytes()
    first = sum(len(line) for line in data.splitlines(keepends=True)[:3])
    for size in range(first):
        written.write_bytes(data[:size])
        with pytest.raises(JournalUnusable, match="damaged"):
            Journal.open(written)
        assert written.read_bytes() == data[:size]


@pytest.mark.parametrize("tail", [b"\0" * 100, b"\0" * 100 + b"\n", b"{", b"{}\n", b"\n", b"\xff\xfe\n"])
def test_rubbish_at_the_end_is_cut_off(written: Path, tail: bytes) -> None:
    """What a file system may leave behind a crash: zeros, or a piece of something else."""
    data = written.read_bytes()
    written.write_bytes(data + tail)
    assert steps(read_journal(written)) == ["intent", "created", "done"]
    assert written.read_bytes() == data + tail
    with Journal.open(written) as journal:
        assert steps(journal) == ["intent", "created", "done"]
    assert written.read_bytes() == data


# Damage


@pytest.mark.parametrize("bits", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_any_changed_bit_is_noticed(written: Path, bits: int) -> None:
    """Refused, or, in the last line, taken for a step that was never written; no other step ever changes or goes."""
    data = written.read_bytes()
    entries = read_journal(written).entries
    last_line = data.rfind(b"\n", 0, -1) + 1
    for place in range(len(data)):
        for bit in range(place, place + bits):
            changed = bytearray(data)
            changed[place] ^= 1 << bit % 8
            written.write_bytes(changed)
            found = entries_or_reason(written)
            if isinstance(found, str):
                assert found.startswith(f"{written} is damaged"), (place, bit)
            else:
                assert (found, place >= last_line) == (entries[:-1], True), (place, bit)


def entries_or_reason(path: Path) -> list[dict[str, Any]] | str:
    try:
        return read_journal(path).entries
    except JournalUnusable as error:
        return error.message


@pytest.mark.parametrize("begun", [b"{", b'{"seq": 6'])
def test_changed_line_that_the_begin_of_another_follows_is_damage(written: Path, begun: bytes) -> None:
    """It had been written to its end: a torn line is the last one."""
    data = written.read_bytes()
    written.write_bytes(data[:-3] + b"~" + data[-2:] + begun)
    with pytest.raises(JournalUnusable, match="damaged: line"):
        read_journal(written)


@pytest.mark.parametrize("order", [(0, 1, 2, 4, 5), (0, 1, 2, 4, 3, 5), (0, 1, 2, 3, 3, 4, 5), (0, 2, 1, 3), (3, 4, 5)])
def test_lines_that_do_not_follow_each_other_are_damage(written: Path, order: tuple[int, ...]) -> None:
    """Lost, exchanged or doubled lines, each right in itself; the file is left as it is."""
    lines = written.read_bytes().splitlines(keepends=True)
    mixed = b"".join(lines[number] for number in order)
    written.write_bytes(mixed)
    for take in (Journal.open, read_journal):
        with pytest.raises(JournalUnusable, match="damaged: line"):
            take(written)
    assert written.read_bytes() == mixed


def test_newer_format_is_refused_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older version might misunderstand it; not even a torn tail is cut."""
    with monkeypatch.context() as newer:
        newer.setattr(module, "FORMAT", 2)
        path = Journal.create(HEADER, OPERATIONS).path
    with path.open("ab") as file:
        file.write(b'{"seq": 3')
    before = path.read_bytes()
    for take in (Journal.open, read_journal):
        with pytest.raises(JournalUnusable, match=r"written by a newer version of roots_nb.*Update"):
            take(path)
    assert path.read_bytes() == before


# Writing that fails


@pytest.mark.parametrize("half", [0, 1, 40])
def test_crash_in_a_write_costs_that_step_alone(journal: Journal, monkeypatch: pytest.MonkeyPatch, half: int) -> None:
    """Before it, after a byte, in the middle: opening it again finds all that was said to be written."""

    def crash(descriptor: int, line: bytes) -> None:
        os.write(descriptor, line[:half])
        raise KeyboardInterrupt

    journal.append("intent", "1")
    with monkeypatch.context() as crashing, suppress(KeyboardInterrupt):
        crashing.setattr(module, "_put", crash)
        journal.append("done", "1")
    with pytest.raises(JournalUnusable, match="interrupted"):
        journal.append("done", "1")
    journal.close()
    with Journal.open(journal.path) as again:
        assert steps(again) == ["intent"]
        again.append("done", "1")
    assert steps(read_journal(journal.path)) == ["intent", "done"]


def test_interrupt_after_a_write_does_not_number_a_step_twice(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is on the disk although nobody was told: the next one has to be written by who has read it."""
    real_put = module._put

    def interrupted(descriptor: int, line: bytes) -> None:
        real_put(descriptor, line)
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupting, suppress(KeyboardInterrupt):
        interrupting.setattr(module, "_put", interrupted)
        journal.append("intent", "1")
    with pytest.raises(JournalUnusable, match="interrupted"):
        journal.append("done", "1")
    with Journal.open(journal.path) as again:
        again.append("done", "1")
    assert steps(read_journal(journal.path)) == ["intent", "done"]


def test_full_disk_cuts_the_half_step_off_and_ends_the_journal(journal: Journal) -> None:
    """The system takes a part of the line and no more: the file is as before, and nothing is sent without a journal."""
    resource = pytest.importorskip("resource", reason="Windows cannot limit how large a file may become")
    journal.append("intent", "1")
    before = journal.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 30, hard))
    try:
        with pytest.raises(JournalUnusable, match=r"written: No space left on device.*resume the run") as caught:
            journal.append("done", "1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert journal.path.read_bytes() == before
    for _ in range(2):
        with pytest.raises(JournalUnusable) as again:
            journal.append("done", "1")
        assert str(again.value) == str(caught.value)
    assert journal.path.read_bytes() == before
    journal.close()
    with pytest.raises(JournalUnusable, match="cannot be written"):
        journal.append("done", "1")


@pytest.mark.parametrize("cut_fails", [False, True])
def test_disk_that_fails_ends_the_journal(journal: Journal, monkeypatch: pytest.MonkeyPatch, cut_fails: bool) -> None:
    """Even where the half step cannot be cut off, it does no harm to what follows."""

    def fail(descriptor: int, line: bytes) -> None:
        os.write(descriptor, line[:20])
        raise OSError(errno.EIO, "Input/output error")

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(module, "_put", fail)
        if cut_fails:
            failing.setattr(os, "ftruncate", refuse)
        with pytest.raises(JournalUnusable, match="Input/output error"):
            journal.append("intent", "1")
    assert journal.path.read_bytes().endswith(b"\n") is not cut_fails
    with pytest.raises(JournalUnusable, match="Input/output error"):
        journal.append("intent", "1")
    assert journal.entries == []
    with Journal.open(journal.path) as again:
        again.append("resumed")
    assert steps(read_journal(journal.path)) == ["resumed"]


def test_torn_tail_that_cannot_be_cut_off_is_told(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is appended behind it."""
    with written.open("ab") as file:
        file.write(b'{"seq": 6')

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as read_only:
        read_only.setattr(os, "ftruncate", refuse)
        with pytest.raises(JournalUnusable, match="cannot be written: Read-only file system"):
            Journal.open(written)


# Many at once


def test_threads_write_one_line_after_the_other(journal: Journal) -> None:
    """Steps of issues that are worked on at once are all there, numbered in the order of the file."""
    start = threading.Barrier(8)

    def work(worker: int) -> None:
        start.wait()
        for number in range(25):
            journal.append("intent", f"{worker}", number=number)

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work, worker) for worker in range(8)]:
            future.result()
    entries = read_journal(journal.path).entries
    assert entries == journal.entries
    assert [entry["seq"] for entry in entries] == list(range(3, 203))
    for worker in range(8):
        assert [entry["number"] for entry in entries if entry["op"] == f"{worker}"] == list(range(25))


_WRITER = """
import sys
from pathlib import Path
from roots_nb.editing.journal import Journal
with Journal.open(Path(sys.argv[1])) as journal:
    while True:
        journal.append("intent", "1", comment="x" * 5000)
        print(journal.entries[-1]["seq"], flush=True)
"""


def test_killed_process_loses_no_step_it_was_told_of(journal: Journal) -> None:
    """A kill in the middle of writing: every step whose append returned is there, while it runs and afterwards."""
    journal.close()
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(journal.path)], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(30)]
        assert len(read_journal(journal.path).entries) >= 30
        writer.kill()
        told += [int(line) for line in writer.stdout]
    finally:
        writer.kill()
        writer.communicate()
    with Journal.open(journal.path) as again:
        assert [entry["seq"] for entry in again.entries][: len(told)] == told
        assert len(again.entries) - len(told) in (0, 1)
        again.append("resumed")
    assert steps(read_journal(journal.path))[-1] == "resumed"


# Any text

TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = TEXT.filter(lambda name: name not in ("self", "step", "op", "seq", "at"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    operations=st.lists(st.dictionaries(TEXT, JSON, max_size=3), max_size=3),
    written=st.lists(st.tuples(TEXT, TEXT, st.dictionaries(NAMES, JSON, max_size=3)), max_size=4),
    cut=st.integers(min_value=0, max_value=200),
)
def test_any_text_survives(
    operations: list[dict[str, Any]], written: list[tuple[str, str, dict[str, Any]]], cut: int
) -> None:
    """Line ends, zeros, halves of surrogate pairs, what looks like our own marks: all comes back as it was."""
    path = journal_path(RUN, SITE, ACCOUNT)
    path.unlink(missing_ok=True)
    with Journal.create({**HEADER, "zone": "\ud800"}, operations) as journal:
        before = path.stat().st_size
        for step, op, facts in written:
            journal.append(step, op, **facts)
    read = read_journal(path)
    assert (read.operations, read.header["zone"]) == (operations, "\ud800")
    assert [(each["step"], each["op"]) for each in read.entries] == [(step, op) for step, op, _ in written]
    for entry, (_, _, facts) in zip(read.entries, written, strict=True):
        assert {name: entry[name] for name in facts} == facts
    data = path.read_bytes()
    path.write_bytes(data[: max(before, len(data) - cut)])
    with Journal.open(path) as again:
        assert again.entries == read.entries[: len(again.entries)]
        again.append("resumed")
    assert read_journal(path).entries[:-1] == read.entries[: len(again.entries) - 1]


# Journals of all formats


def test_recorded_journal_of_format_1_is_read(tmp_path: Path) -> None:
    """Written by version 0.1.0: whatever is changed since, it says the same, and a run in it can go on."""
    path = shutil.copy(RECORDED, tmp_path / "recorded.jsonl")
    with Journal.open(path) as journal:
        assert path.read_bytes() == RECORDED.read_bytes()
        assert (journal.header["format"], journal.header["tool"]) == (1, "0.1.0")
        changes = [Change.from_json(operation) for operation in journal.operations]
        assert [change.action for change in changes] == ["update", "move", "delete", "create"]
        assert [change.to_json() for change in changes] == journal.operations
        assert changes[3].after is not None
        assert changes[3].after.comment == "Stand-up und Plan für die Woche ☕"
        update, move, delete, create = (change.op_id for change in changes)
        assert [(entry["step"], entry["op"]) for entry in journal.entries] == [
            *[("intent", update), ("done", update)],
            *[("intent", move), ("created", move), ("verified", move), ("intent", move), ("done", move)],
            *[("intent", create), ("intent", create), ("done", create)],
            *[("conflict", delete), ("finished", "")],
        ]
        record = Record.of(journal)
        assert (record.site, record.author, record.zone) == ("https://company.atlassian.net", "Ann", "Europe/Berlin")
        assert [history.outcome.state for history in record.histories.values()] == ["done", "done", "conflict", "done"]
        assert record.is_finished
        journal.append("closed")
    assert json.loads(path.read_bytes().splitlines()[-1])["seq"] == 17
