"""Self time: how long each operation of a trace ran while none that it called did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from otel_ops.analysis.span_table import StoredSpan
from otel_ops.operation_log import self_time

Trace = dict[bytes, StoredSpan]
"""The spans of one trace, by span id."""


def without_duplicates(spans: Iterable[StoredSpan]) -> Trace:
    """Keep one span for each id: the longest, and among equally long ones the same in whatever order they come."""
    trace: Trace = {}
    for span in spans:
        twin = trace.setdefault(span.id, span)
        if twin is not span:
            trace[span.id] = max(twin, span, key=_by_length)
    return trace


def _by_length(span: StoredSpan) -> tuple[int, StoredSpan]:
    return span.duration_ns, span


def self_times(trace: Trace) -> Iterator[tuple[StoredSpan, int]]:
    """Give each operation of a trace with its self time in nanoseconds.

    It is the operation's duration without the union of the intervals of its direct children, wherever those ran, as
    far as they lie inside. Contexts are skipped: what they hold hangs on the operation around them. Spans whose
    parents go in a circle are treated as having none.
    """
    inside = _intervals_inside(trace)
    for span in trace.values():
        if not span.is_context:
            children = inside.get(span.id)
            yield span, self_time(span.start_ns, span.end_ns, children) if children else span.duration_ns


def _intervals_inside(trace: Trace) -> dict[bytes, list[tuple[int, int]]]:
    """Give the intervals of the children of each operation."""
    parents = _parents(trace)
    inside = defaultdict(list)
    for span in trace.values():
        if not span.is_context:
            caller = _caller(span.id, parents, trace)
            inside[caller].append((span.start_ns, span.end_ns))
    return inside


def _parents(trace: Trace) -> dict[bytes, bytes]:
    """Give the parent's id of each span whose parent is in the trace and that is not part of a circle."""
    parents = {span.id: span.parent for span in trace.values() if span.parent in trace}
    for span in list(_in_circles(parents)):
        del parents[span]
    return parents


def _in_circles(parents: dict[bytes, bytes]) -> Iterator[bytes]:
    seen: set[bytes] = set()
    for lowest in parents:
        span, way = lowest, []
        while span in parents and span not in seen:
            seen.add(span)
            way.append(span)
            span = parents[span]
        if span in way:
            yield from way[way.index(span) :]


def _caller(span: bytes, parents: dict[bytes, bytes], trace: Trace) -> bytes:
    """Give the nearest operation around a span, or no bytes; shortens the way for those that ask next."""
    caller = parents.get(span, b"")
    way = []
    while caller and trace[caller].is_context:
        way.append(caller)
        caller = parents.get(caller, b"")
    parents.update(dict.fromkeys(way, caller))
    return caller
