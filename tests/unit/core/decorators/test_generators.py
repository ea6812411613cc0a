"""Generators as operations: the protocol of the plain one, a span for the iteration, no leak into the consumer."""

import gc
import inspect
import threading
import types
from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import context as otel_context
from opentelemetry import trace

from otel_ops import Detail, OperationContext, current_operation, operation, set_detail
from otel_ops.testing import Recorder, assert_tree, node

Gen = Generator[Any, Any, Any]


def echo(first: Any = "begin") -> Gen:
    """Yield what was sent or thrown, until asked to stop."""
    sent = yield first
    while sent != "stop":
        try:
            sent = yield ("sent", sent)
        except KeyError as error:
            sent = yield ("thrown", error.args)
    return "returned"


def two() -> Gen:
    yield from range(2)


def test_the_protocol_is_forwarded(recorder: Recorder) -> None:
    """Sent values, thrown exceptions and the returned value are those of the plain generator."""

    def outer() -> Gen:
        return (yield from operation(echo)("hello"))

    iteration = outer()
    assert ["hello", ("sent", 1), ("thrown", ("k",)), ("sent", 2)] == [
        next(iteration),
        iteration.send(1),
        iteration.throw(KeyError("k")),
        iteration.send(2),
    ]
    with pytest.raises(StopIteration) as stopped:
        iteration.send("stop")
    assert "returned" == stopped.value.value
    assert_tree(recorder, node("echo", kind="operation", outcome="ok"))


STEPS = st.lists(st.sampled_from(["next", "send", "throw", "throw other", "close", "stop"]), max_size=8)


@given(STEPS)
def test_any_use_gives_what_the_plain_generator_gives(steps: list[str]) -> None:
    """Whatever a consumer does, and in whatever order, it sees the same items, values and exceptions."""
    with Recorder():
        assert played(echo(), steps) == played(operation(echo)(), steps)


def played(iteration: Gen, steps: list[str]) -> list[object]:
    """Play the part of the consumer; give all that it sees."""
    acts: dict[str, Callable[[], object]] = {
        "next": lambda: next(iteration),
        "send": lambda: iteration.send("x"),
        "throw": lambda: iteration.throw(KeyError("k")),
        "throw other": lambda: iteration.throw(ValueError("v")),
        "close": iteration.close,
        "stop": lambda: iteration.send("stop"),
    }
    return [seen(acts[step]) for step in steps]


def seen(act: Callable[[], object]) -> object:
    try:
        return act()
    except Exception as error:
        return type(error), str(error), getattr(error, "value", None)


def test_the_function_stays_a_generator_function() -> None:
    """`inspect` tells so, of the function and of what it gives; name, signature and type stay."""
    decorated = operation("echo things")(echo)
    assert inspect.isgeneratorfunction(decorated)
    assert inspect.signature(echo) == inspect.signature(decorated)
    iteration = decorated()
    assert inspect.isgenerator(iteration)
    assert (echo.__name__, echo.__qualname__) == (iteration.__name__, iteration.__qualname__)
    iteration.close()


def test_nothing_leaks_into_the_consumer(recorder: Recorder) -> None:
    """Between two items the consumer's own Context is current: what it does is no part of the iteration."""

    @operation
    def numbers() -> Gen:
        for number in range(3):
            with operation("make"):
                pass
            yield number

    with operation("consume"):
        before = otel_context.get_current()
        for _ in numbers():
            assert before is otel_context.get_current()
            with operation("use"):
                pass
    name = "test_nothing_leaks_into_the_consumer.<locals>.numbers"
    assert_tree(
        recorder,
        node("consume", node(name, "make", "make", "make"), "use", "use", "use"),
        any_order=True,
    )


def test_the_span_covers_the_iteration(recorder: Recorder) -> None:
    """It begins with the first item, not with the call, and ends with the last."""
    iteration = operation("count")(two)()
    assert [] == recorder.spans.names
    with operation("first"):
        assert 0 == next(iteration)
    assert ["first"] == recorder.spans.names
    assert [1] == list(iteration)
    first, count = recorder.spans.named("first"), recorder.spans.named("count")
    assert first.start_time is not None
    assert first.end_time is not None
    assert count.start_time is not None
    assert count.end_time is not None
    assert first.start_time <= count.start_time <= first.end_time <= count.end_time
    assert "first" == recorder.spans.parents["count"]


@pytest.mark.parametrize("way", ["close", "delete", "throw"])
def test_an_abandoned_iteration_says_so(recorder: Recorder, way: str) -> None:
    """Closed, dropped or ended by GeneratorExit: the outcome is abandoned, the status is no error."""
    iteration = operation("numbers")(echo)()
    next(iteration)
    if way == "close":
        iteration.close()
    elif way == "throw":
        with pytest.raises(GeneratorExit):
            iteration.throw(GeneratorExit)
    else:
        del iteration
        gc.collect()
    assert_tree(recorder, node("numbers", outcome="abandoned"))
    assert trace.StatusCode.UNSET is recorder.spans.named("numbers").status.status_code


def test_a_generator_that_tidies_up_is_abandoned_all_the_same(recorder: Recorder) -> None:
    """What it makes of GeneratorExit does not matter, and its clean-up is part of the operation."""

    @operation("tidy")
    def tidy() -> Gen:
        try:
            yield 1
        except GeneratorExit:
            with operation("clean up"):
                return

    for _ in tidy():
        break
    gc.collect()
    assert_tree(recorder, node("tidy", "clean up", outcome="abandoned"))


def test_a_clean_up_that_fails_is_a_failure(recorder: Recorder) -> None:
    """An exception raised on closing reaches whoever closes, and is the operation's failure."""

    @operation("careless")
    def careless() -> Gen:
        try:
            yield 1
        finally:
            raise LookupError("left open")

    iteration = careless()
    next(iteration)
    with pytest.raises(LookupError):
        iteration.close()
    assert_tree(recorder, node("careless", outcome="error", failure="LookupError"))


def test_an_exception_leaves_it_as_it_is(recorder: Recorder) -> None:
    """It is recorded once, on the iteration, with the frames of the program only."""

    @operation("broken")
    def broken() -> Gen:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"), operation("consume"):
        list(broken())
    assert_tree(recorder, node("consume", node("broken", outcome="error", failure=ValueError), outcome="error"))
    (event,) = recorder.spans.exceptions("broken")
    assert "otel_ops/core" not in str((event.attributes or {})["exception.stacktrace"])
    assert [] == recorder.spans.exceptions("consume")


def test_blocks_held_open_over_an_item_stay_its_own(recorder: Recorder) -> None:
    """Two interleaved iterations, each with a block open while it yields: each has its own tree, the consumer none."""

    @operation("stream")
    def stream(name: str) -> Gen:
        with OperationContext(series=name), operation("hold", attributes={"name": name}):
            yield 1
            with operation("inside"):
                yield 2

    for _ in zip(stream("a"), stream("b"), strict=False):
        assert "" == current_operation().name
    assert_tree(recorder, *[node("stream", node("hold", "inside"))] * 2, any_order=True)
    assert {"a", "b"} == {log.suboperations[0].context["ops.series"] for log in recorder.logs}


def test_a_generator_that_is_never_iterated_is_nothing(recorder: Recorder) -> None:
    """Without a first item there is no operation."""
    operation(echo)().close()
    assert [] == recorder.spans.names


def test_an_iteration_may_go_on_in_another_thread(recorder: Recorder) -> None:
    """Each step runs in the thread that asks for it, which gets its own Context back."""
    iteration = operation("numbers")(echo)()
    next(iteration)
    seen: list[object] = []

    def ask() -> None:
        with operation("ask"):
            seen.append(iteration.send(1))
            seen.append(current_operation().name)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    iteration.close()
    assert [("sent", 1), "ask"] == seen
    assert {"numbers": None, "ask": None} == recorder.spans.parents


def test_a_hidden_generator_costs_no_span_and_hides_no_failure(recorder: Recorder) -> None:
    """Below the level of detail there is no span; what fails inside is told all the same."""

    @operation("hidden", detail=Detail.DEBUG)
    def hidden(fail: bool) -> Gen:
        with operation("step"):
            yield 1
        if fail:
            raise ValueError("x")

    assert [1] == list(hidden(False))
    assert_tree(recorder, node("step"))
    with pytest.raises(ValueError, match="x"):
        list(hidden(True))
    assert_tree(recorder, "step", "step", node("hidden", failure=ValueError), any_order=True)


def test_its_arguments_and_result(recorder: Recorder) -> None:
    """Captured are the arguments and, as the result, the value that it returns."""

    @operation("sum", capture=["upto"], record_result=True)
    def total(upto: int) -> Gen:
        yield from range(upto)
        return upto * 2

    list(total(3))
    assert_tree(recorder, node("sum", attributes={"ops.arg.upto": 3, "ops.result": 6}))


def test_generator_based_coroutines_stay_awaitable(recorder: Recorder) -> None:
    """What `types.coroutine` made can be awaited after it was decorated, too."""

    @operation("old style")
    @types.coroutine
    def old_style() -> Gen:
        return (yield "suspended")

    async def use() -> object:
        return await old_style()

    coroutine = use()
    assert "suspended" == coroutine.send(None)
    with pytest.raises(StopIteration) as stopped:
        coroutine.send("result")
    assert "result" == stopped.value.value
    assert ["old style"] == recorder.spans.names


def test_rules_hide_generators_too(recorder: Recorder) -> None:
    """A rule for the name decides, as for functions."""
    set_detail("MINIMAL", operation="num*")
    list(operation("numbers")(two)())
    assert [] == recorder.spans.names
