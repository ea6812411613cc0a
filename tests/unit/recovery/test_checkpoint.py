"""Checkpoint: what is done is remembered, whole, and nothing of others is overwritten."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from otel_ops.errors import Checkpoint
from otel_ops.exceptions import CheckpointError
from otel_ops.faults import diagnostics

WORK = """
import sys, time
from otel_ops.errors import Checkpoint

for item in Checkpoint(sys.argv[1]).over(range(1_000)):
    with open(sys.argv[2], "a") as file:
        file.write(f"{item}\\n")
    print(item, flush=True)
    time.sleep(0.001)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a state."""
    return tmp_path / "state.json"


def crash_at(path: Path, items: list[Any], at: Any, **options: Any) -> list[Any]:
    """Work on items up to one, and fail there; give those that were begun."""
    begun = []
    with pytest.raises(RuntimeError):
        for item in Checkpoint(path, **options).over(items):
            begun.append(item)
            if item == at:
                raise RuntimeError
    return begun


def test_it_goes_on_where_it_stopped(path: Path) -> None:
    """What was done is left out; the item in which it stopped is done again; in the end the file is gone."""
    assert ["a", "b", "c"] == crash_at(path, ["a", "b", "c", "d"], "c")
    assert {"format": "otel_ops.checkpoint", "version": 1, "done": ["a", "b"]} == json.loads(path.read_text())
    assert ["c", "d"] == list(Checkpoint(path).over(["a", "b", "c", "d"]))
    assert [] == list(path.parent.iterdir())
    assert ["a"] == list(Checkpoint(path).over(["a"]))


def test_items_may_have_changed(path: Path) -> None:
    """Items are known by their keys: new ones are done, and those that went are nobody's loss."""
    crash_at(path, [1, 2, 3], 3)
    assert [0, 3, 4] == list(Checkpoint(path).over([0, 2, 3, 4]))


def test_any_key(path: Path) -> None:
    """The key may be any text; two items of one key are an error before the second is done."""
    items = [{"id": "\ud800"}, {"id": "名前"}, {"id": "\ud800"}]
    done = []
    with pytest.raises(ValueError, match="two items have the key"):
        for item in Checkpoint(path).over(items, key=lambda item: item["id"]):
            done.append(item)  # noqa: PERF402 - as a program does
    assert items[:2] == done


@pytest.mark.parametrize("key", [1, None, Path("a"), ["a"]])
def test_a_key_is_a_text(path: Path, key: Any) -> None:
    """Another one, which could not be read after a crash, is an error before the item is done."""
    done = []
    with pytest.raises(TypeError, match=r"an item has the key .*; give over\(…, key=…\) what gives a text"):
        for item in Checkpoint(path).over(["a"], key=lambda _: key):
            done.append(item)  # noqa: PERF402 - as a program does
    assert [] == done
    assert [] == list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"{\xff", "utf-8"),
        (b'{"done": []}', "nothing of the format"),
        (b"[1]", "nothing of the format"),
        (b'{"format": "otel_ops.checkpoint", "version": 2, "done": []}', "of version 2"),
        (b'{"format": "otel_ops.checkpoint", "version": 1, "done": [1]}', "what is done"),
        (b'{"format": "otel_ops.checkpoint", "version": 1', "no JSON"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_foreign_and_broken_files_are_left_alone(path: Path, content: bytes, words: str) -> None:
    """The error names the file, what is wrong and what to do, before anything is done."""
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=words) as told:
        next(Checkpoint(path).over([1]))
    assert str(path) in str(told.value)
    assert "move it away" in str(told.value)
    assert content == path.read_bytes()


def test_a_folder_is_no_state(path: Path) -> None:
    """What cannot be read is an error, too."""
    path.mkdir()
    with pytest.raises(CheckpointError):
        next(Checkpoint(path).over([1]))


def test_a_state_that_cannot_be_written(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The loop goes on, with one warning that names the file, and a count."""
    missing = path.parent / "missing" / "state.json"
    assert [1, 2, 3] == list(Checkpoint(missing).over([1, 2, 3]))
    assert 3 == diagnostics()["checkpoint.unwritten"]
    assert str(missing) in caplog.text


def test_written_now_and_then(path: Path) -> None:
    """With a pause between writes, and what was done since when the loop is left."""
    for item in Checkpoint(path, every_seconds=3_600).over([1, 2, 3, 4, 5]):
        if item == 4:
            assert ["1"] == json.loads(path.read_text())["done"]
            break
    assert ["1", "2", "3"] == json.loads(path.read_text())["done"]
    crash_at(path, [1, 2, 3, 4, 5], 5, every_seconds=3_600)
    assert ["1", "2", "3", "4"] == json.loads(path.read_text())["done"]


def test_a_link_stays_one(path: Path) -> None:
    """The file behind a link is replaced, not the link."""
    link = path.with_name("link.json")
    link.symlink_to(path)
    crash_at(link, [1, 2], 2)
    assert link.is_symlink()
    assert path.is_file()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_killed_again_and_again(path: Path) -> None:
    """A program that is killed anywhere goes on where it stopped: each item is done, and at most one twice a time."""
    done = path.with_name("done.txt")
    kills = 4
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, str(path), str(done)], stdout=subprocess.PIPE, env={**os.environ}
        )
        assert process.stdout is not None
        for _ in range(60):
            process.stdout.readline()
        process.kill()
        process.communicate()
    left = list(Checkpoint(path).over(range(1_000)))

    begun = [int(line) for line in done.read_text().splitlines()]
    assert sorted({*begun, *left}) == list(range(1_000))
    assert len(begun) + len(left) <= 1_000 + kills
    assert [done] == list(path.parent.iterdir())
