"""Whether what exporters send arrives: who listens at the endpoint, what that speaks, and what it answers."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

from opentelemetry.sdk.trace.export import SpanExporter

from otel_ops.doctor.endpoints import GRPC, HTTP, Endpoint, endpoint_of, is_otlp
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.sending import SPAN_NAME, made_span, send
from otel_ops.doctor.subject import Subject
from otel_ops.doctor.wire import HTTP_1, HTTP_2, TLS, Listener, listener_at

_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_OFFSET_SECONDS = 2.0
_HALF_A_SECOND = 0.5
"""A clock that tells whole seconds is behind by so much on average."""


def way_out(subject: Subject, *, sends: bool, seconds: float) -> Iterator[Finding]:
    """Examine every exporter; without `sends`, nothing is connected to."""
    if subject.provider is not None and not subject.exporters:
        yield Finding("exporter", "no exporter: spans go to the files and outputs below only")
    for exporter in subject.exporters:
        yield from _exporter(subject, exporter, sends=sends, seconds=seconds)


def _exporter(subject: Subject, exporter: SpanExporter, *, sends: bool, seconds: float) -> Iterator[Finding]:
    name = type(exporter).__name__
    if not is_otlp(exporter):
        yield Finding("exporter", f"{name}: not an OTLP exporter, so it was not tried", data={"exporter": name})
        return
    try:
        endpoint = endpoint_of(exporter)
    except ValueError as error:
        remedy = f"set {_ENDPOINT} to a URL such as http://localhost:4318"
        yield Finding("endpoint", f"{name}: {error}", Level.ERROR, remedy)
        return
    yield Finding("endpoint", f"{endpoint.url}, by OTLP, {endpoint.protocol}", data=endpoint._asdict())
    if sends:
        yield from _tried(subject, exporter, endpoint, seconds)


def _tried(subject: Subject, exporter: SpanExporter, endpoint: Endpoint, seconds: float) -> Iterator[Finding]:
    if not _is_proxied(endpoint):
        try:
            listener = listener_at(endpoint.host, endpoint.port, seconds / 3)
        except (OSError, UnicodeError) as error:
            yield _nobody(endpoint, error)
            return
        mixed_up = mix_up(endpoint, listener.spoken)
        yield mixed_up or _listener(listener)
        yield from clock_offset(listener)
        if mixed_up:
            return
    if subject.provider is not None:
        yield _answer(subject, exporter, seconds)


def _is_proxied(endpoint: Endpoint) -> bool:
    """Tell whether a proxy stands in between: what listens is then not known to us."""
    scheme = "https" if endpoint.is_secure else "http"
    return scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(endpoint.host)


def _nobody(endpoint: Endpoint, error: OSError | UnicodeError) -> Finding:
    remedy = f"start a collector there, or set {_ENDPOINT} to where one listens"
    text = f"nothing can be sent to {endpoint.host}:{endpoint.port}: {getattr(error, 'strerror', None) or error}"
    return Finding("endpoint.listener", text, Level.ERROR, remedy)


def mix_up(endpoint: Endpoint, spoken: frozenset[str]) -> Finding | None:
    """Tell where the exporter and what listens do not speak the same; None where they do, or nothing is known."""
    place = f"port {endpoint.port}"
    if not endpoint.is_secure and TLS in spoken:
        return _mixed_up(
            f"{place} speaks TLS, and is sent plain text", f"begin the endpoint ({_ENDPOINT}) with https://"
        )
    if endpoint.is_secure and spoken and TLS not in spoken:
        return _mixed_up(
            f"{place} speaks plain text, and is sent TLS", f"begin the endpoint ({_ENDPOINT}) with http://"
        )
    if endpoint.protocol == GRPC and HTTP_1 in spoken and HTTP_2 not in spoken:
        remedy = f"set {_PROTOCOL}={HTTP}, or name the port of gRPC, by convention 4317"
        return _mixed_up(f"{place} speaks HTTP/1 only, and is sent gRPC", remedy)
    if endpoint.protocol == HTTP and HTTP_2 in spoken and HTTP_1 not in spoken:
        remedy = f"set {_PROTOCOL}={GRPC}, or name the port of OTLP over HTTP, by convention 4318"
        return _mixed_up(f"{place} speaks gRPC (HTTP/2) only, and is sent HTTP/1", remedy)
    return None


def _mixed_up(text: str, remedy: str) -> Finding:
    return Finding("endpoint.protocol", text, Level.ERROR, remedy)


def _listener(listener: Listener) -> Finding:
    speaks = sorted(listener.spoken)
    data = {"speaks": speaks}
    if speaks:
        return Finding("endpoint.listener", f"it speaks {', '.join(speaks)}", data=data)
    remedy = "look whether a collector listens there, and whether it hangs"
    return Finding("endpoint.listener", "it takes connections, and answers nothing", Level.WARNING, remedy, data)


def clock_offset(listener: Listener) -> Iterator[Finding]:
    """Tell how far the clock of what listens is ahead of ours, where it tells its time."""
    if listener.clock is None:
        return
    offset = listener.clock.timestamp() + _HALF_A_SECOND - listener.asked_at
    data = {"offset_seconds": round(offset, 1)}
    if abs(offset) <= _OFFSET_SECONDS:
        yield Finding("clock", f"its clock and ours agree within {_OFFSET_SECONDS:g} s", data=data)
        return
    text = f"its clock is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} ours"
    remedy = "set both by NTP: spans of several hosts will stand in the wrong order, and new ones may be refused"
    yield Finding("clock", text, Level.WARNING, remedy, data)


def _answer(subject: Subject, exporter: SpanExporter, seconds: float) -> Finding:
    assert subject.provider is not None
    answer = send(exporter, made_span(subject.provider.resource), seconds)
    data = {"taken": answer.taken, "seconds": round(answer.seconds, 3), "told": list(answer.told)}
    if answer.taken:
        text = f"the span {SPAN_NAME!r} was sent, and taken within {answer.seconds * 1_000:.0f} ms"
        return Finding("endpoint.answer", text, data=data)
    told = answer.told[-1] if answer.told else "it did not say why"
    if answer.taken is None:
        text = f"no answer within {answer.seconds:.1f} s to the span {SPAN_NAME!r}: {told}"
        return Finding("endpoint.answer", text, Level.ERROR, _remedy(told), data)
    return Finding("endpoint.answer", f"the span {SPAN_NAME!r} was refused: {told}", Level.ERROR, _remedy(told), data)


_REMEDIES = {
    ("code: 401", "code: 403", "UNAUTHENTICATED", "PERMISSION_DENIED"): (
        "mend the token in OTEL_EXPORTER_OTLP_HEADERS, as key=value with blanks written as %20"
    ),
    ("UNIMPLEMENTED",): "name the port of a collector: what listens there takes no spans",
    ("code: 404", "code: 405"): (
        f"mend the path: /v1/traces is added to {_ENDPOINT}, and nothing to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    ),
    ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"): (
        "name the certificate of who has signed the server's in OTEL_EXPORTER_OTLP_CERTIFICATE"
    ),
    ("code: 415",): f"let what listens take OTLP, and set {_PROTOCOL} to the form that it takes",
    ("code: 429", "RESOURCE_EXHAUSTED"): "send less, or ask for a higher limit",
}


def _remedy(told: str) -> str:
    usual = "look into the log of what listens there"
    return next((remedy for signs, remedy in _REMEDIES.items() if any(sign in told for sign in signs)), usual)
