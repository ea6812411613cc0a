"""What an operation passes through: gate, sampler, provider, processors, and the propagators at its borders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opentelemetry import propagate
from opentelemetry.sdk.environment_variables import OTEL_SDK_DISABLED, OTEL_TRACES_SAMPLER
from opentelemetry.sdk.resources import SERVICE_NAME
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject, exporters_behind
from otel_ops.sdk import carriers
from otel_ops.sdk.provider import is_named
from otel_ops.settings.texts import plain

_TRACE_PARENT = "traceparent"
_OFF = "AlwaysOffSampler"


def in_force(subject: Subject) -> Iterator[Finding]:
    """Tell of each part in the order in which an operation meets it."""
    if subject.is_disabled:
        yield Finding(
            "sdk.disabled",
            f"{OTEL_SDK_DISABLED} = true (environment): no operation is recorded",
            Level.ERROR,
            "unset it",
        )
    for told in dict.fromkeys(subject.heard):
        remedy = "mend or unset the variable that it is about; something else counts in its place"
        text, _, own_remedy = told.partition("; ")
        yield Finding("warned", text, Level.WARNING, own_remedy or remedy)
    yield _gate(subject)
    if subject.provider is not None:
        yield from _provider(subject, subject.provider)
    yield _propagators()
    yield _carriers(subject)
    if handlers := [str(plain(one.handler)) for one in subject.settings.error_handlers]:
        yield Finding("error_handlers", f"failures are told to: {', '.join(handlers)}", data={"handlers": handlers})


def _carriers(subject: Subject) -> Finding:
    carried, known = carriers.wanted(subject.settings.disabled_carriers), carriers.wanted((), {})
    left_out = sorted(set(known) - set(carried))
    text = f"operations are carried by {len(carried)} of {len(known)} carriers"
    beside = f", not by {', '.join(left_out)}" if left_out else ""
    return Finding("carriers", f"{text}{beside}", data={"carriers": carried, "disabled": left_out})


def _gate(subject: Subject) -> Finding:
    level, rules = subject.settings.detail.name, len(subject.settings.detail_rules)
    beside = f", but for {rules} rule{'s' if rules > 1 else ''}" if rules else ""
    return Finding("gate", f"operations up to {level} are recorded{beside}", data={"detail": level, "rules": rules})


def _provider(subject: Subject, provider: TracerProvider) -> Iterator[Finding]:
    kind = f"{type(provider).__module__}.{type(provider).__qualname__}"
    whose = "is in force" if subject.is_in_force else "would be made by configure(): none is in force"
    yield Finding("provider", f"{kind} {whose}", data={"type": kind, "in_force": subject.is_in_force})
    yield _service(subject, provider)
    yield _sampler(provider)
    yield from _processors(subject.processors)


def _processors(processors: Sequence[SpanProcessor]) -> Iterator[Finding]:
    parts = [(type(each).__name__, [type(one).__name__ for one in exporters_behind(each)]) for each in processors]
    words = [f"{name} ({', '.join(exporters)})" if exporters else name for name, exporters in parts]
    data = {"processors": [{"type": name, "exporters": exporters} for name, exporters in parts]}
    yield Finding("processors", f"spans go through {' → '.join(words) or 'no processor'}", data=data)
    for processor in processors:
        if isinstance(processor, SimpleSpanProcessor):
            text = f"{type(processor).__name__} has every operation wait until its span is sent"
            yield Finding("processor.waits", text, Level.WARNING, "use BatchSpanProcessor")


def _service(subject: Subject, provider: TracerProvider) -> Finding:
    name = str(provider.resource.attributes.get(SERVICE_NAME, ""))
    if not subject.is_in_force and not is_named(subject.settings):
        return Finding("service", "the service is named after the program: service_name is unset")
    if name and not name.startswith("unknown_service"):
        return Finding("service", f"the service is {name!r}", data={"name": name})
    remedy = "set OTEL_SERVICE_NAME, or service_name"
    return Finding("service", f"the service has no name: {name!r}", Level.WARNING, remedy, {"name": name})


def _sampler(provider: TracerProvider) -> Finding:
    told = provider.sampler.get_description()
    root, _, rest = told.partition(",remoteParentSampled")
    shown = f"{root}, …{'}' * (root.count('{') - root.count('}'))}" if rest else told
    data = {"description": told}
    if _OFF not in root:
        return Finding("sampler", f"sampled by {shown}", data=data)
    if rest:
        remedy = f"unset {OTEL_TRACES_SAMPLER}, unless callers are to decide"
        text = f"sampled by {shown}: traces that begin here are not exported"
        return Finding("sampler", text, Level.WARNING, remedy, data)
    text = f"sampled by {told}: nothing is exported"
    return Finding("sampler", text, Level.ERROR, f"unset {OTEL_TRACES_SAMPLER}", data)


def _propagators() -> Finding:
    fields = sorted(propagate.get_global_textmap().fields)
    data = {"fields": fields}
    text = f"what crosses to other programs: {', '.join(fields) or 'nothing'}"
    if _TRACE_PARENT in fields:
        return Finding("propagators", text, data=data)
    remedy = "add tracecontext to OTEL_PROPAGATORS, unless all others speak what is set there"
    return Finding("propagators", f"{text}; W3C Trace Context is not among it", Level.WARNING, remedy, data)
