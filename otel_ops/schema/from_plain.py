"""From plain data of any version back to the operation log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from otel_ops.detail import Detail
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.schema.node import Node
from otel_ops.schema.to_plain import Items
from otel_ops.schema.unknown import add_unknown, pointer_to, take_unknown
from otel_ops.schema.versions import Plain, upgraded
from otel_ops.span_record import EventRecord, LinkRecord, LogRecord, ResourceRecord, ScopeRecord

MAX_NESTING = 256
"""Most operations inside each other."""

_WithAttributes = TypeVar("_WithAttributes", EventRecord, LinkRecord, LogRecord, ScopeRecord, ResourceRecord)
_OUTSIDE = Node(
    name="", kind="", span_id="", start_ns=0, end_ns=0, context={}, scope=ScopeRecord(), resource=ResourceRecord()
)
_AT_LEAST: Plain = {"name": "", "kind": FOREIGN, "span_id": "", "start_ns": 0, "end_ns": 0}


class _Read(NamedTuple):
    """What was read of one operation."""

    node: Node
    unknown: dict[str, Any]


class Reader(NamedTuple):
    """How a text is read.

    Attributes:
        items: Undoes what the text made of attributes.
        strict: Whether numbers stand as numbers in it, not as text.
        lenient: Whether what is not understood is kept as unknown instead of being an error.
    """

    items: Items
    strict: bool
    lenient: bool

    def log_of(self, document: Plain) -> OperationLog:
        """Give the log of a document.

        Raises:
            UnreadableInputError: It is of a version that is not known here.
            ValueError: Something in it cannot be read; so do KeyError and TypeError.
        """
        plain = upgraded(document, lenient=self.lenient)
        if not isinstance(plain["operation"], dict):
            msg = f"operation={str(plain['operation'])[:80]!r} is no operation"
            raise TypeError(msg)
        logs: dict[int, OperationLog] = {}
        for identity, read in reversed(list(self._read(plain))):
            logs[identity] = _log(read, tuple(logs.pop(id(child)) for child in read.node.suboperations))
        return logs[id(plain["operation"])]

    def _read(self, document: Plain) -> Iterator[tuple[int, _Read]]:
        """Read each operation, those around before those inside."""
        waiting = [(0, document["operation"], _OUTSIDE)]
        for depth, plain, around in waiting:
            if depth > MAX_NESTING:
                msg = f"more than {MAX_NESTING} operations stand inside each other"
                raise ValueError(msg)
            unknown = take_unknown(plain, document if around is _OUTSIDE else None)
            node = self._inherited(self._node(plain, unknown), around)
            waiting.extend((depth + 1, child, node) for child in node.suboperations)
            yield id(plain), _Read(node, self.items(unknown))

    def _node(self, plain: Plain, unknown: dict[str, Any]) -> Node:
        try:
            return msgspec.convert(plain, Node, strict=self.strict)
        except msgspec.ValidationError as error:
            if not self.lenient:
                msg = f"operation {plain.get('name')!r}: {error}"
                raise ValueError(msg) from None
        self._take_out(plain, unknown)
        return msgspec.convert({**_AT_LEAST, **plain}, Node, strict=self.strict)

    def _take_out(self, plain: Plain, unknown: dict[str, Any]) -> None:
        """Take those fields out, as they stood, that are not as they should be."""
        for field in (each for each in msgspec.structs.fields(Node) if each.name in plain):
            try:
                msgspec.convert(plain[field.name], field.type, strict=self.strict)
            except msgspec.ValidationError:
                pointer = pointer_to("", field.name)
                inside = [each for each in unknown if each.startswith(f"{pointer}/")]
                add_unknown(plain, None, {each: unknown.pop(each) for each in inside})
                unknown[pointer] = plain.pop(field.name)

    def _inherited(self, node: Node, around: Node) -> Node:
        """Fill in what is as in the operation around, and undo what the text made of the rest."""
        node.context = around.context if node.context is None else self.items(node.context)
        node.scope = around.scope if node.scope is None else self._decoded(node.scope)
        node.resource = around.resource if node.resource is None else self._decoded(node.resource)
        node.trace_id = node.trace_id or around.trace_id
        node.attributes = self.items(node.attributes)
        node.events = list(map(self._decoded, node.events))
        node.links = list(map(self._decoded, node.links))
        node.log_records = list(map(self._decoded, node.log_records))
        return node

    def _decoded(self, record: _WithAttributes) -> _WithAttributes:
        return replace(record, attributes=self.items(record.attributes)) if record.attributes else record


def _log(read: _Read, inside: tuple[OperationLog, ...]) -> OperationLog:
    node = read.node
    return OperationLog(
        name=node.name,
        kind=node.kind,
        detail=Detail[node.detail],
        outcome=node.outcome,
        trace_id=node.trace_id or "",
        span_id=node.span_id,
        parent_id=node.parent_id,
        start_ns=node.start_ns,
        end_ns=node.end_ns,
        attributes=node.attributes,
        context=dict(node.context or {}),
        failure=node.failure,
        events=tuple(node.events),
        links=tuple(node.links),
        log_records=tuple(node.log_records),
        dropped_log_records=node.dropped_log_records,
        suboperations=inside,
        status_message=node.status_message,
        process_root=node.process_root,
        partial=node.partial,
        late_of=node.late_of,
        lost=node.lost,
        scope=node.scope or ScopeRecord(),
        resource=node.resource or ResourceRecord(),
        unknown=read.unknown,
    )
