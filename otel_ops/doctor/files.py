"""Whether the files that operations go to can be written, and whether there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.room import written
from otel_ops.doctor.subject import Subject
from otel_ops.outputs import is_device


def files(subject: Subject) -> Iterator[Finding]:
    """Examine the place of each trace file and output; nothing is left there."""
    if not subject.writers and not subject.exporters and subject.provider is not None:
        remedy = "set trace_file, outputs, or OTEL_EXPORTER_OTLP_ENDPOINT"
        yield Finding("nowhere", "operations go nowhere", Level.ERROR, remedy)
    for writer in subject.writers:
        path = getattr(writer, "path", None)
        if path is None or is_device(os.fspath(path)):
            yield Finding("output", repr(writer))
        else:
            yield written(str(writer), Path(path))
