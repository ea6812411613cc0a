"""Where nothing is recorded: in what recording itself calls, or there would be no end of it.

Processors, samplers and exporters of a program may be operations, and so may what the SDK calls, as `typing.cast`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY as SUPPRESSED

__all__ = ["RECORDING", "SUPPRESSED", "interrupted"]

RECORDING: dict[int, bool] = {}
"""The threads that open or close a span now; a dict, since its operators work at the limit of recursion, too."""


@contextmanager
def interrupted() -> Iterator[None]:
    """Record as ever meanwhile: an error handler's operations are recorded, and it sees to it that there is an end."""
    thread = get_ident()
    mark = RECORDING.pop(thread, False)
    try:
        yield
    finally:
        if mark:
            RECORDING[thread] = True


def _keep_own() -> None:
    """Forget the threads that a forked child does not have: others get their identifiers."""
    for thread in RECORDING.keys() - {get_ident()}:
        del RECORDING[thread]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_own)
