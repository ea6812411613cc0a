"""Pools of threads: what a task does stands below the operation that submitted it, however old the pool is.

The threads themselves belong to no operation; what initializes them belongs to the one that made the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from opentelemetry.context import attach

from otel_ops.core.carried import NOTHING, Carried, carry
from otel_ops_instrumentation.carrier import Carrier, Patch, Replacement

_ITERABLE = "iterable"
_PLACES = {
    "__init__": {"initializer": 1},
    "_map_async": {"func": 0, "callback": 4, "error_callback": 5},
    "apply_async": {"func": 0, "callback": 3, "error_callback": 4},
    "imap": {"func": 0, _ITERABLE: 1},
    "imap_unordered": {"func": 0, _ITERABLE: 1},
}
"""Where methods of `ThreadPool` take what others than the caller will run; all other methods call one of these."""


class ThreadPoolsCarrier(Carrier):
    """Carries to the tasks of `concurrent.futures.ThreadPoolExecutor` and `multiprocessing.pool.ThreadPool`."""

    modules = ("concurrent.futures.thread", "multiprocessing.pool")

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        if module.__name__ == "multiprocessing.pool":
            return tuple(Patch(module.ThreadPool, name, partial(_submit, places)) for name, places in _PLACES.items())
        initialized = partial(_submit, {"initializer": 2})
        return Replacement(module, "_WorkItem", _carrying), Patch(module.ThreadPoolExecutor, "__init__", initialized)


def _carrying(item: Any) -> Any:
    """Give the class of an executor's tasks that carry; nothing of ours is in the traceback of what they raise."""

    class WorkItem(item):  # type: ignore[misc] # which class, is known at run time
        def __init__(self, *args: Any) -> None:
            item.__init__(self, *args)
            self.carried = carry() or NOTHING

        def run(self, *args: Any) -> None:
            before = self.carried.arrive()
            try:
                item.run(self, *args)
            finally:
                del self  # as the executor does: no exception is to be in a cycle with its future
                attach(before)

    return WorkItem


def _submit(places: dict[str, int], submit: Callable[..., Any], /, pool: Any, *args: Any, **kwargs: Any) -> Any:
    """Submit with all that others will run bound to what is current here."""
    carried, given = carry() or NOTHING, list(args)
    for name, place in places.items():
        if place < len(given):
            given[place] = _bound(carried, name, given[place])
        elif name in kwargs:
            kwargs[name] = _bound(carried, name, kwargs[name])
    return submit(pool, *given, **kwargs)


def _bound(carried: Carried, name: str, given: Any) -> Any:
    if name == _ITERABLE:
        return _items(carried, given)
    return partial(carried.run, given) if callable(given) else given


def _items(carried: Carried, iterable: Iterable[Any]) -> Iterator[Any]:
    """Give the items that a thread of the pool asks for, when it asks."""
    iterator = carried.run(iter, iterable)
    while True:
        try:
            item = carried.run(next, iterator)
        except StopIteration:
            return
        yield item
