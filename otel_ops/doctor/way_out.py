"""Whether spans, and log records where OpenTelemetry's variables ask for them, arrive where they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from otel_ops.doctor.findings import Finding
from otel_ops.doctor.sending import SPAN_NAME, made_span
from otel_ops.doctor.subject import Subject
from otel_ops.doctor.trying import Sent, Tries
from otel_ops.exporters.environment import log_exporter_names, log_exporters_of


def spans_sent(subject: Subject, tries: Tries) -> Iterator[Finding]:
    """Examine every exporter of spans; an OTLP one is given a span."""
    if subject.provider is None:
        return
    if not subject.exporters:
        yield Finding("exporter", "no exporter: spans go to the files and outputs below only")
        return
    span = Sent("spans", f"the span {SPAN_NAME!r}", [made_span(subject.provider.resource)])
    for exporter in subject.exporters:
        yield from tries.findings(exporter, span)


def logs_sent(subject: Subject, tries: Tries) -> Iterator[Finding]:
    """Examine the exporters of log records that are asked for; an OTLP one is given none, which is answered, too."""
    if subject.provider is None or not log_exporter_names(subject.environ):
        return
    for exporter in log_exporters_of(subject.environ):
        with ExitStack() as made:
            made.callback(exporter.shutdown)
            yield from tries.findings(exporter, Sent("log records", "a request without log records", []))
