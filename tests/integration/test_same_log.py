"""One record, one builder, two feeds: the log of live spans is the log that is read back from their file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from otel_ops import Detail, OperationContext, operation, set_detail
from otel_ops.analysis.sources import SpanSource
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.semconv import Kind
from otel_ops.span_record import SpanRecord, record_of
from otel_ops.testing import Recorder
from tests.live import Logs, pipeline_on

VALUES: dict[str, Any] = {
    "text": "10 K/min · °C \ud800",
    "flag": True,
    "count": -(2**63),
    "huge": 2**70,
    "ratio": 0.1,
    "endless": float("-inf"),
    "raw": b"\x00\xff",
    "nothing": None,
    "rows": [1, 2.5, "three", None, [b"4"]],
    "fit": {"a": {"b": [1]}, "c": ()},
    "empty": [],
}


class Watched(NamedTuple):
    """What a program left behind, live and in its file."""

    logs: list[OperationLog]
    spans: list[SpanRecord]
    file: list[SpanRecord]


@contextmanager
def watched(path: Path) -> Iterator[Callable[[], Watched]]:
    """Watch a program as `configure` does, with a file; give what tells of it."""
    logs = Logs()
    with Recorder(faults="counted") as recorder, pipeline_on(recorder.provider) as pipeline:
        pipeline.record_outputs = (OTLPFileSpanExporter(path),)
        pipeline.log_outputs = (logs,)

        def tell() -> Watched:
            pipeline.flush()
            source = SpanSource([path])
            file = list(source) if path.exists() else []
            assert [] == source.broken
            return Watched(logs.logs, [record_of(span) for span in recorder.spans], file)

        yield tell


def broken(name: str, **options: Any) -> None:
    """Run an operation that fails."""
    with operation(name, **options):
        raise ValueError(name)


def program() -> OperationContext:
    """Run everything that a program may do with operations."""
    http = trace.get_tracer("http.client", "2.1", attributes={"site": "x"})
    with OperationContext("thermal run", user="ada", file="run1.csv", series="10 K/min", batch=[7, "b"]) as context:
        with operation("measure", attributes=VALUES) as measure:
            measure.set(**VALUES)
            measure.event("calibrated", **VALUES)
            measure.link(context.to_token())
            with operation("step", detail=Detail.DETAILED), http.start_as_current_span("GET") as get:
                get.set_status(Status(StatusCode.ERROR, "503"))
                get.add_event("retry", {"after": [1, 2]})
            with OperationContext("inside"), operation("own log"):
                pass
            late = operation("late")
            elsewhere = copy_context()
            elsewhere.run(late.__enter__)
        elsewhere.run(late.__exit__, None, None, None)
        with suppress(ValueError), operation("evaluate"), operation("load"):
            try:
                broken("parse")
            except ValueError as error:
                raise ValueError("bad file") from error
        with operation("goes on") as tolerant:
            tolerant.fail("no such row")
            with suppress(ValueError):
                broken("noise", detail=Detail.DEBUG)
    with http.start_as_current_span("foreign only"), http.start_as_current_span("inside it"):
        pass
    return context


def test_a_program_gives_the_same_logs_live_as_from_its_file(tmp_path: Path) -> None:
    """Operations, contexts, failures, foreign spans, events, links and every type of value read back as they were."""
    with watched(tmp_path / "a.jsonl") as tell:
        set_detail(Detail.DETAILED)
        context = program()
        live = tell()

    assert live.logs == logs_of(live.file, unit="operation")
    assert live.logs == logs_of(live.spans, unit="operation")
    assert logs_of(live.spans) == logs_of(live.file)
    expected = ["own log", "measure", "late", "evaluate", "goes on", "foreign only"]
    assert expected == [log.name for log in live.logs]
    assert [log for log in live.logs if log.kind == Kind.OPERATION] == list(context.operations)


def test_a_whole_trace_holds_its_contexts(tmp_path: Path) -> None:
    """Read from a file, what ran in one context is one tree, with contexts and late spans where they belong."""
    with watched(tmp_path / "a.jsonl") as tell:
        set_detail(Detail.DETAILED)
        program()
        whole, foreign = logs_of(tell().file)

    assert ["measure", "evaluate", "goes on"] == [log.name for log in whole.suboperations]
    assert ["step", "inside", "late"] == [log.name for log in whole.suboperations[0].suboperations]
    assert (Kind.CONTEXT, FOREIGN) == (whole.kind, foreign.kind)


class Step(NamedTuple):
    """A step of a random program: what it opens, how it ends, and what it runs inside."""

    opens: str
    level: Detail
    ends: str
    attributes: dict[str, Any]
    inside: list[Any]


_texts = st.text(max_size=8)
_names = st.text(min_size=1, max_size=8)
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _texts | st.binary(max_size=4)
_values = st.recursive(_scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(_names, each, max_size=3))


def _steps(inside: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        opens=st.sampled_from(["operation", "operation", "operation", "context", "scope", "foreign"]),
        level=st.sampled_from(Detail),
        ends=st.sampled_from(["well", "well", "well", "raises", "raises from", "fails"]),
        attributes=st.dictionaries(_names, _values, max_size=2),
        inside=inside,
    )


programs = st.lists(
    st.recursive(_steps(st.just([])), lambda step: _steps(st.lists(step, max_size=3)), max_leaves=8),
    min_size=1,
    max_size=3,
)


def run(step: Step, number: int) -> None:
    """Run a step; what one raises is caught by the one around every other time."""
    with _opened(step, f"{step.opens} {number}") as block:
        if hasattr(block, "set"):
            block.set(**step.attributes)
            block.event("happened", **step.attributes)
            if step.ends == "fails":
                block.fail("by text")
        for index, inner in enumerate(step.inside):
            try:
                run(inner, index)
            except ValueError as error:
                if step.ends == "raises from":
                    raise ValueError("again") from error
                if index % 2:
                    raise
        if step.ends == "raises":
            raise ValueError(number)


def _opened(step: Step, name: str) -> AbstractContextManager[Any]:
    if step.opens == "operation":
        return operation(name, detail=step.level)
    if step.opens == "context":
        metadata: dict[str, Any] = {f"m{index}": value for index, value in enumerate(step.attributes.values())}
        return OperationContext(name, **metadata)
    if step.opens == "scope":
        return OperationContext(user=name)
    return trace.get_tracer("http.client").start_as_current_span(name)


def _span_id(record: SpanRecord) -> str:
    return record.span_id


@given(programs, st.sampled_from(Detail))
def test_any_program_gives_the_same_logs_live_as_from_its_file(steps: list[Step], level: Detail) -> None:
    """Whatever is nested in what, fails, or is hidden: the logs of live spans, and of the file, are the same."""
    with tempfile.TemporaryDirectory() as folder, watched(Path(folder, "a.jsonl")) as tell:
        set_detail(level)
        with OperationContext("whole") as context:
            for number, step in enumerate(steps):
                with suppress(ValueError):
                    run(step, number)
        live = tell()

        assert sorted(live.spans, key=_span_id) == sorted(live.file, key=_span_id)
        assert live.logs == logs_of(live.file, unit="operation")
        assert logs_of(live.spans) == logs_of(live.file)
        assert [log for log in live.logs if log.kind == Kind.OPERATION] == list(context.operations)
