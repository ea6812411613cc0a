"""Node: the fields of one operation, as documents of the current version have them."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import msgspec

from otel_ops.operation_log import OperationFailure
from otel_ops.span_record import EventRecord, LinkRecord, LogRecord, ResourceRecord, ScopeRecord

DetailName = Literal["MINIMAL", "STANDARD", "DETAILED", "DEBUG"]


class Node(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One operation; what is None is as in the operation around. The times and sums of readers are not read back."""

    name: str
    kind: str
    detail: DetailName = "STANDARD"
    outcome: str = "ok"
    trace_id: str | None = None
    span_id: str
    parent_id: str = ""
    start_ns: int
    end_ns: int
    duration_ns: int = 0
    self_ns: int = 0
    status_message: str = ""
    process_root: bool = False
    partial: bool = False
    late_of: str = ""
    lost: int = 0
    context: dict[str, Any] | None = None
    attributes: dict[str, Any] = {}
    failure: OperationFailure | None = None
    events: list[EventRecord] = []
    links: list[LinkRecord] = []
    log_records: list[LogRecord] = []
    dropped_log_records: int = 0
    scope: ScopeRecord | None = None
    resource: ResourceRecord | None = None
    suboperations: list[dict[str, Any]] = []


INSIDE = "suboperations"
"""Field of the nodes inside a node, which stay plain: trees are walked, not recursed into."""

KNOWN: dict[str, frozenset[str]] = {
    "operation": frozenset(Node.__struct_fields__),
    "failure": frozenset(each.name for each in dataclasses.fields(OperationFailure)),
    "events": frozenset(EventRecord.__struct_fields__),
    "links": frozenset(LinkRecord.__struct_fields__),
    "log_records": frozenset(LogRecord.__struct_fields__),
    "scope": frozenset(ScopeRecord.__struct_fields__),
    "resource": frozenset(ResourceRecord.__struct_fields__),
}
"""The fields that are known, of operations and of what stands in their fields."""
