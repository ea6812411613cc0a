"""`OperationContext.bind`: a callable that runs where it is called, and belongs where it was bound."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import queue
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from otel_ops import OperationContext, current_operation, diagnostics, operation
from otel_ops.testing import Spans


def run(name: str, *, again: bool = False) -> str:
    """Be an operation."""
    with operation(name):
        return name * 2 if again else name


async def run_later(name: str) -> str:
    """Be an operation with an await inside."""
    with operation(name):
        await asyncio.sleep(0)
        return name


def test_it_runs_under_the_operation_at_bind(spans: Spans) -> None:
    """A thread that waits at a queue for what others give it, and belongs to nobody."""
    calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def consume() -> None:
        while (call := calls.get()) is not None:
            call()

    consumer = threading.Thread(target=consume)
    consumer.start()
    with OperationContext("run", user="ada") as context:
        for name in ("a", "b"):
            with operation(name):
                calls.put(functools.partial(context.bind(run), f"below {name}"))
    calls.put(None)
    consumer.join()

    assert {"run": None, "a": "run", "b": "run", "below a": "a", "below b": "b"} == spans.parents
    assert "ada" == spans.attributes("below a")["user.id"]


def test_it_passes_for_the_function(spans: Spans) -> None:
    """Name, signature, arguments and result are the function's, and so are the exceptions."""
    with OperationContext("run") as context:
        bound = context.bind(run)

    assert "aa" == bound("a", again=True)
    assert ("run", inspect.signature(run)) == (bound.__name__, inspect.signature(bound))
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        cast("Any", bound)()


async def test_a_coroutine_function_stays_one(spans: Spans) -> None:
    """All of the coroutine runs there, wherever it is awaited; what was current before is so again."""
    with OperationContext("run") as context, operation("around"):
        bound = context.bind(run_later)
    with operation("elsewhere"):
        assert inspect.iscoroutinefunction(bound)
        assert ["a", "b"] == list(await asyncio.gather(bound("a"), bound("b")))
        assert "c" == await bound("c")
        assert "elsewhere" == current_operation().name

    assert {"around"} == {spans.parents[name] for name in "abc"}


def test_it_can_be_pickled(spans: Spans) -> None:
    """It goes to another process as the function does."""
    with OperationContext("run") as context, operation("around"):
        bound = pickle.loads(pickle.dumps(context.bind(run)))

    assert "below" == bound("below")
    assert "around" == spans.parents["below"]


def test_from_outside_it_is_the_context_itself(spans: Spans) -> None:
    """Where the context is not current, what is bound stands directly below it, also when it has ended."""
    with OperationContext("run", user="ada") as context:
        pass
    with operation("elsewhere"):
        context.bind(run)("late")

    assert {"run": None, "elsewhere": None, "late": "run"} == spans.parents
    assert ("ada", "operation") == (spans.attributes("late")["user.id"], spans.kinds["late"])


def test_before_the_context_is_entered(spans: Spans, quiet: None) -> None:
    """There is nothing to bind to: that is told, and what is current instead is taken."""
    context = OperationContext("run")
    with operation("around"):
        bound = context.bind(run)
    bound("below")

    assert {"around": None, "below": "around"} == spans.parents
    assert 1 == diagnostics()["context.not_entered"]


def test_what_cannot_be_called_is_refused() -> None:
    """The message has what was given, and the remedy."""
    with OperationContext() as context, pytest.raises(TypeError, match=r"bind\(3\): give a function, not what it ret"):
        context.bind(cast("Any", 3))


def test_objects_and_methods_are_bound(spans: Spans) -> None:
    """Anything that can be called."""
    with OperationContext("run") as context, operation("around"):
        assert "A" == context.bind("a".upper)()
        assert 3 == context.bind(functools.partial(int, "3"))()
        assert {} == context.bind(dict)()
