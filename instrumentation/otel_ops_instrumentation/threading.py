"""Threads: what runs in one stands below the operation that was current where it was started."""

from __future__ import annotations

from typing import Any

from otel_ops.core.carried import Carried, carry
from otel_ops_instrumentation.carrier import Carrier

_CARRIED = "_otel_ops_carried"


class ThreadingCarrier(Carrier):
    """Carries what is current at the start of a thread to what the thread runs."""

    modules = ("threading",)

    def _put_in(self, module: Any) -> None:
        thread = module.Thread
        self._start, self._bootstrap = thread.start, thread._bootstrap_inner
        thread.start, thread._bootstrap_inner = _starting(self._start), _arriving(self._bootstrap)

    def _take_out(self, module: Any) -> None:
        module.Thread.start, module.Thread._bootstrap_inner = self._start, self._bootstrap


def _starting(start: Any) -> Any:
    def started(self: Any) -> None:
        setattr(self, _CARRIED, carry())
        start(self)

    return started


def _arriving(bootstrap: Any) -> Any:
    def run(self: Any) -> None:
        carried: Carried | None = self.__dict__.pop(_CARRIED, None)
        if carried is None:
            bootstrap(self)
        else:
            carried.run(bootstrap, self)

    return run
