"""The messages of OTLP JSON, as they are read.

Null stands for the default and numbers may be text; whatever may be right or wrong in a single span has a type wide
enough that the others survive.

Source: https://github.com/open-telemetry/opentelemetry-proto (trace.proto, logs.proto, common.proto), and its JSON
encoding in https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

Text: TypeAlias = str | None
Count: TypeAlias = Annotated[int, Meta(ge=0)] | None
Int64: TypeAlias = int | str | None
Enum: TypeAlias = int | str | None


class AnyValue(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.common.v1.AnyValue``: one field is set, or none."""

    string_value: Text = None
    bool_value: bool | None = None
    int_value: Int64 = None
    double_value: float | str | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: Text = None


class ArrayValue(Struct, gc=False):
    """``opentelemetry.proto.common.v1.ArrayValue``."""

    values: list[AnyValue | None] | None = None


class KeyValue(Struct, gc=False):
    """``opentelemetry.proto.common.v1.KeyValue``."""

    key: Text = ""
    value: AnyValue | None = None


KeyValues: TypeAlias = list[KeyValue] | None


class KeyValueList(Struct, gc=False):
    """``opentelemetry.proto.common.v1.KeyValueList``."""

    values: KeyValues = None


class Resource(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.resource.v1.Resource``."""

    attributes: KeyValues = None
    dropped_attributes_count: Count = 0


class Scope(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.common.v1.InstrumentationScope``."""

    name: Text = ""
    version: Text = ""
    attributes: KeyValues = None
    dropped_attributes_count: Count = 0


class Event(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.trace.v1.Span.Event``."""

    time_unix_nano: Int64 = None
    name: Text = ""
    attributes: KeyValues = None
    dropped_attributes_count: Count = 0


class Link(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.trace.v1.Span.Link``."""

    trace_id: Text = ""
    span_id: Text = ""
    trace_state: Text = ""
    attributes: KeyValues = None
    dropped_attributes_count: Count = 0
    flags: Count = 0


class Status(Struct, gc=False):
    """``opentelemetry.proto.trace.v1.Status``."""

    message: Text = ""
    code: Enum = 0


class Span(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.trace.v1.Span``."""

    trace_id: Text = ""
    span_id: Text = ""
    trace_state: Text = ""
    parent_span_id: Text = ""
    flags: Count = 0
    name: Text = ""
    kind: Enum = 0
    start_time_unix_nano: Int64 = None
    end_time_unix_nano: Int64 = None
    attributes: KeyValues = None
    dropped_attributes_count: Count = 0
    events: list[Event] | None = None
    dropped_events_count: Count = 0
    links: list[Link] | None = None
    dropped_links_count: Count = 0
    status: Status | None = None


class LogRecord(Struct, gc=False, rename="camel"):
    """``opentelemetry.proto.logs.v1.LogRecord``."""

    time_unix_nano: Int64 = None
    observed_time_unix_nano: Int64 = None
    severity_number: Enum = 0
    severity_text: Text = ""
    body: AnyValue | None = None
    attributes: KeyValues = None
    dropped_attributes_count: Count = 0
    trace_id: Text = ""
    span_id: Text = ""
