"""What the span of an operation has from its start, and who is told that it begins."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

from opentelemetry import trace

from otel_ops import faults, semconv
from otel_ops.attributes import Value, clean_attributes, clean_text
from otel_ops.core.capture import read
from otel_ops.core.frame import PROCESS, Frame
from otel_ops.core.hooks import HOOKS
from otel_ops.core.plan import Plan
from otel_ops.semconv import KIND


def tell_of_opening(span: trace.Span, outer: Frame | None) -> None:
    """Tell the builder of logs of an operation whose log a context wants."""
    if HOOKS.sink is None or outer is None or outer.inside or outer.around is None or not span.is_recording():
        return
    with faults.guarded("operations"):
        HOOKS.sink.opened(span.get_span_context(), outer.around)


def attributes_of(
    plan: Plan,
    outer: Frame | None,
    thread: int,
    arguments: tuple[Any, ...] = (),
    named: Mapping[str, Any] | None = None,
) -> dict[str, Value]:
    """Give what a span has from its start; the dict may be shared with other runs."""
    if outer is None:
        attributes, told = plan.stamped[False], PROCESS.main_thread
    else:
        attributes, told = _inherited(plan, outer), outer.thread
    if plan.captured:
        attributes = with_more(attributes, clean_attributes(read(plan.captured, arguments, named or {})))
    if thread != told:
        name = clean_text(threading.current_thread().name)
        attributes = with_more(attributes, {semconv.THREAD_ID: thread, semconv.THREAD_NAME: name})
    return attributes


def _inherited(plan: Plan, outer: Frame) -> dict[str, Value]:
    around, inside = outer.around, outer.inside
    attributes = plan.stamped[inside]
    if around is not None:
        attributes = {**around.values, **attributes} if plan.attributes else around.stamped[inside]
    if outer.process != PROCESS.id and outer.recording:
        attributes = with_more(attributes, {semconv.PROCESS_ROOT: True, semconv.PROCESS_PID: os.getpid()})
    return attributes


def with_more(attributes: Mapping[str, Value], more: Mapping[str, Value]) -> dict[str, Value]:
    """Give the attributes with more of them; the kind stays the last."""
    both = {**attributes, **more}
    both[KIND] = both.pop(KIND)
    return both
