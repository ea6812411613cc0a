"""Names of threads, of which no two share one, as names of files have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_ops.latest import Latest

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

MAX_REMEMBERED = 2_000
"""Most names of threads of which is remembered which thread had it first."""

_first: Latest[str] = Latest(MAX_REMEMBERED)


def thread_name(log: OperationLog) -> str:
    """Give the name of the thread that an operation ran on; where another thread has it, with its identifier."""
    where = log.whereabouts()
    thread_id = str(where.thread_id)
    first = _first.get(where.thread)
    if not first:
        _first.add(where.thread, thread_id)
    return where.thread if first in {"", thread_id} else f"{where.thread}-{thread_id}"
