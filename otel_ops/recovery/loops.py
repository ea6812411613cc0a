"""attempts: a loop around a block that cannot be decorated, which runs the block again where that may help."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from otel_ops.attributes import clean_attributes
from otel_ops.core.plan import Plan
from otel_ops.core.recovering.between_attempts import begin, begin_later, refuse_limit
from otel_ops.core.recovering.driver import Recovering
from otel_ops.core.recovering.strategy import Again, Decision, Instead, Recovery, classes_of, recoveries_of
from otel_ops.core.running import Operation
from otel_ops.detail import Detail
from otel_ops.exceptions import BlockReusedError


def attempts(
    name: str,
    *recover: Recovery,
    detail: Detail | str = Detail.STANDARD,
    attributes: Mapping[str, object] | None = None,
    expected: type[BaseException] | tuple[type[BaseException], ...] = (),
) -> Attempts:
    """Loop over the attempts of an operation: the block of each is a suboperation, and runs again where that may help.

    ::

        for attempt in attempts("read page", Retry(on=OSError)):
            with attempt:
                page = read()

    In coroutines, write ``async for`` and ``with``. The block is all that the loop holds; leave the loop from inside
    of it, by ``break`` or ``return``.

    Args:
        name: Name of the operation.
        *recover: The strategies. With a `Fallback`, the loop ends as if the block had gone well, and what was given
            instead is the `value` of the loop.
        detail: Level at which it is recorded.
        attributes: Attributes of the operation.
        expected: Exceptions that may leave the block without being failures.

    Returns:
        What gives the attempts; once.

    Raises:
        TypeError: there is no strategy, or one cannot be used in a loop, as `Timeout`.
        ValueError: `detail` names no level.
    """
    if not recover:
        msg = f"attempts({name!r}) has no strategy; give one, as attempts({name!r}, Retry(on=OSError))"
        raise TypeError(msg)
    plan = Plan(
        name,
        Detail.parse(detail),
        str(sys._getframe(1).f_globals.get("__name__", "")),
        clean_attributes(attributes or {}),
        expected=classes_of("expected", expected),
        recoveries=recoveries_of(recover),
    )
    refuse_limit(plan)
    return Attempts(plan)


class Attempts:
    """What `attempts` gives.

    Attributes:
        value: What a fallback gave in the place of the block; else None.
    """

    def __init__(self, plan: Plan) -> None:
        self.value: Any = None
        self._run = Recovering(plan)
        self._decision: Again | None = None
        self._is_given = False
        self._is_over = False

    def __iter__(self) -> Attempts:
        """Give itself: its attempts are made once."""
        return self

    def __next__(self) -> BlockAttempt:
        """Wait, where an attempt has failed, and give the next one.

        Raises:
            RuntimeError: the latest one was not used as a block.
        """
        while not self._is_over:
            self._refuse_unused()
            try:
                begin(self._run, self._decision)
            except BaseException as error:
                if not self.settle(error):
                    raise
            else:
                return self._given()
        raise StopIteration

    def __aiter__(self) -> Attempts:
        """Give itself: its attempts are made once."""
        return self

    async def __anext__(self) -> BlockAttempt:
        """Do as ``for`` does, and let other tasks run meanwhile."""
        while not self._is_over:
            self._refuse_unused()
            try:
                await begin_later(self._run, self._decision)
            except BaseException as error:
                if not self.settle(error):
                    raise
            else:
                return self._given()
        raise StopAsyncIteration

    def _given(self) -> BlockAttempt:
        self._is_given = True
        return BlockAttempt(self, self._run, self._run.number)

    def _refuse_unused(self) -> None:
        if self._is_given:
            self._close()
            msg = f"an attempt of {self._run.name!r} was not made; write in the loop: with attempt: …"
            raise RuntimeError(msg)

    def settle(self, error: BaseException | None) -> bool:
        """End an attempt with the exception that leaves it; tell whether that is repaired, or to be."""
        self._is_given = False
        decision: Decision = None
        if error is None:
            self._run.succeeded(None)
        else:
            decision = self._run.failed(error)
        if isinstance(decision, Again):
            self._decision = decision
            return True
        self._is_over = True
        if isinstance(decision, Instead):
            self._stand_in(decision)
            return True
        self._run._end(error)
        return False

    def _stand_in(self, decision: Instead) -> None:
        try:
            self.value = decision.give()
            self._run.stood_in(self.value)
        except BaseException as error:
            self._run._end(error)
            raise
        self._run._end(None)

    def _close(self) -> None:
        """End the operation where the loop was left between two attempts."""
        if not self._is_over and self._run.is_open:
            self.settle(GeneratorExit())

    def __del__(self) -> None:
        """End the operation where the loop was left, and nobody asks for more."""
        self._close()


class BlockAttempt:
    """One attempt of a loop, a block.

    Attributes:
        operation: The operation; `set` and `event` work on it.
        number: 1 for the first one.
    """

    def __init__(self, loop: Attempts, operation: Operation, number: int) -> None:
        self.operation = operation
        self.number = number
        self._loop = loop
        self._is_entered = False

    def __enter__(self) -> BlockAttempt:
        """Enter.

        Raises:
            BlockReusedError: it was entered before.
        """
        if self._is_entered:
            msg = f"an attempt of {self.operation.name!r} was entered before; each attempt of the loop is one block"
            raise BlockReusedError(msg)
        self._is_entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """End the attempt; an exception that is repaired, or to be, does not leave the block."""
        return self._loop.settle(error)

    async def __aenter__(self) -> BlockAttempt:
        """Do as ``with`` does."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Do as ``with`` does."""
        return self.__exit__(kind, error, traceback)
