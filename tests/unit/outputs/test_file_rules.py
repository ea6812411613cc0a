"""Files that are put aside by size and age, or replaced: nothing is lost, and whoever reads sees whole documents."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from otel_ops.outputs import FileRules, file_lock
from otel_ops.outputs.folder_lock import locked

LINE = b"0123456789\n"


def lines_in(folder: Path) -> list[str]:
    """Read all lines of all files of a folder."""
    return [line for path in sorted(folder.iterdir()) for line in path.read_text().splitlines()]


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """Have the system take only so many bytes of a file, as a disk that is full."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_file_that_would_be_too_large_is_put_aside(tmp_path: Path) -> None:
    """The youngest old one is number 1; those beyond what is kept go."""
    path = tmp_path / "a.json"
    for number in range(7):
        FileRules(max_bytes=4, keep=2).put(path, b"%d\n" % number)

    assert {"a.json": "6\n", "a~1.json": "4\n5\n", "a~2.json": "2\n3\n"} == {
        each.name: each.read_text() for each in tmp_path.iterdir()
    }


def test_a_log_is_never_cut(tmp_path: Path) -> None:
    """One that is larger than a file may be has a file of its own."""
    for data in (b"a\n", b"b" * 99 + b"\n", b"c\n"):
        FileRules(max_bytes=10).put(tmp_path / "a", data)

    assert [b"c\n", b"b" * 99 + b"\n", b"a\n"] == [(tmp_path / name).read_bytes() for name in ("a", "a~1", "a~2")]


def test_nothing_is_kept_where_nothing_is_to_be_kept(tmp_path: Path) -> None:
    """With keep = 0 the file begins anew."""
    for number in range(3):
        FileRules(max_bytes=2, keep=0).put(tmp_path / "a", b"%d\n" % number)

    assert {"a": "2\n"} == {each.name: each.read_text() for each in tmp_path.iterdir()}


@pytest.mark.parametrize(("age", "names"), [(0, ["a"]), (86_400, ["a", "a~1"])])
def test_a_file_of_an_earlier_period_is_put_aside(tmp_path: Path, age: float, names: list[str]) -> None:
    """What counts is when it was last written, whichever process did it."""
    path = tmp_path / "a"
    rules = FileRules(max_seconds=86_400)
    rules.put(path, LINE)
    os.utime(path, (time.time() - age,) * 2)
    rules.put(path, LINE)

    assert names == sorted(each.name for each in tmp_path.iterdir())
    assert 2 == len(lines_in(tmp_path))


def test_periods_begin_at_midnight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute before and a minute after it are two days, in local time."""
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    time.tzset()
    try:
        midnight = 1_700_000_000 // 86_400 * 86_400 - 3 * 3_600
        periods = [FileRules(max_seconds=86_400)._period(midnight + seconds) for seconds in (-60, 60, 80_000)]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert periods[0] + 1 == periods[1] == periods[2]


def test_a_document_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    """Those before are kept, as many as is told; no temporary file is left."""
    for number in range(4):
        FileRules("replace", keep=2).put(tmp_path / "x" / "a.xml", b"<a>%d</a>\n" % number)

    assert {"a.xml": "<a>3</a>\n", "a~1.xml": "<a>2</a>\n", "a~2.xml": "<a>1</a>\n"} == {
        each.name: each.read_text() for each in (tmp_path / "x").iterdir()
    }


def test_a_document_that_cannot_be_written_costs_no_old_one(tmp_path: Path) -> None:
    """On a full disk the document and all those before stay, however often it is tried."""
    rules, path = FileRules("replace", keep=2), tmp_path / "a.xml"
    for number in range(3):
        rules.put(path, b"<a>%d</a>" % number)
    before = {each.name: each.read_text() for each in tmp_path.iterdir()}
    with small_files(100):
        for _ in range(4):
            with pytest.raises(OSError, match="File too large"):
                rules.put(path, b"x" * 200)

    assert {"a.xml": "<a>2</a>", "a~1.xml": "<a>1</a>", "a~2.xml": "<a>0</a>"} == before
    assert before == {each.name: each.read_text() for each in tmp_path.iterdir()}


@pytest.mark.parametrize("rules", [FileRules("replace"), FileRules(max_bytes=1), FileRules("replace", keep=0)])
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_who_may_read_a_file_stays(tmp_path: Path, rules: FileRules, mode: int) -> None:
    """What takes the place of a file has its permissions."""
    path = tmp_path / "a"
    path.write_bytes(LINE)
    path.chmod(mode)
    rules.put(path, LINE)

    assert {mode} == {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """Whoever reads while a file is replaced finds a whole document each time."""
    path = tmp_path / "a.json"
    rules, stop = FileRules("replace", keep=1), threading.Event()
    rules.put(path, json.dumps([0] * 5_000).encode())

    def read() -> int:
        read = 0
        while not stop.is_set():
            json.loads(path.read_bytes())
            read += 1
        return read

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for number in range(200):
            rules.put(path, json.dumps([number] * 5_000).encode())
        stop.set()
        assert reading.result() > 0


def test_a_link_stays_one(tmp_path: Path) -> None:
    """A symbolic link that was named leads to the file that is replaced or put aside."""
    (tmp_path / "real").mkdir()
    (tmp_path / "a").symlink_to(tmp_path / "real" / "b")
    for rules in (FileRules("replace", keep=0), FileRules(max_bytes=1)):
        rules.put(tmp_path / "a", LINE)

    assert (tmp_path / "a").is_symlink()
    assert ["b", "b~1"] == sorted(each.name for each in (tmp_path / "real").iterdir())


@pytest.mark.parametrize("rules", [FileRules("replace"), FileRules(max_bytes=1), FileRules()])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_what_is_no_file_is_written_to(tmp_path: Path, rules: FileRules) -> None:
    """A device or a named pipe is neither replaced nor put aside."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)
    rules.put(path, LINE)

    assert LINE == os.read(descriptor, 99)
    assert ["pipe"] == [each.name for each in tmp_path.iterdir()]
    os.close(descriptor)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """An error of the system, which the output tells."""
    for rules in (FileRules("replace"), FileRules(max_bytes=1), FileRules()):
        with pytest.raises(OSError, match="Is a directory"):
            rules.put(tmp_path, LINE)


def write_many(path: Path, writer: int, number: int, rules: FileRules) -> None:
    """Write lines that say whose they are."""
    for line in range(number):
        rules.put(path, b"%d-%d\n" % (writer, line))


def with_threads(path: Path, rules: FileRules) -> None:
    with ThreadPoolExecutor(4) as pool:
        for writer in range(4):
            pool.submit(write_many, path, writer, 100, rules)


def with_processes(path: Path, rules: FileRules) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_many, args=(path, writer, 100, rules)) for writer in range(4)]
    for process in writers:
        process.start()
    for process in writers:
        process.join(60)


@pytest.mark.parametrize("write", [with_threads, with_processes])
def test_writers_at_once_lose_no_line(tmp_path: Path, write: Callable[[Path, FileRules], None]) -> None:
    """Lines stay whole, each is in one file, and no file but one is larger than it may be."""
    write(tmp_path / "a", FileRules(max_bytes=200, keep=100))
    found = lines_in(tmp_path)

    assert sorted(f"{writer}-{line}" for writer in range(4) for line in range(100)) == sorted(found)
    assert all(each.stat().st_size <= 200 for each in tmp_path.iterdir())


def test_a_lock_that_is_held_is_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says who is in the way; when the lock is free again, all goes on."""
    monkeypatch.setattr(file_lock, "PATIENCE", 0.05)
    rules = FileRules(max_bytes=100)
    with locked(tmp_path), pytest.raises(TimeoutError, match="another process holds the lock of"):
        rules.put(tmp_path / "a", LINE)
    rules.put(tmp_path / "a", LINE)

    assert LINE == (tmp_path / "a").read_bytes()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_child_that_was_forked_meanwhile_keeps_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent's lock is free when the parent has done, though the child lives on."""
    monkeypatch.setattr(file_lock, "PATIENCE", 1)
    reading, writing = os.pipe()
    with locked(tmp_path):
        child = os.fork()
        if not child:
            os.read(reading, 1)
            os._exit(0)
    FileRules(max_bytes=100).put(tmp_path / "a", LINE)
    os.write(writing, b"x")
    os.waitpid(child, 0)

    assert LINE == (tmp_path / "a").read_bytes()


def refuse(*_: object, **__: object) -> None:
    raise OSError(errno.ENOTSUP, "not supported")


@pytest.mark.parametrize("missing", ["links", "locks", "a system with locks"])
def test_what_a_system_lacks_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without links, old documents are copied; without locks on folders, threads have to do."""
    if missing == "links":
        monkeypatch.setattr(os, "link", refuse)
    elif missing == "locks":
        monkeypatch.setattr("fcntl.flock", refuse)
    else:
        monkeypatch.setattr(file_lock, "fcntl", None)
    for data in (b"a\n", b"b\n"):
        FileRules("replace").put(tmp_path / "a", data)
        FileRules(max_bytes=2).put(tmp_path / "b", data)

    assert ["b\n", "a\n", "b\n", "a\n"] == [(tmp_path / name).read_text() for name in ("a", "a~1", "b", "b~1")]


def test_a_disk_that_is_full_leaves_the_old_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is raised, the document before stays, and no temporary file is left."""
    rules = FileRules("replace", keep=0)
    rules.put(tmp_path / "a", b"old\n")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="not supported"):
        rules.put(tmp_path / "a", b"new\n")

    assert {"a": "old\n"} == {each.name: each.read_text() for each in tmp_path.iterdir()}
