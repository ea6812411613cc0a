"""Compact store of spans for analysis: of each only what statistics need, in 45 bytes, grouped by trace."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from otel_ops import semconv
from otel_ops.log_tree import failure_of, kind_of
from otel_ops.operation_log import OperationFailure
from otel_ops.span_record import SpanRecord

_ROW = struct.Struct("=8s8sQQII?I")
_STATUS_ERROR = 2


class StoredSpan(NamedTuple):
    """What is kept of a span.

    Attributes:
        id: Its span id.
        parent: Span id of its parent; zero bytes where there is none.
        start_ns: Start, in nanoseconds since the epoch.
        end_ns: End, in nanoseconds since the epoch; never before the start.
        name: Its name.
        error_type: Type of the error it failed with; empty where it did not fail.
        is_context: Whether it is the span of an `OperationContext`, which is no operation.
        fingerprint: Fingerprint of the error that began in it; empty where none did.
    """

    id: bytes
    parent: bytes
    start_ns: int
    end_ns: int
    name: str
    error_type: str
    is_context: bool
    fingerprint: str = ""

    @property
    def duration_ns(self) -> int:
        """Time from start to end, in nanoseconds."""
        return self.end_ns - self.start_ns


class SpanTable:
    """Spans by trace, in packed rows; texts that recur are kept once.

    Args:
        records: The spans, in any order.

    Attributes:
        broken: How many spans have a time that OTLP cannot carry, or an id that is not hexadecimal; they are left out.
        failures: The first error that was read with each fingerprint, without its stack.
    """

    def __init__(self, records: Iterable[SpanRecord]) -> None:
        self.broken = 0
        self.failures: dict[str, OperationFailure] = {}
        self._rows: defaultdict[str, bytearray] = defaultdict(bytearray)
        self._texts: dict[str, int] = {}
        for record in records:
            try:
                row = self._packed(record)
            except (struct.error, ValueError):
                self.broken += 1
            else:
                self._rows[record.trace_id] += row

    def traces(self) -> Iterator[list[StoredSpan]]:
        """Give the spans of each trace, in the order in which they came."""
        texts = list(self._texts)
        for rows in self._rows.values():
            yield [
                StoredSpan(span, parent, start, end, texts[name], texts[error_type], is_context, texts[fingerprint])
                for span, parent, start, end, name, error_type, is_context, fingerprint in _ROW.iter_unpack(rows)
            ]

    def _packed(self, record: SpanRecord) -> bytes:
        return _ROW.pack(
            bytes.fromhex(record.span_id),
            bytes.fromhex(record.parent_id),
            record.start_ns,
            max(record.start_ns, record.end_ns),
            self._number(record.name),
            self._number(_error_type(record)),
            kind_of(record) == semconv.Kind.CONTEXT,
            self._number(self._fingerprint(record)),
        )

    def _fingerprint(self, record: SpanRecord) -> str:
        """Give the fingerprint of the error that began in a span, or that it recorded for a hidden operation."""
        if record.status != _STATUS_ERROR:
            return ""
        failure = failure_of(record)
        if failure.origin != record.name and not failure.stacktrace:
            return ""
        self.failures.setdefault(failure.fingerprint, replace(failure, stacktrace=""))
        return failure.fingerprint

    def _number(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))


def _error_type(record: SpanRecord) -> str:
    if record.status != _STATUS_ERROR:
        return ""
    declared = record.attributes.get(semconv.ERROR_TYPE)
    return str(declared or _exception_type(record) or semconv.ERROR_TYPE_OTHER)


def _exception_type(record: SpanRecord) -> object:
    """Give the type that the last exception event tells: an exception that escaped is recorded last."""
    exceptions = [event for event in record.events if event.name == semconv.EXCEPTION_EVENT]
    return exceptions[-1].attributes.get(semconv.EXCEPTION_TYPE) if exceptions else None
