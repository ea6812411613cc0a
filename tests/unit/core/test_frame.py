"""What operations leave in the Context: put back as it was, also across forks and out of order."""

import asyncio
import contextvars
import gc
import json
import os
import sys
import threading
import warnings
from collections.abc import AsyncGenerator

import pytest
from opentelemetry import context as otel_context

from otel_ops import OperationContext, diagnostics, operation
from otel_ops.core.frame import PROCESS
from otel_ops.testing import Recorder, Spans, assert_tree, node


def test_the_context_is_put_back_as_it_was(spans: Spans) -> None:
    """After a block, also one that raises, the very same Context is current."""
    before = otel_context.get_current()
    with pytest.raises(ValueError, match="x"), OperationContext("run"), operation("work"):
        raise ValueError("x")
    assert before is otel_context.get_current()


def test_closing_out_of_order_is_counted(spans: Spans, quiet: None) -> None:
    """A block that is closed after the one around it raises nothing, and its span ends all the same."""
    outer, inner = operation("outer"), operation("inner")
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)
    assert ["outer", "inner"] == spans.names
    assert 1 == diagnostics()["context.out_of_order"]


def test_closing_in_another_context_raises_nothing(spans: Spans, quiet: None) -> None:
    """A block may be closed elsewhere than where it was opened, as fixtures and callbacks do."""
    block = operation("work")
    copy = contextvars.copy_context()
    copy.run(block.__enter__)
    block.__exit__(None, None, None)
    copy.run(otel_context.attach, otel_context.Context())
    assert ["work"] == spans.names


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(("inside", "kind"), [(True, "suboperation"), (False, "operation")])
def test_a_forked_child_knows_that_its_parent_is_elsewhere(inside: bool, kind: str) -> None:
    """Its first span is a process root with its pid; inside an operation it is a suboperation; the next is neither."""
    reading, writing = os.pipe()
    with Recorder() as recorder, OperationContext("run"), operation("parent") if inside else OperationContext():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _work_in_child(recorder.spans, writing)
        os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        first, second = json.load(pipe)
    assert (kind, True, child) == (first["ops.kind"], first["ops.process_root"], first["process.pid"])
    assert "suboperation" == second["ops.kind"]
    assert "ops.process_root" not in second


def _work_in_child(spans: Spans, writing: int) -> None:
    try:
        with operation("first"), operation("second"):
            pass
        os.write(writing, json.dumps([spans.attributes("first"), spans.attributes("second")]).encode())
    finally:
        sys.stdout.flush()
        os._exit(0)


async def test_a_block_in_an_async_generator_that_is_broken_off(recorder: Recorder) -> None:
    """Once the event loop has closed it, in a task of its own, what follows does not hang on it."""

    async def numbers() -> AsyncGenerator[int, None]:
        with OperationContext("inside", user="ada"), operation("hold"):
            yield 1

    with operation("consume"):
        async for _ in numbers():
            break
        gc.collect()
        await asyncio.sleep(0.01)
        assert OperationContext.current() is None
        with operation("after"):
            pass
    assert_tree(
        recorder,
        node("consume", node("inside", node("hold", outcome="abandoned")), "after"),
        exact=True,
    )


async def test_a_task_that_outlives_its_operation_stays_its_own(recorder: Recorder) -> None:
    """What it does later still belongs to the operation that began it."""

    async def late() -> None:
        await asyncio.sleep(0.01)
        with operation("late"):
            pass

    with operation("outer"):
        with operation("begin"):
            task = asyncio.create_task(late())
        await task
    assert {"outer": None, "begin": "outer", "late": "begin"} == recorder.spans.parents


async def test_blocks_closed_in_another_task(recorder: Recorder, quiet: None) -> None:
    """Nothing is raised; what follows in the task that entered them does not hang on them."""
    context, block = OperationContext("run", user="ada"), operation("work")

    async def close() -> None:
        block.__exit__(None, None, None)
        context.__exit__(None, None, None)

    context.__enter__()
    block.__enter__()
    await asyncio.create_task(close())
    with operation("after"):
        pass
    assert {"run": None, "work": "run", "after": None} == recorder.spans.parents
    assert OperationContext.current() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_the_thread_that_a_child_is_forked_from_is_its_main_one() -> None:
    """What runs in the only thread of a child need not tell which that is."""
    told: list[int] = []

    def fork() -> None:
        child = os.fork()
        if child == 0:
            os._exit(threading.get_ident() != PROCESS.main_thread)
        told.append(os.waitpid(child, 0)[1])

    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
    assert [0] == told
