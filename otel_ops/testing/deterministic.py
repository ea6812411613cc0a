"""Ids that count and a clock that does not run by itself, so that two runs give equal spans."""

from __future__ import annotations

import itertools
import os
import threading

from opentelemetry.sdk.trace.id_generator import IdGenerator

from otel_ops.forks import renew_in_children

START_NS = 1_700_000_000_000_000_000
"""What a `Clock` shows at first, in nanoseconds since the epoch: 2023-11-14 22:13:20 UTC."""

_PID_BITS = 32


class Clock:
    """Tells the time for tests: it stands still, or goes on by a fixed step with each reading.

    Args:
        start_ns: The time at first, in nanoseconds since the epoch.
        step_ns: By how many nanoseconds it goes on after each reading.
    """

    def __init__(self, start_ns: int = START_NS, *, step_ns: int = 0) -> None:
        self.now_ns = start_ns
        self.step_ns = step_ns
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """Read the clock, in nanoseconds since the epoch."""
        with self._lock:
            now = self.now_ns
            self.now_ns += self.step_ns
            return now

    def advance(self, seconds: float = 0, *, ns: int = 0) -> None:
        """Let time go by; less than nothing sets the clock back."""
        with self._lock:
            self.now_ns += round(seconds * 1e9) + ns


class CountingIdGenerator(IdGenerator):
    """Gives trace ids 1, 2, … and span ids 1, 2, …; those of a forked child begin with its process id."""

    def __init__(self) -> None:
        self._count_from(1)
        renew_in_children(self)

    def renew(self) -> None:
        """Give, in a forked child, other ids than the parent."""
        self._count_from((os.getpid() << _PID_BITS) + 1)

    def _count_from(self, first: int) -> None:
        self._spans, self._traces = itertools.count(first), itertools.count(first)

    def generate_span_id(self) -> int:
        """Give the next id of a span."""
        return next(self._spans)

    def generate_trace_id(self) -> int:
        """Give the next id of a trace."""
        return next(self._traces)
