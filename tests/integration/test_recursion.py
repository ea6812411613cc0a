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


def test_a_program_goes_as_deep_as_its_frames_let_it(recorder: Recorder, quiet: None) -> None:
    """What runs with a wrapper that does nothing runs as operations, too; the last ones are left out and counted."""
    depth = deepest() - 3
    assert depth == recursive(depth)
    left_out = diagnostics().get("operation.too_deep", 0) + diagnostics().get("span.start.failed", 0)
    assert 0 < left_out < 30
    assert depth + 1 == len(recorder.spans.names) + left_out


def test_endless_recursion_is_the_programs_own_error(recorder: Recorder, quiet: None) -> None:
    """RecursionError comes out as it would without us, and operations work again afterwards."""
    with pytest.raises(RecursionError):
        endless()
    with operation("after"):
        pass
    assert "after" == recorder.spans.names[-1]
    assert {"endless", "after"} == set(recorder.spans.names)
