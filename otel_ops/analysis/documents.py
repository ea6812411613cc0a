"""Finds the documents of OTLP JSON in a file: one on each line, or the whole file as one that is pretty-printed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from otel_ops.analysis.input_file import MAX_LINE, TOO_LONG, InputFile, Line
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import Decoded, decode, is_binary, what_it_is

_CUT_SHORT = "the last line is cut short: its writer was stopped, or is still writing"
_MARGIN = b"\xef\xbb\xbf \t\r\n"
_OBJECT_ON_A_LINE = re.compile(rb"^[ \t]*\{.*\}[ \t\r]*$", re.MULTILINE)
_is_json = msgspec.json.Decoder(msgspec.Raw).decode


def documents(file: InputFile) -> Iterator[tuple[str, Decoded]]:
    """Read the documents of a file.

    Yields:
        For each one its place, ``file:line`` or only ``file``, and what it held.
    """
    if is_binary(file.head) and not _looks_like_json(file.head):
        yield file.name, _nothing(what_it_is(file.head))
        return
    lines = file.lines()
    first = next(lines, None)
    if first is None:
        return
    start: Iterable[Line] = (first,)
    if _only_begins(first.content):
        document = first.content + file.read_on(MAX_LINE)
        whole = _whole_document(document)
        start = _split(document, first.number) if whole is None else ()
        if whole is not None:
            yield file.name, whole
    for line in chain(start, lines):
        yield f"{file.name}:{line.number}", _decoded_line(line)


def _looks_like_json(document: bytes) -> bool:
    return document.lstrip(_MARGIN).startswith((b"{", b"["))


def _only_begins(line: bytes) -> bool:
    """Tell whether a line begins a document that goes on in the next line."""
    return _looks_like_json(line) and not _is_complete(line)


def _is_complete(document: bytes) -> bool:
    try:
        _is_json(document.strip(_MARGIN))
    except (ValueError, RecursionError):
        return False
    return True


def _whole_document(document: bytes) -> Decoded | None:
    """Read lines as one document; None where they rather are documents, of which the first is broken."""
    decoded = _nothing(TOO_LONG) if len(document) > MAX_LINE else _decoded(document)
    is_one = decoded.spans or _is_complete(document) or not _OBJECT_ON_A_LINE.search(document)
    return decoded if is_one else None


def _split(document: bytes, number: int) -> Iterator[Line]:
    for place, content in enumerate(io.BytesIO(document), number):
        if not content.isspace():
            yield Line(place, content)


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
