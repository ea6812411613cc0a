"""Finds the documents in a file: one on each line, or the whole file as one that is pretty-printed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import msgspec

from otel_ops.analysis.input_file import HEAD, MAX_LINE, TOO_LONG, InputFile, Line
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import Decoded, decode, is_binary, what_it_is

_CUT_SHORT = "the last line is cut short: its writer was stopped, or is still writing"


def documents(file: InputFile) -> Iterator[tuple[str, Decoded]]:
    """Read the documents of a file.

    Yields:
        For each one its place, as ``file:line`` or ``file``, and what it held.
    """
    lines = file.lines()
    start = list(islice(lines, 1))
    if start and is_binary(start[0].content[:HEAD]):
        yield file.name, _nothing(what_it_is(start[0].content))
        return
    if start and _opens_document(start[0].content):
        start.extend(_up_to_limit(lines))
        whole = _whole_document(start)
        if whole is not None:
            yield file.name, whole
            return
    for line in chain(start, lines):
        yield f"{file.name}:{line.number}", _decoded_line(line)


def _nothing(problem: str) -> Decoded:
    return Decoded([], [problem])


def _opens_document(line: bytes) -> bool:
    return line.lstrip(b"\xef\xbb\xbf \t")[:1] in {b"{", b"["} and not _is_json(line)
