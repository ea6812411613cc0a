"""Examines everything that would happen to an operation now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from otel_ops import faults
from otel_ops.doctor.baggage import baggage
from otel_ops.doctor.files import files
from otel_ops.doctor.findings import Finding, Level, Report, Section
from otel_ops.doctor.in_force import in_force
from otel_ops.doctor.losses import losses
from otel_ops.doctor.metrics import metrics_sent
from otel_ops.doctor.queue import queue
from otel_ops.doctor.subject import Subject, subject_here
from otel_ops.doctor.trying import Tries
from otel_ops.doctor.values import settings_in_force
from otel_ops.doctor.variables import variables
from otel_ops.doctor.vendor import vendor
from otel_ops.doctor.versions import versions
from otel_ops.doctor.way_out import logs_sent, spans_sent


def examine(*, sends: bool = True, seconds: float = 5.0) -> Report:
    """Find out what would happen to an operation of this process now.

    Where nobody has set a tracer provider, what `otel_ops.configure` would put in place is made, examined and taken
    down; nothing is set. Each OTLP exporter is given one span, named ``otel-ops doctor``.

    Args:
        sends: Whether endpoints are connected to and sent that span.
        seconds: How long the answer to it is waited for.

    Returns:
        What was found; its `level` is that of the worst finding.
    """
    with subject_here() as subject:
        return Report(tuple(_sections(subject, Tries(sends=sends, seconds=seconds))))


def _sections(subject: Subject, tries: Tries) -> Iterator[Section]:
    checks: dict[str, Callable[[Subject], Iterable[Finding]]] = {
        "versions": versions,
        "settings": settings_in_force,
        "variables": variables,
        "vendor": vendor,
        "operations": in_force,
        "spans": partial(spans_sent, tries=tries),
        "logs": partial(logs_sent, tries=tries),
        "metrics": partial(metrics_sent, tries=tries),
        "files": files,
        "queue": queue,
        "baggage": baggage,
        "losses": losses,
    }
    return (Section(title, tuple(_found(check, subject))) for title, check in checks.items())


def _found(check: Callable[[Subject], Iterable[Finding]], subject: Subject) -> Iterator[Finding]:
    """Give what a check finds; one that fails costs the others nothing."""
    try:
        yield from check(subject)
    except Exception as error:  # noqa: BLE001 - what is examined may be broken in any way
        remedy = "a fault of otel-ops itself, please report it"
        yield Finding("check.failed", faults.described(error), Level.WARNING, remedy)
