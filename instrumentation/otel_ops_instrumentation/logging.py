"""Logging: each record has the ids of the span that it was emitted in, and is kept with the operation on demand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from otel_ops import faults
from otel_ops.core.emitted import emitted
from otel_ops_instrumentation.carrier import Carrier, Patch


class LoggingCarrier(Carrier):
    """Takes each record that has passed the filters of its logger, before the first handler does.

    Unlike a handler it changes nothing for ``basicConfig`` and the like, and no factory of records takes its place.
    """

    modules = ("logging",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (Patch(module.Logger, "callHandlers", _call_handlers),)


def _call_handlers(call: Callable[..., None], logger: logging.Logger, record: logging.LogRecord) -> None:
    try:
        emitted(logger, record)
    except Exception as error:  # noqa: BLE001 - the program only wants to log
        faults.swallow("logging", error)
    call(logger, record)
