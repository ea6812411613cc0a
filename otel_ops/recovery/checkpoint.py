"""Checkpoint: a loop that goes on, after a crash, where it stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from otel_ops import faults
from otel_ops.exceptions import CheckpointError
from otel_ops.recovery.numbers import checked_seconds

T = TypeVar("T")

FORMAT = "otel_ops.checkpoint"
VERSION = 1


class Checkpoint:
    """Remembers in a file which items of a loop are done.

    An item is done when the loop asks for the next one. When all are, the file is removed, so that the next run begins
    anew. One program at a time may use a file; its folder must exist.

    Args:
        path: The file. It is replaced as a whole, so that a crash never leaves a broken one.
        every_seconds: Write at most so often, and when the loop is left; what was done since is done once more where
            the process is killed. 0 writes after each item, which for 10,000 items and more takes its time.

    Raises:
        TypeError: `every_seconds` is no number.
        ValueError: it is negative.
    """

    def __init__(self, path: str | os.PathLike[str], *, every_seconds: float = 0.0) -> None:
        self._path = Path(os.path.realpath(path))
        self._every_seconds = checked_seconds("every_seconds", every_seconds)
        self._written_at = -1.0

    def __repr__(self) -> str:
        return f"Checkpoint({str(self._path)!r})"

    def over(self, items: Iterable[T], key: Callable[[T], str] = str) -> Iterator[T]:
        """Give the items that are not done yet.

        Where the state cannot be written, the loop goes on, with a warning and a count (``checkpoint.unwritten``).

        Args:
            items: All items, in the order in which they are to be done.
            key: Gives the text that tells an item from the others, the same in each run.

        Raises:
            CheckpointError: the file is none of ours, is of a newer version, or cannot be read; it is left as it is.
            TypeError: the key of an item is no text.
            ValueError: two items have the same key.
        """
        done = dict.fromkeys(self._read())
        written = len(done)
        try:
            for name, item in _told_apart(items, key):
                if name not in done:
                    yield item
                    done[name] = None
                    if self._is_due():
                        self._write(done)
                        written = len(done)
        except BaseException:
            if len(done) > written:
                self._write(done)
            raise
        with faults.guarded("checkpoint"):
            self._path.unlink(missing_ok=True)

    def _is_due(self) -> bool:
        return self._written_at < 0 or monotonic() - self._written_at >= self._every_seconds

    def _read(self) -> list[str]:
        try:
            text = self._path.read_text("utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(self._path, faults.described(error)) from error
        return _done_in(text, self._path)

    def _write(self, done: Iterable[str]) -> None:
        try:
            _replace(self._path, _text_of(done))
        except OSError as error:
            told = (
                f"the state of {self!r} was not written: {faults.described(error)}; after a crash, items are done again"
            )
            faults.warn("checkpoint.unwritten", told, about=str(self._path))
        self._written_at = monotonic()


def _told_apart(items: Iterable[T], key: Callable[[T], str]) -> Iterator[tuple[str, T]]:
    """Give each item with its key.

    Raises:
        TypeError: a key is no text.
        ValueError: two items have the same key.
    """
    seen = set[str]()
    for item in items:
        name = _named(key(item))
        if name in seen:
            msg = f"two items have the key {faults.shown(name)}; give over(…, key=…) what tells all items apart"
            raise ValueError(msg)
        seen.add(name)
        yield name, item


def _named(key: object) -> str:
    """Give the key of an item: what is no text could not be read again.

    Raises:
        TypeError: it is no text.
    """
    if isinstance(key, str):
        return key
    msg = f"an item has the key {faults.shown(key)}; give over(…, key=…) what gives a text, as key=lambda item: str(…)"
    raise TypeError(msg)


def _text_of(done: Iterable[str]) -> str:
    import json  # noqa: PLC0415 - importing otel_ops must be cheap

    return json.dumps({"format": FORMAT, "version": VERSION, "done": list(done)}, ensure_ascii=True)


def _done_in(text: str, path: Path) -> list[str]:
    """Read what is done.

    Raises:
        CheckpointError: the text is no state of ours.
    """
    import json  # noqa: PLC0415 - as above

    try:
        state: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(path, "it holds no JSON") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(path, f"it says nothing of the format {FORMAT!r}")
    if state.get("version") != VERSION:
        raise CheckpointError(path, f"it is of version {faults.shown(state.get('version'))}, and {VERSION} can be read")
    done = state.get("done")
    if not isinstance(done, list) or not all(isinstance(name, str) for name in done):
        raise CheckpointError(path, "it does not tell what is done")
    return done


def _replace(path: Path, text: str) -> None:
    """Put a new file in the place of an old one, whole whatever happens.

    Raises:
        OSError: It cannot be written; the old one is as it was.
    """
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
