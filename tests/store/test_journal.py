"""The journal: lines that outlive their process, taken once, whatever was torn, full or left behind."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cds_service.store import journal
from cds_service.store.journal import Journal

ROOT = Path(__file__).parents[2]
KILLED = """
import os, sys
from pathlib import Path
from cds_service.store.journal import Journal
segment = Journal(Path(sys.argv[1])).open()
for number in range(3):
    segment.append(b"[%d]" % number)
if sys.argv[2]:
    os.write(segment._descriptor, sys.argv[2].encode())
print("ready", flush=True)
sys.stdin.read() if len(sys.argv) > 3 else os.kill(os.getpid(), 9)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def test_lines_are_taken_in_order_and_the_file_is_emptied(folder: Journal) -> None:
    segment = folder.open()
    for number in range(3):
        segment.append(b"[%d]" % number)
    assert segment.waiting == folder.waiting() == 12
    lines, size = segment.take()
    assert (lines, size) == ([b"[0]", b"[1]", b"[2]"], 12)
    segment.append(b"[3]")
    segment.settle(size)
    assert segment.take() == ([b"[3]"], 4)
    segment.settle(4)
    assert (segment.waiting, segment.path.stat().st_size, segment.take()) == (0, 0, ([], 0))
    segment.append(b"[4]")
    assert segment.take() == ([b"[4]"], 4)
    segment.leave(remove=True)
    assert list(folder.folder.iterdir()) == []


def test_only_its_owner_can_read_it(folder: Journal) -> None:
    segment = folder.open()
    assert segment.path.stat().st_mode & 0o077 == 0
    assert folder.folder.stat().st_mode & 0o077 == 0
    segment.leave(remove=False)


def test_long_lines_are_taken_whole(folder: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "CHUNK", 16)
    segment = folder.open()
    for line in (b"a" * 100, b"b", b"c" * 5):
        segment.append(line)
    taken = []
    while True:
        lines, size = segment.take()
        if not lines:
            break
        taken += lines
        segment.settle(size)
    assert taken == [b"a" * 100, b"b", b"c" * 5]
    segment.leave(remove=True)


def test_a_full_journal_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    segment = Journal(tmp_path, limit=10).open()
    segment.append(b"12345")
    with pytest.raises(OSError, match="full") as full:
        segment.append(b"12345")
    assert full.value.errno == errno.EFBIG
    assert segment.take() == ([b"12345"], 6)
    segment.leave(remove=True)


def test_half_a_line_is_taken_back(folder: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up in the middle of a line."""
    segment = folder.open()
    segment.append(b"[1]")
    whole = os.write
    monkeypatch.setattr(journal.os, "write", lambda descriptor, data: whole(descriptor, data[:2]))
    with pytest.raises(OSError, match="no space"):
        segment.append(b"[2]")
    monkeypatch.undo()
    segment.append(b"[3]")
    assert segment.take()[0] == [b"[1]", b"[3]"]
    segment.leave(remove=True)


def killed(folder: Path, torn: str = "") -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, folder, torn], cwd=ROOT, capture_output=True, timeout=30)
    assert done.returncode == -9, done.stderr


def test_what_a_killed_process_left_is_adopted_once(folder: Journal) -> None:
    killed(folder.folder)
    (orphan,) = folder.orphans()
    assert list(folder.orphans()) == []  # it is ours now
    assert orphan.take()[0] == [b"[0]", b"[1]", b"[2]"]
    orphan.settle(12)
    orphan.leave(remove=True)
    assert list(folder.folder.iterdir()) == []


def test_a_torn_line_is_left_out(folder: Journal) -> None:
    killed(folder.folder, torn='["call/1", [')
    (orphan,) = folder.orphans()
    lines, size = orphan.take()
    assert len(lines) == 3
    orphan.settle(size)
    assert (orphan.take(), orphan.waiting) == (([], 0), 12)
    orphan.leave(remove=True)


def test_the_journal_of_a_living_process_is_left_alone(folder: Journal) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, folder.folder, "", "stay"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    assert list(folder.orphans()) == []
    assert folder.waiting() == 12
    process.communicate()
    (orphan,) = folder.orphans()
    orphan.leave(remove=False)


def test_a_file_that_another_process_is_just_adopting_is_left_to_it(folder: Journal) -> None:
    killed(folder.folder)
    (path,) = folder.folder.glob("*.ndjson")
    other = os.open(path, os.O_RDWR)
    path.unlink()  # the other one has read it and removed it between our looking and our opening
    os.close(other)
    assert folder._adopt(path) is None


def test_files_that_go_while_they_are_looked_at_are_none(folder: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process has adopted them between two of our steps."""
    killed(folder.folder)
    (path,) = folder.folder.glob("*.ndjson")
    monkeypatch.setattr(journal.Path, "glob", lambda self, pattern: iter([path]))
    path.rename(path.with_suffix(".gone"))
    assert (list(folder.orphans()), folder.waiting()) == ([], 0)
    path.with_suffix(".gone").rename(path)
    whole = os.open

    def late(name: Path, flags: int) -> int:
        descriptor = whole(name, flags)
        path.unlink()
        return descriptor

    monkeypatch.setattr(journal.os, "open", late)
    assert list(folder.orphans()) == []


def test_lines_that_cannot_be_used_are_kept_aside(folder: Journal) -> None:
    folder.folder.mkdir()
    folder.set_aside(b"[1")
    folder.set_aside(b"[2")
    assert (folder.folder / "unusable.lines").read_bytes() == b"[1\n[2\n"
    assert list(folder.orphans()) == []
