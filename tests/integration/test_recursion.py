"""Operations at the limit of recursion: the program goes as deep as its frames let it, and its errors are its own."""

from __future__ import annotations

import sys

import pytest

from otel_ops import diagnostics, operation
from otel_ops.testing import Recorder


@operation("step")
def recursive(depth: int) -> int:
    return 0 if depth == 0 else 1 + recursive(depth - 1)


@operation("endless")
def endless() -> None:
    endless()


def wrapped(depth: int) -> int:
    """Do as an operation does that records nothing: a wrapper around each call."""

    def inner() -> int:
        return 0 if depth == 0 else 1 + wrapped(depth - 1)

    return inner()


def deepest() -> int:
    """Find out how deep a function with a wrapper that does nothing can go here."""
    low, high = 1, sys.getrecursionlimit()
    while low < high - 1:
        depth = (low + high) // 2
        try:
            wrapped(depth)
            low = depth
        except RecursionError:
            high = depth
    return low


def left_out() -> int:
    """Count what found no frames to begin with, to start its span with, or to hand it to the exporter with."""
    counts = diagnostics()
    return sum(counts.get(reason, 0) for reason in ("operation.too_deep", "span.start.failed", "span.end.failed"))


@pytest.mark.parametrize("spare", range(9))
def test_a_program_goes_as_deep_as_its_frames_let_it(recorder: Recorder, quiet: None, spare: int) -> None:
    """What runs with a wrapper that does nothing runs as operations, too; each is recorded, or left out and counted."""
    depth = deepest() - spare
    assert depth == recursive(depth)
    assert depth + 1 == len(recorder.spans.names) + left_out()


def test_only_the_last_before_the_limit_are_left_out(recorder: Recorder, quiet: None) -> None:
    """At the limit itself there are no frames left to record with, a few calls before it there are."""
    recursive(deepest())
    assert 0 < left_out() < 30


def test_endless_recursion_is_the_programs_own_error(recorder: Recorder, quiet: None) -> None:
    """RecursionError comes out as it would without us, and operations work again afterwards."""
    with pytest.raises(RecursionError):
        endless()
    with operation("after"):
        pass
    assert "after" == recorder.spans.names[-1]
    assert {"endless", "after"} == set(recorder.spans.names)
