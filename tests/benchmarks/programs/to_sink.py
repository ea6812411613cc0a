"""Sends spans to a sink with the stock classes, and prints the CPU seconds that this process took."""

import sys
import time

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.benchmarks.values import PACE, VALUES_AND_KIND

calls, endpoint = int(sys.argv[1]), sys.argv[2]
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
tracer = provider.get_tracer("benchmark")
for index in range(calls):
    with tracer.start_as_current_span("fit series", attributes=VALUES_AND_KIND):
        pass
    if index % PACE == 0:
        provider.force_flush()
provider.shutdown()
print(time.process_time())
