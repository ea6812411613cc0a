"""Reads OTLP JSON, tolerant of the forms that collectors, Tempo, Jaeger and converters give it.

A span that cannot be read costs only itself: documents are taken apart into spans before these are looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import wire
from otel_ops.otlp_json.foreign import what_it_is
from otel_ops.otlp_json.spans import attributes_of, span_record
from otel_ops.span_record import ResourceRecord, ScopeRecord, SpanRecord

MAX_REPAIRED = 16 * 1024 * 1024
"""Longest document, in bytes, that is read a second time with Python's slower but more tolerant parser."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITE_SPACE = b" \t\r\n"
_EMPTY = frozenset({b"{}", b"[]"})
_SHOWN = 80
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Decoded(NamedTuple):
    """What a document held.

    Attributes:
        spans: The spans that could be read, in the order of the document.
        broken: For each other span or part a message that names key and value.
    """

    spans: list[SpanRecord]
    broken: list[str]


class _ScopeSpans(Struct, rename="camel"):
    scope: Raw | UnsetType = UNSET
    instrumentation_library: Raw | UnsetType = UNSET
    spans: list[Raw] | None = None
    schema_url: wire.Text = ""


class _ResourceSpans(Struct, rename="camel"):
    resource: Raw | UnsetType = UNSET
    scope_spans: list[_ScopeSpans] | None = None
    instrumentation_library_spans: list[_ScopeSpans] | None = None
    schema_url: wire.Text = ""


class _Document(Struct, rename="camel"):
    """``TracesData`` under its names, or what Jaeger (``result``) and Tempo (``trace``) wrap it in."""

    resource_spans: list[_ResourceSpans] | UnsetType | None = UNSET
    batches: list[_ResourceSpans] | UnsetType | None = UNSET
    result: _Document | UnsetType = UNSET
    trace: _Document | UnsetType = UNSET

    @property
    def groups(self) -> list[_ResourceSpans] | UnsetType | None:
        """The spans by resource; UNSET where the document is something else."""
        for wrapped in (self.result, self.trace):
            if wrapped is not UNSET:
                return wrapped.groups
        return self.batches if self.resource_spans is UNSET else self.resource_spans


_documents = msgspec.json.Decoder(_Document | list[_Document])
_resource = msgspec.json.Decoder(wire.Resource | None, strict=False)
_scope = msgspec.json.Decoder(wire.Scope | None, strict=False)
_span = msgspec.json.Decoder(wire.Span, strict=False)

_T = TypeVar("_T")


def decode(document: bytes | str) -> Decoded:
    """Read a document of OTLP JSON: a line of the collector's file exporter, or a whole pretty-printed file.

    Names of enums, ids in base64, numbers for texts and texts for numbers, null, ``batches`` for ``resourceSpans``
    and a list of documents are read as well.

    Raises:
        UnreadableInputError: It is no OTLP trace document; the message says in one line what it seems to be.
    """
    data = document.encode("utf-8", "backslashreplace") if isinstance(document, str) else document
    data = data.removeprefix(_BYTE_ORDER_MARK)
    decoded = Decoded([], [])
    for resource_spans in _groups(data, decoded.broken):
        resource = part_of(resource_record, resource_spans.resource, resource_spans.schema_url, decoded.broken)
        for scope_spans in _scopes(resource_spans):
            raw_scope = scope_spans.instrumentation_library if scope_spans.scope is UNSET else scope_spans.scope
            scope = part_of(_scope_record, raw_scope, scope_spans.schema_url, decoded.broken)
            _add_spans(decoded, scope_spans.spans or (), scope, resource)
    return decoded


def _groups(document: bytes, broken: list[str]) -> Iterator[_ResourceSpans]:
    found = _found(document)
    if all(groups is UNSET for groups in found) and document.translate(None, _WHITE_SPACE) not in _EMPTY:
        raise UnreadableInputError(what_it_is(document))
    for number, groups in enumerate(found, 1):
        if groups is not UNSET:
            yield from groups or ()
        elif len(found) > 1:
            broken.append(f"part {number} of the list is no OTLP trace document")


def _found(document: bytes) -> list[list[_ResourceSpans] | UnsetType | None]:
    """Give the groups of the document, or of each one in a list."""
    if not document.lstrip().startswith((b"{", b"[")):
        raise UnreadableInputError(what_it_is(document))
    try:
        parsed = read_message(_documents, document)
        return [part.groups for part in (parsed if isinstance(parsed, list) else [parsed])]
    except msgspec.ValidationError as error:
        msg = f"is JSON, but no OTLP trace document: {error}"
        raise UnreadableInputError(msg) from None
    except (ValueError, RecursionError):
        raise UnreadableInputError(what_it_is(document)) from None


def _scopes(resource_spans: _ResourceSpans) -> Sequence[_ScopeSpans]:
    return resource_spans.scope_spans or resource_spans.instrumentation_library_spans or ()


def read_message(decoder: msgspec.json.Decoder[_T], document: bytes | Raw) -> _T:
    """Read a message, also in forms that msgspec refuses.

    Raises:
        ValueError: It cannot be read; so does RecursionError.
    """
    try:
        return decoder.decode(document)
    except msgspec.ValidationError:
        raise
    except ValueError:
        return decoder.decode(_repaired(bytes(document)))


def _repaired(document: bytes) -> bytes:
    """Write anew what Python's parser reads and others refuse: NaN, lone surrogates, bytes that are no UTF-8."""
    if len(document) > MAX_REPAIRED:
        msg = "the document is malformed and too long to be repaired"
        raise ValueError(msg)
    parsed = json.loads(document.decode("utf-8", "surrogateescape"), parse_constant=str)
    text = json.dumps(parsed, ensure_ascii=False)
    return _LONE_SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text).encode()


def part_of(make: Callable[[bytes, str], _T], raw: Raw | UnsetType, schema_url: str | None, broken: list[str]) -> _T:
    """Read a resource or scope; where it is broken, its spans go without it."""
    try:
        return make(b"null" if raw is UNSET else bytes(raw), schema_url or "")
    except (ValueError, RecursionError) as error:
        broken.append(f"a resource or scope: {told_in_a_line(error)}")
        return make(b"null", schema_url or "")


@lru_cache(maxsize=256)
def resource_record(raw: bytes, schema_url: str) -> ResourceRecord:
    """Read a resource.

    Raises:
        ValueError: It cannot be read; so does RecursionError.
    """
    resource = read_message(_resource, raw) or wire.Resource()
    return ResourceRecord(attributes_of(resource.attributes), resource.dropped_attributes_count or 0, schema_url)


@lru_cache(maxsize=256)
def _scope_record(raw: bytes, schema_url: str) -> ScopeRecord:
    scope = read_message(_scope, raw) or wire.Scope()
    return ScopeRecord(
        name=scope.name or "",
        version=scope.version or "",
        attributes=attributes_of(scope.attributes),
        dropped_attributes=scope.dropped_attributes_count or 0,
        schema_url=schema_url,
    )


def _add_spans(decoded: Decoded, spans: Sequence[Raw], scope: ScopeRecord, resource: ResourceRecord) -> None:
    for raw in spans:
        span = None
        try:
            span = read_message(_span, raw)
            decoded.spans.append(span_record(span, scope, resource))
        except (ValueError, RecursionError) as error:
            name = "a span" if span is None else f"span {(span.name or '')[:_SHOWN]!r}"
            decoded.broken.append(f"{name}: {told_in_a_line(error)}")


def told_in_a_line(error: Exception) -> str:
    """Word an error in one line."""
    return " ".join(str(error).split())
