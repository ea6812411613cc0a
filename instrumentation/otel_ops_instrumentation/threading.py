"""Threads: what runs in one stands below the operation that was current where it was started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otel_ops.core.carried import carry
from otel_ops_instrumentation.carrier import Carrier, Patch

_CARRIED = "_otel_ops_carried"


class ThreadingCarrier(Carrier):
    """Carries what is current at the start of a thread to what the thread runs, ``run()`` overridden or not."""

    modules = ("threading", "_thread")

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if module.__name__ == "_thread":
            return (Patch(module, "start_new_thread", _start_new_thread),)
        return Patch(module.Thread, "start", _start), Patch(module.Thread, "_bootstrap_inner", _bootstrap)


def _start(start: Callable[..., None], thread: Any) -> None:
    thread.__dict__[_CARRIED] = carry()
    start(thread)


def _bootstrap(bootstrap: Callable[..., None], thread: Any) -> None:
    carried = thread.__dict__.pop(_CARRIED, None)
    if carried is None:
        bootstrap(thread)
    else:
        carried.run(bootstrap, thread)


def _start_new_thread(start: Callable[..., int], function: Any = None, *rest: Any, **named: Any) -> int:
    carried = carry()
    if carried is None or not callable(function) or not rest or not isinstance(rest[0], tuple):
        return start(*(() if function is None else (function,)), *rest, **named)
    return start(carried.run, (function, *rest[0]), *rest[1:], **named)
