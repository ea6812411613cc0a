"""uvicorn ends itself with the signal that it was stopped by, once it has served everybody; what it holds is written.

Python's own farewell does not come then.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from otel_ops.endings import end_by, is_default
from otel_ops_instrumentation.carrier import Carrier, Patch


class UvicornCarrier(Carrier):
    """Has a server's process write what it holds before a signal ends it."""

    modules = ("uvicorn.server",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if not hasattr(module.Server, "capture_signals"):  # older ones do not end themselves by a signal
            return ()
        return (Patch(module.Server, "capture_signals", _captured),)


def _captured(capture: Callable[..., AbstractContextManager[None]], /, *args: Any) -> AbstractContextManager[None]:
    return _serving(capture(*args))


@contextmanager
def _serving(captured: AbstractContextManager[None]) -> Iterator[None]:
    """Be what SIGTERM finds where the server has put back what was there before itself."""
    is_ours = is_default(signal.SIGTERM)
    if is_ours:
        signal.signal(signal.SIGTERM, end_by)
    try:
        with captured:
            yield
    finally:
        if is_ours and signal.getsignal(signal.SIGTERM) is end_by:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
