"""SpanRecord: the one model of a finished span, made from the SDK's span or read from a file.

A record made from a live span equals the record that is read back from the file it was written to: ids are
hexadecimal text, attribute values are plain Python, and text holds nothing that UTF-8 cannot carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from otel_ops.attributes import clean_value

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext, TraceState

MAX_DEPTH = 32
"""Deepest nesting of attribute values: what protobuf, with its limit of 100 messages, can carry."""

TOO_DEEP = "…"
"""Stands for what is nested deeper than `MAX_DEPTH`."""

HAS_IS_REMOTE = 0x100
"""Bit of the flags: it is known whether the parent, or the linked span, is remote."""

IS_REMOTE = 0x200
"""Bit of the flags: the parent, or the linked span, belongs to another process."""

_MAX_CACHED = 256
_INT64_BITS = 64


class ScopeRecord(msgspec.Struct, frozen=True, omit_defaults=True):
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


class ResourceRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """The resource of a span: what produced it.

    Attributes:
        attributes: Attributes by name, such as ``service.name``.
        dropped_attributes: How many attributes were dropped.
        schema_url: Schema of the attributes.
    """

    attributes: dict[str, Any] = {}
    dropped_attributes: int = 0
    schema_url: str = ""


class EventRecord(msgspec.Struct, frozen=True, omit_defaults=True):
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


class LinkRecord(msgspec.Struct, frozen=True, omit_defaults=True):
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


class SpanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One finished span.

    Attributes:
        trace_id: 32 lower-case hexadecimal digits.
        span_id: 16 lower-case hexadecimal digits.
        parent_id: Span id of the parent; empty where there is none.
        name: Name of the span.
        kind: OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
        start_ns: Start, in nanoseconds since the epoch.
        end_ns: End, in nanoseconds since the epoch.
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
        scope: The instrumentation scope.
        resource: What produced the span.
    """

    trace_id: str
    span_id: str
    parent_id: str = ""
    name: str
    kind: int = 0
    start_ns: int
    end_ns: int
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
    context = span.get_span_context() or INVALID_SPAN_CONTEXT
    parent = span.parent
    status = span.status
    events = span.events
    links = span.links
    return SpanRecord(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_id=f"{parent.span_id:016x}" if parent and parent.span_id else "",
        name=carried_text(span.name),
        kind=span.kind.value + 1,
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        attributes=_attributes(span.attributes),
        events=tuple(map(_event, events)) if events else (),
        links=tuple(map(_link, links)) if links else (),
        status=status.status_code.value,
        status_message=carried_text(status.description or ""),
        trace_state=_trace_state(context.trace_state),
        flags=context.trace_flags | _remoteness(parent),
        dropped_attributes=span.dropped_attributes,
        dropped_events=span.dropped_events,
        dropped_links=span.dropped_links,
        scope=_scope_of(span.instrumentation_scope),
        resource=_resource_of(span.resource),
    )


def carried_text(text: str) -> str:
    r"""Give the text as UTF-8 can carry it: lone surrogates escaped as ``\udXXX``, nothing cut."""
    if type(text) is str and text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    if not attributes:
        return {}
    try:
        items = attributes.copy().items()  # type: ignore[attr-defined] # ten times faster, where there is one
    except AttributeError:
        items = attributes.items()
    return {carried_text(key): _plain(value) for key, value in items}


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
        return {carried_text(key): _plain(item, depth + 1) for key, item in value.items()}
    return [_plain(item, depth + 1) for item in value]


_AS_THEY_ARE = frozenset({bool, float, bytes, type(None)})


def _event(event: Event) -> EventRecord:
    return EventRecord(
        name=carried_text(event.name),
        time_ns=event.timestamp,
        attributes=_attributes(event.attributes),
        dropped_attributes=event.dropped_attributes,
    )


def _link(link: Link) -> LinkRecord:
    context = link.context
    return LinkRecord(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        attributes=_attributes(link.attributes),
        trace_state=_trace_state(context.trace_state),
        flags=context.trace_flags | _remoteness(context),
        dropped_attributes=link.dropped_attributes,
    )


def _trace_state(state: TraceState) -> str:
    return carried_text(state.to_header()) if state else ""


def _remoteness(context: SpanContext | None) -> int:
    return HAS_IS_REMOTE | IS_REMOTE if context and context.is_remote else HAS_IS_REMOTE


_Made = TypeVar("_Made")


class ByIdentity(Generic[_Made]):
    """Makes one thing of each object: an SDK's resource hashes its JSON text, which costs more than a span.

    The last few hundred are kept, with their objects, so that no other gets the same identity.

    Args:
        make: Makes it.
    """

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make = make
        self._made: dict[int, tuple[object, _Made]] = {}

    def __call__(self, source: object) -> _Made:
        """Give what was made of the object, or make it."""
        known = self._made.get(id(source))
        if known is None:
            if len(self._made) >= _MAX_CACHED:
                self._made.clear()
            known = self._made[id(source)] = (source, self._make(source))
        return known[1]


def _make_scope(scope: InstrumentationScope | None) -> ScopeRecord:
    if scope is None:
        return ScopeRecord()
    return ScopeRecord(
        name=carried_text(scope.name or ""),
        version=carried_text(scope.version or ""),
        attributes=_attributes(scope.attributes),
        dropped_attributes=getattr(scope.attributes, "dropped", 0),
        schema_url=carried_text(scope.schema_url or ""),
    )


def _make_resource(resource: Resource) -> ResourceRecord:
    return ResourceRecord(
        attributes=_attributes(resource.attributes),
        dropped_attributes=getattr(resource.attributes, "dropped", 0),
        schema_url=carried_text(resource.schema_url),
    )


_scope_of = ByIdentity(_make_scope)
_resource_of = ByIdentity(_make_resource)
