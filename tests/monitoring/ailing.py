"""A program with all that dashboards show and alerts tell of, until its input ends; it gets slow after seconds."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from itertools import count
from threading import Event, Thread

from otel_ops import OperationContext, configure, operation, shutdown
from otel_ops.errors import Retry

log = logging.getLogger("lab")

FAST_SECONDS = 6.0
MANY = "x" * 1_000_000
"""More than an attribute may hold: a fault of otel_ops is counted."""

ended = Event()
begun = time.monotonic()
turns = count()


@operation("measure", capture=[])
def measure() -> None:
    """Take milliseconds at first, and tenths of a second later."""
    is_slow = time.monotonic() - begun > FAST_SECONDS
    time.sleep(0.2 if is_slow else 0.002)


@operation("weigh", capture=[])
def weigh() -> None:
    """Fail each time."""
    raise ValueError("the scale is empty")


@operation("cool", capture=[])
def cool() -> None:
    """Take longer than it may."""
    raise TimeoutError("still hot")


@operation("watch", capture=[])
def watch() -> None:
    """Never end, and have a step that does not end either, though others of its name do."""
    melt(for_ever=True)


@operation("melt", recover=[Retry(on=OSError, attempts=3, wait=0.001, jitter=0)])
def melt(*, for_ever: bool = False) -> None:
    """Fail at first; then be repaired, or fail for good, in turns."""
    if for_ever:
        ended.wait()
    elif (turn := next(turns) % 3) != 1:
        raise OSError("no answer") if turn == 0 else ValueError("too hot")


def work() -> None:
    """Do all of it, again and again."""
    while not ended.wait(0.05):
        for step in (measure, melt, weigh, cool):
            with OperationContext("shift", user="ada"):
                work_on(step)


def work_on(step: Callable[[], None]) -> None:
    """Do one step, as a suboperation too."""
    try:
        step()
        with operation("run") as run:
            run.set(note=MANY)
            step()
    except (ValueError, TimeoutError):
        log.exception("left out")


if __name__ == "__main__":
    configure()
    threads = [Thread(target=watch), Thread(target=work)]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    shutdown()
