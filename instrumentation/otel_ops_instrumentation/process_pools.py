"""Pools of processes: what a task does stands below the operation that submitted it, however old the worker is.

A worker that waits for a task can be ended by SIGTERM, as `multiprocessing.pool.Pool` ends its workers, without losing
what it holds; while a task runs, the signal ends it at once, as it always does.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType, TracebackType
from typing import Any

import wrapt
from opentelemetry.context import Context, attach, detach
from opentelemetry.instrumentation.utils import unwrap

from otel_ops import faults
from otel_ops.core.carried import Carried, carry
from otel_ops.endings import heed_sigterm, leave_sigterm
from otel_ops_instrumentation.carrier import Carrier

_POOL = "multiprocessing.pool"
_EXECUTOR = "concurrent.futures.process"
_METHODS = ("apply_async", "_map_async", "imap", "imap_unordered")
_PATCHES: dict[str, tuple[str, ...]] = {
    _POOL: (*(f"Pool.{method}" for method in _METHODS), "ExceptionWithTraceback.__init__"),
    _EXECUTOR: ("ProcessPoolExecutor.submit", "_ExceptionWithTraceback.__init__"),
}


class ProcessPoolsCarrier(Carrier):
    """Carries to the workers of `concurrent.futures.ProcessPoolExecutor` and `multiprocessing.pool.Pool`."""

    modules = tuple(_PATCHES)

    def _put_in(self, module: ModuleType) -> None:
        for name in _PATCHES[module.__name__]:
            wrapper = _told if name.endswith("__init__") else _submitted
            wrapt.wrap_function_wrapper(module, name, wrapper)

    def _take_out(self, module: ModuleType) -> None:
        for name in _PATCHES[module.__name__]:
            owner, _, method = name.partition(".")
            unwrap(getattr(module, owner), method)


class Task:
    """A function with what was current where it was submitted; picklable as the function is.

    Args:
        carried: What was current; None outside of everything.
        function: The function.
    """

    __slots__ = ("_carried", "_function")

    def __init__(self, carried: Carried | None, function: Callable[..., Any]) -> None:
        self._carried = carried
        self._function = function

    def __reduce__(self) -> tuple[object, ...]:
        return _arrived, (pickle.dumps(self._carried, pickle.HIGHEST_PROTOCOL), self._function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function."""
        leave_sigterm()
        try:
            if self._carried is None:
                return _run_outside(self._function, args, kwargs)
            return self._carried.run(self._function, *args, **kwargs)
        finally:
            heed_sigterm()


def _arrived(packed: bytes, function: Callable[..., Any]) -> Task:
    return Task(_carried_in(packed), function)


@lru_cache(maxsize=16)
def _carried_in(packed: bytes) -> Carried | None:
    """Give what was carried: the same for all tasks that one operation submits."""
    carried: Carried | None = pickle.loads(packed)
    return carried


def _run_outside(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run a function outside of everything: a worker that was forked is inside of what was current then."""
    former = attach(Context())
    try:
        return function(*args, **kwargs)
    finally:
        detach(former)


def _submitted(submit: Any, pool: Any, args: Any, kwargs: Any) -> Any:
    """Submit a task in the place of the function."""
    if hasattr(pool, "_pool") and not _has_processes(pool):
        return submit(*args, **kwargs)
    if args:
        return submit(Task(carry(), args[0]), *args[1:], **kwargs)
    if "func" in kwargs:
        kwargs = {**kwargs, "func": Task(carry(), kwargs["func"])}
    return submit(*args, **kwargs)


def _has_processes(pool: Any) -> bool:
    from multiprocessing.pool import ThreadPool  # noqa: PLC0415 - it is imported, or there would be no pool

    return not isinstance(pool, ThreadPool)


_OWN_CODE = (Task.__call__.__code__, _run_outside.__code__, Carried.run.__code__)


def _told(init: Any, _: object, args: Any, kwargs: Any) -> None:
    """Tell of an exception as if nothing of ours had been in between."""
    with faults.guarded("task.traceback"):
        _forget_own_frames(args[1])
    init(*args, **kwargs)


def _forget_own_frames(link: TracebackType | None) -> None:
    while link is not None:
        following = link.tb_next
        if following is not None and following.tb_frame.f_code in _OWN_CODE:
            link.tb_next = following.tb_next
        else:
            link = following
