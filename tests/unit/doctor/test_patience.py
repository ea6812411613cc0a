"""What may hang is given up after a while."""

from __future__ import annotations

import threading

import pytest

from otel_ops.doctor.patience import within


def test_what_is_done_in_time_is_given() -> None:
    """As the function gave it."""
    assert 7 == within(10, lambda: 7)


def test_what_it_raises_is_raised() -> None:
    """A timeout of its own, too, with its own words."""
    with pytest.raises(TimeoutError, match="its own"):
        within(10, lambda: (_ for _ in ()).throw(TimeoutError("its own")))


def test_what_hangs_is_given_up() -> None:
    """It may go on meanwhile."""
    free = threading.Event()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
        within(0.1, free.wait)
    free.set()
