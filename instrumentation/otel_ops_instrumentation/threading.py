"""Threads: what runs in one stands below the operation that was current where it was started."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from otel_ops.core.carried import carry
from otel_ops_instrumentation.carrier import Carrier, Patch

_STARTERS = {
    "_thread": ("start_new_thread", "start_new", "start_joinable_thread"),
    "threading": ("_start_new_thread", "_start_joinable_thread"),
}
"""Whatever a thread is an object of, one of these starts it; which of them there are, depends on the Python."""

_OURS = ("opentelemetry.", "otel_ops.")
_FOR_ALL = {
    "concurrent.futures.process._ExecutorManagerThread",
    "concurrent.futures.thread._worker",
    "multiprocessing.pool.Pool._handle_results",
    "multiprocessing.pool.Pool._handle_tasks",
    "multiprocessing.pool.worker",
    "multiprocessing.queues.Queue._feed",
}
"""What runs in threads that work for everybody, whoever was the first."""

_KNOWN = (FunctionType, MethodType, type)
"""What can be asked for its name: an object of the program's may raise anything then."""


class ThreadingCarrier(Carrier):
    """Carries what is current at the start of a thread to what the thread runs, ``run()`` overridden or not."""

    modules = tuple(_STARTERS)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        names = _STARTERS[module.__name__]
        return tuple(Patch(module, name, _start) for name in names if hasattr(module, name))


def _start(start: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    carried = carry()
    if carried is None or not args or not callable(args[0]) or _is_for_all(args[0]):
        return start(*args, **kwargs)
    return start(partial(carried.run, args[0]), *args[1:], **kwargs)


def _is_for_all(function: Any) -> bool:
    """Tell whether a thread goes on for longer than the operation that it is started in, and works for others."""
    thread = function.__self__ if isinstance(function, MethodType) else None
    target = getattr(thread, "_target", None)
    runs: Any = type(thread) if target is None else target
    if not issubclass(type(runs), _KNOWN):
        return False
    name = f"{runs.__module__}.{runs.__qualname__}"
    return name in _FOR_ALL or name.startswith(_OURS)
