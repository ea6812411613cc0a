"""Servers whose processes end without Python's farewell: what these still hold is written before.

uvicorn ends itself with the signal that it was stopped by, once it has served everybody; the processes of Celery's
prefork pool end by ``os._exit``.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

import wrapt
from opentelemetry.instrumentation.utils import unwrap

from otel_ops import faults
from otel_ops.core.hooks import HOOKS
from otel_ops.endings import end_by, is_default


class WorkerEnds:
    """What is put into servers when a program imports them, and taken out again."""

    def __init__(self) -> None:
        self._is_in = False
        self._waits = False

    def put_in(self) -> None:
        """Take care of the servers that are imported, and of those that will be."""
        self._is_in = True
        if self._waits:
            for name in _PATCHES.keys() & sys.modules.keys():
                self._imported(sys.modules[name])
        else:
            self._waits = True
            for name in _PATCHES:
                wrapt.register_post_import_hook(self._imported, name)

    def _imported(self, module: ModuleType) -> None:
        with faults.guarded("worker_ends"):  # what is raised here would be raised by the program's import
            if self._is_in:
                patch, _ = _PATCHES[module.__name__]
                patch(module)

    def take_out(self) -> None:
        """Leave the servers as they were."""
        self._is_in = False
        for name in _PATCHES.keys() & sys.modules.keys():
            _, take_out = _PATCHES[name]
            take_out(sys.modules[name])


def _patch_uvicorn(module: Any) -> None:
    if hasattr(module.Server, "capture_signals"):  # which older ones lack, and do not end themselves by a signal
        wrapt.wrap_function_wrapper(module, "Server.capture_signals", _captured)


def _leave_uvicorn(module: Any) -> None:
    unwrap(module.Server, "capture_signals")


def _captured(capture: Any, _: object, args: Any, kwargs: Any) -> Any:
    return _serving(capture(*args, **kwargs))


@contextmanager
def _serving(captured: AbstractContextManager[None]) -> Iterator[None]:
    """Be what SIGTERM finds where the server has put back what was there before itself."""
    is_ours = is_default(signal.SIGTERM)
    if is_ours:
        signal.signal(signal.SIGTERM, end_by)
    try:
        with captured:
            yield
    finally:
        if is_ours and signal.getsignal(signal.SIGTERM) is end_by:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _patch_celery(module: Any) -> None:
    module.worker_process_shutdown.connect(_end, weak=False)


def _leave_celery(module: Any) -> None:
    module.worker_process_shutdown.disconnect(_end)


def _end(**_: object) -> None:
    with faults.guarded("worker_end"):
        if HOOKS.at_exit is not None:
            HOOKS.at_exit()


_PATCHES = {
    "uvicorn.server": (_patch_uvicorn, _leave_uvicorn),
    "celery.signals": (_patch_celery, _leave_celery),
}

WORKER_ENDS = WorkerEnds()
"""The one of this process."""
