"""Tests that every recovery should pass: derive a test class from the suite."""

from __future__ import annotations

import asyncio
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from otel_ops.core.recovering.strategy import Recovery
from otel_ops.operations import operation
from otel_ops.testing.recorder import Recorder

_THREADS = 4
_RUNS = 25
_MOST_ATTEMPTS = 1_000


class _ExpectedError(Exception):
    """An exception that the operation of a test expects."""


class _EndlessError(BaseException):
    """What no strategy tries again after."""


class RecoveryCompatibilitySuite(ABC):
    """Tests of a `Recovery`; the test class that derives from it says how one is made.

    It may repair what it is made for, or not: what holds in both cases is tested.
    """

    error: type[Exception] = RuntimeError
    """The failure that it is tried with; make it one that it is for."""

    @abstractmethod
    def make_recovery(self) -> Recovery:
        """Make the strategy to be tested, with short waits; each test makes its own."""

    def _decorated(self, function: Callable[[], Any], **options: Any) -> Callable[[], Any]:
        decorated: Callable[[], Any] = operation("tested", recover=[self.make_recovery()], **options)(function)
        return decorated

    def test_what_goes_well_is_left_alone(self) -> None:
        """One attempt, its result, and a span like that of any other operation."""
        calls: list[int] = []

        def succeed() -> str:
            calls.append(1)
            return "result"

        with Recorder() as recorder:
            assert self._decorated(succeed)() == "result", "the result was changed"
            assert recorder.logs[0].outcome == "ok", "what went well is not told as such"
        assert len(calls) == 1, f"what went well was run {len(calls)} times"

    def test_coroutines_are_left_alone(self) -> None:
        """So it is for a coroutine."""

        async def succeed() -> str:
            await asyncio.sleep(0)
            return "result"

        with Recorder():
            assert asyncio.run(self._decorated(succeed)()) == "result", "the result was changed"

    def test_a_failure_has_an_end(self) -> None:
        """What fails for ever is given up: the program's own exception comes out, or what stands in for the result."""
        calls: list[int] = []
        error = self.error("row 7 is bad")

        def fail() -> None:
            calls.append(1)
            raise error if len(calls) < _MOST_ATTEMPTS else _EndlessError

        with Recorder() as recorder:
            seen = _what_comes_out(self._decorated(fail))
            outcome = recorder.logs[0].outcome
        assert type(seen) is not _EndlessError, "it tries again without end"
        assert seen in (error, None), f"{seen!r} came out in the place of {error!r}"
        assert outcome == ("recovered" if seen is None else "error"), f"the outcome is {outcome}"

    def test_the_traceback_is_the_programs(self) -> None:
        """It shows where the program failed, and no earlier attempt as the context of the last one."""

        def fail() -> None:
            msg = "row 7 is bad"
            raise self.error(msg)

        with Recorder():
            seen = _what_comes_out(self._decorated(fail))
        if seen is not None:
            assert seen.__context__ is None, f"{seen.__context__!r} stands in its context"
            assert traceback.extract_tb(seen.__traceback__)[-1].name == "fail", "the traceback lacks the last frame"

    def test_what_is_no_failure_is_not_repaired(self) -> None:
        """Cancellation, Ctrl-C, the end of the program and of a generator come out at once."""
        for error in (asyncio.CancelledError(), KeyboardInterrupt(), SystemExit(3), GeneratorExit()):
            self._comes_out_at_once(error)

    def test_what_is_expected_is_not_repaired(self) -> None:
        """An exception that the operation expects comes out at once."""
        self._comes_out_at_once(_ExpectedError(), expected=_ExpectedError)

    def _comes_out_at_once(self, error: BaseException, **options: Any) -> None:
        calls: list[int] = []

        def fail() -> None:
            calls.append(1)
            raise error

        with Recorder():
            seen = _what_comes_out(self._decorated(fail, **options))
        assert seen is error, f"{seen!r} came out in the place of {error!r}"
        assert len(calls) == 1, f"it tried again after {error!r}"

    def test_threads_do_not_disturb_each_other(self) -> None:
        """One strategy serves all runs, in all threads."""

        def succeed() -> str:
            return "result"

        with Recorder():
            decorated = self._decorated(succeed)
            with ThreadPoolExecutor(_THREADS) as pool:
                results = list(pool.map(lambda _: decorated(), range(_RUNS)))
        assert results == _RUNS * ["result"], "on several threads at once, a result was another"

    def test_it_can_be_shown(self) -> None:
        """Messages name it."""
        assert repr(self.make_recovery()), "its repr is empty"


def _what_comes_out(function: Callable[[], Any]) -> BaseException | None:
    try:
        function()
    except BaseException as seen:  # noqa: BLE001 - whatever it is, it is compared
        return seen
    return None
