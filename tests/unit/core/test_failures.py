"""Failures: recorded once, where they began; told to everybody around."""

import asyncio
import builtins
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import pytest

from otel_ops import operation
from otel_ops.core.stacks import stack_text
from otel_ops.testing import Spans


def nested(raise_it: Callable[[], object]) -> None:
    with operation("outer"), operation("middle"), operation("inner"):
        raise_it()


def raising(error: BaseException) -> Callable[[], object]:
    def raise_it() -> None:
        raise error

    return raise_it


def test_an_exception_is_recorded_once_where_it_began(spans: Spans) -> None:
    """The innermost operation has the exception; those around have status, type and origin, with one failure id."""
    with pytest.raises(ValueError, match="no"):
        nested(raising(ValueError("no")))
    assert [1, 0, 0] == [len(spans.exceptions(name)) for name in ("inner", "middle", "outer")]
    assert [("error", None), ("error", "inner"), ("error", "inner")] == [
        spans.failure(name) for name in ("inner", "middle", "outer")
    ]
    assert 1 == len({spans.attributes(name)["ops.failure.id"] for name in ("inner", "middle", "outer")})
    assert "ValueError: no" == spans.named("outer").status.description


def test_a_chain_of_causes_is_one_failure(spans: Spans) -> None:
    """`raise … from` inherits the id; the new exception is recorded where it was raised."""

    def chain() -> None:
        with operation("inner"):
            raise KeyError("a")

    with pytest.raises(RuntimeError), operation("outer"):
        try:
            chain()
        except KeyError as error:
            raise RuntimeError("b") from error
    assert 1 == len({spans.attributes(name)["ops.failure.id"] for name in ("inner", "outer")})
    assert ("error", "inner") == spans.failure("outer")
    (event,) = spans.exceptions("outer")
    assert "direct cause" in str((event.attributes or {})["exception.stacktrace"])


def test_one_exception_in_two_traces_is_two_failures(spans: Spans) -> None:
    """An exception object that is raised again later is recorded again."""
    error = ValueError("again")
    for name in ("a", "b"):
        with pytest.raises(ValueError, match="again"), operation(name):
            raise error
    assert [1, 1] == [len(spans.exceptions(name)) for name in ("a", "b")]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TimeoutError(), "timed_out"),
        (asyncio.TimeoutError(), "timed_out"),
        (asyncio.CancelledError(), "cancelled"),
        (CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "interrupted"),
        (GeneratorExit(), "abandoned"),
        (SystemExit(0), None),
        (SystemExit(None), None),
        (SystemExit(3), "error"),
        (OSError(2, "x"), "error"),
    ],
)
def test_outcomes(error: BaseException, outcome: str | None, spans: Spans) -> None:
    """Errors and timeouts set the status; cancelled, interrupted and abandoned are no errors."""
    with pytest.raises(type(error)), operation("work"):
        raise error
    assert outcome == spans.failure("work")[0]
    assert (outcome in {"error", "timed_out"}) == (spans.named("work").status.status_code.name == "ERROR")


def test_fail_makes_a_failure_of_what_was_caught(spans: Spans) -> None:
    """With an exception or a text; the code goes on; raising the same exception afterwards adds nothing."""
    with operation("text") as block:
        block.fail("too hot")
    with pytest.raises(ValueError, match="x"), operation("exception") as block:
        error = ValueError("x")
        block.fail(error)
        raise error
    assert ("error", "too hot", "_OTHER") == (
        spans.failure("text")[0],
        spans.named("text").status.description,
        spans.attributes("text")["error.type"],
    )
    assert 1 == len(spans.exceptions("exception"))


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, asyncio.CancelledError, ZeroDivisionError])
def test_an_exception_whose_text_cannot_be_had_stays_itself(kind: type[BaseException], spans: Spans) -> None:
    """Nothing that its methods raise replaces it; the failure is told with what can be read."""

    def leave(*_: object) -> Any:
        raise kind(11)

    methods = {"__str__": leave, "__repr__": leave, "exceptions": property(leave), "__suppress_context__": leave}
    odd = type("OddError", (Exception,), {**methods, "__module__": "odd"})
    with pytest.raises(odd), operation("outer"), operation("inner"):
        raise odd
    (event,) = spans.exceptions("inner")
    assert ("odd.OddError", "<exception str() failed>") == tuple(
        (event.attributes or {})[key] for key in ("exception.type", "exception.message")
    )
    assert "error" == spans.failure("outer")[0]


@pytest.mark.parametrize("kind", [SystemExit, ZeroDivisionError])
def test_a_reason_that_cannot_be_read_fails_the_operation(kind: type[BaseException], spans: Spans) -> None:
    """`fail` takes anything as its reason; something stands for what raises."""

    class Odd(str):
        __slots__ = ()

        def __str__(self) -> str:
            raise kind

    with operation("work") as work:
        work.fail(Odd("x"))
    assert ("error", "<reason unreadable>") == (spans.failure("work")[0], spans.named("work").status.description)


def test_stacks_are_those_of_python_without_ours() -> None:
    """The text is Python's, without carets and without frames of otel_ops; long stacks lose their middle."""

    @operation("deep")
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        raise ValueError("bottom")

    with pytest.raises(ValueError, match="bottom") as caught:
        deep(200)
    text = stack_text(caught.value)
    assert text.startswith("Traceback (most recent call last):\n")
    assert text.endswith("ValueError: bottom\n")
    assert "otel_ops/operations.py" not in text
    assert "frames …" in text
    assert "^^" not in text


@pytest.mark.skipif(not hasattr(builtins, "BaseExceptionGroup"), reason="exception groups came with Python 3.11")
def test_groups_tell_all_their_exceptions(spans: Spans) -> None:
    """The stack of a group has the exceptions inside."""
    group = builtins.BaseExceptionGroup("several", [ValueError("one"), KeyError("two")])  # type: ignore[attr-defined] # from Python 3.11 on
    with pytest.raises(type(group)), operation("work"):
        raise group
    stack = str((spans.exceptions("work")[0].attributes or {})["exception.stacktrace"])
    assert "ValueError: one" in stack
    assert "KeyError: 'two'" in stack
