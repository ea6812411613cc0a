"""Exceptions that an operation expects leave it without being failures."""

from __future__ import annotations

import asyncio
import builtins
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from otel_ops import Detail, operation
from otel_ops.errors import Fallback, Retry
from otel_ops.testing import Recorder, assert_tree, node
from tests.live import Failures


class AppError(KeyError):
    """A kind of KeyError."""


def failing(error: BaseException) -> Any:
    """Give a function that raises."""

    def find() -> None:
        raise error

    return find


@pytest.mark.parametrize("expected", [KeyError, (OSError, KeyError), [KeyError]])
def test_an_expected_exception_is_no_failure(recorder: Recorder, expected: Any) -> None:
    """It comes out as ever; status, record and outcome are those of an operation that went well."""
    error = AppError("x")
    with pytest.raises(AppError) as told:
        operation("find", expected=expected)(failing(error))()

    assert error is told.value
    assert_tree(recorder, node("find", outcome="ok", attributes={"ops.expected": f"{__name__}.AppError"}))
    assert () == recorder.tree.events
    assert not vars(error)


def test_others_are_failures(recorder: Recorder) -> None:
    """What is not expected is a failure."""
    with pytest.raises(ValueError):
        operation("find", expected=KeyError)(failing(ValueError()))()
    assert_tree(recorder, node("find", outcome="error", failure=ValueError))


def test_it_is_never_retried_or_replaced(recorder: Recorder) -> None:
    """Recovery is for failures."""
    with pytest.raises(KeyError):
        operation("find", expected=KeyError, recover=[Retry(wait=0), Fallback(1)])(failing(KeyError()))()
    assert_tree(
        recorder,
        node("find", node("find attempt", outcome="ok", attributes={"ops.expected": "KeyError"}), outcome="ok"),
    )


def test_an_outer_operation_has_it_as_its_own_failure(recorder: Recorder) -> None:
    """For an operation around that does not expect it, it begins there."""
    handler = Failures()
    recorder.provider.add_span_processor(handler)
    with pytest.raises(KeyError), operation("outer"):
        operation("find", expected=KeyError)(failing(KeyError("x")))()

    handler.force_flush()
    assert [("operation", "outer")] == handler.told
    assert "outer" == recorder.tree.failure.origin if recorder.tree.failure else False
    assert_tree(recorder, node("outer", node("find", outcome="ok"), outcome="error", failure=KeyError))


@pytest.mark.parametrize("detail", [Detail.STANDARD, Detail.DEBUG])
def test_blocks_coroutines_and_generators(recorder: Recorder, detail: Detail) -> None:
    """Every form of operation may expect exceptions, hidden ones, too."""
    handler = Failures()
    recorder.provider.add_span_processor(handler)
    options: dict[str, Any] = {"expected": KeyError, "detail": detail}

    @operation("coroutine", **options)
    async def find_later() -> None:
        raise KeyError

    @operation("generator", **options)
    def find_all() -> Iterator[int]:
        yield 1
        raise KeyError

    with pytest.raises(KeyError), operation("block", **options):
        raise KeyError
    with pytest.raises(KeyError):
        asyncio.run(find_later())
    with pytest.raises(KeyError):
        list(find_all())

    handler.force_flush()
    assert [] == handler.told
    assert {"ok"} >= {log.outcome for log in recorder.logs}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11")
def test_a_group_of_one(recorder: Recorder) -> None:
    """A group in which the only failure is an expected one is expected."""
    group = vars(builtins)["ExceptionGroup"]("all", [KeyError("x")])
    with pytest.raises(type(group)):
        operation("find", expected=KeyError)(failing(group))()
    assert_tree(recorder, node("find", outcome="ok"))


@pytest.mark.parametrize("expected", ["KeyError", KeyError(), [KeyError, 3], int])
def test_what_is_no_class_of_exceptions(expected: Any) -> None:
    """It is refused where the operation is made, with an example."""
    with pytest.raises(TypeError, match=r"expected=.*\(KeyError,\)"):
        operation("find", expected=expected)
