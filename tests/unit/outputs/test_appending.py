"""Files that are appended to: whole lines stay whole, whatever was there before."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from otel_ops.outputs.appending import append


@pytest.mark.parametrize(
    ("before", "data", "after"),
    [
        (b"", b"a\n", b"a\n"),
        (b"a\n", b"b\n", b"a\nb\n"),
        (b'{"cut', b"b\n", b'{"cut\nb\n'),
        (b"a", b"b", b"ab"),
    ],
)
def test_a_line_begins_on_a_line_of_its_own(tmp_path: Path, before: bytes, data: bytes, after: bytes) -> None:
    """Behind a line that was cut a new one is begun; text that is no line is only added."""
    path = tmp_path / "a"
    path.write_bytes(before)
    append(path, data)

    assert after == path.read_bytes()


def test_folders_are_made(tmp_path: Path) -> None:
    """A file in a folder that is missing is made with it."""
    append(tmp_path / "x" / "y" / "a", b"a\n")

    assert b"a\n" == (tmp_path / "x" / "y" / "a").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_named_pipe_waits_for_its_reader(tmp_path: Path) -> None:
    """What is written to a named pipe reaches who opens it later."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=append, args=(path, b"a\n"), daemon=True)
    writer.start()

    assert b"a\n" == path.read_bytes()
    writer.join(20)
