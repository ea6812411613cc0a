"""A tracer that makes the SDK's spans at less than half of their cost.

Most of what a span of the SDK costs is spent before anything happens to it: attributes that are clean are cleaned
once more, lists are made for events and links that most spans never have, and a copy is made at its end. `FastSpan` is
a span of the SDK that leaves this for when it is needed; sampler, ids, limits, resource and processors are those of the
SDK's tracer.

It depends on how the SDK's classes look inside. So it is used only where a trial, made once in each process, has shown
that its spans are equal to the SDK's, and only for tracers that are exactly the SDK's; the SDK makes all others.
"""

from __future__ import annotations

import copy
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count
from time import time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.environment_variables import OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanContext, TraceFlags

from otel_ops.attributes import Stamp

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.util.types import Attributes, AttributeValue

_UNSET = trace.Status(trace.StatusCode.UNSET)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SAMPLED_AT_RANDOM = TraceFlags(TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID)
_DROPPED = TraceFlags(TraceFlags.DEFAULT)
_DROPPED_AT_RANDOM = TraceFlags(TraceFlags.RANDOM_TRACE_ID)


class FastSpan(Span):
    """A span of the SDK; what it is made of beyond names and numbers is made when it is needed."""

    _end_time: int | None = None
    _status = _UNSET
    _trace_config = _record_end_metrics = None
    _record_exception = _set_status_on_exception = False
    _bounded_attributes: BoundedAttributes | None = None
    _bounded_events: Any = None
    _bounded_links: Any = None

    def __init__(self, tracer: FastTracer, name: str, context: SpanContext, parent: SpanContext | None) -> None:
        self._name = name
        self._context = context
        self._parent = parent
        self._kind = trace.SpanKind.INTERNAL
        self._tracer = tracer
        self._resource = tracer.of_sdk.resource  # another one in forked children
        self._instrumentation_info = tracer.info
        self._instrumentation_scope = tracer.scope
        self._span_processor = tracer.processor
        self._lock: Any = threading.RLock()  # a signal handler or finalizer may come in between on the same thread

    def begin(self, attributes: Mapping[str, Any], start_time: int | None, context: Context) -> None:
        """Start it, and tell the processors.

        Args:
            attributes: What it begins with: of its own, within limits; or shared with others, clean and never changed.
            start_time: Nanoseconds since the epoch; None means now.
            context: Its parent's Context.
        """
        if isinstance(attributes, BoundedAttributes):
            self._bounded_attributes = attributes
        else:
            self._shared = attributes
        self._start_time = time_ns() if start_time is None else start_time
        self._span_processor.on_start(self, parent_context=context)

    def end(self, end_time: int | None = None) -> None:
        """End it, and give it to the processors: it does not change any more."""
        with self._lock:
            ended = self._end_time is not None
            if not ended:
                self._end_time = time_ns() if end_time is None else end_time
                if self._bounded_attributes is not None:
                    self._bounded_attributes._immutable = True
        if ended:
            super().end()
            return
        self._span_processor._on_ending(self)
        self._span_processor.on_end(self)

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Set attributes."""
        if type(attributes) is not Stamp or not self._take(attributes):
            super().set_attributes(attributes)

    def _take(self, attributes: Stamp) -> bool:
        """Add attributes that are clean, where no limit is near; tell whether that was done."""
        with self._lock:
            if self._end_time is not None or self._bounded_attributes is not None or not self._has_room(attributes):
                return False
            self._shared = MappingProxyType({**self._shared, **attributes})
            return True

    def _has_room(self, attributes: Stamp) -> bool:
        """Tell whether the SDK would only add these; one that is there already would change its place."""
        own = self._shared
        return len(own) + len(attributes) <= self._tracer.room and own.keys().isdisjoint(attributes)

    @property
    def attributes(self) -> Attributes:
        """What it has, read-only."""
        grown = self._bounded_attributes
        return self._shared if grown is None else MappingProxyType(grown)

    @property
    def events(self) -> Sequence[Event]:
        """What happened inside."""
        return () if self._bounded_events is None else tuple(self._bounded_events)

    @property
    def links(self) -> Sequence[trace.Link]:
        """Other spans that it points to."""
        return () if self._bounded_links is None else tuple(self._bounded_links)

    @property
    def dropped_attributes(self) -> int:
        """How many attributes were dropped."""
        return 0 if self._bounded_attributes is None else self._bounded_attributes.dropped

    @property
    def dropped_events(self) -> int:
        """How many events were dropped."""
        return 0 if self._bounded_events is None else int(self._bounded_events.dropped)

    @property
    def dropped_links(self) -> int:
        """How many links were dropped."""
        return 0 if self._bounded_links is None else int(self._bounded_links.dropped)

    @property
    def _attributes(self) -> BoundedAttributes:  # type: ignore[override] # which the SDK, and some processors, use
        """Attributes of its own, which the SDK keeps within its limits."""
        with self._lock:
            if self._bounded_attributes is None:
                self._bounded_attributes = bounded(self._tracer.limits, self._shared)
                self._bounded_attributes._immutable = self._end_time is not None
            return self._bounded_attributes

    @property
    def _events(self) -> Any:  # type: ignore[override] # as above
        with self._lock:
            if self._bounded_events is None:
                self._bounded_events = self._new_events()  # type: ignore[no-untyped-call] # the SDK's
            return self._bounded_events

    @property
    def _links(self) -> Any:  # type: ignore[override] # as above
        with self._lock:
            if self._bounded_links is None:
                self._bounded_links = self._new_links(())
            return self._bounded_links

    @property
    def _limits(self) -> Any:
        return self._tracer.limits

    @property
    def _sampler(self) -> Any:  # type: ignore[override] # as above
        return self._tracer.sampler

    def __copy__(self) -> ReadableSpan:
        """Copy what the SDK hands to exporters, which is no open span."""
        return self._readable_span()

    def __deepcopy__(self, memo: dict[int, Any]) -> ReadableSpan:
        """Copy what the SDK hands to exporters, which is no open span."""
        return copy.deepcopy(self._readable_span(), memo)


def bounded(limits: Any, attributes: Mapping[str, Any]) -> BoundedAttributes:
    """Give attributes that can grow up to the limits of the SDK."""
    length = limits.max_span_attribute_length
    return BoundedAttributes(limits.max_span_attributes, attributes, immutable=False, max_value_len=length)


def _room_of(limits: Any) -> int:
    """Give how many attributes may be kept as they are: none, where texts are to be cut."""
    if limits.max_span_attribute_length is not None:
        return 0
    return sys.maxsize if limits.max_span_attributes is None else int(limits.max_span_attributes)


class FastTracer(trace.Tracer):
    """Does as a tracer of the SDK does, with `FastSpan` for spans without links."""

    def __init__(self, tracer: Tracer) -> None:
        self.of_sdk = tracer
        self.info = tracer.instrumentation_info
        self.scope = tracer._instrumentation_scope
        self.processor = tracer.span_processor
        self.limits = tracer._span_limits
        self.room = _room_of(tracer._span_limits)
        self.sampler = tracer.sampler

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: trace.SpanKind = trace.SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[trace.Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = False,
        set_status_on_exception: bool = False,
    ) -> trace.Span:
        """Start a span."""
        tracer = self.of_sdk
        if links or context is None or not tracer._is_enabled():
            return tracer.start_span(name, context, kind, attributes, links, start_time, False, False)
        parent: SpanContext | None = trace.get_current_span(context).get_span_context()
        if parent is not None and parent.is_valid:
            trace_id, at_random = parent.trace_id, parent.trace_flags.random_trace_id
        else:
            parent = None
            trace_id, at_random = tracer.id_generator.generate_trace_id(), tracer.id_generator.is_trace_id_random()
        offered = None if attributes is None else dict(attributes)  # some samplers add to what they are given
        result = tracer.sampler.should_sample(context, trace_id, name, kind, offered, ())
        if result.decision.is_sampled():  # type: ignore[no-untyped-call] # the SDK's
            flags = _SAMPLED_AT_RANDOM if at_random else _SAMPLED
        else:
            flags = _DROPPED_AT_RANDOM if at_random else _DROPPED
        span_id = tracer.id_generator.generate_span_id()
        span_context = SpanContext(trace_id, span_id, False, flags, result.trace_state)
        if not result.decision.is_recording():  # type: ignore[no-untyped-call] # the SDK's
            return trace.NonRecordingSpan(span_context)
        span = FastSpan(self, name, span_context, parent)
        span.begin(self._within_limits(attributes, result.attributes), start_time, context)
        return span

    def _within_limits(self, given: Any, sampled: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give what the span begins with: as it is given, where that is known to be clean and few."""
        known = type(given) is Stamp and len(given) <= self.room and sampled == given
        return MappingProxyType(given) if known else bounded(self.limits, sampled)

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        """Do as the SDK's tracer does."""
        return self.of_sdk.start_as_current_span(*args, **kwargs)


def faster(tracer: trace.Tracer) -> trace.Tracer:
    """Give a faster tracer that does the same; the same one, where there is none."""
    metered = os.environ.get(OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED, "").strip().lower() == "true"
    return FastTracer(tracer) if type(tracer) is Tracer and not metered and _is_faithful() else tracer


@cache
def _is_faithful() -> bool:
    """Try whether the spans are equal to the SDK's, in all that can be seen of them."""
    try:
        return list(_trial(lambda tracer: tracer)) == list(_trial(FastTracer))
    except Exception:  # noqa: BLE001 - the SDK looks different inside from what is expected here
        return False


def _trial(of: Callable[[Tracer], trace.Tracer]) -> Iterator[object]:
    """Make a parent and a child with everything that a span may have; give all that the processors see."""
    seen = _Seen()
    provider = TracerProvider(ALWAYS_ON, Resource.get_empty(), id_generator=_Counting(), shutdown_on_exit=False)
    provider.add_span_processor(seen)
    sdk_tracer: Any = provider.get_tracer("otel_ops.trial", "1", "https://example.org", {"a": 1})
    tracer = of(sdk_tracer)
    root = trace.set_span_in_context(trace.INVALID_SPAN)
    parent = tracer.start_span("parent", root, attributes=Stamp({"a": "b", "n": 1}), start_time=1)
    child = tracer.start_span("child", trace.set_span_in_context(parent, root), attributes={"l": [1, 2]}, start_time=2)
    child.set_attributes({"a": 2, "b": "c"})
    child.add_event("event", {"k": True}, 3)
    child.add_link(parent.get_span_context(), {"k": 1.5})
    child.set_status(trace.Status(trace.StatusCode.ERROR, "why"))
    child.update_name("renamed")
    child.end(4)
    parent.set_attribute("n", 2)
    parent.end(5)
    yield from seen.seen


class _Counting(IdGenerator):
    """Gives numbers in a row."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def generate_span_id(self) -> int:
        return next(self._numbers)

    def generate_trace_id(self) -> int:
        return next(self._numbers)


class _Seen(SpanProcessor):
    """Keeps all that can be seen of spans as they start and end."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.seen += [span.is_recording(), *_all_of(span)]

    def on_end(self, span: ReadableSpan) -> None:
        self.seen += [isinstance(span, ReadableSpan), *_all_of(span)]


def _all_of(span: ReadableSpan) -> list[object]:
    status = span.status
    return [
        span.to_json(),
        span.get_span_context(),
        span.parent,
        span.resource,
        span.instrumentation_scope,
        (status.status_code, status.description),
        dict(span.attributes or {}),
        [(event.name, event.timestamp, dict(event.attributes or {})) for event in span.events],
        [(link.context, dict(link.attributes or {})) for link in span.links],
        (span.dropped_attributes, span.dropped_events, span.dropped_links),
    ]
