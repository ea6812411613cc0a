"""Qt: what a thread or a task of a pool runs stands below the operation that was current where it was started.

A slot that is called directly runs inside of the operation that emits. Qt calls one that is queued later, without
a sign of which emission it belongs to: there a bound callable is sent, see ``docs/how-to/parallel.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref

from otel_ops.core.carried import NOTHING, Carried, carry
from otel_ops_instrumentation.carrier import Carrier, Patch

_METHODS = ("start", "tryStart", "startOnReservedThread")


class QtCarrier(Carrier):
    """Carries to what ``QThread`` and ``QThreadPool`` of PySide6 run."""

    modules = ("PySide6.QtCore",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        task = partial(_start_task, module.QRunnable)
        pool = (Patch(module.QThreadPool, method, task) for method in _METHODS)
        return Patch(module.QThread, "start", partial(_start_thread, module.QThread)), *pool


def _start_thread(base: type, start: Callable[..., Any], thread: Any, /, *args: Any, **named: Any) -> Any:
    _carry_to_run(base, thread)
    return start(thread, *args, **named)


def _start_task(base: type, start: Callable[..., Any], pool: Any, /, *args: Any, **named: Any) -> Any:
    tasks = [_carrying(base, task) for task in args[:1]]
    return start(pool, *tasks, *args[1:], **named)


def _carrying(base: type, task: Any) -> Any:
    """Give the task, with what is current here."""
    if isinstance(task, base):
        _carry_to_run(base, task)
        return task
    return partial((carry() or NOTHING).run, task) if callable(task) else task


def _carry_to_run(base: Any, runner: Any) -> None:
    """Have ``run()`` of this object, where it is Python's, run with what is current here."""
    present = vars(runner).get("run")
    run = present.run if isinstance(present, _Run) else present
    if run is not None or type(runner).run is not base.run:
        vars(runner)["run"] = _Run(carry() or NOTHING, runner, run)


class _Run:
    """Stands on an object for its method ``run``, which Qt looks up there first."""

    def __init__(self, carried: Carried, runner: object, run: Callable[[], object] | None) -> None:
        self._carried = carried
        self._runner = ref(runner)
        self.run = run

    def __call__(self) -> None:
        """Run it."""
        runner: Any = self._runner()
        self._carried.run(self.run or partial(type(runner).run, runner))
