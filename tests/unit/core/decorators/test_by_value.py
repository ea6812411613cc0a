"""Functions that are pickled by value, as joblib and dask do with those of the program's own file."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from otel_ops import operation, set_detail
from otel_ops.testing import Recorder

cloudpickle = pytest.importorskip("cloudpickle")


def test_what_is_pickled_by_value_runs_as_before(recorder: Recorder) -> None:
    """All forms of functions come back as the same operations, with the arguments that they capture."""

    @operation(capture=["rows", "step"], record_result=True)
    def add(rows: int, *, step: Any) -> int:
        return rows + int(step)

    @operation
    async def fetch() -> int:
        return 2

    @operation
    def count() -> Iterator[int]:
        yield 3

    @operation
    async def listen() -> AsyncIterator[int]:
        yield 4

    class Model:
        @operation
        def fit(self) -> int:
            return 5

    async def first(source: Callable[[], AsyncIterator[int]]) -> int:
        return sum([item async for item in source()])

    def all_of(add: Any, fetch: Any, count: Any, listen: Any, model: Any) -> list[Any]:
        with operation("all"):
            return [add(1, step=0), asyncio.run(fetch()), *count(), asyncio.run(first(listen)), model().fit()]

    forms = (add, fetch, count, listen, Model)
    assert [1, 2, 3, 4, 5] == all_of(*forms) == all_of(*cloudpickle.loads(cloudpickle.dumps(forms)))
    expected, actual = recorder.logs
    assert [(step.name, step.attributes) for step in expected.suboperations] == [
        (step.name, step.attributes) for step in actual.suboperations
    ]


def test_no_value_stays_none(recorder: Recorder) -> None:
    """An argument that the caller does not give is not captured, before and behind a pickle."""

    @operation(capture=["step"])
    def move(*, step: int) -> None:
        raise AssertionError(step)

    functions: list[Any] = [move, cloudpickle.loads(cloudpickle.dumps(move))]
    for function in functions:
        with pytest.raises(TypeError):
            function()
    assert [{}, {}] == [
        {key: value for key, value in log.attributes.items() if key.startswith("ops.arg")} for log in recorder.logs
    ]


def test_the_level_in_force_is_that_of_the_process(recorder: Recorder) -> None:
    """What comes out of a pickle asks the gate of the process, not a copy of it."""

    @operation
    def look() -> None: ...

    again = cloudpickle.loads(cloudpickle.dumps(look))
    set_detail("MINIMAL")
    again()
    assert not recorder.logs


def test_the_same_function_has_the_same_pickle() -> None:
    """Dask tells by it whether two tasks are the same."""

    @operation(capture=["rows"])
    def load(rows: int) -> int:
        return rows

    assert cloudpickle.dumps(load) == cloudpickle.dumps(load)
