"""Faults that decorators and contexts of this kind are known for; here they are not to be found.

Those of generators, async generators and classes stand in the tests of `otel_ops.core.decorators`.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.trace import StatusCode

from otel_ops import Detail, OperationContext, current_operation, operation
from otel_ops.testing import Recorder, assert_tree, node


async def test_a_coroutine_is_no_result(recorder: Recorder) -> None:
    """The span covers the wait, and what is recorded is what was awaited."""

    @operation(record_result=True)
    async def fetch() -> str:
        await asyncio.sleep(0.02)
        return "rows"

    assert "rows" == await fetch()
    (span,) = recorder.spans
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time >= 15_000_000
    assert "rows" == (span.attributes or {})["ops.result"]


async def test_siblings_that_wait_are_not_nested(recorder: Recorder) -> None:
    """Coroutines that run beside each other do not become each other's parents."""

    @operation("step")
    async def step() -> None:
        await asyncio.sleep(0)

    with operation("all"):
        await asyncio.gather(step(), step(), step())
    assert_tree(recorder, node("all", "step", "step", "step"), exact=True)


def test_values_end_with_their_context(recorder: Recorder) -> None:
    """What a context gives is gone after it, also where it was left by an exception."""
    with pytest.raises(ValueError, match="x"), OperationContext(user="ada", batch=7):
        raise ValueError("x")
    with operation("after"):
        pass
    assert {"ops.kind": "operation"} == recorder.spans.attributes("after")


def test_values_stay_what_they_are(recorder: Recorder) -> None:
    """Metadata keeps its type, long text is kept, and a session is no secret to be scrubbed."""
    long = "x" * 5_000
    with OperationContext(session="password-reset-42", batch=7, ratio=0.5, note=long), operation("work"):
        pass
    expected = {"session.id": "password-reset-42", "ops.meta.batch": 7, "ops.meta.ratio": 0.5, "ops.meta.note": long}
    assert_tree(recorder, node("work", context=expected))


def test_nothing_around_is_needed(recorder: Recorder) -> None:
    """An operation is recorded without a context, a transaction or any other span around it."""

    @operation("alone")
    def alone() -> None: ...

    alone()
    assert_tree(recorder, node("alone", kind="operation"), exact=True)


def test_the_thousandth_suboperation_is_recorded_too(recorder: Recorder) -> None:
    """However many there are, none is dropped."""
    with operation("all"):
        for number in range(3_000):
            with operation("one") as one:
                one.set(number=number)
    assert list(range(3_000)) == [(span.attributes or {})["number"] for span in recorder.spans if span.name == "one"]


def test_a_level_hides_no_cause(recorder: Recorder) -> None:
    """An exception out of a hidden operation is recorded with its stack where the tree can be seen."""

    @operation("hidden", detail=Detail.DEBUG)
    def hidden() -> None:
        raise LookupError("the root cause")

    with operation("work"):
        with pytest.raises(LookupError):
            hidden()
        with operation("handled"):
            pass
    (event,) = recorder.spans.exceptions("work")
    assert "the root cause" in str((event.attributes or {})["exception.stacktrace"])
    assert_tree(recorder, node("work", "handled", outcome="ok"))


def test_an_exception_is_recorded_once(recorder: Recorder) -> None:
    """On the innermost span; those that it passes have the status, the type and where it began."""
    with pytest.raises(KeyError), operation("a"), operation("b"), operation("c"):
        raise KeyError("k")
    assert [0, 0, 1] == [len(recorder.spans.exceptions(name)) for name in "abc"]
    assert [StatusCode.ERROR] * 3 == [span.status.status_code for span in recorder.spans]
    assert [("error", "c"), ("error", "c"), ("error", None)] == [recorder.spans.failure(name) for name in "abc"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(0), "ok"),
        (SystemExit(), "ok"),
        (GeneratorExit(), "abandoned"),
    ],
)
def test_what_is_no_error_is_none(recorder: Recorder, error: BaseException, outcome: str) -> None:
    """Cancelling, Ctrl-C and a clean exit leave the status alone, and nothing is recorded as an exception."""
    with pytest.raises(type(error)), operation("work"):
        raise error
    assert_tree(recorder, node("work", outcome=outcome))
    assert StatusCode.UNSET is recorded_status(recorder)
    assert [] == recorder.spans.exceptions("work")


def recorded_status(recorder: Recorder) -> StatusCode:
    return recorder.spans.named("work").status.status_code


def test_attributes_can_be_set_from_below(recorder: Recorder) -> None:
    """A helper adds to the operation that it runs in, without being handed it."""

    def helper() -> None:
        current_operation().set(rows=3)

    with operation("load"):
        helper()
    assert 3 == recorder.spans.attributes("load")["rows"]


def test_stdout_stays_the_programs(tmp_path: Path) -> None:
    """Whatever is configured by default, nothing is written there."""
    program = "import otel_ops\notel_ops.configure()\nwith otel_ops.operation('work'): print('mine')"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "mine\n" == done.stdout
