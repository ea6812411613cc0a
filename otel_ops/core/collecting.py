"""Whether the garbage collector is at work: until Python 3.12 no Context may be made current then.

It may run in the midst of making one current, and what it finalizes would do so once more; CPython crashes on that.
"""

from __future__ import annotations

import gc
import sys
from threading import get_ident


class _Collector:
    """The thread in which the garbage collector is at work; 0 while it rests."""

    __slots__ = ("thread",)

    def __init__(self) -> None:
        self.thread = 0

    def note(self, phase: str, _: object) -> None:
        self.thread = get_ident() if phase == "start" else 0


COLLECTOR = _Collector()
"""The one of this process."""

if sys.version_info < (3, 12):
    gc.callbacks.append(COLLECTOR.note)


def is_collecting() -> bool:
    """Tell whether this code is called by the garbage collector."""
    return COLLECTOR.thread == get_ident()
