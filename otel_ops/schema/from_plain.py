"""From plain data of any version back to the operation log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from otel_ops.detail import Detail
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.schema.node import INSIDE, Node
from otel_ops.schema.to_plain import Items
from otel_ops.schema.unknown import pointer_to, unknown_fields
from otel_ops.schema.versions import Plain, upgraded
from otel_ops.span_record import EventRecord, LinkRecord, ResourceRecord, ScopeRecord

MAX_NESTING = 256
"""Most operations inside each other."""

_WithAttributes = TypeVar("_WithAttributes", EventRecord, LinkRecord, ScopeRecord, ResourceRecord)
_OUTSIDE = Node(
    name="", kind="", span_id="", start_ns=0, end_ns=0, context={}, scope=ScopeRecord(), resource=ResourceRecord()
)
_AT_LEAST: Plain = {"name": "", "kind": FOREIGN, "span_id": "", "start_ns": 0, "end_ns": 0}


class _Read(NamedTuple):
    """What was read of one operation."""

    node: Node
    unknown: dict[str, Any]
    inside: list[Plain]


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
            ValueError: Something in it cannot be read.
        """
        plain = upgraded(document, lenient=self.lenient)
        logs: dict[int, OperationLog] = {}
        for identity, read in reversed(list(self._read(plain))):
            logs[identity] = _log(read, tuple(logs.pop(id(child)) for child in read.inside))
        return logs[id(plain["operation"])]

    def _read(self, document: Plain) -> Iterator[tuple[int, _Read]]:
        """Read each operation, those around before those inside."""
        waiting = [(0, document["operation"], _OUTSIDE)]
        for depth, plain, around in waiting:
            if depth > MAX_NESTING:
                msg = f"more than {MAX_NESTING} operations stand inside each other"
                raise ValueError(msg)
            unknown = unknown_fields(plain, document if around is _OUTSIDE else None)
            node = self._inherited(self._node(plain, unknown), around)
            inside = self._inside(plain, unknown)
            waiting.extend((depth + 1, child, node) for child in inside)
            yield id(plain), _Read(node, self.items(unknown), inside)

    def _node(self, plain: Plain, unknown: dict[str, Any]) -> Node:
        try:
            return msgspec.convert(plain, Node, strict=self.strict)
        except msgspec.ValidationError as error:
            if not self.lenient:
                msg = f"operation {plain.get('name')!r}: {error}"
                raise ValueError(msg) from None
        return msgspec.convert({**_AT_LEAST, **self._understood(plain, unknown)}, Node, strict=self.strict)

    def _understood(self, plain: Plain, unknown: dict[str, Any]) -> Plain:
        """Give the fields that can be read; the others become unknown."""
        understood: Plain = {}
        for field in msgspec.structs.fields(Node):
            if field.name in plain:
                try:
                    understood[field.name] = msgspec.convert(plain[field.name], field.type, strict=self.strict)
                except msgspec.ValidationError:
                    unknown[pointer_to("", field.name)] = plain[field.name]
        return understood

    def _inside(self, plain: Plain, unknown: dict[str, Any]) -> list[Plain]:
        inside = plain.get(INSIDE, [])
        if isinstance(inside, list) and all(isinstance(child, dict) for child in inside):
            return inside
        if self.lenient:
            unknown[pointer_to("", INSIDE)] = inside
            return []
        msg = f"operation {plain.get('name')!r}: {INSIDE} is no list of operations"
        raise ValueError(msg)

    def _inherited(self, node: Node, around: Node) -> Node:
        """Fill in what is as in the operation around, and undo what the text made of the rest."""
        node.context = around.context if node.context is None else self.items(node.context)
        node.scope = around.scope if node.scope is None else self._decoded(node.scope)
        node.resource = around.resource if node.resource is None else self._decoded(node.resource)
        node.trace_id = node.trace_id or around.trace_id
        node.attributes = self.items(node.attributes)
        node.events = list(map(self._decoded, node.events))
        node.links = list(map(self._decoded, node.links))
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
