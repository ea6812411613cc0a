"""Text for pipes and terminals: one that is full and that nobody reads would hold up whoever writes for ever.

A thread that waits in a write to ``sys.stderr`` holds the stream's lock; Python aborts when it then flushes at its end.
"""

from __future__ import annotations

import io
import logging
import os
import select
import stat
import sys
from collections.abc import Iterator
from typing import Any, TextIO

PATIENCE = 2.0
"""Seconds that a stream which takes no text is waited for; from then on it is not, until it takes text again."""

_MAX_BYTES = 4
"""Most bytes of a character."""

_stuck: set[int] = set()


def is_ready(stream: object, *, patiently: bool = False) -> bool:
    """Tell whether a short text can be written without waiting, now or in a while.

    What is neither pipe, socket nor terminal is always ready.
    """
    descriptor = _descriptor(stream)
    return descriptor is None or _takes_text(descriptor, patiently)


def takes_logs(logger: logging.Logger, *, patiently: bool = False) -> bool:
    """Tell whether every stream that a logger writes to is ready."""
    return all(is_ready(stream, patiently=patiently) for stream in _streams_of(logger))


def write_text(stream: TextIO, text: str) -> None:
    """Write and flush; to pipes and terminals no more at once than they take, since that would hold the stream's lock.

    Raises:
        OSError: The stream cannot be written to; a TimeoutError where nobody reads it.
    """
    descriptor = _descriptor(stream)
    if descriptor is None:
        stream.write(text)
        stream.flush()
    elif _is_plain(stream):
        _wait_for(descriptor)
        stream.flush()
        _write_all(descriptor, text.encode(stream.encoding, stream.errors or "strict"))
    else:
        _write_pieces(stream, descriptor, text)


def _write_pieces(stream: TextIO, descriptor: int, text: str) -> None:
    length = select.PIPE_BUF // _MAX_BYTES
    for start in range(0, len(text), length):
        _wait_for(descriptor)
        stream.write(text[start : start + length])
        stream.flush()


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        _wait_for(descriptor)
        rest = rest[os.write(descriptor, rest[: select.PIPE_BUF]) :]


def _wait_for(descriptor: int) -> None:
    if not _takes_text(descriptor, patiently=True):
        msg = "the pipe or terminal takes no more text, since nobody reads it"
        raise TimeoutError(msg)


def _takes_text(descriptor: int, patiently: bool) -> bool:
    """Ask the system; an error counts as ready, for the write tells of it."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    ready = bool(poll.poll(PATIENCE * 1_000 if patiently and descriptor not in _stuck else 0))
    if patiently:
        (_stuck.discard if ready else _stuck.add)(descriptor)
    return ready


def _descriptor(stream: object) -> int | None:
    """Give the descriptor of a pipe, socket or terminal, where the system can be asked whether it takes text.

    A stream without one that stands in the place of stdout or stderr most likely passes its text on to that.
    """
    try:
        descriptor = _number_of(stream)
        mode = os.fstat(descriptor).st_mode
    except Exception:  # noqa: BLE001 - streams that programs put in the place of others do as they like
        return None
    waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)
    return descriptor if waits and hasattr(select, "poll") else None


def _number_of(stream: Any) -> int:
    try:
        number: int = stream.fileno()
    except Exception:
        original = {id(sys.stderr): sys.__stderr__, id(sys.stdout): sys.__stdout__}.get(id(stream))
        if original is None or isinstance(stream, io.StringIO | io.TextIOWrapper):  # these keep it in memory
            raise
        number = original.fileno()
    return number


def _is_plain(stream: TextIO) -> bool:
    """Tell whether text goes to the descriptor and nowhere else."""
    buffer = stream.buffer if type(stream) is io.TextIOWrapper else None
    return isinstance(getattr(buffer, "raw", buffer), io.FileIO)


def _streams_of(logger: logging.Logger) -> Iterator[object]:
    if not logger.hasHandlers():
        yield sys.stderr
    current: logging.Logger | None = logger
    while current is not None:
        yield from (getattr(handler, "stream", None) for handler in current.handlers)
        current = current.parent if current.propagate else None
