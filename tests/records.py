"""Span records for tests: made by hand, and a hypothesis strategy of whole traces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import strategies as st

from otel_ops import semconv
from otel_ops.detail import Detail
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.semconv import Kind
from otel_ops.span_record import IS_REMOTE, ScopeRecord, SpanRecord

TRACE = "5b8efff798038103d269b633813fc60c"
ERROR = 2
"""The status of a span that failed."""

_KINDS = (Kind.CONTEXT, Kind.OPERATION, Kind.SUBOPERATION, FOREIGN)


def span_id(name: str) -> str:
    """Give the id of the span of this name, no longer than eight characters."""
    return name.encode().hex().rjust(16, "0") if name else ""


def span(
    name: str,
    parent: str = "",
    *,
    kind: str = Kind.SUBOPERATION,
    time: tuple[int, int] = (0, 1),
    level: Detail = Detail.STANDARD,
    trace: str = TRACE,
    remote: bool = False,
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> SpanRecord:
    """Make the record of a span, which is identified by its name; so is its parent."""
    return SpanRecord(
        trace_id=trace,
        span_id=span_id(name),
        parent_id=span_id(parent),
        name=name,
        start_ns=time[0],
        end_ns=time[1],
        flags=IS_REMOTE if remote else 0,
        scope=ScopeRecord("http.client" if kind == FOREIGN else level.scope_name),
        attributes={**({} if kind == FOREIGN else {semconv.KIND: kind}), **(attributes or {})},
        **more,
    )


def outline(logs: Iterable[OperationLog]) -> list[Any]:
    """Give the names of logs; one with suboperations is a tuple of its name and theirs."""
    return [(log.name, *outline(log.suboperations)) if log.suboperations else log.name for log in logs]


@st.composite
def traces(draw: st.DrawFn, max_size: int = 12) -> list[SpanRecord]:
    """Give the spans of a trace, any of which may be the parent of any: trees, orphans, circles, duplicates."""
    names = [f"s{number}" for number in range(draw(st.integers(1, max_size)))]
    parents = st.sampled_from(["", "gone", *names])
    spans = [_any_span(draw, name, draw(parents)) for name in names]
    return [
        *spans,
        *(_any_span(draw, name, draw(parents)) for name in draw(st.lists(st.sampled_from(names), max_size=3))),
    ]


def _any_span(draw: st.DrawFn, name: str, parent: str) -> SpanRecord:
    return span(
        name,
        parent,
        kind=draw(st.sampled_from(_KINDS)),
        time=(draw(st.integers(0, 20)), draw(st.integers(0, 20))),
        level=draw(st.sampled_from(Detail)),
        status=draw(st.sampled_from([0, 0, 0, ERROR])),
    )


@st.composite
def trees(draw: st.DrawFn, max_size: int = 15) -> list[SpanRecord]:
    """Give the spans of one well-formed tree, whose root is a context or operation, in the order of their end."""
    kinds = {"": draw(st.sampled_from([Kind.CONTEXT, Kind.OPERATION]))}
    parents = {"s0": ""}
    for number in range(1, draw(st.integers(1, max_size))):
        parents[f"s{number}"] = draw(st.sampled_from(sorted(parents)))
    made: dict[str, str] = {}
    for name, parent in parents.items():
        made[name] = _kind_inside(draw, name, parent, parents, made) if parent else kinds[""]
    return [span(name, parents[name], kind=made[name]) for name in _children_first(parents)]


def _kind_inside(draw: st.DrawFn, name: str, parent: str, parents: dict[str, str], made: dict[str, str]) -> str:
    while made[parent] == FOREIGN:
        parent = parents[parent]
    operation = Kind.OPERATION if made[parent] == Kind.CONTEXT else Kind.SUBOPERATION
    return draw(st.sampled_from([Kind.CONTEXT, operation, operation, FOREIGN]))


def _children_first(parents: dict[str, str], root: str = "s0") -> Iterator[str]:
    for name, parent in parents.items():
        if parent == root:
            yield from _children_first(parents, name)
    yield root
