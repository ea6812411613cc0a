"""What was lost since the start of this process."""

from __future__ import annotations

from collections.abc import Iterator

from otel_ops import faults
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject


def losses(_: Subject) -> Iterator[Finding]:
    """Tell of each count of `otel_ops.diagnostics`."""
    for reason, number in sorted(faults.diagnostics().items()):
        data = {"reason": reason, "number": number}
        remedy = "the log has the first of them, and what to do about it"
        yield Finding("lost", f"{reason}: {number}", Level.WARNING, remedy, data)
