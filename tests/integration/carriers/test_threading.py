"""Threads: what runs in one stands below the operation that was current where it was started."""

from __future__ import annotations

import _thread
import asyncio
import gc
import inspect
import os
import threading
import weakref
from collections.abc import Sequence
from contextvars import ContextVar
from queue import SimpleQueue

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from otel_ops import OperationContext, OperationLog, current_operation, operation
from otel_ops.log_builder import logs_of
from otel_ops.sdk import carriers
from otel_ops.span_record import record_of
from otel_ops.testing import Recorder, Spans
from tests.benchmarks.stock import Nowhere
from tests.integration.carriers import hand_overs
from tests.integration.conftest import RunProgram

TIME = 30.0


@pytest.mark.carrier("threads")
@pytest.mark.parametrize("way", hand_overs.THREADS)
def test_the_parent_is_the_operation_at_start(carrying: Recorder, way: str) -> None:
    """However a thread is started, its operations stand below the one around the start, and below nothing without."""
    hand_overs.through_thread(hand_overs.THREADS[way])

    assert hand_overs.THROUGH_THREAD == carrying.spans.parents
    assert "suboperation" == carrying.spans.kinds["below"]


def test_values_and_the_current_operation_go_along(carrying: Recorder) -> None:
    """A thread has the values of the context around it, and can set attributes of the operation that started it."""

    def work() -> None:
        current_operation().set(rows=3)
        hand_overs.run("below")

    with OperationContext(user="ada"), operation("around"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(TIME)

    assert ("ada", 3) == (carrying.spans.attributes("below")["user.id"], carrying.spans.attributes("around")["rows"])


def test_a_target_that_cannot_be_asked_for_its_name(carrying: Recorder) -> None:
    """A proxy, as some frameworks have them, is called and not looked at."""

    class Proxy:
        def __call__(self) -> None:
            hand_overs.run("below")

        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(name)

    with operation("around"):
        thread = threading.Thread(target=Proxy(), name="proxy")
        thread.start()
        thread.join(TIME)

    assert {"below": "around", "around": None} == carrying.spans.parents


def test_only_the_context_of_opentelemetry_goes_along(carrying: Recorder) -> None:
    """Other context variables are as they are without us."""
    variable = ContextVar("variable", default="default")
    seen = []
    with operation("around"):
        variable.set("changed")
        hand_overs.THREADS["Thread"](lambda: seen.append(variable.get()))

    assert ["default"] == seen


def test_a_thread_that_outlives_its_operation(carrying: Recorder) -> None:
    """What begins after the end of the operation is its child, in a log of its own that says so."""
    ended, done = threading.Event(), threading.Event()

    def outlive() -> None:
        with operation("early"):
            ended.wait(TIME)
        hand_overs.run("late")
        done.set()

    with OperationContext("run"):
        with operation("around"):
            thread = threading.Thread(target=outlive)
            thread.start()
        ended.set()
        thread.join(TIME)

    assert {"run": None, "around": "run", "early": "around", "late": "around"} == carrying.spans.parents
    assert {"early", "late"} == {log.name for log in _late_logs(carrying.spans)}


def test_a_thread_that_starts_after_the_end(carrying: Recorder) -> None:
    """A timer that goes off when its operation has ended stands below it, and is late."""
    begin = threading.Event()

    def go_off() -> None:
        begin.wait(TIME)
        hand_overs.run("late")

    with operation("around"):
        thread = threading.Thread(target=go_off)
        thread.start()
    begin.set()
    thread.join(TIME)

    assert {"around": None, "late": "around"} == carrying.spans.parents
    assert ["late"] == [log.name for log in _late_logs(carrying.spans)]


def _late_logs(spans: Spans) -> list[OperationLog]:
    return [log for log in logs_of(map(record_of, spans), unit="operation") if log.late_of]


async def test_a_task_that_outlives_its_operation(carrying: Recorder) -> None:
    """It goes for tasks of asyncio, too: the parent stays the operation that has ended."""
    ended = asyncio.Event()

    async def outlive() -> None:
        await ended.wait()
        hand_overs.run("late")

    with operation("outer"):
        with operation("around"):
            task = asyncio.ensure_future(outlive())
            await asyncio.sleep(0)
    ended.set()
    await task

    assert {"outer": None, "around": "outer", "late": "around"} == carrying.spans.parents


def test_nothing_is_changed_but_the_start(carrying: Recorder) -> None:
    """Classes, signatures and `run` are as they were; `run` called directly is just a call."""
    with operation("around"):
        thread = threading.Thread(target=hand_overs.run, args=("direct",))
        thread.run()

    assert {"around": None, "direct": "around"} == carrying.spans.parents
    assert issubclass(threading.Timer, threading.Thread)
    assert "(self)" == str(inspect.signature(threading.Thread.start))
    assert "threading" == threading.Thread.start.__module__


@pytest.mark.parametrize("arguments", [(), (3, ()), (print, 3), (print,)])
def test_a_wrong_start_raises_as_ever(carrying: Recorder, arguments: tuple[object, ...]) -> None:
    """What `start_new_thread` refuses, it refuses with the same words."""
    with operation("around"), pytest.raises(TypeError) as ours:
        _thread.start_new_thread(*arguments)  # type: ignore[call-overload]
    carriers.take_out()
    with pytest.raises(TypeError) as theirs:
        _thread.start_new_thread(*arguments)  # type: ignore[call-overload]

    assert str(theirs.value) == str(ours.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_in_a_thread_goes_to_the_hook(carrying: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """`threading.excepthook` is told of the same exception."""
    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: seen.append(told.exc_type))
    with operation("around"):
        hand_overs.THREADS["Thread"](lambda: int("no number"))

    assert [ValueError] == seen


def test_a_thread_that_has_ended_holds_nothing(carrying: Recorder) -> None:
    """A program that keeps its threads keeps no context of ours."""
    context = OperationContext("run")
    with context, operation("around"):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join(TIME)
    gone = weakref.ref(context)
    del context
    gc.collect()

    assert gone() is None
    assert not [name for name in vars(thread) if "otel" in name]


def test_threads_of_the_sdk_belong_to_nobody(carrying: Recorder) -> None:
    """A worker that is started inside an operation is there for all: what it does is not that operation's."""
    seen: SimpleQueue[str] = SimpleQueue()

    class Exporter(Nowhere):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            seen.put(current_operation().name)
            return super().export(spans)

    with operation("around"):
        carrying.provider.add_span_processor(BatchSpanProcessor(Exporter(), schedule_delay_millis=1))
    hand_overs.run("later")

    assert "" == seen.get(timeout=TIME)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_in_a_thread(carrying: Recorder) -> None:
    """A child that is forked in a thread of an operation runs operations and ends."""
    codes = []

    def fork() -> None:
        pid = os.fork()
        if pid == 0:
            hand_overs.THREADS["Thread"](lambda: hand_overs.run("in the child"))
            os._exit(0)
        codes.append(os.waitpid(pid, 0)[1])

    with operation("around"):
        hand_overs.THREADS["Thread"](fork)

    assert [0] == codes


def test_daemon_threads_do_not_hold_the_end_up(run_program: RunProgram) -> None:
    """Threads in the midst of operations, of pools and of tasks that wait end with the interpreter, without a word."""
    done = run_program(
        """
        import threading, time
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing.pool import ThreadPool
        from otel_ops import configure, operation

        def busy():
            while True:
                with operation("busy"):
                    time.sleep(1e-3)

        configure(trace_file="a.jsonl", announce=False)
        pool = ThreadPool(2)
        with operation("around"):
            for _ in range(3):
                threading.Thread(target=busy, daemon=True).start()
            tasks = [pool.apply_async(time.sleep, (1e-4,)) for _ in range(1_000)]
            executor = ThreadPoolExecutor(2)
            others = [executor.submit(int) for _ in range(10_000)]
            executor.shutdown(wait=False, cancel_futures=True)
        print("done")
        """
    )

    assert (0, "done\n", "") == (done.returncode, done.stdout, done.stderr)
