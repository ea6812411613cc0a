"""Pools of processes: what a task does stands below the operation that submitted it, however old the worker is.

A worker that waits for a task can be ended by SIGTERM, as `multiprocessing.pool.Pool` ends its workers, without losing
what it holds; while a task runs, the signal ends it at once, as it always does.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType
from typing import Any

from otel_ops import faults
from otel_ops.core.carried import NOTHING, Carried, carry
from otel_ops.endings import heed_sigterm, leave_sigterm
from otel_ops_instrumentation.carrier import Carrier, Patch

_METHODS = ("apply_async", "_map_async", "imap", "imap_unordered")


class ProcessPoolsCarrier(Carrier):
    """Carries to the workers of `concurrent.futures.ProcessPoolExecutor` and `multiprocessing.pool.Pool`."""

    modules = ("concurrent.futures.process", "multiprocessing.pool")

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if module.__name__ == "multiprocessing.pool":
            return *_patches_of_pool(module), Patch(module.ExceptionWithTraceback, "__init__", _tell)
        submit = Patch(module.ProcessPoolExecutor, "submit", _submit)
        return submit, Patch(module._ExceptionWithTraceback, "__init__", _tell)


def _patches_of_pool(module: Any) -> tuple[Patch, ...]:
    def submit_to_processes(submit: Callable[..., Any], pool: Any, /, *args: Any, **kwargs: Any) -> Any:
        if isinstance(pool, module.ThreadPool):
            return submit(pool, *args, **kwargs)
        return _submit(submit, pool, *args, **kwargs)

    return tuple(Patch(module.Pool, method, submit_to_processes) for method in _METHODS)


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
            # a worker that was forked is inside of what was current then, also for a task that carries nothing
            return (self._carried or NOTHING).run(self._function, *args, **kwargs)
        finally:
            heed_sigterm()


def _arrived(packed: bytes, function: Callable[..., Any]) -> Task:
    return Task(_carried_in(packed), function)


@lru_cache(maxsize=16)
def _carried_in(packed: bytes) -> Carried | None:
    """Give what was carried: the same for all tasks that one operation submits."""
    carried: Carried | None = pickle.loads(packed)
    return carried


def _submit(submit: Callable[..., Any], pool: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Submit a task in the place of the function."""
    if args:
        return submit(pool, Task(carry(), args[0]), *args[1:], **kwargs)
    if "func" in kwargs:  # which only the methods of a Pool are given by name
        kwargs["func"] = Task(carry(), kwargs["func"])
    return submit(pool, **kwargs)


_OWN_CODE = (Task.__call__.__code__, Carried.run.__code__)


def _tell(init: Callable[..., None], told: Any, error: BaseException, traceback: TracebackType | None) -> None:
    """Tell of an exception as if nothing of ours had been in between."""
    with faults.guarded("task.traceback"):
        _forget_own_frames(traceback)
    init(told, error, traceback)


def _forget_own_frames(link: TracebackType | None) -> None:
    while link is not None:
        following = link.tb_next
        if following is not None and following.tb_frame.f_code in _OWN_CODE:
            link.tb_next = following.tb_next
        else:
            link = following
