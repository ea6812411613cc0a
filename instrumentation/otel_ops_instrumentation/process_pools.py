"""Pools of processes: what a task does stands below the operation that submitted it, however old the worker is.

A worker that waits for a task can be ended by SIGTERM, as `multiprocessing.pool.Pool` ends its workers, without losing
what it holds; while a task runs, the signal ends it at once, as it always does.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from otel_ops import faults
from otel_ops.core.carried import NOTHING, Carried, carry
from otel_ops.endings import heed_sigterm, leave_sigterm
from otel_ops_instrumentation.carrier import Carrier, Patch

_POOL = "multiprocessing.pool"
_EXECUTOR = "concurrent.futures.process"
_METHODS = ("apply_async", "_map_async", "imap", "imap_unordered")


class ProcessPoolsCarrier(Carrier):
    """Carries to the workers of `concurrent.futures.ProcessPoolExecutor` and `multiprocessing.pool.Pool`."""

    modules = (_POOL, _EXECUTOR)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if module.__name__ == _EXECUTOR:
            told = Patch(module._ExceptionWithTraceback, "__init__", _told)
            return Patch(module.ProcessPoolExecutor, "submit", _submitted), told
        told = Patch(module.ExceptionWithTraceback, "__init__", _told)
        return *(Patch(module.Pool, method, _submitted) for method in _METHODS), told


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
        return Task, (self._carried, self._function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function."""
        leave_sigterm()
        try:
            # a worker that was forked is inside of what was current then, also for a task that carries nothing
            return (self._carried or NOTHING).run(self._function, *args, **kwargs)
        finally:
            heed_sigterm()


def _submitted(submit: Any, pool: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Submit a task in the place of the function."""
    if hasattr(pool, "_pool") and not _has_processes(pool):
        return submit(pool, *args, **kwargs)
    if args:
        return submit(pool, Task(carry(), args[0]), *args[1:], **kwargs)
    if "func" in kwargs:
        kwargs = {**kwargs, "func": Task(carry(), kwargs["func"])}
    return submit(pool, *args, **kwargs)


def _has_processes(pool: Any) -> bool:
    from multiprocessing.pool import ThreadPool  # noqa: PLC0415 - it is imported, or there would be no pool

    return not isinstance(pool, ThreadPool)


_OWN_CODE = (Task.__call__.__code__, Carried.run.__code__)


def _told(init: Any, told: object, error: BaseException, link: TracebackType | None) -> None:
    """Tell of an exception as if nothing of ours had been in between."""
    with faults.guarded("task.traceback"):
        _forget_own_frames(link)
    init(told, error, link)


def _forget_own_frames(link: TracebackType | None) -> None:
    while link is not None:
        following = link.tb_next
        if following is not None and following.tb_frame.f_code in _OWN_CODE:
            link.tb_next = following.tb_next
        else:
            link = following
