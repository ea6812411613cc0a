"""Files as lines of bytes: the standard input, gzip, and what is missing, cut short or too long."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from stat import S_ISREG
from types import TracebackType
from typing import NamedTuple, cast

from otel_ops.exceptions import UnreadableInputError

STDIN = "-"

MAX_LINE = 128 * 1024 * 1024
"""Longest line or document that is read, in bytes; reading one takes about four times as much memory."""

HEAD = 4_096
"""How much of a file is looked at to see what it is, in bytes."""

TOO_LONG = f"is longer than {MAX_LINE // 1024**2} MiB; write a document a line, such as with: jq -c . FILE"

_ENDINGS = (".jsonl", ".json", ".xml", ".jsonl.gz", ".json.gz", ".xml.gz")
_CHUNK = 1024 * 1024
_GZIP = b"\x1f\x8b"
_READ_ERRORS = (OSError, EOFError, zlib.error)


class Line(NamedTuple):
    """A line of a file, or the problem that stands in its place.

    Attributes:
        number: From 1.
        content: Its bytes, with the line break.
        problem: Why it could not be read; empty where it could.
    """

    number: int
    content: bytes
    problem: str = ""


class InputFile:
    """A file that is open for reading; a with-block closes it.

    Args:
        path: Path of the file, or ``"-"`` for the standard input.

    Attributes:
        name: What messages call it.
        head: Its first bytes, unpacked.

    Raises:
        UnreadableInputError: It is missing, or may not be read.
    """

    def __init__(self, path: str) -> None:
        self.name = "stdin" if path == STDIN else path
        self._is_ours = path != STDIN
        self._raw = _opened(path) if self._is_ours else _stdin()
        self._read = self._line = 0
        self._damage: Exception | None = None
        self._content: io.BufferedReader | gzip.GzipFile = self._raw
        if self._peek().startswith(_GZIP):
            self._content = gzip.GzipFile(fileobj=self._raw)
        self.head = self._peek()

    def __enter__(self) -> InputFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._is_ours:
            self._raw.close()

    @property
    def position(self) -> int:
        """How many bytes were read: of a file on disk those on disk, else those that came out."""
        return self._raw.tell() if self._is_ours and self._raw.seekable() else self._read

    def _peek(self) -> bytes:
        try:
            return self._content.peek(HEAD)[:HEAD]
        except _READ_ERRORS as error:
            self._damage = error
            return b""

    def lines(self, *, with_blank: bool = False) -> Iterator[Line]:
        """Read the lines, without the blank ones unless asked for; where reading fails, the last one tells so."""
        try:
            while content := self._next_line():
                self._line += 1
                if len(content) == MAX_LINE and not content.endswith(b"\n"):
                    self._skip_line()
                    yield Line(self._line, b"", TOO_LONG)
                elif with_blank or not content.isspace():
                    yield Line(self._line, content)
        except _READ_ERRORS as error:
            yield Line(self._line + 1, b"", f"the file is cut short or damaged here: {error}")

    def read_on(self, size: int) -> bytes:
        """Read as many bytes, up to the end of their last line, or what there is; `lines` goes on behind them."""
        chunks: list[bytes] = []
        try:
            while size > 0 and (chunk := self._content.read1(_CHUNK)):
                chunks.append(chunk)
                size -= len(chunk)
            chunks.append(self._next_line())
        except _READ_ERRORS as error:
            self._damage = error
        self._line += sum(chunk.count(b"\n") for chunk in chunks)
        self._read += sum(map(len, chunks))
        return b"".join(chunks)

    def _next_line(self) -> bytes:
        if self._damage is not None:
            raise self._damage
        content = self._content.readline(MAX_LINE)
        self._read += len(content)
        return content

    def _skip_line(self) -> None:
        while (rest := self._next_line()) and not rest.endswith(b"\n"):
            pass


def files_at(path: str) -> list[str]:
    """Give the path itself or, where it is a folder, the files in it that are named as trace files, in order of name.

    Raises:
        UnreadableInputError: There are none in the folder, or it may not be read.
    """
    if path == STDIN or not os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises at paths that cannot be
        return [path]
    try:
        found = sorted(str(file) for file in Path(path).iterdir() if _is_trace_file(file))
    except OSError as error:
        msg = f"{path}: the folder cannot be read: {error.strerror}"
        raise UnreadableInputError(msg) from error
    if not found:
        msg = f"{path}: is a folder without trace files; their names end in {', '.join(_ENDINGS)}"
        raise UnreadableInputError(msg)
    return found


def _is_trace_file(path: Path) -> bool:
    return path.name.endswith(_ENDINGS) and not path.name.startswith(".") and path.is_file()


def total_size(paths: Iterable[str]) -> int:
    """Add up the sizes of files, in bytes; 0 where one is not known, as that of a pipe."""
    sizes = [_size(path) for path in paths]
    return 0 if None in sizes else sum(filter(None, sizes))


def _size(path: str) -> int | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - the path may be "-"
    except (OSError, ValueError):
        return None
    return status.st_size if S_ISREG(status.st_mode) else None


def _stdin() -> io.BufferedReader:
    if sys.stdin is None:
        msg = "stdin: the standard input is closed"
        raise UnreadableInputError(msg)
    binary = sys.stdin.buffer
    return binary if isinstance(binary, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", binary))


def _opened(path: str) -> io.BufferedReader:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        problem = f"there is no such file{_hint(Path(path))}"
    except (OSError, ValueError) as error:
        problem = f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    msg = f"{path}: {problem}"
    raise UnreadableInputError(msg)


def _hint(path: Path) -> str:
    try:
        near = get_close_matches(path.name, [other.name for other in path.parent.iterdir()], n=1)
    except OSError:
        return ""
    return f"; did you mean {near[0]!r}?" if near else ""
