"""Operations that recover: attempts as suboperations, what is decided, held and told; in every form of callable."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest
import trio
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_ops import Detail, OperationContext, current_operation, operation
from otel_ops.core.carried import carry
from otel_ops.core.hooks import add_listener
from otel_ops.errors import Again, Attempt, FailedAttempt, Fallback, Instead, Recovery, Retry
from otel_ops.errors.handler import watch_of
from otel_ops.faults import diagnostics
from otel_ops.testing import Recorder, assert_tree, node
from tests.live import Failures


class FlakyError(Exception):
    """What goes away by itself."""


class Flaky:
    """Fails so many times, and then gives its arguments."""

    def __init__(self, failures: int, error: Callable[[str], BaseException] = FlakyError) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error(f"failure {self.calls}")
        return args


AT_ONCE = Retry(wait=0)


def caught(function: Callable[[], object]) -> BaseException:
    """Give the exception that comes out."""
    with pytest.raises(BaseException) as told:
        function()
    return told.value


def test_what_goes_well_at_once_has_no_attempts(recorder: Recorder) -> None:
    """An operation that goes well and has nothing inside is one span, as without recovery."""
    assert ("x",) == operation("load", recover=AT_ONCE)(Flaky(0))("x")
    assert_tree(recorder, node("load", kind="operation", outcome="ok", attributes={}), exact=True)


def test_each_attempt_is_a_suboperation(recorder: Recorder) -> None:
    """Attempts have their number, wait and error; the operation says that it recovered, after how many, and by what."""
    load = operation("load", recover=[Retry(FlakyError, wait=0.001)], attributes={"rows": 3})(Flaky(2))

    assert ("x",) == load("x")
    assert_tree(
        recorder,
        node(
            "load",
            node("load attempt", outcome="error", failure=FlakyError, attributes={"ops.attempt": 1}),
            node("load attempt", outcome="error", attributes={"ops.attempt": 2, "ops.attempt_wait": 0.001}),
            node("load attempt", kind="suboperation", outcome="ok", attributes={"ops.attempt": 3}),
            outcome="recovered",
            attributes={"rows": 3, "ops.attempts": 3, "ops.recovered_by": "Retry"},
        ),
    )
    assert recorder.tree.attributes["ops.recovery_seconds"] >= 0.002
    assert recorder.tree.failure is None


def test_what_runs_in_an_attempt_stands_below_it(recorder: Recorder) -> None:
    """Suboperations, spans of others and log records find the attempt that they are of, the first one, too."""
    flaky = Flaky(1)

    @operation(recover=AT_ONCE)
    def load() -> None:
        with operation("read"), trace.get_tracer("driver").start_as_current_span("query"):
            flaky()

    load()
    first, second = recorder.tree.suboperations
    assert [["read"], ["read"]] == [[child.name for child in each.suboperations] for each in (first, second)]
    assert [("error", 1), ("ok", 2)] == [(each.outcome, each.attributes["ops.attempt"]) for each in (first, second)]
    assert recorder.tree.start_ns == first.start_ns
    assert ["query"] == [child.name for child in first.suboperations[0].suboperations]


def test_an_attempt_that_goes_well_has_a_span_where_something_asks_for_it(recorder: Recorder) -> None:
    """What runs inside stands below the first attempt; its end is not forgotten."""

    @operation("load", recover=AT_ONCE)
    def load() -> None:
        with operation("read"):
            pass

    load()
    assert_tree(
        recorder,
        node("load", node("load attempt", "read"), outcome="ok"),
    )


def test_attributes_go_to_the_operation(recorder: Recorder) -> None:
    """The current operation is the function's in each attempt; OpenTelemetry's current span is that of the attempt."""
    flaky = Flaky(1)

    @operation("load", recover=AT_ONCE, record_result=True)
    def load() -> int:
        current_operation().set(seen=flaky.calls)
        trace.get_current_span().set_attribute("call", flaky.calls)
        flaky()
        return 7

    load()
    first, second = recorder.tree.suboperations
    assert (1, 7) == (recorder.tree.attributes["seen"], recorder.tree.attributes["ops.result"])
    assert [0, 1] == [first.attributes["call"], second.attributes["call"]]


def test_exhausted(recorder: Recorder) -> None:
    """In the end the last exception comes out as it is, without those before it, and the operation has failed."""
    flaky = Flaky(9)
    error = caught(lambda: operation("load", recover=AT_ONCE)(flaky)())

    assert (3, "failure 3", None, None) == (flaky.calls, str(error), error.__context__, error.__cause__)
    assert "__call__" == traceback.extract_tb(error.__traceback__)[-1].name
    assert_tree(
        recorder,
        node(
            "load",
            *(node("load attempt", outcome="error") for _ in range(3)),
            outcome="error",
            failure=FlakyError,
            attributes={"ops.attempts": 3},
        ),
    )
    assert recorder.tree.failure is not None
    assert "load attempt" == recorder.tree.failure.origin
    assert 3 == len({log.failure.id for log in recorder.tree.suboperations if log.failure})


def test_the_context_of_the_exception_is_its_own(recorder: Recorder) -> None:
    """What the function itself chains is kept, and what its caller handles is not put in its place."""

    @operation("load", recover=Retry(attempts=2, wait=0))
    def load() -> None:
        try:
            raise KeyError("inner")
        except KeyError:
            raise FlakyError("outer")  # noqa: B904 - that is the point

    def call() -> None:
        try:
            raise ValueError("handled")
        except ValueError:
            load()

    context = caught(call).__context__
    assert isinstance(context, KeyError)
    assert isinstance(context.__context__, ValueError)


def test_nothing_of_an_attempt_is_left(recorder: Recorder) -> None:
    """No reference is left to the exceptions of attempts, without the garbage collector."""
    refs: list[weakref.ref[BaseException]] = []

    def failing() -> None:
        error = FlakyError("x")
        refs.append(weakref.ref(error))
        try:
            raise error
        finally:
            del error

    load = operation("load", recover=AT_ONCE)(failing)
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(FlakyError):
            load()
        assert [None, None] == [ref() for ref in refs[:2]]
    finally:
        gc.enable()


def test_the_same_exception_object_is_another_failure_each_time(recorder: Recorder) -> None:
    """A function that raises one object again and again has each attempt recorded with its stack."""
    error = FlakyError("shared")

    def failing() -> None:
        raise error

    caught(lambda: operation("load", recover=AT_ONCE)(failing)())
    failures = [log.failure for log in recorder.tree.suboperations]
    assert 3 == len({failure.id for failure in failures if failure})
    assert all(failure and "failing" in failure.stacktrace for failure in failures)


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(1), SystemExit(0), GeneratorExit(), asyncio.CancelledError(), CancelledError()],
)
def test_never_repaired(recorder: Recorder, error: BaseException) -> None:
    """What ends a task or the program is neither retried nor replaced."""
    flaky = Flaky(9, lambda _: error)

    assert error is caught(lambda: operation("load", recover=[AT_ONCE, Fallback(1)])(flaky)())
    assert 1 == flaky.calls


def test_three_levels_of_three_attempts(recorder: Recorder) -> None:
    """Nested operations share their retries: nine attempts make no more than seven calls, not 27."""
    flaky = Flaky(99)
    middle = operation("middle", recover=AT_ONCE)(operation("inner", recover=AT_ONCE)(flaky))

    caught(lambda: operation("outer", recover=AT_ONCE)(middle)())

    assert 3 < flaky.calls <= 7
    assert any(event.name == "ops.retries_spent" for log in recorder.tree.walk() for event in log.events)


def test_shared_retries_hold_where_nothing_is_recorded() -> None:
    """The budget is no matter of telemetry."""
    flaky = Flaky(99)
    middle = operation("middle", recover=AT_ONCE)(operation("inner", recover=AT_ONCE)(flaky))

    caught(lambda: operation("outer", recover=AT_ONCE)(middle)())

    assert 3 < flaky.calls <= 7


def test_retries_that_helped_or_were_given_up_cost_others_nothing(recorder: Recorder) -> None:
    """A hundred files that each need a retry, or that are skipped, do not use up what the operation around has."""
    skipped = []

    @operation("load", recover=AT_ONCE)
    def load(number: int, flaky: Flaky) -> None:
        flaky()

    @operation("all", recover=AT_ONCE)
    def load_all() -> None:
        for number in range(100):
            try:
                load(number, Flaky(9 if number % 2 else 2))
            except FlakyError:
                skipped.append(number)

    load_all()
    assert list(range(1, 100, 2)) == skipped


def test_fail_counts_in_the_last_attempt_only(recorder: Recorder) -> None:
    """What an attempt says of itself by `fail` is forgotten where another one follows."""
    flaky = Flaky(1)

    @operation("load", recover=AT_ONCE)
    def load(late: bool) -> None:
        if flaky.calls == 0 or late:
            current_operation().fail("no good")
        flaky()

    load(late=False)
    flaky.calls = 0
    load(late=True)

    assert ["recovered", "error"] == [log.outcome for log in recorder.logs]


def test_a_method_of_a_class(recorder: Recorder) -> None:
    """Each public method recovers by itself; class and static methods, too."""
    flaky = [Flaky(1), Flaky(1), Flaky(1)]

    @operation("device", recover=AT_ONCE)
    class Device:
        def read(self) -> Any:
            return flaky[0](1)

        @classmethod
        def find(cls) -> Any:
            return flaky[1](2)

        @staticmethod
        def check() -> Any:
            return flaky[2](3)

    assert [(1,), (2,), (3,)] == [Device().read(), Device.find(), Device.check()]
    assert [("device.read", "recovered"), ("device.find", "recovered"), ("device.check", "recovered")] == [
        (log.name, log.outcome) for log in recorder.logs
    ]


def by_asyncio(function: Callable[[], Awaitable[Any]]) -> Any:
    """Run a coroutine function in asyncio."""
    return asyncio.run(function())  # type: ignore[arg-type]


@pytest.mark.parametrize("run", [by_asyncio, trio.run])
def test_coroutines(recorder: Recorder, run: Callable[[Any], Any]) -> None:
    """A coroutine is tried again in asyncio and in trio, and waits without holding up others."""
    flaky = Flaky(2)

    @operation("load", recover=Retry(wait=0.001))
    async def load() -> Any:
        with operation("read"):
            return flaky("x")

    assert ("x",) == run(load)
    attempts = [node("load attempt", "read") for _ in range(3)]
    assert_tree(recorder, node("load", *attempts, outcome="recovered", attributes={"ops.attempts": 3}))


def test_a_coroutine_may_stand_in(recorder: Recorder) -> None:
    """A fallback of a coroutine's operation may be a coroutine function; it gets the arguments."""

    async def stored(path: str) -> str:
        return f"stored {path}"

    @operation("load", recover=Fallback(stored))
    async def load(path: str) -> str:
        raise FlakyError

    assert "stored x" == asyncio.run(load("x"))
    assert_tree(recorder, node("load", outcome="recovered", attributes={"ops.recovered_by": "Fallback"}))


def test_a_cancelled_wait(recorder: Recorder) -> None:
    """A task that is cancelled while it waits for its next attempt ends its operation as cancelled."""

    @operation("load", recover=Retry(wait=30.0))
    async def load() -> None:
        raise FlakyError

    async def main() -> None:
        task = asyncio.create_task(load())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert_tree(recorder, node("load", node("load attempt", outcome="error"), outcome="cancelled"))


def test_generators_begin_anew_before_the_first_item(recorder: Recorder) -> None:
    """Until there is an item, an iteration begins anew; what is sent, thrown and returned is the generator's."""
    flaky = Flaky(2)

    @operation("rows", recover=AT_ONCE)
    def rows() -> Any:
        with operation("open"):
            flaky()
        sent = yield 1
        try:
            yield sent
        except KeyError:
            return "end"

    iteration = rows()
    assert [1, "sent"] == [next(iteration), iteration.send("sent")]
    with pytest.raises(StopIteration) as stopped:
        iteration.throw(KeyError())
    assert "end" == stopped.value.value
    assert_tree(recorder, node("rows", *(node("rows attempt", "open") for _ in range(3)), outcome="recovered"))


def test_generators_do_not_begin_anew_after_an_item(recorder: Recorder) -> None:
    """What has been given cannot be taken back."""

    @operation("rows", recover=[AT_ONCE, Fallback([])])
    def rows() -> Iterator[int]:
        yield 1
        raise FlakyError

    iteration = rows()
    assert 1 == next(iteration)
    with pytest.raises(FlakyError):
        next(iteration)
    assert_tree(recorder, node("rows", node("rows attempt", outcome="error"), outcome="error"))


def test_an_empty_or_abandoned_generator(recorder: Recorder) -> None:
    """One without items, and one that is closed early, end their span as without recovery."""

    @operation("rows", recover=AT_ONCE)
    def rows(number: int) -> Any:
        with operation("inside"):
            pass
        yield from range(number)

    assert [] == list(rows(0))
    iteration = rows(3)
    next(iteration)
    iteration.close()
    assert ["ok", "abandoned"] == [log.outcome for log in recorder.logs]


def test_items_may_stand_in(recorder: Recorder) -> None:
    """The fallback of a generator is what is iterated over in its place."""

    @operation("rows", recover=Fallback([7, 8]))
    def rows() -> Iterator[int]:
        raise FlakyError
        yield 1

    @operation("rows later", recover=Fallback([7, 8]))
    async def rows_later() -> AsyncIterator[int]:
        raise FlakyError
        yield 1

    async def all_items() -> list[int]:
        return [item async for item in rows_later()]

    assert [7, 8] == list(rows())
    assert [7, 8] == asyncio.run(all_items())
    assert ["recovered", "recovered"] == [log.outcome for log in recorder.logs]


def test_async_generators_begin_anew_before_the_first_item(recorder: Recorder) -> None:
    """They do as generators do."""
    flaky = Flaky(1)

    @operation("rows", recover=AT_ONCE)
    async def rows() -> AsyncIterator[int]:
        flaky()
        yield 1
        yield 2

    async def main() -> list[int]:
        return [item async for item in rows()]

    assert [1, 2] == asyncio.run(main())
    assert_tree(recorder, node("rows", "rows attempt", "rows attempt", outcome="recovered"))


@pytest.mark.parametrize("sampler", [None, ALWAYS_OFF])
def test_hidden_generators(sampler: Any) -> None:
    """A generator that leaves no span recovers, too, and leaves nothing current."""
    flaky = Flaky(1)

    @operation("rows", recover=AT_ONCE, detail=Detail.DEBUG if sampler is None else Detail.STANDARD)
    def rows() -> Iterator[int]:
        flaky()
        yield 1
        yield 2

    with Recorder(**({"sampler": sampler} if sampler else {})) as recorder:
        before = carry()
        assert [1, 2] == list(rows())
        assert before is None
        assert carry() is None
    assert [] == recorder.logs


class Told(Recovery):
    """Keeps what it is told, and decides as it is told to."""

    def __init__(self, *decisions: Any) -> None:
        self.told: list[tuple[Any, ...]] = []
        self._decisions = list(decisions)

    def before_attempt(self, attempt: Attempt) -> None:
        self.told.append(("before", attempt.number, attempt.wait_seconds))

    def note_failure(self, failed: FailedAttempt) -> None:
        self.told.append(("failure", failed.number, str(failed.error)))

    def after_success(self, attempt: Attempt) -> None:
        self.told.append(("success", attempt.number))

    def after_failure(self, failed: FailedAttempt) -> Any:
        self.told.append(("decide", failed.number, failed.arguments, dict(failed.named)))
        return self._decisions.pop(0) if self._decisions else None


def test_own_strategies(recorder: Recorder) -> None:
    """A strategy learns of each attempt with its arguments, and decides; the first that has a remedy counts."""
    first, second = Told(None, Again(0.001)), Told(Again())
    load = operation("load", recover=[first, second])(Flaky(2))

    assert ("x",) == load("x")
    assert [
        ("before", 1, 0.0),
        ("failure", 1, "failure 1"),
        ("decide", 1, ("x",), {}),
        ("before", 2, 0.0),
        ("failure", 2, "failure 2"),
        ("decide", 2, ("x",), {}),
        ("before", 3, 0.001),
        ("success", 3),
    ] == first.told
    assert ("failure", 2, "failure 2") in second.told
    assert 1 == sum(told[0] == "decide" for told in second.told)


@pytest.mark.parametrize("decision", ["again", Again(-1.0), Again(float("nan"))])
@pytest.mark.usefixtures("quiet")
def test_a_strategy_that_decides_nonsense(recorder: Recorder, decision: Any) -> None:
    """It is told once and counted, and the program gets its own exception."""
    with pytest.raises(FlakyError):
        operation("load", recover=Told(decision))(Flaky(9))()
    assert 1 == diagnostics()["recovery.failed"]


@pytest.mark.usefixtures("quiet")
def test_a_strategy_that_raises(recorder: Recorder) -> None:
    """A fault of a strategy leaves the decision to the next one."""

    class Broken(Recovery):
        def after_failure(self, failed: FailedAttempt) -> Any:
            raise RuntimeError("broken strategy")

    assert 7 == operation("load", recover=[Broken(), Fallback(7)])(Flaky(9))()
    assert 1 == diagnostics()["recovery.failed"]


def test_a_fallback_that_fails(recorder: Recorder) -> None:
    """Its exception leaves the operation, with the one that it was to stand in for."""

    def broken() -> None:
        raise KeyError("stored")

    error = caught(lambda: operation("load", recover=Fallback(broken))(Flaky(9))())
    assert (KeyError, FlakyError) == (type(error), type(error.__context__))
    assert_tree(recorder, node("load", outcome="error", failure=KeyError))


@pytest.mark.parametrize("given", ["retry", Retry, [Retry(), 3]])
def test_what_is_no_strategy(given: Any) -> None:
    """It is refused where the operation is made, with an example."""
    with pytest.raises(TypeError, match=r"recover=.*Retry\("):
        operation("load", recover=given)


def test_a_block_cannot_run_again() -> None:
    """A with-block says what to write instead."""
    with pytest.raises(TypeError, match=r"attempts\('load', …\)"), operation("load", recover=AT_ONCE):
        pass


def told(handler: Failures) -> list[tuple[str, str]]:
    """Give level and name of each call, after everything that has ended was handled."""
    handler.force_flush()
    return handler.told


@pytest.fixture(params=["recorded", "hidden", "hidden inside", "dropped", "in a thread"])
def way(request: pytest.FixtureRequest) -> Iterator[tuple[str, Recorder, Failures]]:
    """Record in one of several ways, and handle failures."""
    options: dict[str, Any] = {"sampler": ALWAYS_OFF} if request.param == "dropped" else {}
    with Recorder(**options) as recorder:
        handler = Failures()
        recorder.provider.add_span_processor(handler)
        add_listener(watch_of(handler))
        yield request.param, recorder, handler


def loading(way: str, flaky: Flaky, **options: Any) -> Callable[[], Any]:
    """Make an operation that recovers, with one inside that fails."""
    levels = {"hidden": (Detail.DEBUG, Detail.DEBUG), "hidden inside": (Detail.STANDARD, Detail.DEBUG)}
    outer, inner = levels.get(way, (Detail.STANDARD, Detail.STANDARD))
    read = operation("read", detail=inner)(flaky)

    @operation("load", detail=outer, **options)
    def load() -> Any:
        return in_thread(read) if way == "in a thread" else read()

    return load


def in_thread(function: Callable[[], Any]) -> Any:
    """Call in a thread, and raise here what it raises there."""
    results: list[Any] = []

    def work() -> None:
        try:
            results.append(function())
        except FlakyError as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(results[0], FlakyError):
        raise results.pop()
    return results[0]


def test_what_recovers_is_not_reported(way: tuple[str, Recorder, Failures]) -> None:
    """Failed attempts call no handler where the operation recovers, whatever is recorded of them."""
    name, _, handler = way

    loading(name, Flaky(2), recover=AT_ONCE)()
    loading(name, Flaky(2), recover=Fallback(1))()

    assert [] == told(handler)


def test_only_exhaustion_is_reported(way: tuple[str, Recorder, Failures]) -> None:
    """Where recovery gives up, the last failure is told, once for each level, with its origin and exception."""
    name, _, handler = way

    error = caught(loading(name, Flaky(9), recover=AT_ONCE))
    calls = told(handler)

    inner = {"hidden": [], "dropped": [], "hidden inside": ["load attempt"]}.get(name, ["read"])
    outermost = "load" if inner else "read"
    assert [*(("suboperation", each) for each in inner), ("operation", outermost)] == calls
    assert {"read"} == {log.failure.origin for log in handler.logs if log.failure}
    assert {"failure 3"} == {log.failure.message for log in handler.logs if log.failure}
    assert {error} == {exception for _, _, exception in handler.calls}


def test_what_an_attempt_swallowed_is_reported(way: tuple[str, Recorder, Failures]) -> None:
    """A failure inside of an attempt that went well all the same is told: nobody has repaired it."""
    name, _, handler = way
    inside = loading(name, Flaky(9))

    @operation("all", detail=Detail.DEBUG if name == "hidden" else Detail.STANDARD, recover=AT_ONCE)
    def load_all() -> None:
        with pytest.raises(FlakyError):
            inside()

    load_all()

    calls = told(handler)
    assert {"read"} == {log.failure.origin for log in handler.logs if log.failure}
    assert 1 == len({log.failure.id for log in handler.logs if log.failure})
    assert calls


def test_an_outer_operation_recovers_from_what_an_inner_one_could_not(way: tuple[str, Recorder, Failures]) -> None:
    """What the inner one gives up is held by the outer one."""
    name, _, handler = way
    inner = loading(name, Flaky(3), recover=AT_ONCE)
    level = Detail.DEBUG if name == "hidden" else Detail.STANDARD

    operation("outer", detail=level, recover=AT_ONCE)(inner)()

    assert [] == told(handler)


def test_a_hidden_operation_recovers_below_a_recorded_one(recorder: Recorder) -> None:
    """Nothing of it is told on the span around it."""
    handler = Failures()
    recorder.provider.add_span_processor(handler)
    with operation("outer"):
        loading("hidden", Flaky(2), recover=AT_ONCE)()

    assert [] == told(handler)
    assert_tree(recorder, node("outer", outcome="ok"), exact=True)


def test_a_hidden_operation_gives_up_below_a_recorded_one(recorder: Recorder) -> None:
    """Its last failure is recorded on the span around it, and the program goes on."""
    handler = Failures()
    recorder.provider.add_span_processor(handler)
    with operation("outer"), pytest.raises(FlakyError):
        loading("hidden", Flaky(9), recover=AT_ONCE)()

    assert [("suboperation", "read")] == told(handler)
    assert 1 == len(recorder.tree.events)


def test_a_context_inside_of_an_attempt(recorder: Recorder) -> None:
    """Contexts between an attempt and what fails in it change nothing."""
    handler = Failures()
    recorder.provider.add_span_processor(handler)
    read = operation("read", detail=Detail.DEBUG)(Flaky(1))

    @operation("load", detail=Detail.DEBUG, recover=AT_ONCE)
    def load() -> None:
        with OperationContext(user="ada", span=False):
            read()

    with operation("outer"):
        load()
    assert [] == told(handler)


def test_a_value_of_any_kind_stands_in(recorder: Recorder) -> None:
    """`Instead` gives a value, or calls for one."""
    assert None is operation("a", recover=Told(Instead()))(Flaky(1))()
    assert 5 == operation("b", recover=Told(Instead(call=lambda: 5)))(Flaky(1))()


def test_a_span_that_is_asked_for_late(recorder: Recorder) -> None:
    """What still has the current span of an attempt that is over gets the operation's, and no new one."""
    spans: list[trace.Span] = []

    @operation("load", recover=AT_ONCE)
    def load() -> None:
        spans.append(trace.get_current_span())

    load()
    assert recorder.tree.span_id == f"{spans[0].get_span_context().span_id:016x}"
    assert ["load"] == [log.name for log in recorder.tree.walk()]
    assert not spans[0].is_recording()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot tell whether a task is to end")
@pytest.mark.parametrize("fails", [True, False])
def test_a_cancellation_that_becomes_a_failure_is_not_retried(fails: bool) -> None:
    """A task that is to end makes no further attempt; one that was cancelled, and has dealt with it, does."""
    calls = []

    @operation(recover=Retry(wait=0))
    async def load() -> None:
        calls.append(1)
        try:
            await asyncio.sleep(0 if len(calls) > 1 else 60)
        except asyncio.CancelledError:
            if not fails:
                asyncio.current_task().uncancel()  # type: ignore[union-attr] # this runs in a task
            raise FlakyError from None

    async def main() -> None:
        task = asyncio.create_task(load())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert fails == (task.exception() is not None)

    asyncio.run(main())
    assert (1 if fails else 2) == len(calls)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"retries": "x"}, "Own.retries = 'x': must be a whole number, or None"),
        ({"retries": 1.5}, "Own.retries = 1.5: must be"),
        ({"limit_seconds": "x"}, "Own.limit_seconds = 'x': must be seconds, or None"),
        ({"limit_seconds": -1}, "Own.limit_seconds = -1: must be"),
    ],
)
def test_a_strategy_that_says_what_cannot_be_is_refused(told: dict[str, Any], message: str) -> None:
    """When the operation is made, not when it fails."""
    own = type("Own", (Recovery,), {"after_failure": lambda *_: None, **told})()
    with pytest.raises(ValueError, match=message):
        operation("load", recover=own)


@pytest.mark.usefixtures("quiet")
def test_a_wait_that_is_no_number_is_told(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """The exception leaves as without the strategy."""

    class Own(Recovery):
        def after_failure(self, failed: FailedAttempt) -> Again:
            return Again("soon")  # type: ignore[arg-type] # what is tested

    @operation("load", recover=Own())
    def load() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        load()
    assert "Again('soon'): give seconds" in caplog.text
