"""From records of sampled spans to trace files and whatever else takes all spans."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from otel_ops import faults
from otel_ops.processors.building import AT_ONCE, Building
from otel_ops.span_record import SpanRecord


class RecordOutput(Protocol):
    """Takes every sampled span, in batches."""

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        """Write the spans."""

    def shutdown(self) -> None:
        """Close what is open."""


class Writing:
    """Has spans built, measured and written, some at a time.

    Args:
        building: What is written comes from there.
        every_seconds: Time after which spans are to be written that end while logs are delivered.

    Attributes:
        outputs: Who takes the spans.
    """

    def __init__(self, building: Building, every_seconds: float) -> None:
        self._building = building
        self._every_seconds = every_seconds
        self.outputs: tuple[RecordOutput, ...] = ()
        self.renew()

    def renew(self) -> None:
        """Leave to the process that this one was forked from the lock that it may hold."""
        self._done_at = time.monotonic()
        self._lock = threading.Lock()

    @property
    def is_due(self) -> bool:
        """Whether spans wait that are to be written before the next log is delivered."""
        number = len(self._building.pending)
        return number >= AT_ONCE or (number > 0 and time.monotonic() - self._done_at >= self._every_seconds)

    def write(self) -> None:
        """Write everything that has ended.

        What other threads add meanwhile is for the next time, or this one might never end.
        """
        for _ in range(0, len(self._building.pending) or 1, AT_ONCE):
            with self._lock:
                self.write_some()
        self._done_at = time.monotonic()

    def write_some(self) -> None:
        """Write the spans that have waited longest; whoever calls it holds the lock, or is the only one."""
        self._building.build_some()
        self._building.measuring.do()
        records = self._building.take_records()
        for output in self.outputs if records else ():
            with faults.contained("output", f"{len(records)} span(s), the first of them {records[0].name!r}", output):
                output.export_records(records)

    def write_for(self, seconds: float) -> None:
        """Write what there is until the time is up, also where somebody else may hold the lock for ever."""
        ends_at = time.monotonic() + seconds
        if self._lock.acquire(timeout=seconds):
            try:
                while len(self._building) and time.monotonic() < ends_at:
                    self.write_some()
            finally:
                self._lock.release()
