"""Ended spans that wait for the worker, and who waits for room among them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from opentelemetry.sdk.trace import ReadableSpan

MAX_PENDING = 100_000
"""Most ended spans that wait for the worker; whoever ends further ones waits for room, as long as there is progress."""

PATIENCE_SECONDS = 3.0
"""Time without any progress of the worker after which spans are dropped, and counted, instead of waited with."""

FAILED_SECONDS = 0.1
"""The longest moment that whoever ends a span which has failed waits."""


class Pending(deque[ReadableSpan]):
    """Queue of ended spans. Where nothing is taken from it, nobody waits twice.

    Args:
        wake: Has the worker take some.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake
        self._room = threading.Event()
        self._taken_number, self._stalled_at = 0, -1

    def take(self, most: int) -> list[ReadableSpan]:
        """Take spans out, the oldest first; whoever waits for room goes on."""
        spans = [self.popleft() for _ in range(min(len(self), most))]
        self._taken_number += len(spans)
        self._room.set()
        return spans

    def wait_a_moment(self) -> None:
        """Wait for some to be taken, unless none were the last time."""
        taken = self._taken_number
        if taken != self._stalled_at and not self._waited(FAILED_SECONDS):
            self._stalled_at = taken

    def wait_for_room(self) -> bool:
        """Wait until there is room; tell whether there is."""
        while len(self) >= MAX_PENDING:
            taken = self._taken_number
            if taken == self._stalled_at:
                return False
            if not self._waited(PATIENCE_SECONDS) and self._taken_number == taken:
                self._stalled_at = taken
        return True

    def _waited(self, seconds: float) -> bool:
        self._wake()
        self._room.clear()
        return self._room.wait(seconds)
