"""joblib: what a task does stands below the operation around ``Parallel``, with every backend.

joblib makes batches of tasks, the later ones in threads of its own. All of them belong to the call of ``Parallel``. A
process writes what it holds at the end of each batch: joblib kills it where another task fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from otel_ops.core.carried import NOTHING, carry
from otel_ops.core.hooks import HOOKS
from otel_ops.forks import is_child
from otel_ops_instrumentation.carrier import Carrier, Patch
from otel_ops_instrumentation.process_pools import Task

_CARRIED = "_otel_ops_carried"


class JoblibCarrier(Carrier):
    """Carries to the tasks of `joblib.Parallel`."""

    modules = ("joblib.parallel",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (
            Patch(module.Parallel, "__call__", _call),
            Patch(module.Parallel, "dispatch_one_batch", _dispatch),
            Patch(module.BatchedCalls, "__init__", _batch),
            Patch(module.BatchedCalls, "__call__", _run),
        )


def _call(call: Callable[..., Any], parallel: Any, /, *args: Any, **named: Any) -> Any:
    vars(parallel)[_CARRIED] = carry() or NOTHING
    return call(parallel, *args, **named)


def _dispatch(dispatch: Callable[..., Any], parallel: Any, /, *args: Any) -> Any:
    return vars(parallel).get(_CARRIED, NOTHING).run(dispatch, parallel, *args)


def _batch(init: Callable[..., None], batch: Any, calls: Iterable[tuple[Any, Any, Any]], /, *rest: Any) -> None:
    """Make a batch, or make it anew where it arrives."""
    init(batch, [(_carrying(function), args, named) for function, args, named in calls], *rest)


def _carrying(function: Callable[..., Any]) -> Task:
    return function if isinstance(function, Task) else Task(carry(), function)


def _run(run: Callable[..., Any], batch: Any) -> Any:
    try:
        return run(batch)
    finally:
        if is_child() and HOOKS.sink is not None:
            HOOKS.sink.force_flush()
