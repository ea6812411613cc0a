"""Times that exporters wait."""

from __future__ import annotations

import threading


def check_seconds(name: str, seconds: float) -> None:
    """Check the option that gives a time.

    Raises:
        ValueError: No thread can wait so long, or it is no time at all.
    """
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        msg = f"{name} = {seconds!r}: must be more than 0 seconds, and at most {threading.TIMEOUT_MAX:.0f}"
        raise ValueError(msg)
