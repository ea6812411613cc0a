"""`@operation` on functions of every form: what is kept, what is recorded."""

import asyncio
import inspect
import threading
from pathlib import Path
from typing import Any

import pytest

from otel_ops import OperationContext, current_operation, diagnostics, operation
from otel_ops.exceptions import BlockReusedError
from otel_ops.testing import Recorder, Spans


@operation
def outer(depth: int = 0) -> int:
    """Call oneself."""
    return outer(depth - 1) if depth else 0


class Model:
    """A class with decorated methods of every kind."""

    name = "first order"

    @operation
    def fit(self, series: str) -> str:
        return series

    @staticmethod
    @operation("static")
    def static(value: int) -> int:
        return value

    @operation("class")
    @classmethod
    def of_class(cls) -> type:
        return cls

    @property
    def broken(self) -> str:
        raise LookupError


def test_a_function_stays_what_it_was() -> None:
    """Signature, name, documentation, module and the function itself are kept; coroutines stay coroutines."""

    async def plain(series: str, *, rate: float = 1.0) -> None:
        """Fit."""

    decorated = operation("fit")(plain)
    assert inspect.signature(plain) == inspect.signature(decorated)
    assert (plain.__name__, plain.__qualname__, plain.__doc__) == (
        decorated.__name__,
        decorated.__qualname__,
        decorated.__doc__,
    )
    assert plain is decorated.__wrapped__  # type: ignore[attr-defined] # what functools.wraps adds
    assert inspect.iscoroutinefunction(decorated)


def test_methods_of_every_kind(spans: Spans) -> None:
    """Methods, static and class methods work on the class and on instances, in either order of decorators."""
    assert "a" == Model().fit("a")
    assert 1 == Model.static(1) == Model().static(1)
    assert Model is Model.of_class() is Model().of_class()
    assert ["Model.fit", "static", "static", "class", "class"] == spans.names


def test_recursion_nests(spans: Spans) -> None:
    """A function that calls itself gives one operation and suboperations inside each other."""
    outer(2)
    kinds = [str((span.attributes or {})["ops.kind"]) for span in spans.get_finished_spans()]
    assert ["suboperation", "suboperation", "operation"] == kinds
    ended = spans.get_finished_spans()
    assert [ended[1].context, ended[2].context, None] == [span.parent for span in ended]


def test_arguments_and_results(spans: Spans) -> None:
    """Captured are arguments by name, defaults, attributes of one, and the rest; what cannot be read is left out."""

    @operation(
        capture=["series", "rate", "model.name", "rest", "model.broken"], record_result=True, attributes={"stage": 2}
    )
    def fit(series: str, model: Model, rate: float = 10.0, *rest: int) -> Path:
        return Path("out") / series

    fit("a", Model(), 5.0, 1, 2)
    name = "test_arguments_and_results.<locals>.fit"
    assert {
        "ops.arg.series": "a",
        "ops.arg.rate": 5.0,
        "ops.arg.model_name": "first order",
        "ops.arg.rest": (1, 2),
        "ops.result": "out/a",
        "ops.kind": "operation",
        "stage": 2,
    } == spans.attributes(name)


@pytest.fixture(autouse=True)
def _faults_are_counted(quiet: None) -> None:
    """A property that raises is counted, as in a program."""


def test_an_unknown_argument_is_told_at_once() -> None:
    """`capture` names a parameter; the message has the nearest one."""
    with pytest.raises(ValueError, match="did you mean 'series'"):

        @operation(capture=["serie"])
        def fit(series: str) -> None: ...


@pytest.mark.parametrize("what", [3, b"x", object(), iter([]), slice(1)])
def test_what_cannot_be_decorated_is_told(what: Any) -> None:
    """Things that cannot be called are refused with what to do instead."""
    with pytest.raises(TypeError, match=r"@operation (cannot decorate|decorates)"):
        operation(what)


async def test_coroutines_and_tasks(spans: Spans) -> None:
    """Each task has a tree of its own below the block that started it."""

    @operation("step")
    async def step(number: int) -> None:
        await asyncio.sleep(0)
        current_operation().set(number=number)

    async with operation("all"):
        await asyncio.gather(step(1), step(2))
    steps = [span for span in spans.get_finished_spans() if span.name == "step"]
    assert {1, 2} == {(span.attributes or {})["number"] for span in steps}
    assert ["all"] == list({spans.parents[span.name] for span in steps})


def test_threads_do_not_mix(spans: Spans) -> None:
    """One function in many threads gives a tree for each, which tells its thread."""
    threads = [threading.Thread(target=outer, args=(3,), name=f"worker {number}") for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    roots = [span for span in spans.get_finished_spans() if span.parent is None]
    assert {f"worker {number}" for number in range(8)} == {(root.attributes or {})["thread.name"] for root in roots}
    assert 8 == len({root.context.trace_id for root in roots})
    assert all("thread.name" not in (span.attributes or {}) for span in spans.get_finished_spans() if span.parent)


def test_a_block_gives_attributes_events_and_links(spans: Spans) -> None:
    """`set`, `event` and `link` reach the span; names of ours are refused and counted."""
    with OperationContext("elsewhere") as context:
        token = context.to_token()
    with operation("block") as block:
        block.set(rows=3, path=Path("a"), **{"ops.kind": "cat"})
        block.event("halfway", percent=50)
        block.link(token)
    span = spans.named("block")
    assert (3, "a", "operation") == tuple((span.attributes or {})[key] for key in ("rows", "path", "ops.kind"))
    assert [("halfway", {"percent": 50})] == [(event.name, dict(event.attributes or {})) for event in span.events]
    assert [spans.named("elsewhere").context.span_id] == [link.context.span_id for link in span.links]
    assert 1 == diagnostics()["attribute.refused"]


def test_a_block_is_single_use() -> None:
    """Entering it again, or entering one without a name, raises and says what to do."""
    block = operation("block")
    with block:
        pass
    with pytest.raises(BlockReusedError, match="write a new"), block:
        pass
    with pytest.raises(TypeError, match="needs a name"), operation():
        pass


def test_the_current_operation(spans: Spans) -> None:
    """It is the nearest recorded one, also inside a context; outside of all, one that does nothing."""
    assert "" == current_operation().name
    current_operation().set(lost=1)
    current_operation().fail("nobody")
    with operation("outer") as block, operation("hidden", detail="DEBUG"), OperationContext("inner"):
        assert block is current_operation()
    assert ["inner", "outer"] == spans.names


def test_values_of_any_kind(spans: Spans) -> None:
    """Whatever is given as a value becomes one that can be exported."""

    class Unreadable:
        def __str__(self) -> str:
            raise LookupError

    endless: list[Any] = []
    endless.append(endless)
    with operation("values") as block:
        block.set(big=2**70, text="a\ud800b", raw=bytearray(b"x"), bad=Unreadable(), deep=endless, none=None)
    told = spans.attributes("values")
    assert (str(2**70), "a\\ud800b", b"x", "<unreadable Unreadable>") == (
        told["big"],
        told["text"],
        told["raw"],
        told["bad"],
    )


def test_nothing_happens_without_a_provider() -> None:
    """Where nobody has set a provider, results and exceptions are those of the function."""
    assert 0 == outer(3)
    with operation("block") as block:
        block.set(rows=1)
        block.event("e")
    assert not block.recording


@pytest.mark.parametrize("attributes", [5, "rows", [("rows", 3)]])
def test_attributes_that_are_no_mapping_are_refused(attributes: Any) -> None:
    """The message has the value and says what is wanted."""
    with pytest.raises(TypeError, match=r"operation\(attributes=.*give a dict"):
        operation("load", attributes=attributes)


def test_what_comes_too_early_or_too_late_is_told(recorder: Recorder, quiet: None) -> None:
    """What an operation is given before its beginning or after its end is left out, counted, and told once."""
    block = operation("load")
    block.set(rows=1)
    with block:
        pass
    block.fail("late")
    block.event("late")
    assert {"operation.not_open": 3} == diagnostics()
    assert {"ops.kind": "operation"} == recorder.spans.attributes("load")


def test_hidden_operations_take_all_in_silence(recorder: Recorder) -> None:
    """That is what hiding means; a failure is told all the same."""
    with operation("hidden", detail="DEBUG") as hidden:
        hidden.set(rows=1)
        hidden.event("e")
    assert {} == diagnostics()
