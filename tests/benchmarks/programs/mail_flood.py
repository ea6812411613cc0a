"""Fails very often, with a mail handler; prints the bytes that this took, and what was left out."""

import json
import resource
import sys

from opentelemetry import trace

from otel_ops import configure, diagnostics, operation, shutdown
from tests.benchmarks.values import PACE

KINDS = 5


def fail(number: int) -> None:
    """Run an operation that fails."""
    try:
        with operation(f"step {number % KINDS}"):
            raise ValueError(f"row {number} is bad")
    except ValueError:
        pass


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


failures, port = int(sys.argv[1]), int(sys.argv[2])
options = {"to": "ada@example.org", "host": "localhost", "port": port, "security": "none", "digest": False}
configure(trace_file=False, announce=False, error_handlers=[{"handler": "mail", "options": options}])
flush = trace.get_tracer_provider().force_flush  # type: ignore[attr-defined] # configure has made it a provider of the SDK
for first in range(KINDS):
    fail(first)
flush()
before = _peak_bytes()
for further in range(KINDS, failures):
    fail(further)
    if further % PACE == 0:  # what waits for the worker is the pipeline's, handler or not
        flush()
flush()
shutdown()
print(json.dumps({"bytes": _peak_bytes() - before, "counts": diagnostics()}))
