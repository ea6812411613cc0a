"""Outcomes of exceptions: of other libraries, and of groups."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from otel_ops import operation
from otel_ops.core.outcomes import outcome_of, without_group
from otel_ops.testing import Spans

BaseExceptionGroup: Any = vars(sys.modules["builtins" if sys.version_info >= (3, 11) else "exceptiongroup"])[
    "BaseExceptionGroup"
]
"""Python's, or what trio brings along for Python 3.10."""

ONES: list[tuple[str, Callable[[], BaseException]]] = [
    ("error", lambda: ValueError("x")),
    ("error", lambda: SystemExit(3)),
    ("timed_out", lambda: TimeoutError("x")),
    ("timed_out", lambda: trio.TooSlowError()),
    ("interrupted", KeyboardInterrupt),
    ("abandoned", GeneratorExit),
    ("cancelled", asyncio.CancelledError),
    ("cancelled", lambda: trio.Cancelled._create()),
    ("ok", lambda: SystemExit(0)),
]
ORDER = ["error", "timed_out", "interrupted", "abandoned", "cancelled", "ok"]


def group(*inside: BaseException) -> BaseException:
    made: BaseException = BaseExceptionGroup("several", inside)
    return made


GROUPS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(ONES).map(lambda one: ({one[0]}, one[1]())),
    lambda inner: st.lists(inner, min_size=1, max_size=4).map(
        lambda each: (set().union(*(one[0] for one in each)), group(*(one[1] for one in each)))
    ),
)


@given(GROUPS)
def test_a_group_is_what_weighs_most_in_it(given: tuple[set[str], BaseException]) -> None:
    """However deep: an error more than a timeout, and both more than what was only cancelled."""
    assert min(given[0], key=ORDER.index) == outcome_of(given[1])


@pytest.mark.parametrize("said", [SystemExit, None])
def test_an_exception_that_lies_about_its_class_is_an_error(said: type | None) -> None:
    """What it is counts, not what it says or cannot say of itself, as stand-ins and proxies do."""

    def tell(_: object) -> type:
        if said is None:
            raise RuntimeError("no class")
        return said

    odd: BaseException = type("OddError", (Exception,), {"__class__": property(tell)})()

    assert "error" == outcome_of(odd)


def test_a_group_of_one_failure_is_that_failure() -> None:
    """Cancellations beside it do not count; of several failures none is the one."""
    one, other = ValueError("one"), TimeoutError("other")
    assert one is without_group(group(asyncio.CancelledError(), group(one)))
    several = group(one, other)
    assert (several, one) == (without_group(several), without_group(one))
    cancelled = group(asyncio.CancelledError())
    assert cancelled is without_group(cancelled)


def test_it_is_recorded_once(spans: Spans) -> None:
    """Where it began, with its own type; the operation that the group leaves names the same failure."""
    with pytest.raises(BaseExceptionGroup), operation("outer"):
        try:
            with operation("inner"):
                raise ValueError("x")
        except ValueError as error:
            raise group(error, asyncio.CancelledError()) from None
    assert (1, 0) == (len(spans.exceptions("inner")), len(spans.exceptions("outer")))
    inner, outer = spans.attributes("inner"), spans.attributes("outer")
    assert ("ValueError", inner["ops.failure.id"]) == (outer["error.type"], outer["ops.failure.id"])
    assert ("error", "inner") == spans.failure("outer")
    assert "ValueError: x" == spans.named("outer").status.description


def test_no_library_is_imported_for_that() -> None:
    """Nor asked for what it does not have, such as a module of the program's own that is named like one."""
    program = """
import sys, types
from otel_ops import operation
sys.modules["trio"] = types.ModuleType("trio")
try:
    with operation("work"):
        raise ValueError
except ValueError:
    print([name for name in ("anyio", "exceptiongroup", "concurrent.futures.thread") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ("[]\n", "") == (done.stdout, done.stderr)
