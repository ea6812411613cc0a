"""Makes records of the messages of OTLP JSON; what cannot be read raises a `ValueError` that names key and value."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar

from otel_ops.attributes import clean_value
from otel_ops.otlp_json import wire
from otel_ops.otlp_json.byte_text import bytes_of, id_of
from otel_ops.span_record import (
    MAX_DEPTH,
    TOO_DEEP,
    EventRecord,
    LinkRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
)

_BEYOND_TIME = 2**64
_INT64_BITS = 64
_SHOWN = 80
_NO_TRACE = "0" * 32
NO_SPAN = "0" * 16

_T = TypeVar("_T")


def span_record(span: wire.Span, scope: ScopeRecord, resource: ResourceRecord) -> SpanRecord:
    """Make the record of a span.

    Raises:
        ValueError: It has no ids, or something in it cannot be read.
    """
    trace_id = id_of("traceId", span.trace_id or "", 32)
    span_id = id_of("spanId", span.span_id or "", 16)
    if trace_id == _NO_TRACE or span_id == NO_SPAN:
        msg = f"{'traceId' if trace_id == _NO_TRACE else 'spanId'} is missing"
        raise ValueError(msg)
    parent_id = id_of("parentSpanId", span.parent_span_id or "", 16)
    status = span.status or wire.Status()
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_id="" if parent_id == NO_SPAN else parent_id,
        name=span.name or "",
        kind=number_of("kind", span.kind, _KINDS),
        start_ns=time_of("startTimeUnixNano", span.start_time_unix_nano),
        end_ns=time_of("endTimeUnixNano", span.end_time_unix_nano),
        attributes=attributes_of(span.attributes),
        events=tuple(map(_event_record, span.events)) if span.events else (),
        links=tuple(map(_link_record, span.links)) if span.links else (),
        status=number_of("status.code", status.code, _STATUS_CODES),
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
        time_ns=time_of("timeUnixNano", event.time_unix_nano),
        attributes=attributes_of(event.attributes),
        dropped_attributes=event.dropped_attributes_count or 0,
    )


def _link_record(link: wire.Link) -> LinkRecord:
    return LinkRecord(
        trace_id=id_of("link's traceId", link.trace_id or "", 32),
        span_id=id_of("link's spanId", link.span_id or "", 16),
        attributes=attributes_of(link.attributes),
        trace_state=link.trace_state or "",
        flags=link.flags or 0,
        dropped_attributes=link.dropped_attributes_count or 0,
    )


def time_of(key: str, value: wire.Int64) -> int:
    """Read a time.

    Raises:
        ValueError: It is none; the message names key and value.
    """
    time = _converted(int, key, value or 0)
    if 0 <= time < _BEYOND_TIME:
        return time
    msg = f"{key} = {time} is no time: it needs nanoseconds since the epoch, in 64 bits"
    raise ValueError(msg)


def number_of(key: str, value: wire.Enum, numbers: dict[wire.Enum, int]) -> int:
    """Read a value of an enum.

    Raises:
        ValueError: It is unknown; the message names key and value.
    """
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
SEVERITY_NUMBERS = _numbers(
    "SEVERITY_NUMBER_UNSPECIFIED",
    *(
        f"SEVERITY_NUMBER_{name}{number}"
        for name in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
        for number in ("", 2, 3, 4)
    ),
)
"""Every form that the severity of a log record has, and its number."""
_STATUS_CODES = _numbers("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")


def attributes_of(attributes: wire.KeyValues, depth: int = 0) -> dict[str, Any]:
    """Make plain Python values of attributes.

    Raises:
        ValueError: A value cannot be read.
    """
    if not attributes:
        return {}
    return {attribute.key or "": any_value(attribute.value, depth) for attribute in attributes}


def any_value(value: wire.AnyValue | None, depth: int = 0) -> Any:
    """Make a plain Python value.

    Raises:
        ValueError: It cannot be read; the message names key and value.
    """
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
        return (
            [any_value(item, depth + 1) for item in value.array_value.values or ()] if depth < MAX_DEPTH else TOO_DEEP
        )
    if value.kvlist_value is not None:
        return attributes_of(value.kvlist_value.values, depth + 1) if depth < MAX_DEPTH else TOO_DEEP
    return None


def _int(value: int | str) -> Any:
    number = _converted(int, "intValue", value)
    return number if number.bit_length() < _INT64_BITS else clean_value(number)


def _converted(number: Callable[[float | str], _T], key: str, value: float | str) -> _T:
    try:
        return number(value)
    except ValueError:
        msg = f"{key} = {str(value)[:_SHOWN]!r} is no number"
        raise ValueError(msg) from None
