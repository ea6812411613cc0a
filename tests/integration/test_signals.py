"""Signal handlers of the program: what they raise is the program's, wherever in our code it finds it."""

from __future__ import annotations

import signal
import time
from types import FrameType

import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import current_operation, diagnostics, operation
from otel_ops.testing import Recorder

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such timer here")


class OutOfTimeError(Exception):
    """What a program raises where a step takes too long."""


@operation("step", capture=["number"])
def step(number: int) -> int:
    return number + 1


def raise_timeout(_: int, __: FrameType | None) -> None:
    raise OutOfTimeError


class Interrupted(SpanProcessor):
    """A processor in the midst of which a signal arrives."""

    def on_start(self, span: Span, parent_context: object = None) -> None:
        if span.name == "at start":
            signal.raise_signal(signal.SIGALRM)

    def on_end(self, span: ReadableSpan) -> None:
        if span.name == "at end":
            signal.raise_signal(signal.SIGALRM)


def ask(_: int, __: FrameType | None) -> None:
    current_operation().event("asked")
    with operation("in the handler"):
        pass


@pytest.mark.parametrize("name", ["at end"])
def test_what_a_signal_handler_raises_comes_through(recorder: Recorder, quiet: None, name: str) -> None:
    """A time limit by a signal holds, also where it hits while our own code is at work, and nothing is upset by it."""
    recorder.provider.add_span_processor(Interrupted())
    former = signal.signal(signal.SIGALRM, raise_timeout)
    try:
        with operation("outer"):
            with pytest.raises(OutOfTimeError), operation(name):
                step(1)
            assert "outer" == current_operation().name
    finally:
        signal.signal(signal.SIGALRM, former)
    assert "outer" == recorder.spans.names[-1]
    assert {} == diagnostics()


def test_a_signal_handler_may_use_operations(recorder: Recorder, quiet: None) -> None:
    """It waits for nothing that the interrupted code holds, and the interrupted code goes on as before."""
    former = signal.signal(signal.SIGALRM, ask)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        ends_at = time.monotonic() + 0.3
        with operation("work") as work:
            while time.monotonic() < ends_at:
                work.set(rows=1)
                step(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    assert "work" in recorder.spans.names
    assert "in the handler" in recorder.spans.names
    assert {"work"} == {recorder.spans.parents["step"]}
