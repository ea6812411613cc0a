"""Foreign code: what it raises is contained, what is the user's goes through."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from otel_ops import faults, operation
from otel_ops.foreign import is_users
from otel_ops.testing import Spans

HANDLERS: list[Callable[..., Any]] = [lambda _signal, _frame: sys.exit(3), lambda *_: sys.exit(3)]


class Slow:
    """A signal comes while its text is made."""

    def __str__(self) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return "slow"

    __repr__ = __str__


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("read", [lambda value, op: op.set(value=value), lambda value, _: faults.shown(value)])
def test_a_signal_handler_may_end_the_program_while_a_value_is_read(
    handler: Callable[..., Any], read: Callable[..., Any], spans: Spans
) -> None:
    """It is not the value's own code that exits, so that nothing is contained."""
    before = signal.signal(signal.SIGTERM, handler)
    try:
        with operation("work") as work, pytest.raises(SystemExit):
            read(Slow(), work)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ["work"] == spans.names


def test_what_foreign_code_raises_is_its_own() -> None:
    """At any depth, be it an exit, too."""

    def leave(depth: int) -> None:
        if depth:
            leave(depth - 1)
        sys.exit(11)

    with pytest.raises(SystemExit) as left:
        leave(3)
    assert not is_users(left.value)
    assert is_users(KeyboardInterrupt())
