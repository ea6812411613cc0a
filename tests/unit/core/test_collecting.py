"""Telling whether the garbage collector is at work here."""

from __future__ import annotations

import gc
import sys
import threading
from types import FrameType

import pytest

from otel_ops.core.collecting import AT_WORK, is_collecting


class Circle:
    """Garbage that tells what it sees while it is collected."""

    def __init__(self) -> None:
        self.seen: list[bool] = []
        self.me = self

    def __del__(self) -> None:
        for work in (self.look, self.look_elsewhere):
            work()

    def look(self) -> None:
        self.seen.append(bool(AT_WORK and is_collecting()))

    def look_elsewhere(self) -> None:
        thread = threading.Thread(target=self.look)
        thread.start()
        thread.join()


def collected() -> list[bool]:
    seen = Circle().seen
    gc.collect()
    return seen


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on the collector begins between two steps")
def test_the_thread_that_collects_is_told_from_others() -> None:
    """It is so for what is finalized, not for other threads meanwhile, nor afterwards; whichever thread collects."""
    seen: list[list[bool]] = []
    thread = threading.Thread(target=lambda: seen.append(collected()))
    thread.start()
    thread.join()
    assert [[True, False], [True, False]] == [*seen, collected()]
    assert not AT_WORK


def test_no_python_code_of_ours_is_called_by_the_collector() -> None:
    """Signal handlers run in Python code only, and in a call of the collector's what they raise would be lost."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.append(str(frame.f_globals.get("__name__")))

    gc.collect()
    sys.setprofile(note)
    try:
        gc.collect()
    finally:
        sys.setprofile(None)
    assert [] == [name for name in called if name.startswith("otel_ops")]
