"""What is to be measured, on its way from the builder of logs to what measures it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from otel_ops import faults
from otel_ops.span_record import SpanRecord


class Measures(Protocol):
    """Measures every operation, sampled or not, in batches."""

    def record(self, records: Sequence[SpanRecord]) -> None:
        """Measure what has ended."""


class Measuring:
    """Keeps records until they are measured; nothing where nobody measures.

    Attributes:
        by: Who measures.
    """

    def __init__(self) -> None:
        self.by: Measures | None = None
        self.renew()

    def __len__(self) -> int:
        return len(self._waiting)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what waits there."""
        self._waiting: deque[SpanRecord] = deque()
        self._lock = threading.Lock()

    def keep(self, record: SpanRecord) -> None:
        """Keep a record until the next time."""
        if self.by is not None:
            self._waiting.append(record)

    def do(self) -> None:
        """Have measured what waits."""
        if self.by is None:
            return
        with self._lock:
            records = [self._waiting.popleft() for _ in range(len(self._waiting))]
            with faults.contained("metrics", f"the metrics of {len(records)} span(s)"):
                self.by.record(records)
