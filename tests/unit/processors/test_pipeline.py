"""The pipeline: from ended spans to outputs, handlers and contexts, whatever these do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_ops import OperationContext, log_builder, operation, semconv
from otel_ops.context import MAX_LOGS
from otel_ops.errors.handler import watch_of
from otel_ops.faults import diagnostics
from otel_ops.operation_log import OperationLog
from otel_ops.processors import KeepOperationsSampler, LogPipeline, assembly, building, pending, writing
from otel_ops.processors import pipeline as module
from otel_ops.testing import Recorder
from tests.live import Failures, Logs, Records, pipeline_on
from tests.records import outline

SOON = 20.0
"""Seconds that a test waits for another thread before it fails."""


@pytest.fixture
def pipeline(recorder: Recorder) -> Iterator[LogPipeline]:
    """Put a pipeline in place that works only when it is flushed."""
    with pipeline_on(recorder.provider) as pipeline:
        yield pipeline


@pytest.fixture
def records(pipeline: LogPipeline) -> Records:
    """Give an output of spans."""
    output = Records()
    pipeline.record_outputs = (output,)
    return output


@pytest.fixture
def logs(pipeline: LogPipeline) -> Logs:
    """Give an output of logs."""
    output = Logs()
    pipeline.log_outputs = (output,)
    return output


@pytest.fixture
def failures(pipeline: LogPipeline) -> Failures:
    """Give an error handler."""
    handler = Failures()
    pipeline.listeners = (watch_of(handler),)
    return handler


def run(name: str) -> None:
    """Run an operation."""
    with operation(name):
        pass


def fail(name: str) -> None:
    """Run an operation that fails."""
    with pytest.raises(ValueError), operation(name):
        raise ValueError(name)


def ends_soon(*actions: Callable[[], object]) -> bool:
    """Run each on a thread of its own; tell whether all have ended."""
    threads = [threading.Thread(target=action, daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    return not any(thread.is_alive() for thread in threads)


class Calling(Logs):
    """An output that does something before it keeps a log."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self._do = do

    def write(self, operation_log: OperationLog) -> None:
        self._do()
        super().write(operation_log)


def test_a_span_that_ends_is_only_queued(pipeline: LogPipeline, records: Records, logs: Logs) -> None:
    """The program does none of the work: nothing is written before the worker's time or a flush."""
    run("a")
    before = (records.names, logs.names)
    pipeline.flush()

    assert ([], []) == before
    assert (["a"], ["a"]) == (records.names, logs.names)


def test_the_worker_writes_by_itself(provider: TracerProvider) -> None:
    """Without any flush, what has ended is written after the time that was set."""
    written = threading.Event()
    with pipeline_on(provider, flush_seconds=0.001) as pipeline:
        pipeline.log_outputs = (Calling(written.set),)
        run("a")

        assert written.wait(SOON)


def test_many_spans_wake_the_worker(pipeline: LogPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that would wait for an hour begins when many spans are queued."""
    monkeypatch.setattr(module, "WAKE_AT", 3)
    written = threading.Event()
    pipeline.log_outputs = (Calling(written.set),)
    for name in "abc":
        run(name)

    assert written.wait(SOON)


def test_spans_are_written_in_the_order_of_their_end(pipeline: LogPipeline, records: Records) -> None:
    """Inner spans come before outer ones, first ended first."""
    with OperationContext("ctx"):
        with operation("a"):
            run("b")
        run("c")
    pipeline.flush()

    assert ["b", "a", "c", "ctx"] == records.names


def test_the_operations_of_a_context_are_complete_at_once(pipeline: LogPipeline) -> None:
    """Right behind the block, `ctx.operations` holds everything that ended inside, with what ran in it."""
    with OperationContext("outer") as outer:
        with OperationContext(series="10 K/min") as inner, operation("a"):
            run("b")
        run("c")

        assert ["a"] == [log.name for log in inner.operations]
        assert ["a", "c"] == [log.name for log in outer.operations]
        assert "b" == outer.operations[0].suboperations[0].name


def test_operations_of_a_context_in_an_operation_reach_both_contexts(pipeline: LogPipeline) -> None:
    """What runs in a context inside an operation is told by that context and by the one around."""
    with OperationContext("outer") as outer, operation("a"), OperationContext("inner") as inner:
        run("b")

    assert ["b"] == [log.name for log in inner.operations]
    assert ["b", "a"] == [log.name for log in outer.operations]


def test_the_operations_of_a_context_are_bounded(pipeline: LogPipeline) -> None:
    """A context keeps the latest logs only."""
    with OperationContext("ctx") as context:
        for number in range(MAX_LOGS + 5):
            run(f"{number}")

    assert [f"{number}" for number in range(5, MAX_LOGS + 5)] == [log.name for log in context.operations]


def test_contexts_that_wait_for_a_log_are_bounded(pipeline: LogPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many operations that are open or queued, only the latest are told to their context; that is counted."""
    monkeypatch.setattr(assembly, "MAX_OPEN", 2)
    with OperationContext("ctx") as context:
        for name in "abc":
            run(name)

    assert ["b", "c"] == [log.name for log in context.operations]
    assert {"context.operation_untold": 1} == diagnostics()


def test_flushes_from_many_threads_write_everything_once(pipeline: LogPipeline, records: Records, logs: Logs) -> None:
    """While threads run operations and flush at the same time, nothing is lost, written twice or out of order."""

    def work(thread: int) -> None:
        for number in range(50):
            run(f"{thread}.{number}")
            pipeline.flush()

    assert ends_soon(*(partial(work, thread) for thread in range(6)))
    expected = [f"{thread}.{number}" for thread in range(6) for number in range(50)]
    by_thread = sorted(logs.names, key=lambda name: int(name.partition(".")[0]))

    assert expected == by_thread
    assert sorted(expected) == sorted(records.names)


def test_a_flush_ends_while_others_go_on(pipeline: LogPipeline, logs: Logs) -> None:
    """A flush writes what had ended before it, however fast other threads produce more."""
    stop = threading.Event()
    pipeline.log_outputs = (Calling(lambda: run("more")), logs)

    def produce() -> None:
        while not stop.is_set():
            run("other")

    producer = threading.Thread(target=produce)
    producer.start()
    run("mine")
    ended = ends_soon(pipeline.flush)
    stop.set()
    producer.join(SOON)

    assert ended
    assert "mine" in logs.names


def test_an_output_may_flush(pipeline: LogPipeline) -> None:
    """An output that flushes, or asks for a context's operations, neither waits for itself nor is called again."""
    context = OperationContext("ctx")
    asked: list[object] = []
    output = Calling(lambda: asked.append(context.operations))
    pipeline.log_outputs = (output,)
    with context:
        run("a")

    assert ends_soon(pipeline.flush)
    assert (["a"], 1) == (output.names, len(asked))


def test_what_outputs_do_is_not_watched(pipeline: LogPipeline, records: Records) -> None:
    """Operations that an output runs are left out: they would call it again without end."""
    output = Calling(lambda: run("inside an output"))
    pipeline.log_outputs = (output,)
    run("a")

    assert ends_soon(pipeline.flush)
    assert ["a"] == output.names == records.names


def test_a_handler_that_fails_is_not_called_for_itself(pipeline: LogPipeline, failures: Failures) -> None:
    """A handler whose own operations fail is called for the program's failure only."""

    class Failing(Failures):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            super().handle_operation_error(operation_log, exception)
            fail("inside a handler")

    handler = Failing()
    pipeline.listeners = (watch_of(handler), watch_of(failures))
    fail("a")

    assert ends_soon(pipeline.flush)
    pipeline.flush()
    assert [("operation", "a")] == handler.told == failures.told


def test_outputs_do_their_work_uninstrumented(pipeline: LogPipeline) -> None:
    """Instrumented libraries, such as HTTP clients, make no spans of what outputs do with them."""
    enabled: list[bool] = []
    pipeline.log_outputs = (Calling(lambda: enabled.append(is_instrumentation_enabled())),)
    run("a")
    pipeline.flush()

    assert [False] == enabled
    assert is_instrumentation_enabled()


@pytest.mark.usefixtures("quiet")
def test_an_output_that_raises_keeps_nothing_from_the_others(pipeline: LogPipeline, failures: Failures) -> None:
    """Faults of outputs are counted, once each; the other outputs and the handlers get theirs."""

    def broken() -> None:
        raise OSError("disk full")

    class BrokenRecords(Records):
        def export_records(self, records: object) -> None:
            broken()

    records, logs = Records(), Logs()
    pipeline.record_outputs = (BrokenRecords(), records)
    pipeline.log_outputs = (Calling(broken), logs)
    fail("a")
    pipeline.flush()

    assert (["a"], ["a"], [("operation", "a")]) == (records.names, logs.names, failures.told)
    assert 2 == diagnostics()["output.failed"]


@pytest.mark.usefixtures("quiet")
def test_an_output_that_exits_neither_ends_the_program_nor_costs_the_others_anything(
    pipeline: LogPipeline, records: Records, logs: Logs
) -> None:
    """An exit or cancellation that an output asks for is counted; spans, other outputs and later logs are written."""

    def leave() -> None:
        raise SystemExit(1)

    pipeline.log_outputs = (Calling(leave), logs)
    run("a")
    run("b")
    pipeline.flush()

    assert ["a", "b"] == records.names == logs.names
    assert 2 == diagnostics()["output.failed"]


def test_after_ctrl_c_the_rest_is_written_by_the_next_flush(
    pipeline: LogPipeline, records: Records, logs: Logs
) -> None:
    """Ctrl-C in the midst of a flush on the main thread comes through, and costs only the log at hand."""
    interrupts = iter([KeyboardInterrupt()])

    def press_once() -> None:
        for interrupt in interrupts:
            raise interrupt

    pipeline.log_outputs = (Calling(press_once), logs)
    for name in "abc":
        run(name)
    with pytest.raises(KeyboardInterrupt):
        pipeline.flush()
    pipeline.flush()

    assert (["a", "b", "c"], ["b", "c"]) == (records.names, logs.names)


@pytest.mark.usefixtures("quiet")
def test_a_span_that_cannot_be_read_costs_no_other(pipeline: LogPipeline, records: Records) -> None:
    """A span that is no proper one is counted, and those around it are written."""
    run("a")
    pipeline.on_end(ReadableSpan(name=None))  # type: ignore[arg-type] # that is the point
    run("b")
    pipeline.flush()

    assert ["a", "b"] == records.names
    assert 1 == diagnostics()["span.read.failed"]


def test_unsampled_operations_reach_handlers_and_contexts_only(
    provider: TracerProvider, pipeline: LogPipeline, records: Records, logs: Logs, failures: Failures
) -> None:
    """What a sampler drops is exported nowhere; failures are handled, and the context has its operations."""
    provider.sampler = KeepOperationsSampler(ALWAYS_OFF)
    with OperationContext("ctx") as context:
        fail("a")

    assert ["a"] == [log.name for log in context.operations]
    pipeline.flush()
    assert [("operation", "a")] == failures.told
    assert ([], []) == (records.names, logs.names)


def test_partial_logs_go_to_handlers_and_files_only(
    provider: TracerProvider, pipeline: LogPipeline, records: Records, logs: Logs, failures: Failures
) -> None:
    """What belongs to an operation of another process is not printed as one of this, but its failures are handled."""
    part = provider.get_tracer("otel_ops.standard").start_span("part")
    part.set_attributes({semconv.KIND: semconv.Kind.SUBOPERATION, semconv.PROCESS_ROOT: True})
    part.set_attributes({semconv.OUTCOME: "error", semconv.FAILURE_ID: "f1"})
    part.end()
    pipeline.flush()

    assert (["part"], []) == (records.names, logs.names)
    assert [("suboperation", "part")] == failures.told


def test_what_waits_is_bounded(
    pipeline: LogPipeline, records: Records, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Spans that end while too many wait, and nothing is taken, are dropped, counted, and told of once."""
    for where in module, building, pending:
        monkeypatch.setattr(where, "MAX_PENDING", 3)
    monkeypatch.setattr(pending, "PATIENCE_SECONDS", 0.01)
    with pipeline._building.assembly.lock:
        for name in "abcde":
            run(name)
    pipeline.flush()

    assert ["a", "b", "c"] == records.names
    assert 2 == diagnostics()["span.dropped"]
    (warning,) = caplog.messages
    assert "100,000 spans wait" in warning
    assert "left out of all outputs" in warning


def test_who_is_faster_than_outputs_waits_for_them(
    pipeline: LogPipeline, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where too many spans wait, but are taken, the next ones wait for room: nothing is lost."""
    for where in module, building, pending:
        monkeypatch.setattr(where, "MAX_PENDING", 3)
    names = [str(number) for number in range(100)]
    for name in names:
        run(name)
    pipeline.flush()

    assert names == records.names
    assert {} == diagnostics()


def test_logs_that_wait_are_bounded(
    pipeline: LogPipeline, records: Records, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs for which there is no room are left out and counted; spans are not."""
    monkeypatch.setattr(module, "MAX_PENDING", 3)
    for name in "ab", "cd":
        for one in name:
            run(one)
        pipeline.build()
        pipeline._writing.write_some()
    pipeline.flush()

    assert (["a", "b", "c", "d"], ["a", "b", "c"]) == (records.names, logs.names)
    assert {"log.undelivered": 1} == diagnostics()


def test_spans_are_written_between_logs(
    pipeline: LogPipeline, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All spans before the first log; what ends while logs are delivered, before the next of them."""
    for where in building, writing:
        monkeypatch.setattr(where, "AT_ONCE", 2)
    seen: list[list[str]] = []

    def look() -> None:
        seen.append(records.names)
        for name in "xy" if len(seen) == 1 else "":
            assert ends_soon(partial(run, name))

    pipeline.log_outputs = (Calling(look),)
    for name in "abcde":
        run(name)
    pipeline.flush()

    assert [*"abcde"] == seen[0]
    assert [*"abcdexy"] == seen[1]


def test_who_gives_up_writes_the_spans_and_counts_the_logs(pipeline: LogPipeline, records: Records) -> None:
    """While an output hangs, spans are written by whoever gives it up; logs that it keeps from others are counted."""
    entered, released = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        released.wait(SOON)

    pipeline.log_outputs = (Calling(hang),)
    run("a")
    worker = threading.Thread(target=pipeline.flush)
    worker.start()
    entered.wait(SOON)
    run("b")
    pipeline.give_up()
    written = records.names
    released.set()
    worker.join(SOON)

    assert ["a", "b"] == written
    assert {"log.undelivered": 2} == diagnostics()


def test_what_the_sdk_drops_is_told(pipeline: LogPipeline, caplog: pytest.LogCaptureFixture) -> None:
    """Attributes, events and links beyond the SDK's limits are counted; one warning each names the first span."""
    limited = TracerProvider(
        span_limits=SpanLimits(max_span_attributes=1, max_events=1, max_links=1), shutdown_on_exit=False
    )
    limited.add_span_processor(pipeline)
    for name in "ab":
        span = limited.get_tracer("test").start_span(name, attributes={"x": 1, "y": 2, "z": 3})
        for _ in range(2):
            span.add_event("event")
            span.add_link(span.get_span_context())
        span.end()
    pipeline.flush()

    assert {"attribute.dropped": 4, "event.dropped": 2, "link.dropped": 2} == diagnostics()
    ours = [
        message for message in caplog.messages if message.startswith("span 'a' has more than OpenTelemetry's limit")
    ]
    variables = [message.partition("raise OTEL_SPAN_")[2].partition("_")[0] for message in ours]
    assert ["ATTRIBUTE", "EVENT", "LINK"] == variables


def test_a_listener_joins_for_spans_of_the_provider_once(provider: TracerProvider, pipeline: LogPipeline) -> None:
    """A handler takes part for spans of the pipeline's own provider, and only once however many spans it sees."""
    watch = watch_of(Failures())
    own, other = ReadableSpan("a", resource=provider.resource), ReadableSpan("b")

    assert [True, True, False] == [pipeline.admit(watch, span) for span in (own, own, other)]
    assert (watch,) == pipeline.listeners


def test_shutdown_writes_the_rest_and_closes_the_outputs(pipeline: LogPipeline, records: Records, logs: Logs) -> None:
    """What has ended is written first; then all outputs are closed."""
    run("a")
    pipeline.shutdown()

    assert (["a"], ["a"]) == (records.names, logs.names)
    assert (False, False) == (records.is_open, logs.is_open)


@pytest.mark.usefixtures("quiet")
def test_an_output_that_cannot_be_closed_leaves_no_other_open(pipeline: LogPipeline, logs: Logs) -> None:
    """A fault while closing is counted, and the next output is closed all the same."""

    class Stuck(Records):
        def shutdown(self) -> None:
            raise OSError("stuck")

    pipeline.record_outputs = (Stuck(),)
    pipeline.shutdown()

    assert not logs.is_open


def test_force_flush_writes_everything(pipeline: LogPipeline, logs: Logs) -> None:
    """The provider's own `force_flush` reaches the outputs."""
    run("a")

    assert pipeline.force_flush()
    assert ["a"] == logs.names


def test_a_renewed_pipeline_forgets_what_waited(pipeline: LogPipeline, records: Records, logs: Logs) -> None:
    """As in a forked child, nothing of before is written, and what comes is."""
    run("a")
    pipeline.flush()
    run("b")
    pipeline.renew()
    run("c")
    pipeline.flush()

    assert ["a", "c"] == records.names == logs.names


@pytest.mark.parametrize("limits", [{"max_span_attributes": 0}, {"max_span_attribute_length": 0}], ids=str)
def test_a_context_has_its_operations_whatever_limits_leave_of_them(limits: dict[str, int]) -> None:
    """Where the SDK keeps no attribute, nor a letter of one, operations in a context are told of when they end."""
    logs = Logs()
    with Recorder(span_limits=SpanLimits(**limits)) as recorder, pipeline_on(recorder.provider) as pipeline:
        pipeline.log_outputs = (logs,)
        with OperationContext("ctx", user="ada") as context:
            with operation("a"):
                run("b")
            told = outline(context.operations)

    assert [("a", "b")] == told == outline(logs.logs[:1])


def test_a_log_is_built_once(pipeline: LogPipeline, logs: Logs) -> None:
    """Outputs and contexts are given the same log, however often they ask."""
    with OperationContext("outer") as outer, OperationContext("inner") as inner:
        run("a")
    pipeline.flush()

    assert logs.logs[0] is outer.operations[0] is inner.operations[0] is inner.operations[0]


def test_handlers_hear_of_every_failure_below(pipeline: LogPipeline, failures: Failures) -> None:
    """A failure that the operation itself survived is handled, however deep it was."""
    with operation("a"), operation("b"):
        fail("c")
    pipeline.flush()

    assert [("suboperation", "c")] == failures.told


def test_very_many_operations_in_one_context_leave_little(
    pipeline: LogPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a context stays open, what is held does not grow with the number of its operations."""
    monkeypatch.setattr(log_builder, "MAX_REMEMBERED", 1_000)
    pipeline.renew()
    with OperationContext("ctx") as context:
        for number in range(5_000):
            with operation(f"{number}"):
                run("part")
            if number % 1_000 == 0:
                pipeline.flush()
    latest = context.operations

    builder = pipeline._building.assembly._builder
    assert [f"{number}" for number in range(5_000 - MAX_LOGS, 5_000)] == [log.name for log in latest]
    assert (0, 0, 0) == (builder.held, len(pipeline._building.assembly._contexts), len(pipeline._pending))
    assert 1_000 >= len(builder._operation_of) >= 500


@pytest.mark.usefixtures("quiet")
def test_at_the_shutdown_operations_that_are_open_are_told(
    pipeline: LogPipeline, records: Records, logs: Logs, caplog: pytest.LogCaptureFixture
) -> None:
    """What ended in an operation that is still open is in no log: one warning, and the number of its spans."""
    with operation("a"):
        run("b")
        run("c")
        pipeline.shutdown()

    assert (["b", "c"], []) == (records.names, logs.names)
    assert ({"log.unfinished": 2}, 1) == (diagnostics(), len(caplog.messages))
