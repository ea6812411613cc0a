"""Recursion: the program goes as deep as its frames let it, and what recording calls is not recorded in turn."""

from __future__ import annotations

import sys
import typing
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from otel_ops import diagnostics, operation
from otel_ops.declared.declarations import Declarations
from otel_ops.settings.operations import read_operation
from otel_ops.testing import Recorder


@operation("step")
def recursive(depth: int) -> int:
    return 0 if depth == 0 else 1 + recursive(depth - 1)


@operation("endless")
def endless() -> None:
    endless()


def wrapped(depth: int) -> int:
    """Do as an operation does that records nothing: a wrapper around each call."""

    def inner() -> int:
        return 0 if depth == 0 else 1 + wrapped(depth - 1)

    return inner()


def deepest() -> int:
    """Find out how deep a function with a wrapper that does nothing can go here."""
    low, high = 1, sys.getrecursionlimit()
    while low < high - 1:
        depth = (low + high) // 2
        try:
            wrapped(depth)
            low = depth
        except RecursionError:
            high = depth
    return low


def left_out() -> int:
    """Count what found no frames to begin with, to start its span with, or to hand it to the exporter with."""
    counts = diagnostics()
    return sum(counts.get(reason, 0) for reason in ("operation.too_deep", "span.start.failed", "span.end.failed"))


@pytest.mark.parametrize("spare", range(9))
def test_a_program_goes_as_deep_as_its_frames_let_it(recorder: Recorder, quiet: None, spare: int) -> None:
    """What runs with a wrapper that does nothing runs as operations, too; each is recorded, or left out and counted."""
    depth = deepest() - spare
    assert depth == recursive(depth)
    assert depth + 1 == len(recorder.spans.names) + left_out()


def test_only_the_last_before_the_limit_are_left_out(recorder: Recorder, quiet: None) -> None:
    """At the limit itself there are no frames left to record with, a few calls before it there are."""
    recursive(deepest())
    assert 0 < left_out() < 30


def test_endless_recursion_is_the_programs_own_error(recorder: Recorder, quiet: None) -> None:
    """RecursionError comes out as it would without us, and operations work again afterwards."""
    with pytest.raises(RecursionError):
        endless()
    with operation("after"):
        pass
    assert "after" == recorder.spans.names[-1]
    assert {"endless", "after"} == set(recorder.spans.names)


class Calling(SpanProcessor):
    """A processor of the program's, whose methods are operations."""

    @operation
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing."""

    @operation
    def on_end(self, span: ReadableSpan) -> None:
        raise ValueError


class Exporting(SpanExporter):
    """An exporter of the program's that is an operation."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @operation
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.names += [span.name for span in spans]
        raise ValueError


@operation("outer")
def outer() -> Any:
    return inner()


@operation("inner")
def inner() -> Any:
    return typing.cast("Any", "result")


def test_processors_may_be_operations(recorder: Recorder, provider: TracerProvider, quiet: None) -> None:
    """What recording calls is not recorded itself, which would have no end; it is counted, and called as ever."""
    provider.add_span_processor(Calling())
    assert "result" == outer()
    assert ["inner", "outer"] == sorted(recorder.spans.names)
    assert 4 == diagnostics()["operation.within_recording"]


def test_exporters_may_be_operations(recorder: Recorder, provider: TracerProvider, quiet: None) -> None:
    """OpenTelemetry suppresses instrumentation while it exports, and operations heed that."""
    exporting = Exporting()
    processor = BatchSpanProcessor(exporting)
    provider.add_span_processor(processor)
    outer()
    processor.force_flush()
    processor.shutdown()
    assert ["inner", "outer"] == sorted(exporting.names) == sorted(recorder.spans.names)


def test_operations_heed_suppressed_instrumentation(recorder: Recorder) -> None:
    """They run, and are not recorded."""
    with suppress_instrumentation():
        assert "result" == outer()
    assert [] == recorder.spans.names
    assert {} == diagnostics()


def test_what_recording_needs_may_be_declared(recorder: Recorder, quiet: None) -> None:
    """The SDK calls `typing.cast`; where the program does, it is recorded."""
    declarations = Declarations([read_operation("typing:cast")])
    declarations.put_in()
    try:
        assert "result" == outer()
    finally:
        declarations.take_back()
    assert ["cast", "inner", "outer"] == sorted(recorder.spans.names)
