"""Numbers that strategies are given, checked."""

from __future__ import annotations

from otel_ops import faults
from otel_ops.core.recovering.strategy import LONGEST_SECONDS


def checked_seconds(name: str, value: object, *, zero: bool = True) -> float:
    """Give seconds as a number.

    Raises:
        TypeError: it is no number.
        ValueError: it is negative, or more than anybody can wait; or 0 where that makes no sense.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{name}={faults.shown(value)}: give seconds, as {name}=2.5"
        raise TypeError(msg)
    if not (0 <= value <= LONGEST_SECONDS) or (value == 0 and not zero):
        least = "0 or more" if zero else "more than 0"
        msg = f"{name}={faults.shown(value)}: give seconds, {least}, and {LONGEST_SECONDS:g} at most"
        raise ValueError(msg)
    return float(value)


def checked_number(name: str, value: object) -> int:
    """Give a whole number that counts something.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is less than 1.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{name}={faults.shown(value)}: give a whole number, as {name}=3"
        raise TypeError(msg)
    if value < 1:
        msg = f"{name}={value}: give 1 or more"
        raise ValueError(msg)
    return value


def checked_callable(name: str, value: object) -> None:
    """Check that something can be called.

    Raises:
        TypeError: it cannot.
    """
    if not callable(value):
        msg = f"{name}({faults.shown(value)}): give a function"
        raise TypeError(msg)
