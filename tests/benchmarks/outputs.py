"""What the calling thread pays for four outputs, each with its level, place and filter, against one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

from opentelemetry import trace

from otel_ops import Detail, OperationContext, configure, operation, shutdown
from tests.benchmarks.harness import Case, Side, Sides, clocked


def nested(calls: int) -> None:
    """Run operations with a suboperation of a finer level inside."""
    for _ in repeat(None, calls):
        with operation("outer"), operation("inner", detail=Detail.DEBUG):
            pass


def _flush() -> None:
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined] # configure has made it a provider of the SDK


def _under(outputs: Sequence[Mapping[str, Any]]) -> Side:
    """Measure the calls under these outputs, set up and written outside of the time that counts."""

    def side(calls: int) -> float:
        configure(detail="DEBUG", outputs=outputs, trace_file=False)
        nested(10)
        _flush()
        took = clocked(nested)(calls)
        _flush()
        return took

    return side


@contextmanager
def four_outputs() -> Iterator[Sides]:
    """Compare the four of the how-to with the tree alone."""
    with tempfile.TemporaryDirectory() as name, OperationContext(session="s1", user="ada"):
        folder = Path(name)
        tree = {"format": "tree", "to": folder / "tree.txt", "detail": "STANDARD"}
        four = (
            tree,
            {"format": "json", "to": folder / "{date}" / "{session}.json", "max_bytes": 10_000_000},
            {"format": "table", "to": folder / "minimal.txt", "detail": "MINIMAL", "context": {"user": "a*"}},
            {"format": "json", "to": folder / "failed.json", "outcome": "error", "options": {"indent": 2}},
        )
        yield Sides(_under(four), _under([tree]))
        shutdown()
        lines = sum(path.read_bytes().count(b"\n") for path in folder.glob("*/s1.json"))
        assert lines, "the session's file has no operation"


CASES = (
    Case(
        "four-outputs",
        "operation, four outputs against one",
        four_outputs,
        target=1.05,
        calls=1_000,
        rounds=60,
    ),
)
