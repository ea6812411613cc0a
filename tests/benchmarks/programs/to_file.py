"""Writes operations to a trace file, and prints the CPU seconds that this process took."""

import sys
import time

from opentelemetry import trace

from otel_ops import OperationContext, configure, operation, shutdown
from tests.benchmarks.values import PACE, VALUES

calls, path = int(sys.argv[1]), sys.argv[2]
configure(trace_file=path, announce=False)
flush = trace.get_tracer_provider().force_flush  # type: ignore[attr-defined] # configure has made it a provider of the SDK
with OperationContext(**VALUES):
    for index in range(calls):
        with operation("fit series"):
            pass
        if index % PACE == 0:
            flush()
shutdown()
print(time.process_time())
