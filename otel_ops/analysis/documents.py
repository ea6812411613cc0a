"""Finds the documents in a file: JSON on each line or pretty-printed, or XML; traces in OTLP, or operation logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from otel_ops.analysis.content import CUT_SHORT, LOGS, MARGIN, Content, log_content, nothing
from otel_ops.analysis.input_file import MAX_LINE, TOO_LONG, InputFile, Line
from otel_ops.analysis.xml_documents import is_xml, xml_documents
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json.reading import decode, decode_logs, is_binary, what_it_is
from otel_ops.schema import SCHEMA

_OBJECT_ON_A_LINE = re.compile(rb"^[ \t]*\{.*\}[ \t\r]*$", re.MULTILINE)
_PIECES = re.compile(rb"\{[ \t\r]*\n(?:[ \t].*\n)*(?:\}[ \t\r]*\n?|.+)?|.*\n|.+")
"""A document that is pretty-printed, with or without its end, or a line."""
_LOG = f'"{SCHEMA}"'.encode()
_is_json = msgspec.json.Decoder(msgspec.Raw).decode


class _Header(msgspec.Struct):
    schema: str = ""


_header = msgspec.json.Decoder(_Header | list[_Header])
_list = msgspec.json.Decoder(list[msgspec.Raw])


def documents(file: InputFile, *, lenient: bool = False) -> Iterator[tuple[str, Content]]:
    """Read the documents of a file.

    Args:
        file: The file.
        lenient: Read operation logs of newer versions as far as they are understood.

    Yields:
        For each one its place, ``file:line`` or only ``file``, and what it held.
    """
    if is_xml(file.head):
        yield from xml_documents(file, lenient=lenient)
    elif is_binary(file.head) and not _looks_like_json(file.head):
        yield file.name, nothing(what_it_is(file.head))
    else:
        yield from _JSON(file, lenient=lenient).documents()


class _JSON:
    """The documents of a file of JSON."""

    def __init__(self, file: InputFile, *, lenient: bool) -> None:
        self._file = file
        self._lenient = lenient

    def documents(self) -> Iterator[tuple[str, Content]]:
        lines = self._file.lines()
        first = next(lines, None)
        if first is None:
            return
        start: Iterable[Line] = (first,)
        second = next(lines, None) if _only_begins(first.content) else None
        if second is not None and _is_apart(first, second):
            start = (first, second)
        elif _only_begins(first.content):
            document = _joined(first, second) + self._file.read_on(MAX_LINE)
            whole = self._whole_document(document)
            start = _split(document, first.number) if whole is None else ()
            if whole is not None:
                yield self._file.name, whole
        for line in chain(start, lines):
            yield f"{self._file.name}:{line.number}", self._line(line)

    def _whole_document(self, document: bytes) -> Content | None:
        """Read lines as one document; None where they rather are documents, of which the first may be broken."""
        if _is_followed(document):
            return None
        content = nothing(TOO_LONG) if len(document) > MAX_LINE else self._content(document)
        is_one = content.items or _is_complete(document) or not _OBJECT_ON_A_LINE.search(document)
        return content if is_one else None

    def _line(self, line: Line) -> Content:
        if line.problem:
            return nothing(line.problem)
        content = self._content(line.content)
        is_cut = not line.content.endswith(b"\n") and not _is_complete(line.content)
        return nothing(CUT_SHORT) if is_cut and not content.items else content

    def _content(self, document: bytes) -> Content:
        try:
            if _has_logs(document):
                return log_content(_parts(document), "json", lenient=self._lenient)
            logs = decode_logs(document)
            if logs is not None:
                return Content([*logs.logs], logs.broken, LOGS)
            spans, broken = decode(document)
            return Content([*spans], broken)
        except UnreadableInputError as error:
            return nothing(str(error))


def _is_apart(first: Line, second: Line) -> bool:
    """Tell whether a line that only begins something was cut, since the next one is a document and cannot go on."""
    goes_on = first.content.rstrip().endswith((b"{", b"[", b":", b","))
    return bool(second.problem) or (not goes_on and second.content.startswith(b"{") and _is_complete(second.content))


def _joined(first: Line, second: Line | None) -> bytes:
    """Give the bytes of two lines, with the blank ones between them."""
    if second is None:
        return first.content
    return first.content + b"\n" * (second.number - first.number - 1) + second.content


def _is_followed(document: bytes) -> bool:
    """Tell whether behind a whole document that is pretty-printed something follows."""
    first = _PIECES.match(document)
    return first is not None and _is_complete(first[0]) and bool(document[first.end() :].strip(MARGIN))


def _looks_like_json(document: bytes) -> bool:
    return document.lstrip(MARGIN).startswith((b"{", b"["))


def _only_begins(line: bytes) -> bool:
    """Tell whether a line begins a document that goes on in the next line."""
    return _looks_like_json(line) and not _is_complete(line)


def _is_complete(document: bytes) -> bool:
    try:
        _is_json(document.strip(MARGIN))
    except (ValueError, RecursionError):
        return False
    return True


def _has_logs(document: bytes) -> bool:
    """Tell whether a document is an operation log, or a list of such."""
    if _LOG not in document:
        return False
    try:
        header = _header.decode(document.strip(MARGIN))
    except (ValueError, RecursionError):
        return False
    headers = header if isinstance(header, list) else [header]
    return any(each.schema == SCHEMA for each in headers)


def _parts(document: bytes) -> list[bytes]:
    text = document.strip(MARGIN)
    return list(map(bytes, _list.decode(text))) if text.startswith(b"[") else [text]


def _split(document: bytes, number: int) -> Iterator[Line]:
    """Take apart what stands on a line, or is pretty-printed."""
    for found in _PIECES.finditer(document):
        if not found[0].isspace():
            yield Line(number, found[0])
        number += found[0].count(b"\n")
