"""Where nothing is recorded: in what recording itself calls, or there would be no end of it.

Processors, samplers and exporters of a program may be operations, and so may what the SDK calls, as `typing.cast`.
"""

from __future__ import annotations

import os
from threading import get_ident

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY as SUPPRESSED

__all__ = ["HANDLING", "RECORDING", "SUPPRESSED"]

RECORDING: dict[int, bool] = {}
"""The threads that open or close a span now; a dict, since its operators work at the limit of recursion, too."""

HANDLING: set[int] = set()
"""The threads that are in an error handler now: what they do is nobody's failure to handle."""


def _keep_own() -> None:
    """Forget the threads that a forked child does not have: others get their identifiers."""
    for thread in RECORDING.keys() - {get_ident()}:
        del RECORDING[thread]
    HANDLING.intersection_update({get_ident()})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_own)
