"""SpanRecord: the one model of a finished span, made from the SDK's span or read from a file.

A record made from a live span equals the record that is read back from the file it was written to: ids are
hexadecimal text, attribute values are plain Python, and text holds nothing that UTF-8 cannot carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from opentelemetry.trace import DEFAULT_TRACE_STATE, INVALID_SPAN_CONTEXT, SpanKind, StatusCode

from otel_ops.attributes import clean_value
from otel_ops.core.emitted import EMITTED, EmittedRecord, LatestRecords
from otel_ops.semconv import DROPPED_LOG_RECORDS

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, TraceState

MAX_DEPTH = 32
"""Deepest nesting of attribute values: what protobuf, with its limit of 100 messages, can carry."""

TOO_DEEP = "…"
"""Stands for what is nested deeper than `MAX_DEPTH`."""

SAMPLED = 0x01
"""Bit of the flags: the span is exported."""

HAS_IS_REMOTE = 0x100
"""Bit of the flags: it is known whether the parent, or the linked span, is remote."""

IS_REMOTE = 0x200
"""Bit of the flags: the parent, or the linked span, belongs to another process."""

_MAX_CACHED = 256
_FIRST_KIND = 1
_INTERNAL = SpanKind.INTERNAL
_UNSET = StatusCode.UNSET
_INT64_BITS = 64
_LOWEST_LEVEL, _HIGHEST_LEVEL = 10, 59


class ScopeRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The instrumentation scope of a span: what recorded it.

    Attributes:
        name: Name of the scope.
        version: Version of the scope; empty where it is unknown.
        attributes: Attributes by name.
        dropped_attributes: How many attributes were dropped.
        schema_url: Schema of the spans' attributes.
    """

    name: str = ""
    version: str = ""
    attributes: dict[str, Any] = {}
    dropped_attributes: int = 0
    schema_url: str = ""


class ResourceRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The resource of a span: what produced it.

    Attributes:
        attributes: Attributes by name, such as ``service.name``.
        dropped_attributes: How many attributes were dropped.
        schema_url: Schema of the attributes.
    """

    attributes: dict[str, Any] = {}
    dropped_attributes: int = 0
    schema_url: str = ""


class EventRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An event of a span.

    Attributes:
        name: Name of the event.
        time_ns: When it happened, in nanoseconds since the epoch.
        attributes: Attributes by name.
        dropped_attributes: How many attributes were dropped.
    """

    name: str
    time_ns: int
    attributes: dict[str, Any] = {}
    dropped_attributes: int = 0


class LinkRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A link from a span to another one.

    Attributes:
        trace_id: Trace of the other span, 32 lower-case hexadecimal digits.
        span_id: Id of the other span, 16 lower-case hexadecimal digits.
        attributes: Attributes by name.
        trace_state: W3C ``tracestate`` of the other span.
        flags: As those of a span.
        dropped_attributes: How many attributes were dropped.
    """

    trace_id: str
    span_id: str
    attributes: dict[str, Any] = {}
    trace_state: str = ""
    flags: int = 0
    dropped_attributes: int = 0


class LogRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A log record that was emitted in a span.

    Attributes:
        body: What it says.
        time_ns: When it was emitted, in nanoseconds since the epoch.
        severity_number: OTLP's number: 5 debug, 9 info, 13 warn, 17 error, 21 fatal; 0 where it is unknown.
        severity_text: Name of the level, as its source has it, such as ``WARNING``.
        logger: Name of the logger, which is the instrumentation scope.
        attributes: Attributes by name, such as ``thread.name`` where it is not that of the operation.
        dropped_attributes: How many attributes were dropped.
    """

    body: str
    time_ns: int
    severity_number: int = 0
    severity_text: str = ""
    logger: str = ""
    attributes: dict[str, Any] = {}
    dropped_attributes: int = 0


class SpanRecord(msgspec.Struct, frozen=True, gc=False):
    """One finished span.

    Attributes:
        trace_id: 32 lower-case hexadecimal digits.
        span_id: 16 lower-case hexadecimal digits.
        name: Name of the span.
        start_ns: Start, in nanoseconds since the epoch.
        end_ns: End, in nanoseconds since the epoch.
        parent_id: Span id of the parent; empty where there is none.
        kind: OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
        attributes: Values by name: text, bool, int, float, bytes, list, dict or None.
        events: What happened inside, in order.
        links: Other spans that it points to.
        status: OTLP's number: 0 unset, 1 ok, 2 error.
        status_message: Description of the status.
        trace_state: W3C ``tracestate`` of the span.
        flags: W3C trace flags in the low 8 bits, `HAS_IS_REMOTE` and `IS_REMOTE` above.
        dropped_attributes: How many attributes were dropped.
        dropped_events: How many events were dropped.
        dropped_links: How many links were dropped.
        log_records: What was logged in the span, in order; beside the span in OTLP, not inside of it.
        scope: The instrumentation scope.
        resource: What produced the span.
    """

    trace_id: str
    span_id: str
    name: str
    start_ns: int
    end_ns: int
    parent_id: str = ""
    kind: int = 0
    attributes: dict[str, Any] = {}
    events: tuple[EventRecord, ...] = ()
    links: tuple[LinkRecord, ...] = ()
    status: int = 0
    status_message: str = ""
    trace_state: str = ""
    flags: int = 0
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0
    log_records: tuple[LogRecord, ...] = ()
    scope: ScopeRecord = ScopeRecord()
    resource: ResourceRecord = ResourceRecord()

    @property
    def duration_ns(self) -> int:
        """Time from start to end, in nanoseconds; below zero where the clock was set back in between."""
        return self.end_ns - self.start_ns


def record_of(span: ReadableSpan) -> SpanRecord:
    """Make the record of a span of the SDK.

    Args:
        span: A span that has ended; one that is still open gets the end 0.
    """
    trace_id, span_id, _, trace_flags, state, _ = span.get_span_context() or INVALID_SPAN_CONTEXT
    _, parent_id, is_remote, _, _, _ = span.parent or INVALID_SPAN_CONTEXT
    name, kind, status, events, links = span.name, span.kind, span.status, span.events, span.links
    code, description = status.status_code, status.description
    scope, resource = _origin(span.instrumentation_scope, span.resource)
    emitted: LatestRecords | None = span.__dict__.get(EMITTED)
    attributes = plain_attributes(span.attributes)
    if emitted is not None and emitted.dropped:
        attributes[DROPPED_LOG_RECORDS] = emitted.dropped
    # by position and with %: so many keywords cost six times as much, and f-strings half as much again
    return SpanRecord(
        "%032x" % trace_id,  # noqa: UP031
        "%016x" % span_id,  # noqa: UP031
        name if type(name) is str and name.isascii() else carried_text(name),
        span.start_time or 0,
        span.end_time or 0,
        "%016x" % parent_id if parent_id else "",  # noqa: UP031
        _FIRST_KIND if kind is _INTERNAL else kind.value + _FIRST_KIND,
        attributes,
        tuple(map(_event, events)) if events else (),
        tuple(map(_link, links)) if links else (),
        0 if code is _UNSET else code.value,
        carried_text(description) if description else "",
        "" if state is DEFAULT_TRACE_STATE else _trace_state(state),
        trace_flags | (HAS_IS_REMOTE | IS_REMOTE if is_remote else HAS_IS_REMOTE),
        dropped_attributes=span.dropped_attributes,
        dropped_events=span.dropped_events,
        dropped_links=span.dropped_links,
        scope=scope,
        resource=resource,
        log_records=() if emitted is None else tuple(map(_log_record, (*emitted.kept, *emitted.exceptions))),
    )


def carried_text(text: str) -> str:
    r"""Give the text as UTF-8 can carry it: lone surrogates escaped as ``\udXXX``, nothing cut."""
    if type(text) is str and text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give attributes as records have them: plain Python that OTLP can carry."""
    if attributes is None:
        return {}
    try:
        copy: dict[str, Any] = attributes.copy()  # type: ignore[attr-defined] # ten times faster, where there is one
    except AttributeError:
        copy = dict(attributes)
    return copy if _are_plain(copy) else {carried_text(key): _plain(value) for key, value in copy.items()}


def _are_plain(attributes: dict[str, Any]) -> bool:
    """Tell whether all are as a record has them; most are."""
    for key, value in attributes.items():
        kind = type(value)
        if kind is str:
            if not value.isascii():
                return False
        elif kind is int:
            if value.bit_length() >= _INT64_BITS:
                return False
        elif kind not in _AS_THEY_ARE:
            return False
        if type(key) is not str or not key.isascii():
            return False
    return True


def _plain(value: Any, depth: int = 0) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else carried_text(value)
    if kind in _AS_THEY_ARE or (kind is int and value.bit_length() < _INT64_BITS):
        return value
    return _plain_of_unusual(value, depth)


def _plain_of_unusual(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return carried_text(value)
    if not isinstance(value, (tuple, list, dict)):
        return clean_value(value)
    if depth >= MAX_DEPTH:
        return TOO_DEEP
    if isinstance(value, dict):
        return {carried_text(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    return [_plain(item, depth + 1) for item in value]


_AS_THEY_ARE = frozenset({bool, float, bytes, type(None)})


def _event(event: Event) -> EventRecord:
    return EventRecord(
        name=carried_text(event.name),
        time_ns=event.timestamp,
        attributes=plain_attributes(event.attributes),
        dropped_attributes=event.dropped_attributes,
    )


def _link(link: Link) -> LinkRecord:
    context = link.context
    return LinkRecord(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        attributes=plain_attributes(link.attributes),
        trace_state=_trace_state(context.trace_state),
        flags=context.trace_flags | HAS_IS_REMOTE | (IS_REMOTE if context.is_remote else 0),
        dropped_attributes=link.dropped_attributes,
    )


def _log_record(emitted: EmittedRecord) -> LogRecord:
    return LogRecord(
        body=carried_text(emitted.body),
        time_ns=emitted.time_ns,
        severity_number=severity_number(emitted.level),
        severity_text=carried_text(emitted.level_name),
        logger=carried_text(emitted.logger),
        attributes=plain_attributes(emitted.attributes),
    )


def severity_number(level: int) -> int:
    """Give OTLP's number for a level of Python's logging."""
    if level < _LOWEST_LEVEL:
        return 0
    tens, ones = divmod(min(level, _HIGHEST_LEVEL), 10)
    return 4 * tens + 1 + min(ones, 3)


def _trace_state(state: TraceState) -> str:
    return carried_text(state.to_header()) if state else ""


_Made = TypeVar("_Made")


def by_identity(make: Callable[[Any], _Made]) -> Callable[[Any], _Made]:
    """Make one thing of each object: an SDK's resource hashes its JSON text, which costs more than a span.

    The last few hundred are kept, with their objects, so that no other gets the same identity.

    Args:
        make: Makes it.
    """
    kept: dict[int, tuple[object, _Made]] = {}

    def made_of(source: object) -> _Made:
        known = kept.get(id(source))
        if known is None:
            if len(kept) >= _MAX_CACHED:
                kept.clear()
            known = kept[id(source)] = (source, make(source))
        return known[1]

    return made_of


def _make_scope(scope: InstrumentationScope | None) -> ScopeRecord:
    if scope is None:
        return ScopeRecord()
    return ScopeRecord(
        name=carried_text(scope.name or ""),
        version=carried_text(scope.version or ""),
        attributes=plain_attributes(scope.attributes),
        dropped_attributes=getattr(scope.attributes, "dropped", 0),
        schema_url=carried_text(scope.schema_url or ""),
    )


def _make_resource(resource: Resource) -> ResourceRecord:
    return ResourceRecord(
        attributes=plain_attributes(resource.attributes),
        dropped_attributes=getattr(resource.attributes, "dropped", 0),
        schema_url=carried_text(resource.schema_url),
    )


_resource_of = by_identity(_make_resource)
_origins: dict[int, tuple[object, object, tuple[ScopeRecord, ResourceRecord]]] = {}


def _origin(scope: InstrumentationScope | None, resource: Resource) -> tuple[ScopeRecord, ResourceRecord]:
    """Give the records of a span's scope and resource, which are those of all spans of a tracer."""
    known = _origins.get(id(scope))
    if known is None or known[0] is not scope or known[1] is not resource:
        if len(_origins) >= _MAX_CACHED:
            _origins.clear()
        known = _origins[id(scope)] = scope, resource, (_make_scope(scope), _resource_of(resource))
    return known[2]
