"""The recorder: a fresh process inside, everything put back outside, and nothing wrong left untold."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanLimits, Tracer
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_ops import Detail, OperationContext, configure, diagnostics, faults, operation, set_detail
from otel_ops.core.hooks import HOOKS
from otel_ops.detail import GATE
from otel_ops.exceptions import BlockReusedError
from otel_ops.formatters import OutputFormatter
from otel_ops.operation_log import OperationLog
from otel_ops.testing import FreshProcess, Recorder, assert_tree, node


@operation
def double(number: int) -> int:
    return 2 * number


def fault() -> None:
    """Have something of our own fail."""
    with faults.guarded("formatter"):
        raise LookupError("no such column")


class Names(OutputFormatter):
    """Keeps the names of the logs that it formats."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def format_operation_log(self, operation_log: OperationLog) -> str:
        self.names.append(operation_log.name)
        return ""


def on_a_thread(function: Callable[[], object]) -> None:
    """Run something on a thread of its own."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_what_runs_is_recorded() -> None:
    """Spans, trees and counts can be read in the block and after it."""
    with Recorder() as recorder:
        with OperationContext("run", user="ada"), operation("work"):
            double(2)
        assert ["double", "work", "run"] == recorder.spans.names
        faults.count("attribute.refused")
        assert {"attribute.refused": 1} == recorder.diagnostics

    assert {"double": "work", "work": "run", "run": None} == recorder.spans.parents
    assert {"double": "suboperation", "work": "operation", "run": "context"} == recorder.spans.kinds
    assert ["run", "work", "double"] == [log.name for log in recorder.tree.walk()]
    assert {"attribute.refused": 1} == recorder.diagnostics
    assert {} == diagnostics()


def test_a_tree_is_one() -> None:
    """Who asks for the tree where there are none or several is told what there is."""
    with Recorder() as recorder:
        with pytest.raises(AssertionError, match=r"0 trees .* nothing ended"):
            _ = recorder.tree
        double(1)
        double(2)
    with pytest.raises(AssertionError, match="2 trees were recorded, not one: double, double"):
        _ = recorder.tree
    with pytest.raises(AssertionError, match="2 spans are named 'double', not one"):
        recorder.spans.named("double")


def test_nesting_restores() -> None:
    """Inside, provider, levels, hooks, settings, counts and context are fresh; outside, they are what they were."""
    with Recorder(detail="DEBUG") as outer, OperationContext("run"), operation("work", detail=Detail.DEBUG):
        configure(detail="DETAILED", trace_file=False, detail_rules=[{"level": "DEBUG", "operation": "fit*"}])
        faults.count("attribute.refused")
        before = _state()
        with Recorder() as inner:
            assert OperationContext.current() is None
            assert (Detail.STANDARD, True, None, {}) == (GATE.level, GATE.plain, HOOKS.sink, diagnostics())
            configure(detail="MINIMAL", trace_file=False)
            with operation("inside", detail=Detail.MINIMAL):
                pass
        assert before == _state()
        double(1)

    assert ["inside"] == inner.spans.names
    assert {"double": "work", "work": "run", "run": None} == outer.spans.parents


def _state() -> tuple[object, ...]:
    return (
        trace.get_tracer_provider(),
        otel_context.get_current(),
        GATE.level,
        GATE.admits(Detail.DEBUG, "fit series", __name__, None),
        HOOKS.sink,
        HOOKS.listeners,
        diagnostics(),
    )


def test_everything_is_put_back_after_an_exception() -> None:
    """The program's exception comes out as it is, also where something was left open."""
    before = _state()
    with pytest.raises(ValueError, match="mine"), Recorder() as recorder:
        set_detail("DEBUG")
        operation("open").__enter__()
        raise ValueError("mine")

    assert before == _state()
    assert [] == recorder.spans.names


def test_what_was_configured_inside_is_shut_down() -> None:
    """Outputs that the program sets up in the block are written and closed at its end."""
    formatter = Names()
    with Recorder() as recorder:
        configure(outputs=[formatter], trace_file=False)
        double(1)

    assert ["double"] == formatter.names
    assert ["double"] == recorder.spans.names


def test_options_reach_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Level, sampler and limits are those asked for; the environment decides nothing."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with Recorder(detail="DETAILED", span_limits=SpanLimits(max_span_attributes=1)) as recorder:
        with operation("fine", detail="DETAILED", attributes={"a": 1, "b": 2}), operation("too fine", detail="DEBUG"):
            pass
    with Recorder(sampler=ALWAYS_OFF) as nothing:
        double(1)

    assert ["fine"] == recorder.spans.names
    assert 1 == len(recorder.spans.attributes("fine"))
    assert [] == nothing.spans.names


def test_a_recorder_is_single_use() -> None:
    """Entering it again is refused."""
    with Recorder() as recorder:
        pass
    with pytest.raises(BlockReusedError, match="make a new one"):
        recorder.__enter__()


async def test_coroutines_are_recorded(recorder: Recorder) -> None:
    """Tasks of an asynchronous test are inside what the test has opened."""

    @operation
    async def fetch(name: str) -> str:
        await asyncio.sleep(0)
        return name

    with OperationContext("run"), operation("all"):
        await asyncio.gather(fetch("a"), fetch("b"))

    assert_tree(recorder, node("run", node("all", *[fetch.__qualname__] * 2)), exact=True)


def test_without_a_clock_operations_are_recorded_as_in_a_program(recorder: Recorder) -> None:
    """The core's tracers are exactly the SDK's, so that tests see what it does with these."""
    assert Tracer is type(recorder.provider.get_tracer(Detail.STANDARD.scope_name))


early = trace.get_tracer("a module that was imported before")


@pytest.mark.parametrize("number", [1, 2])
def test_tracers_that_modules_keep_are_recorded_by_each_recorder(number: int, recorder: Recorder) -> None:
    """A tracer made before there was a provider sends its spans to the recorder of the moment."""
    with early.start_as_current_span(f"request {number}"), operation("work"):
        pass

    assert {"work": f"request {number}", f"request {number}": None} == recorder.spans.parents


# Faults


def test_a_fault_is_raised_where_it_happens() -> None:
    """A fault of our own code comes out of the program that ran into it."""
    with pytest.raises(LookupError, match="no such column"), Recorder():
        fault()


@pytest.mark.parametrize("block", [Recorder, FreshProcess])
def test_a_fault_on_a_thread_fails_the_block(block: type[FreshProcess]) -> None:
    """It is told at the end of the block, with the exception as the cause."""
    with pytest.raises(AssertionError, match="otel_ops failed with LookupError: no such column") as told, block():
        on_a_thread(fault)

    assert isinstance(told.value.__cause__, LookupError)


def test_a_fault_on_a_worker_of_ours_fails_the_block() -> None:
    """An output that fails on the worker of `configure` is told."""

    class Broken(Names):
        def format_operation_log(self, operation_log: OperationLog) -> str:
            raise LookupError("no such column")

    with pytest.raises(AssertionError, match="LookupError: no such column"), Recorder():
        configure(outputs=[Broken()], trace_file=False)
        double(1)


def test_a_fault_that_the_program_swallows_fails_the_block() -> None:
    """`except Exception` in the program does not hide it."""
    with pytest.raises(AssertionError, match="otel_ops failed"), Recorder():
        with pytest.raises(LookupError):
            fault()


def test_faults_may_be_counted() -> None:
    """With faults="counted" they are what they are in a program: counted."""
    with Recorder(faults="counted") as recorder:
        fault()
        on_a_thread(fault)

    assert {"formatter.failed": 2} == recorder.diagnostics


# What is left open


def test_what_is_left_open_is_named() -> None:
    """Operations and contexts, with or without a span, also on other threads."""
    with pytest.raises(AssertionError) as told, Recorder():
        OperationContext("run").__enter__()
        operation("work").__enter__()
        OperationContext(user="ada", session="s").__enter__()
        on_a_thread(operation("elsewhere").__enter__)

    assert (
        "left open at the end of the block: context OperationContext(None, {'session.id': 's', 'user.id': 'ada'}), "
        "operation 'work', context 'run', operation 'elsewhere'"
    ) == str(told.value)


def test_foreign_spans_may_stay_open(recorder: Recorder) -> None:
    """A span of somebody else's, such as that of a server, is not ours to judge."""
    recorder.provider.get_tracer("http.server").start_span("GET")


def test_recorders_of_two_threads_are_refused() -> None:
    """They would put back what the other one has set; the message says so, and the first goes on."""
    refused: list[str] = []

    def enter() -> None:
        try:
            with Recorder():
                pass
        except RuntimeError as error:
            refused.append(str(error))

    with Recorder() as recorder:
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        with operation("work"):
            pass
    assert "open on another thread" in refused[0]
    assert ["work"] == recorder.spans.names


def test_threads_carry_operations() -> None:
    """What a program under test begins in its threads stands where it does in the program."""
    with Recorder() as recorder, operation("outer"):
        thread = threading.Thread(target=operation("inner")(lambda: None))
        thread.start()
        thread.join()
    assert {"inner": "outer", "outer": None} == recorder.spans.parents
