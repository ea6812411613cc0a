"""A program without operations under ``otel-ops run``: at its end, whoever ran it is told why nothing was shown."""

from __future__ import annotations

import atexit
import os
import sys

from otel_ops import faults
from otel_ops.core.hooks import HOOKS, OperationSink
from otel_ops.settings import Settings
from otel_ops.settings.sources import RUN_PROCESS
from otel_ops.streams import is_ready, write_text


def tell_at_end(settings: Settings) -> None:
    """Tell of it where this process is the one that the command has become, unless nothing is to be announced."""
    if settings.announce and HOOKS.sink is not None and _is_asked():
        atexit.register(_tell, HOOKS.sink, settings)


def _is_asked() -> bool:
    return os.environ.get(RUN_PROCESS) == str(os.getpid())


def _tell(sink: OperationSink, settings: Settings) -> None:
    """Tell, unless the program has been set up in another way meanwhile."""
    with faults.guarded("nothing_seen"):
        if not _is_asked() or HOOKS.sink is not sink:
            return
        sink.build()
        if not sink.has_seen and sys.stderr is not None and is_ready(sys.stderr):
            write_text(sys.stderr, f"otel_ops: no operations in this process, {_reason(settings)}\n")


def _reason(settings: Settings) -> str:
    remedy = "name what to watch, as in: otel-ops run --operations 'module:function' ..."
    why = "nothing that is declared or decorated was called" if settings.operations else remedy
    return f"up to level {settings.detail.name}; {why}"
