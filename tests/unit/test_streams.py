"""Text for pipes: nobody waits for ever, and nothing is left in the stream's buffer."""

from __future__ import annotations

import io
import logging
import os
import select
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest

from otel_ops import streams
from otel_ops.streams import is_ready, takes_logs, write_text

if not hasattr(select, "poll"):
    pytest.skip("the system cannot be asked whether a pipe takes text", allow_module_level=True)


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0.01)
    monkeypatch.setattr(streams, "_stuck", set())


class Pipe:
    """A pipe with a text stream at its end."""

    def __init__(self) -> None:
        self.reader, writer = os.pipe()
        self.stream = open(writer, "w", encoding="utf-8")  # noqa: SIM115 - closed with the pipe

    def fill(self) -> None:
        """Write until it takes no more."""
        os.set_blocking(self.stream.fileno(), False)
        try:
            while True:
                os.write(self.stream.fileno(), b"x" * 1_024)
        except BlockingIOError:
            os.set_blocking(self.stream.fileno(), True)

    def read(self) -> bytes:
        """Read what is in it."""
        return os.read(self.reader, 1_000_000)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self.reader)
        with suppress(OSError):
            self.stream.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Give a pipe."""
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_a_pipe_gets_the_text_behind_what_was_written_before(pipe: Pipe) -> None:
    """The order is that of the calls, also where the stream still held the program's own text."""
    pipe.stream.write("mine ")
    write_text(pipe.stream, "µ│\n")

    assert "mine µ│\n".encode() == pipe.read()


def test_a_full_pipe_is_given_up_without_leaving_anything_in_the_stream(pipe: Pipe) -> None:
    """Where nobody reads, the write ends with an error, and nothing waits in the stream for the program's end."""
    pipe.fill()
    with pytest.raises(TimeoutError, match="nobody reads"):
        write_text(pipe.stream, "a\n")

    assert b"a" not in pipe.read()
    pipe.stream.flush()
    assert is_ready(pipe.stream)


def test_a_pipe_that_was_given_up_is_not_waited_for_again_until_it_is_read(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second text is refused at once; once somebody reads, text goes through."""
    pipe.fill()
    with pytest.raises(TimeoutError):
        write_text(pipe.stream, "a\n")
    monkeypatch.setattr(streams, "PATIENCE", 3_600)
    with pytest.raises(TimeoutError):
        write_text(pipe.stream, "b\n")
    pipe.read()
    write_text(pipe.stream, "c\n")

    assert b"c\n" == pipe.read()


def test_a_pipe_without_a_reader_tells_so(pipe: Pipe) -> None:
    """A broken pipe is an error at once, and the program's end does not stumble on it again."""
    os.close(pipe.reader)

    assert is_ready(pipe.stream)
    with pytest.raises(BrokenPipeError):
        write_text(pipe.stream, "a\n")
    pipe.stream.flush()


def test_long_text_is_written_whole(pipe: Pipe) -> None:
    """Text of many times what a pipe takes at once arrives complete, while somebody reads."""
    text = "0123456789\n" * 5_000
    write_text(pipe.stream, text)

    assert text.encode() == pipe.read()


@pytest.mark.parametrize("kind", ["file", "text in memory", "no stream at all"])
def test_what_is_no_pipe_is_always_ready(tmp_path: Path, kind: str) -> None:
    """Files, streams in memory and strange objects are written to as they are."""
    with open(tmp_path / "a.txt", "w", encoding="utf-8") as file:
        stream = {"file": file, "text in memory": io.StringIO(), "no stream at all": object()}[kind]
        assert is_ready(stream)


def test_a_stream_of_somebody_else_is_written_by_its_own_method(pipe: Pipe) -> None:
    """A stream that only lends its descriptor, as notebooks have it, gets the text itself."""

    class Notebook(io.StringIO):
        def fileno(self) -> int:
            return pipe.stream.fileno()

    stream = Notebook()
    write_text(stream, "a\n")

    assert "a\n" == stream.getvalue()


def test_a_stream_in_the_place_of_stderr_takes_what_that_takes(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """One without a descriptor gets text in pieces while stderr is read; a stream in memory is always ready."""

    class Tee(list[str]):
        write = list.append

        def flush(self) -> None:
            pass

    tee = Tee()
    monkeypatch.setattr(sys, "__stderr__", pipe.stream)
    monkeypatch.setattr(sys, "stderr", tee)
    write_text(tee, 3_000 * "a")  # type: ignore[arg-type] # it has what is needed
    pipe.fill()

    assert 3_000 * "a" == "".join(tee)
    assert not is_ready(tee)
    monkeypatch.setattr(sys, "stderr", memory := io.StringIO())
    assert is_ready(memory)


def test_an_encoding_that_lacks_a_character_is_the_streams_affair(pipe: Pipe) -> None:
    """Characters are replaced as the stream has it."""
    pipe.stream.reconfigure(encoding="ascii", errors="backslashreplace")
    write_text(pipe.stream, "µ\n")

    assert b"\\xb5\n" == pipe.read()


@pytest.mark.parametrize("where", ["own", "parent"])
def test_a_logger_takes_logs_while_its_streams_do(pipe: Pipe, where: str) -> None:
    """A handler of the logger, or of one above it, that writes to a full pipe makes it not ready."""
    logger = logging.getLogger("tests.streams.logger")
    handler = logging.StreamHandler(pipe.stream)
    target = logger if where == "own" else logging.getLogger("tests.streams")
    target.addHandler(handler)
    try:
        before = takes_logs(logger)
        pipe.fill()
        assert (True, False) == (before, takes_logs(logger))
    finally:
        target.removeHandler(handler)


def test_without_handlers_a_logger_writes_to_stderr(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody has set up logging, stderr decides."""
    logger = logging.Logger("of its own")  # noqa: LOG001 - outside of the tree, and so without any handler
    stderr: TextIO = pipe.stream
    monkeypatch.setattr(sys, "stderr", stderr)
    pipe.fill()

    assert not takes_logs(logger)
