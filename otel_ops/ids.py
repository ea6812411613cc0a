"""The ids that otel_ops makes up: of sessions, of failures, and of log records."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count

from otel_ops.forks import renew_in_children

_BITS = 64
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Those of a ULID, which are Crockford's: five bits each."""

_STRIDE = 0x9E3779B97F4A7C15
"""Odd, so that no id comes twice in a process, and far from any round number, so that they look nothing alike."""


class _Source:
    """Where they come from; tests put something there that counts.

    The system is asked for a random number once: asking it lets go of the interpreter's lock, and a thread that does
    so again and again, for each of its failures, keeps all others from ever getting it.
    """

    __slots__ = ("__weakref__", "draw")

    def __init__(self) -> None:
        self.draw: Callable[[], int]
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Begin elsewhere: a child and its parent must not draw the same."""
        self.draw = count(int.from_bytes(os.urandom(_BITS // 8), "big"), _STRIDE).__next__


SOURCE = _Source()
"""The one source of this process."""


def new_id() -> str:
    """Make up an id: 16 lower-case hexadecimal digits."""
    return f"{SOURCE.draw() % (1 << _BITS):016x}"


def new_ulid() -> str:
    """Make up an id that sorts by its time: a ULID, 26 digits for 48 bits of milliseconds and 80 that are random."""
    milliseconds, drawn = time.time_ns() // 1_000_000, SOURCE.draw() % (1 << _BITS)
    number = milliseconds % (1 << 48) << 80 | drawn << 16 | os.getpid() % (1 << 16)
    return "".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5))
