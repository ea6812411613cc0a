"""Operations without a span, of which only metrics tell: those below the level of detail, or left out by a sampler."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from time import time_ns
from typing import Any, NamedTuple

from opentelemetry.trace import Span, format_span_id

from otel_ops import faults, semconv
from otel_ops.core.frame import current_frame
from otel_ops.core.plan import Plan
from otel_ops.semconv import FAILED_OUTCOMES, KIND, Kind
from otel_ops.span_record import ScopeRecord, SpanRecord, plain_attributes

MAX_WAITING = 100_000
"""Most operations without a span that wait to be measured."""

_NO_TRACE, _NO_SPAN, _ERROR = "0" * 32, "0" * 16, 2
_DROPPED = f"more than {MAX_WAITING:,} operations without a span wait to be measured; further ones are not measured"


class _Run(NamedTuple):
    plan: Plan
    is_inside: bool
    values: Mapping[str, Any]
    start_ns: int
    end_ns: int
    outcome: str
    error_type: str


class HiddenOperations:
    """Keeps what has ended without a span until the worker measures it.

    Args:
        start: Has the worker begin.
    """

    def __init__(self, start: Callable[[], None]) -> None:
        self._start = start
        self.renew()

    def renew(self) -> None:
        """Leave what waits to the process that this one was forked from, and its worker."""
        self._is_started = False
        self._waiting: deque[_Run] = deque()
        self._told: set[str] = set()

    def ended(self, plan: Plan, start_ns: int, outcome: str, error_type: str) -> None:
        """Keep one that has ended now."""
        if len(self._waiting) >= MAX_WAITING:
            faults.warn("metrics.hidden_dropped", _DROPPED)
            return
        if not self._is_started:
            self._is_started = True
            self._start()
        outer = current_frame()
        around = None if outer is None else outer.around
        is_inside = outer is not None and outer.inside
        values = {} if around is None else around.values
        self._waiting.append(_Run(plan, is_inside, values, start_ns, time_ns(), outcome, error_type))

    def told(self, span: Span) -> None:
        """Learn of a span that was made for one after all, to tell of its failure: it is not to be measured twice."""
        self._told.add(format_span_id(span.get_span_context().span_id))

    def is_measured(self, record: SpanRecord) -> bool:
        """Tell whether a span is one of those."""
        if record.span_id not in self._told:
            return False
        self._told.discard(record.span_id)
        return True

    @property
    def is_empty(self) -> bool:
        """Whether none wait."""
        return not self._waiting

    def take(self) -> Iterator[SpanRecord]:
        """Take out what waits, as records of the spans that there are not."""
        for _ in range(len(self._waiting)):
            yield _record_of(self._waiting.popleft())


def _record_of(run: _Run) -> SpanRecord:
    attributes = {**plain_attributes(run.values), KIND: Kind.SUBOPERATION if run.is_inside else Kind.OPERATION}
    attributes[semconv.OUTCOME] = run.outcome
    if run.error_type:
        attributes[semconv.ERROR_TYPE] = run.error_type
    return SpanRecord(
        _NO_TRACE,
        _NO_SPAN,
        run.plan.name,
        run.start_ns,
        run.end_ns,
        attributes=attributes,
        status=_ERROR if run.outcome in FAILED_OUTCOMES else 0,
        scope=ScopeRecord(run.plan.level.scope_name),
    )
