"""Finds the documents of OTLP JSON in a file: one on each line, or the whole file as one that is pretty-printed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

import msgspec

from otel_ops.analysis.input_file import MAX_LINE, TOO_LONG, InputFile, Line
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import Decoded, decode, is_binary, what_it_is

_CUT_SHORT = "the last line is cut short: its writer was stopped, or is still writing"
_MARGIN = b"\xef\xbb\xbf \t\r\n"
_is_json = msgspec.json.Decoder(msgspec.Raw).decode


def documents(file: InputFile) -> Iterator[tuple[str, Decoded]]:
    """Read the documents of a file.

    Yields:
        For each one its place, ``file:line`` or only ``file``, and what it held.
    """
    if is_binary(file.head):
        yield file.name, _nothing(what_it_is(file.head))
        return
    lines = file.lines()
    start = list(islice(lines, 1))
    if start and _only_begins(start[0].content):
        start.extend(_up_to_limit(lines))
        whole = _whole_document(start)
        if whole is not None:
            yield file.name, whole
            return
    for line in chain(start, lines):
        yield f"{file.name}:{line.number}", _decoded_line(line)


def _only_begins(line: bytes) -> bool:
    """Tell whether a line begins a document that goes on in the next line."""
    return line.strip(_MARGIN)[:1] in {b"{", b"["} and not _is_complete(line)


def _is_complete(document: bytes) -> bool:
    try:
        _is_json(document.strip(_MARGIN))
    except (ValueError, RecursionError):
        return False
    return True


def _up_to_limit(lines: Iterator[Line]) -> Iterator[Line]:
    size = 0
    for line in lines:
        yield line
        size += len(line.content)
        if size > MAX_LINE:
            return


def _whole_document(lines: list[Line]) -> Decoded | None:
    """Read lines as one document; None where they rather are documents, of which the first is broken."""
    document = b"".join(line.content for line in lines)
    decoded = _nothing(TOO_LONG) if len(document) > MAX_LINE else _decoded(document)
    if decoded.spans or _is_complete(document) or not any(_looks_whole(line.content) for line in lines):
        decoded.broken.extend(line.problem for line in lines if line.problem)
        return decoded
    return None


def _looks_whole(line: bytes) -> bool:
    line = line.strip(_MARGIN)
    return line.startswith(b"{") and line.endswith(b"}")


def _decoded_line(line: Line) -> Decoded:
    if line.problem:
        return _nothing(line.problem)
    decoded = _decoded(line.content)
    is_cut = not line.content.endswith(b"\n") and not _is_complete(line.content)
    return _nothing(_CUT_SHORT) if is_cut and not decoded.spans else decoded


def _decoded(document: bytes) -> Decoded:
    try:
        return decode(document)
    except UnreadableInputError as error:
        return _nothing(str(error))


def _nothing(problem: str) -> Decoded:
    return Decoded([], [problem])
