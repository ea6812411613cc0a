"""Thread pools: each task stands below the operation that was current where it was submitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otel_ops.core.carried import carry, outside
from otel_ops_instrumentation.carrier import Carrier, Patch


class ConcurrentFuturesCarrier(Carrier):
    """Carries what is current at ``ThreadPoolExecutor.submit`` to the task; so for all that calls it, as asyncio does.

    The pool's threads themselves belong to no operation, whichever task they were made for.
    """

    modules = ("concurrent.futures.thread",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        pool = module.ThreadPoolExecutor
        return Patch(pool, "submit", _submit), Patch(pool, "_adjust_thread_count", outside)


def _submit(submit: Callable[..., Any], pool: Any, /, *args: Any, **kwargs: Any) -> Any:
    carried = carry()
    if carried is None or not args:
        return submit(pool, *args, **kwargs)
    return submit(pool, carried.run, *args, **kwargs)
