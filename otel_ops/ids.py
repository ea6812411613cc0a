"""The ids that otel_ops makes up: of sessions, and of failures."""

from __future__ import annotations

import os
from collections.abc import Callable


class _Source:
    """Where they come from; tests put something there that counts."""

    __slots__ = ("draw",)

    def __init__(self) -> None:
        self.draw: Callable[[], int] = _draw


def _draw() -> int:
    return int.from_bytes(os.urandom(8), "big")


SOURCE = _Source()
"""The one source of this process."""


def new_id() -> str:
    """Make up an id: 16 lower-case hexadecimal digits."""
    return f"{SOURCE.draw():016x}"
