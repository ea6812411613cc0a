"""dask.distributed: what a task does stands below the operation that submitted it, on whatever worker it runs.

An annotation of the task carries it, as dask's own settings for tasks travel: keys of tasks stay as they are.
"""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable
from typing import Any

from otel_ops import faults
from otel_ops.core.carried import NOTHING, Carried, carry
from otel_ops_instrumentation.carrier import Carrier, Patch

_ANNOTATION = "otel_ops"


class DaskCarrier(Carrier):
    """Carries from `distributed.Client` to its workers."""

    modules = ("distributed.client", "distributed.worker")

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if module.__name__ == "distributed.client":
            return (Patch(module.Client, "_graph_to_futures", _submit),)
        return (Patch(module.Worker, "execute", _execute),)


def _submit(submit: Callable[..., Any], client: Any, /, *args: Any, **kwargs: Any) -> Any:
    from dask.base import annotate  # noqa: PLC0415 - distributed has imported it

    carried = carry()
    if carried is None:
        return submit(client, *args, **kwargs)
    with annotate(**{_ANNOTATION: pickle.dumps(carried)}):
        return submit(client, *args, **kwargs)


async def _execute(execute: Callable[..., Awaitable[Any]], worker: Any, key: Any, **named: Any) -> Any:
    with faults.guarded("dask"):
        _carried_to(worker, key).arrive()  # the worker executes each task in a task of its event loop
    return await execute(worker, key, **named)


def _carried_to(worker: Any, key: Any) -> Carried:
    task = worker.state.tasks.get(key)
    packed = None if task is None else (task.annotations or {}).get(_ANNOTATION)
    carried: Carried = NOTHING if packed is None else pickle.loads(packed)
    return carried
