"""ErrorHandler: called once for each failure and level, however it is attached, and never in the program's way."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Status, StatusCode

from otel_ops import Detail, OperationContext, operation, set_detail
from otel_ops.core.hooks import HOOKS, add_listener, remove_listener
from otel_ops.errors import ErrorData, ErrorHandler, FailureFilter, calls, live_exceptions
from otel_ops.errors import watch as module
from otel_ops.errors.handler import watch_of
from otel_ops.faults import diagnostics
from otel_ops.operation_log import OperationLog
from otel_ops.testing import Recorder
from tests.live import Failures, pipeline_on

Attach = Callable[[ErrorHandler], None]


class BadRowError(Exception):
    """A failure of the program; unlike a built-in exception, it can be referred to weakly."""


@pytest.fixture(params=["alone", "joined", "configured"])
def attach(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[Attach]:
    """Attach a handler: to a provider of somebody's, to one that has a pipeline, or as `configure` does."""
    if request.param == "alone":
        yield recorder.provider.add_span_processor
        return
    with pipeline_on(recorder.provider) as pipeline:

        def configured(handler: ErrorHandler) -> None:
            pipeline.listeners = (*pipeline.listeners, watch_of(handler))
            add_listener(watch_of(handler))

        yield configured if request.param == "configured" else recorder.provider.add_span_processor


@pytest.fixture
def failures(attach: Attach) -> Failures:
    """Attach a handler that keeps what it is called for."""
    handler = Failures()
    attach(handler)
    return handler


def caught(function: Callable[[], object]) -> BaseException:
    """Give the exception that comes out."""
    with pytest.raises(BaseException) as told:
        function()
    return told.value


def told(handler: Failures) -> list[tuple[str, str]]:
    """Give level and name of each call, after everything that has ended was handled."""
    handler.force_flush()
    return handler.told


def broken(name: str, error: BaseException | None = None) -> None:
    """Run an operation that fails."""
    with operation(name):
        raise error or BadRowError(name)


def test_a_failed_operation_is_handled_once(failures: Failures) -> None:
    """The handler gets the operation's log with the failure, and the live exception."""
    error = caught(lambda: broken("a"))

    assert [("operation", "a")] == told(failures)
    assert [error] == [exception for _, _, exception in failures.calls]
    (log,) = failures.logs
    assert log.failure is not None
    assert ("a", f"{__name__}.BadRowError", "a", True) == (
        log.failure.origin,
        log.failure.type,
        log.failure.message,
        "broken" in log.failure.stacktrace,
    )


def test_a_failure_is_handled_where_it_began_and_where_it_ended(failures: Failures) -> None:
    """Of the operations that a failure passes, the innermost suboperation and the operation are told, in this order."""

    @operation("a")
    def outer() -> None:
        with operation("b"), operation("c"):
            broken("d")

    error = caught(outer)

    assert [("suboperation", "d"), ("operation", "a")] == told(failures)
    assert [error, error] == [exception for _, _, exception in failures.calls]
    (data,) = failures.error_data
    assert ("a", "d", f"{__name__}.BadRowError") == (data.operation_log.name, data.failure.origin, data.failure.type)


def test_a_failure_that_was_caught_is_handled_where_it_began(failures: Failures) -> None:
    """An operation that goes on is no failed one; its suboperation is."""
    with operation("a"):
        caught(lambda: broken("b"))

    assert [("suboperation", "b")] == told(failures)
    assert not failures.error_data[0].operation_log.failed


def test_two_failures_are_two(failures: Failures) -> None:
    """Each exception is handled by itself, also where one suboperation runs several times."""
    with operation("a"):
        caught(lambda: broken("b"))
        caught(lambda: broken("b"))
    caught(lambda: broken("c"))

    assert sorted([("suboperation", "b"), ("suboperation", "b"), ("operation", "c")]) == sorted(told(failures))


def test_a_failure_raised_from_another_is_the_same_failure(failures: Failures) -> None:
    """`raise … from` is one failure: each level is told once, each with the exception that it saw."""
    inner, outer = BadRowError("row 7"), ValueError("bad file")

    @operation("a")
    def translate() -> None:
        try:
            broken("b", inner)
        except BadRowError as error:
            raise outer from error

    caught(translate)
    told(failures)

    assert [("suboperation", "b", inner), ("operation", "a", outer)] == failures.calls
    assert {"b"} == {log.failure.origin for log in failures.logs if log.failure}
    assert 1 == len({log.failure.id for log in failures.logs if log.failure})


def test_recursion_is_told_at_its_innermost_call(failures: Failures) -> None:
    """Where a function calls itself, the suboperation that is told is the one that raised."""

    @operation("dig", capture=["depth"])
    def dig(depth: int) -> None:
        if depth == 3:
            raise BadRowError
        dig(depth + 1)

    caught(lambda: dig(0))

    assert [("suboperation", "dig"), ("operation", "dig")] == told(failures)
    assert [3, 0] == [log.attributes["ops.arg.depth"] for log in failures.logs]


def test_contexts_are_not_reported(failures: Failures) -> None:
    """A context that an exception passes, or begins in, is no failed operation."""

    def fail_in_contexts() -> None:
        with OperationContext("outer"), operation("a"), OperationContext("inner"):
            broken("b")

    def fail_in_a_context() -> None:
        with OperationContext("only"):
            raise BadRowError

    caught(fail_in_contexts)
    caught(fail_in_a_context)

    assert [("operation", "b")] == told(failures)


def test_foreign_spans_are_not_reported(failures: Failures, provider: TracerProvider) -> None:
    """A span of another library that failed is no failure of an operation."""
    tracer = provider.get_tracer("http.client")
    with operation("a"), tracer.start_as_current_span("GET") as foreign:
        foreign.set_status(Status(StatusCode.ERROR, "503"))
    with tracer.start_as_current_span("GET") as foreign:
        foreign.set_status(Status(StatusCode.ERROR, "503"))

    assert [] == told(failures)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(0), GeneratorExit()])
def test_what_is_no_failure_is_not_reported(failures: Failures, error: BaseException) -> None:
    """Ctrl-C, a clean exit and an abandoned generator call no handler."""
    caught(lambda: broken("a", error))

    assert [] == told(failures)


@pytest.mark.parametrize(
    ("error", "outcome"), [(SystemExit(3), "error"), (TimeoutError("3 s"), "timed_out"), (BadRowError(), "error")]
)
def test_errors_and_timeouts_are_reported(failures: Failures, error: BaseException, outcome: str) -> None:
    """An exit with a code, a timeout and any exception call the handler, which learns the outcome."""
    caught(lambda: broken("a", error))

    assert [("operation", "a")] == told(failures)
    assert [outcome] == [log.outcome for log in failures.logs]


def test_a_failure_by_text_has_no_exception(failures: Failures) -> None:
    """`fail` with a text calls the handlers with the text, and without an exception."""
    with operation("a"), operation("b") as step:
        step.fail("no such row")

    assert [("suboperation", "b")] == told(failures)
    (data,) = failures.error_data
    assert ("no such row", "_OTHER", None) == (data.failure.message, data.failure.type, data.exception)


def test_the_exception_that_an_operation_ends_with_counts(failures: Failures) -> None:
    """Where `fail` was told one exception and another leaves the block, the handler gets the one that left."""
    last = ValueError("last")

    def fail_twice() -> None:
        with operation("a") as step:
            step.fail(KeyError("first"))
            raise last

    caught(fail_twice)

    assert [("operation", "a")] == told(failures)
    assert [last] == [exception for _, _, exception in failures.calls]


def fail_hidden(error: BaseException) -> None:
    """Run an operation that is hidden by its level, and fails."""
    with operation("noise", detail=Detail.DEBUG):
        raise error


def test_a_hidden_operation_without_another_around_is_reported(failures: Failures) -> None:
    """A failure is never hidden: the handler is called with the operation's name and exception."""
    error = caught(lambda: fail_hidden(BadRowError("row 7")))

    assert [("operation", "noise")] == told(failures)
    assert [error] == [exception for _, _, exception in failures.calls]
    assert ["row 7"] == [log.failure.message for log in failures.logs if log.failure]


def test_a_hidden_suboperation_whose_failure_was_caught_is_reported(failures: Failures) -> None:
    """Also where nothing else failed, the handler learns of the hidden one, by name, failure and exception."""
    with OperationContext(user="ada"), operation("a"):
        error = caught(lambda: fail_hidden(BadRowError("row 7")))

    assert [("suboperation", "noise")] == told(failures)
    assert [error] == [exception for _, _, exception in failures.calls]
    (data,) = failures.error_data
    assert (f"{__name__}.BadRowError", "row 7", "a") == (
        data.failure.type,
        data.failure.message,
        data.operation_log.name,
    )
    assert "ada" == failures.logs[0].context["user.id"]


def test_a_failure_that_began_hidden_is_told_by_the_innermost_recorded(failures: Failures) -> None:
    """A failure that leaves a hidden suboperation is handled for the recorded one around it, and for the operation."""

    @operation("a")
    def outer() -> None:
        with operation("b"):
            fail_hidden(BadRowError())

    caught(outer)

    assert [("suboperation", "b"), ("operation", "a")] == told(failures)
    assert {"noise"} == {log.failure.origin for log in failures.logs if log.failure}


def test_levels_change_nothing_of_which_failures_are_told(failures: Failures) -> None:
    """The same program tells the same failures at every level of detail."""
    counts = []
    for level in Detail:
        set_detail(level)
        with operation("a"):
            caught(lambda: fail_hidden(BadRowError()))
        caught(lambda: fail_hidden(BadRowError()))
        counts.append(len(told(failures)))
    set_detail(Detail.STANDARD)

    assert [2, 4, 6, 8] == counts


def test_an_exception_in_a_thread_is_told_where_it_began(failures: Failures) -> None:
    """What a pool's thread raises, and the operation that asked for the result passes on, is one failure."""

    def outer() -> None:
        with operation("a"), ThreadPoolExecutor() as pool:
            pool.submit(copy_context().run, broken, "b").result()

    error = caught(outer)

    assert [("suboperation", "b"), ("operation", "a")] == told(failures)
    assert [error, error] == [exception for _, _, exception in failures.calls]


def test_many_threads_may_fail_at_once(failures: Failures) -> None:
    """Each of many failures at the same time is handled once, with its own exception."""

    def work(name: str) -> list[BaseException]:
        return [caught(partial(broken, f"{name}.{number}")) for number in range(25)]

    with ThreadPoolExecutor(8) as pool:
        errors = [error for found in pool.map(work, "abcdefgh") for error in found]
    told(failures)

    assert {str(error): error for error in errors} == {name: exception for _, name, exception in failures.calls}
    assert 200 == len(failures.calls)


def test_exceptions_are_not_kept_alive(failures: Failures) -> None:
    """Once a failure was handled, nothing of ours refers to the exception, whichever way it took."""
    refs: list[weakref.ref[BaseException]] = []

    def fail_in_every_way() -> None:
        error = BadRowError()
        refs.append(weakref.ref(error))
        with OperationContext("outer"), operation("a"), OperationContext("inner"), operation("b") as step:
            step.fail(KeyError())
            with operation("c"):
                try:
                    fail_hidden(BadRowError())
                except BadRowError as hidden:
                    refs.append(weakref.ref(hidden))
                raise error

    caught(fail_in_every_way)
    told(failures)
    failures.calls.clear()
    failures.error_data.clear()
    gc.collect()

    assert [None, None] == [ref() for ref in refs]


def test_live_exceptions_are_bounded(monkeypatch: pytest.MonkeyPatch, provider: TracerProvider) -> None:
    """While an operation stays open, only the latest exceptions of its suboperations are kept; all are told."""
    monkeypatch.setattr(live_exceptions, "LATEST", 2)
    monkeypatch.setattr(live_exceptions, "MOMENT_SECONDS", 0.0)
    failures = Failures()
    provider.add_span_processor(failures)
    with operation("a"):
        for name in "bcd":
            caught(partial(broken, name))

    assert [("b", False), ("c", True), ("d", True)] == sorted(
        (name, error is not None) for _, name, error in failures.calls
    )


def test_failures_are_chosen_by_a_base_of_their_exception_however_many_there_are(failures: Failures) -> None:
    """Of those whose live exceptions are kept no more, the class is known all the same."""
    failures.only = FailureFilter(exceptions=("LookupError",))
    number = live_exceptions.MAX_KEPT + 1
    with operation("a"):
        for _ in range(number):
            caught(partial(broken, "b", KeyError()))
        caught(partial(broken, "c"))

    assert [("suboperation", "b")] * number == told(failures)


def test_failures_that_wait_for_a_slow_handler_keep_few_exceptions_alive(
    monkeypatch: pytest.MonkeyPatch, provider: TracerProvider
) -> None:
    """All are told, but what the frames of an exception refer to is kept of the first of them only."""
    monkeypatch.setattr(calls, "MOMENT_SECONDS", 0.0)
    released = threading.Event()

    class Slow(Failures):
        def handle_failure(self, log: OperationLog, error_data: ErrorData) -> None:
            released.wait(20)
            super().handle_failure(log, error_data)

    slow = Slow()
    provider.add_span_processor(slow)
    number = 2 * live_exceptions.LATEST
    for _ in range(number):
        caught(partial(broken, "a"))
    released.set()

    assert [("operation", "a")] * number == told(slow)
    assert live_exceptions.LATEST == sum(error is not None for _, _, error in slow.calls)


def test_hidden_failures_in_one_operation_keep_few_exceptions_alive(
    monkeypatch: pytest.MonkeyPatch, failures: Failures
) -> None:
    """They are all told by the one span around them, which may stay open for long."""
    monkeypatch.setattr(live_exceptions, "MOMENT_SECONDS", 0.0)
    number = 2 * live_exceptions.LATEST
    alive = weakref.WeakSet[BaseException]()

    def fail_hidden() -> None:
        with operation("b", detail=Detail.DEBUG):
            raise BadRowError("b")

    with operation("a"):
        for _ in range(number):
            alive.add(caught(fail_hidden))
        gc.collect()
        kept = len(alive)

    assert number == len(told(failures))
    assert live_exceptions.LATEST + 1 >= kept


def test_failures_that_were_handled_are_remembered_in_bounded_number(
    monkeypatch: pytest.MonkeyPatch, failures: Failures
) -> None:
    """A handler forgets the oldest failures, and goes on telling new ones."""
    monkeypatch.setattr(module, "MAX_HANDLED", 2)
    for name in "abcde":
        caught(partial(broken, name))

    assert [("operation", name) for name in "abcde"] == told(failures)


@pytest.mark.usefixtures("quiet")
def test_a_handler_that_raises_reaches_nobody(attach: Attach) -> None:
    """The program's own exception comes out, other handlers are called, and each fault is counted."""

    class Raising(Failures):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            raise RuntimeError("broken handler")

        def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
            raise RuntimeError("broken handler")

    raising, failures = Raising(), Failures()
    attach(raising)
    attach(failures)

    def nested() -> None:
        with operation("a"):
            broken("b")

    error = caught(nested)
    raising.force_flush()

    assert isinstance(error, BadRowError)
    assert [("suboperation", "b"), ("operation", "a")] == told(failures)
    assert 2 == diagnostics()["error_handler.failed"]


def test_a_handler_whose_own_operations_fail_is_not_called_for_them(attach: Attach) -> None:
    """A handler that fails itself would otherwise call itself without end."""

    class Failing(Failures):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            super().handle_operation_error(operation_log, exception)
            caught(lambda: broken("inside the handler"))

    handler = Failing()
    attach(handler)
    caught(lambda: broken("a"))
    told(handler)

    assert [("operation", "a")] == told(handler)


def test_exceptions_inside_a_handler_are_not_kept_alive(attach: Attach) -> None:
    """What fails while a failure is handled is not waited for: its log never comes."""
    refs: list[weakref.ref[BaseException]] = []

    class Failing(Failures):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            refs.append(weakref.ref(caught(lambda: broken("inside the handler"))))

    handler = Failing()
    attach(handler)
    caught(lambda: broken("a"))
    handler.force_flush()
    gc.collect()

    assert [None] == [ref() for ref in refs]


def test_what_handlers_run_is_nobodys_failure(provider: TracerProvider) -> None:
    """What fails while one handler handles a failure is not told to the others either, and leaves no span."""

    class Failing(Failures):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            super().handle_operation_error(operation_log, exception)
            caught(lambda: broken(f"handler of {operation_log.name}"))

    one, other = Failing(), Failing()
    provider.add_span_processor(one)
    provider.add_span_processor(other)
    caught(lambda: broken("a"))

    assert [["a"], ["a"]] == [[name for _, name in handler.told] for handler in (one, other)]


def test_a_handler_may_be_any_class(attach: Attach) -> None:
    """A dataclass, which has no hash and equals others of its kind, and attributes of any name are no trouble."""

    @dataclass
    class Listing(ErrorHandler):
        seen: list[str] = field(default_factory=list)
        take: str = ""

        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            self.seen.append(operation_log.name)

        def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
            self.seen.append(suboperation_log.name)

    one, other = Listing(), Listing()
    attach(one)
    attach(other)
    caught(lambda: broken("a"))

    assert [True, True] == [one.force_flush(), other.force_flush()]
    assert (["a"], ["a"]) == (one.seen, other.seen)


def test_the_methods_are_called_with_what_the_abc_says() -> None:
    """A handler without both methods cannot be made."""

    class Half(ErrorHandler):
        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            raise NotImplementedError

    with pytest.raises(TypeError, match="handle_suboperation_error"):
        Half()  # type: ignore[abstract] # that is the point


def test_a_handler_attached_twice_is_called_once(provider: TracerProvider) -> None:
    """The same handler in `configure` and on the provider counts as one."""
    failures = Failures()
    with pipeline_on(provider) as pipeline:
        pipeline.listeners = (watch_of(failures),)
        provider.add_span_processor(failures)
        provider.add_span_processor(failures)
        caught(lambda: broken("a"))

        assert [("operation", "a")] == told(failures)


def test_a_handler_on_two_providers_sees_both(provider: TracerProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """It joins the pipeline of the one that has it, and builds the logs of the other itself, also at the same time."""
    failures, other = Failures(), TracerProvider(shutdown_on_exit=False)
    with pipeline_on(provider) as pipeline:
        provider.add_span_processor(failures)
        other.add_span_processor(failures)

        def fail_in_both() -> None:
            with OperationContext("ctx"), operation("ours"), OperationContext("inner"):
                monkeypatch.setattr(trace, "_TRACER_PROVIDER", other)
                caught(lambda: broken("theirs"))
                raise BadRowError

        caught(fail_in_both)
        before = failures.told.copy()
        pipeline.flush()

    assert [("operation", "theirs")] == before
    assert [("operation", "theirs"), ("operation", "ours")] == failures.told


def test_failures_that_no_provider_records_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a foreign provider's sampler drops operations, handlers are called all the same, with what is known."""
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    failures = Failures()
    provider.add_span_processor(failures)

    def fail_in_context() -> None:
        with OperationContext(user="ada"), operation("a", attributes={"stage": 2}):
            broken("b")

    error = caught(fail_in_context)

    assert 1 == len(failures.calls)
    assert error is failures.calls[0][2]
    (log,) = failures.logs
    assert ("ada", "0" * 16) == (log.context["user.id"], log.span_id)
    assert log.failure is not None
    assert ("b", f"{__name__}.BadRowError") == (log.failure.origin, log.failure.type)
    failures.shutdown()
    caught(lambda: broken("too late"))
    assert 1 == len(failures.calls)


def test_a_handler_that_was_shut_down_listens_no_more(provider: TracerProvider) -> None:
    """With its provider, a handler stops listening to failures that leave no span."""
    failures = Failures()
    provider.add_span_processor(failures)
    caught(lambda: broken("a"))
    failures.shutdown()

    assert () == HOOKS.listeners
    remove_listener(watch_of(failures))


def test_force_flush_without_a_pipeline_is_done_at_once(provider: TracerProvider) -> None:
    """Where the handler has its own builder nothing waits."""
    failures = Failures()
    provider.add_span_processor(failures)
    caught(lambda: broken("a"))

    assert [("operation", "a")] == failures.told
    assert failures.force_flush()


def test_a_late_failure_is_one_of_a_suboperation(failures: Failures) -> None:
    """A suboperation that fails after its operation has ended is reported as what it is."""
    late = operation("late")
    with operation("a"):
        context = copy_context()
        context.run(late.__enter__)
    error = BadRowError()
    context.run(late.__exit__, BadRowError, error, None)

    assert [("suboperation", "late")] == told(failures)


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({"operation": "b*"}, ["b"]),
        ({"exceptions": ("KeyError",)}, []),
        ({"exceptions": ("LookupError", "*.BadRowError")}, ["b", "a"]),
        ({"exceptions": ("BadRowError",)}, ["b", "a"]),
        ({"exceptions": ("Exception",)}, ["b", "a"]),
        ({"levels": ("operation",)}, ["a"]),
        ({"context": (("user", "ad*"),)}, ["b", "a"]),
        ({"context": (("user", "bob"),)}, []),
        ({"outcomes": ("timed_out",)}, []),
        ({"outcomes": ("error",)}, ["b", "a"]),
        ({"detail": Detail.MINIMAL}, ["a"]),
    ],
)
def test_a_handler_is_called_for_what_it_asks_for(
    failures: Failures, only: dict[str, Any], expected: list[str]
) -> None:
    """Operation, exception and its bases, level of failure, context, outcome and detail choose."""
    failures.only = FailureFilter(**only)

    @operation("a", detail=Detail.MINIMAL)
    def outer() -> None:
        broken("b")

    with OperationContext(user="ada"):
        caught(outer)

    told(failures)
    assert expected == [name for _, name in failures.told]


def test_a_synchronous_handler_is_called_before_the_program_goes_on(attach: Attach) -> None:
    """On request, the handler has been called when the exception comes out, on the same thread."""

    class Here(Failures):
        synchronous = True
        threads: ClassVar[list[int]] = []

        def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
            super().handle_operation_error(operation_log, exception)
            self.threads.append(threading.get_ident())

    handler = Here()
    attach(handler)
    caught(lambda: broken("a"))

    assert [threading.get_ident()] == handler.threads


def test_recoveries_have_a_hook_of_their_own(attach: Attach) -> None:
    """What failed first and went well in the end is no failure; handlers learn of it once, if they want to."""

    class Relieved(Failures):
        recovered: ClassVar[list[str]] = []

        def handle_recovered(self, operation_log: OperationLog) -> None:
            self.recovered.append(operation_log.name)

    handler = Relieved()
    attach(handler)
    with operation("a"), operation("b"):
        trace.get_current_span().set_attribute("ops.outcome", "recovered")

    assert [] == told(handler)
    assert ["b"] == handler.recovered


def test_a_failure_tells_its_context_attempt_and_fingerprint(failures: Failures) -> None:
    """What a handler asks most often is at hand."""
    with OperationContext(user="ada"), operation("a"), operation("b") as step:
        trace.get_current_span().set_attribute("ops.attempt", 2)
        caught(lambda: broken("c"))
        step.set(rows=7)
    told(failures)

    (data,) = failures.error_data
    assert ("ada", 2, "c", "c", f"{__name__}.BadRowError") == (
        (data.context or {})["user.id"],
        data.attempt,
        data.origin,
        data.message,
        data.type,
    )
    assert data.stacktrace == data.failure.stacktrace
    assert data.fingerprint
    assert data.without_exception().exception is None
