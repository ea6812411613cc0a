"""Spans as no program should leave them, on the whole way: pipeline, file, logs, formatters and analyzer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

from otel_ops import OperationContext, operation, semconv
from otel_ops.analysis import OperationAnalyzer
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.formatters import JSONFormatter, OutputFormatter, TableFormatter, TreeFormatter
from otel_ops.log_builder import logs_of
from otel_ops.log_tree import MAX_DEPTH
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json.reading import decode
from otel_ops.processors import LogPipeline
from otel_ops.semconv import Kind
from tests.live import Logs, pipeline_on

NESTED = 10_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the file that spans go to."""
    return tmp_path / "spans.jsonl"


@pytest.fixture
def logs() -> Logs:
    """Give an output of logs."""
    return Logs()


@pytest.fixture
def pipeline(provider: TracerProvider, path: Path, logs: Logs) -> Iterator[LogPipeline]:
    """Put a pipeline in place that writes to a file and keeps logs."""
    with pipeline_on(provider) as pipeline:
        pipeline.record_outputs = (OTLPFileSpanExporter(path),)
        pipeline.log_outputs = (logs,)
        yield pipeline


def read(path: Path) -> list[OperationLog]:
    """Read whole trees from a file."""
    decoded = [decode(line) for line in path.read_bytes().splitlines()]
    assert all(not document.broken for document in decoded)
    return logs_of(record for document in decoded for record in document.spans)


def test_ten_thousand_nested_operations_go_all_the_way(pipeline: LogPipeline, path: Path, logs: Logs) -> None:
    """Blocks inside blocks, ten thousand deep, give one log that holds them all, live and from the file."""
    with OperationContext("ctx") as context, ExitStack() as stack:
        for number in range(NESTED):
            stack.enter_context(operation(f"{number}"))
    pipeline.flush()
    (ctx,) = read(path)
    (log,) = logs.logs

    assert log is context.operations[0]
    assert [("0", NESTED, MAX_DEPTH), ("ctx", NESTED + 1, MAX_DEPTH)] == [
        (told.name, len(list(told.walk())), max(depth for depth, _ in told.walk_with_depth())) for told in (log, ctx)
    ]


@pytest.mark.parametrize(
    "formatter", [TreeFormatter(), TableFormatter(), JSONFormatter()], ids=lambda one: type(one).__name__
)
def test_a_clock_that_jumps_back_breaks_nothing(
    provider: TracerProvider, pipeline: LogPipeline, path: Path, logs: Logs, formatter: OutputFormatter
) -> None:
    """A span that ends before it began is written, built, formatted and counted; it lasted no time."""
    tracer = provider.get_tracer("otel_ops.standard")
    span = tracer.start_span("back", start_time=2_000, attributes={semconv.KIND: Kind.OPERATION})
    span.add_event("step", timestamp=500)
    span.end(1_000)
    pipeline.flush()
    (written,) = read(path)
    (statistics,) = OperationAnalyzer.from_files([path]).operations()

    assert (2_000, 1_000, 0) == (written.start_ns, written.end_ns, written.duration_ns)
    assert logs.logs == [written]
    assert ("back", 1, 0) == (statistics.name, statistics.count, statistics.total_ns)
    assert "back" in formatter.format_operation_log(written)
