"""Reads OTLP JSON, tolerant of the forms that collectors, Tempo, Jaeger and converters give it.

A span that cannot be read costs only itself: documents are taken apart into spans before these are looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from otel_ops.attributes import clean_value
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import wire
from otel_ops.otlp_json.byte_text import bytes_of, id_of
from otel_ops.otlp_json.foreign import what_it_is
from otel_ops.span_record import (
    MAX_DEPTH,
    TOO_DEEP,
    EventRecord,
    LinkRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
)

MAX_REPAIRED = 16 * 1024 * 1024
"""Longest document, in bytes, that is read a second time with Python's slower but more tolerant parser."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BEYOND_TIME = 2**64
_INT64_BITS = 64
_SHOWN = 80
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16


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

    resource_spans: list[_ResourceSpans] | None | UnsetType = UNSET
    batches: list[_ResourceSpans] | None | UnsetType = UNSET
    result: _Document | UnsetType = UNSET
    trace: _Document | UnsetType = UNSET

    @property
    def groups(self) -> list[_ResourceSpans] | None | UnsetType:
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
    data = document.encode("utf-8", "surrogatepass") if isinstance(document, str) else document
    data = data.removeprefix(_BYTE_ORDER_MARK)
    decoded = Decoded([], [])
    for resource_spans in _groups(data, decoded.broken):
        resource = _part(_resource_record, resource_spans.resource, resource_spans.schema_url, decoded.broken)
        for scope_spans in _scopes(resource_spans):
            raw_scope = scope_spans.instrumentation_library if scope_spans.scope is UNSET else scope_spans.scope
            scope = _part(_scope_record, raw_scope, scope_spans.schema_url, decoded.broken)
            _add_spans(decoded, scope_spans.spans or (), scope, resource)
    return decoded


def _groups(document: bytes, broken: list[str]) -> Iterator[_ResourceSpans]:
    try:
        parsed = _read(_documents, document)
    except (ValueError, RecursionError):
        raise UnreadableInputError(what_it_is(document)) from None
    found = [part.groups for part in parsed] if isinstance(parsed, list) else [parsed.groups]
    if all(groups is UNSET for groups in found) and msgspec.json.decode(document):
        raise UnreadableInputError(what_it_is(document))
    for number, groups in enumerate(found, 1):
        if groups is UNSET:
            broken.append(f"part {number} of the list is no OTLP trace document")
        else:
            yield from groups or ()


def _scopes(resource_spans: _ResourceSpans) -> Sequence[_ScopeSpans]:
    return resource_spans.scope_spans or resource_spans.instrumentation_library_spans or ()


def _read(decoder: msgspec.json.Decoder[_T], document: bytes | Raw) -> _T:
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


def _part(make: Callable[[bytes, str], _T], raw: Raw | UnsetType, schema_url: str | None, broken: list[str]) -> _T:
    """Read a resource or scope; where it is broken, its spans go without it."""
    try:
        return make(b"null" if raw is UNSET else bytes(raw), schema_url or "")
    except (ValueError, RecursionError) as error:
        broken.append(f"a resource or scope: {_one_line(error)}")
        return make(b"null", schema_url or "")


@lru_cache(maxsize=256)
def _resource_record(raw: bytes, schema_url: str) -> ResourceRecord:
    resource = _read(_resource, raw) or wire.Resource()
    return ResourceRecord(_attributes(resource.attributes), resource.dropped_attributes_count or 0, schema_url)


@lru_cache(maxsize=256)
def _scope_record(raw: bytes, schema_url: str) -> ScopeRecord:
    scope = _read(_scope, raw) or wire.Scope()
    return ScopeRecord(
        name=scope.name or "",
        version=scope.version or "",
        attributes=_attributes(scope.attributes),
        dropped_attributes=scope.dropped_attributes_count or 0,
        schema_url=schema_url,
    )


def _add_spans(decoded: Decoded, spans: Sequence[Raw], scope: ScopeRecord, resource: ResourceRecord) -> None:
    for raw in spans:
        span = None
        try:
            span = _read(_span, raw)
            decoded.spans.append(_span_record(span, scope, resource))
        except (ValueError, RecursionError) as error:
            name = "a span" if span is None else f"span {(span.name or '')[:_SHOWN]!r}"
            decoded.broken.append(f"{name}: {_one_line(error)}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _span_record(span: wire.Span, scope: ScopeRecord, resource: ResourceRecord) -> SpanRecord:
    trace_id = id_of("traceId", span.trace_id or "", 32)
    span_id = id_of("spanId", span.span_id or "", 16)
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        msg = f"{'traceId' if trace_id == _NO_TRACE else 'spanId'} is missing"
        raise ValueError(msg)
    parent_id = id_of("parentSpanId", span.parent_span_id or "", 16)
    status = span.status or wire.Status()
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_id="" if parent_id == _NO_SPAN else parent_id,
        name=span.name or "",
        kind=_number("kind", span.kind, _KINDS),
        start_ns=_time("startTimeUnixNano", span.start_time_unix_nano),
        end_ns=_time("endTimeUnixNano", span.end_time_unix_nano),
        attributes=_attributes(span.attributes),
        events=tuple(map(_event_record, span.events)) if span.events else (),
        links=tuple(map(_link_record, span.links)) if span.links else (),
        status=_number("status.code", status.code, _STATUS_CODES),
        status_message=status.message or "",
        trace_state=span.trace_state or "",
        flags=span.flags or 0,
        dropped_attributes=span.dropped_attributes_count or 0,
        dropped_events=span.dropped_events_count or 0,
        dropped_links=span.dropped_links_count or 0,
        scope=scope,
        resource=resource,
    )


def _event_record(event: wire.Event) -> EventRecord:
    return EventRecord(
        name=event.name or "",
        time_ns=_time("timeUnixNano", event.time_unix_nano),
        attributes=_attributes(event.attributes),
        dropped_attributes=event.dropped_attributes_count or 0,
    )


def _link_record(link: wire.Link) -> LinkRecord:
    return LinkRecord(
        trace_id=id_of("link's traceId", link.trace_id or "", 32),
        span_id=id_of("link's spanId", link.span_id or "", 16),
        attributes=_attributes(link.attributes),
        trace_state=link.trace_state or "",
        flags=link.flags or 0,
        dropped_attributes=link.dropped_attributes_count or 0,
    )


def _time(key: str, value: wire.Int64) -> int:
    time = _converted(int, key, value or 0)
    if 0 <= time < _BEYOND_TIME:
        return time
    msg = f"{key} = {time} is no time: it needs nanoseconds since the epoch, in 64 bits"
    raise ValueError(msg)


def _number(key: str, value: wire.Enum, numbers: dict[wire.Enum, int]) -> int:
    number = numbers.get(value)
    if number is not None:
        return number
    names = [name for name in numbers if isinstance(name, str) and not name.isdigit()]
    near = get_close_matches(str(value)[:_SHOWN], names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    msg = f"{key} = {str(value)[:_SHOWN]!r} is unknown; {hint}"
    raise ValueError(msg)


def _numbers(*names: str) -> dict[wire.Enum, int]:
    forms = ((name, str(number), number) for number, name in enumerate(names))
    return {None: 0, **{form: number for number, same in enumerate(forms) for form in same}}


_KINDS = _numbers(
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
)
_STATUS_CODES = _numbers("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")


def _attributes(attributes: wire.KeyValues, depth: int = 0) -> dict[str, Any]:
    if not attributes:
        return {}
    return {attribute.key or "": _value(attribute.value, depth) for attribute in attributes}


def _value(value: wire.AnyValue | None, depth: int = 0) -> Any:
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _int(value.int_value)
    if value.double_value is not None:
        return _converted(float, "doubleValue", value.double_value)
    return _rarer_value(value, depth)


def _rarer_value(value: wire.AnyValue, depth: int) -> Any:
    if value.bool_value is not None:
        return value.bool_value
    if value.bytes_value is not None:
        return bytes_of("bytesValue", value.bytes_value)
    if value.array_value is not None:
        return [_value(item, depth + 1) for item in value.array_value.values or ()] if depth < MAX_DEPTH else TOO_DEEP
    if value.kvlist_value is not None:
        return _attributes(value.kvlist_value.values, depth + 1) if depth < MAX_DEPTH else TOO_DEEP
    return None


def _int(value: int | str) -> Any:
    number = _converted(int, "intValue", value)
    return number if number.bit_length() < _INT64_BITS else clean_value(number)


def _converted(number: Callable[[int | float | str], _T], key: str, value: int | float | str) -> _T:
    try:
        return number(value)
    except ValueError:
        msg = f"{key} = {str(value)[:_SHOWN]!r} is no number"
        raise ValueError(msg) from None
