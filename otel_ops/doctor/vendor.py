"""Whether variables fit what the vendor wants that they send to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opentelemetry.environment_variables import OTEL_LOGS_EXPORTER, OTEL_METRICS_EXPORTER, OTEL_TRACES_EXPORTER

from otel_ops.collector.vendors.mismatches import mismatches
from otel_ops.collector.vendors.recognition import vendor_at
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject
from otel_ops.exporters.environment import exporter_names, log_exporter_names
from otel_ops.exporters.metrics import places_of

_OTLP = "otlp"


def vendor(subject: Subject) -> Iterator[Finding]:
    """Tell what of the vendor's wishes is not met, for the signals that are sent by OTLP."""
    sent = _sent(subject)
    unsent = {variable: "none" for variable, names in sent.items() if not any(map(_is_otlp, names))}
    if len(unsent) == len(sent):
        return
    told = mismatches({**subject.environ, **unsent})
    for problem in told:
        text, _, remedy = problem.rpartition("; ")
        yield Finding("vendor", text or problem, Level.ERROR, remedy if text else "")
    if not told:
        for title in _titles(subject.environ):
            yield Finding("vendor", f"the variables fit what {title} wants", data={"vendor": title})


def _sent(subject: Subject) -> dict[str, list[str]]:
    """Give the names of exporters that each signal has, by the variable that turns it off."""
    return {
        OTEL_TRACES_EXPORTER: exporter_names(subject.environ),
        OTEL_LOGS_EXPORTER: log_exporter_names(subject.environ),
        OTEL_METRICS_EXPORTER: [place.to for _, place in places_of(subject.settings.metrics, subject.environ)],
    }


def _is_otlp(name: str) -> bool:
    return name.startswith(_OTLP)


def _titles(environ: Mapping[str, str]) -> list[str]:
    """Give the vendors whose hosts the variables name."""
    urls = (value for name, value in environ.items() if name.startswith("OTEL_EXPORTER_OTLP_") and "ENDPOINT" in name)
    return sorted({found.title for found in map(vendor_at, urls) if found})
