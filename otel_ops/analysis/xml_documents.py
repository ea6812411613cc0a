"""Finds the operation logs in a file of XML: one after the other, or in one element ``operation_logs``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otel_ops.analysis.content import CUT_SHORT, MARGIN, Content, log_content, nothing
from otel_ops.analysis.input_file import MAX_LINE, TOO_LONG, InputFile, Line
from otel_ops.otlp_json.reading import what_it_is

_START = re.compile(rb"<operation_log(?=[\s>/])")
_END = re.compile(rb"</operation_log\s*>")
_START_OF_LINE = re.compile(rb"[ \t]*<operation_log(?=[\s>/])")
_BETWEEN = re.compile(
    rb"(?:[\xef\xbb\xbf\s]|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->|</?operation_logs\b[^<>]*>)*", re.DOTALL
)
_MAX_BETWEEN = 65_536
_DOCTYPE = "has a document type declaration, which is not read"


def is_xml(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of XML."""
    return head.lstrip(MARGIN).startswith(b"<")


def xml_documents(file: InputFile, *, lenient: bool) -> Iterator[tuple[str, Content]]:
    """Read the documents of a file of XML, each with its place."""
    if b"<operation_log" not in file.head:
        yield file.name, nothing(what_it_is(file.head.lstrip(MARGIN)))
        return
    for number, part in _Splitter().parts(file.lines(with_blank=True)):
        content = nothing(part) if isinstance(part, str) else log_content([part], "xml", lenient=lenient)
        yield f"{file.name}:{number}", content


class _Splitter:
    """Takes lines apart into documents, and messages about what is wrong."""

    def __init__(self) -> None:
        self._document: list[bytes] = []
        self._size = self._began = 0
        self._between = b""

    def parts(self, lines: Iterator[Line]) -> Iterator[tuple[int, bytes | str]]:
        """Give the bytes of each document, or what is wrong, with the number of the line."""
        number = 0
        for number, content, problem in lines:
            if problem:
                yield number, problem
            if self._document and _START_OF_LINE.match(content):
                yield self._given_up(CUT_SHORT)
            yield from self._of_line(number, content)
        if self._document:
            yield self._given_up(CUT_SHORT)
        yield from self._odd_between(number)

    def _of_line(self, number: int, rest: bytes) -> Iterator[tuple[int, bytes | str]]:
        while rest:
            if not self._document:
                between, start, rest = _cut(_START, rest)
                self._between = (self._between + between)[:_MAX_BETWEEN]
                if start:
                    yield from self._odd_between(number)
                    self._began, self._size, self._document = number, len(start), [start]
            elif self._size > MAX_LINE:
                yield self._given_up(TOO_LONG)
            else:
                inside, end, rest = _cut(_END, rest)
                self._document += inside, end
                self._size += len(inside)
                if end:
                    yield self._began, b"".join(self._document)
                    self._document = []

    def _given_up(self, problem: str) -> tuple[int, str]:
        self._document = []
        return self._began, problem

    def _odd_between(self, number: int) -> Iterator[tuple[int, str]]:
        text, self._between = self._between, b""
        if b"<!DOCTYPE" in text:
            yield number, _DOCTYPE
        elif not _BETWEEN.fullmatch(text):
            yield number, f"is no operation log: {text.strip()[:80]!r} stands before or after one"


def _cut(pattern: re.Pattern[bytes], text: bytes) -> tuple[bytes, bytes, bytes]:
    """Give what stands before the first match, the match, and what stands behind it."""
    found = pattern.search(text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, b"", b"")
