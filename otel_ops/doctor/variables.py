"""Variables of OpenTelemetry that do not do what they seem to: misspelt, quoted, or at odds with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from urllib.parse import urlsplit

from opentelemetry.environment_variables import OTEL_PYTHON_CONTEXT
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_CERTIFICATE,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_HEADERS,
    OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_HEADERS,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
)

from otel_ops.doctor.endpoints import GRPC, HTTP
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject
from otel_ops.redaction import redacted

_GROUP = "opentelemetry_environment_variables"
_OURS = "OTEL_OPS_"
_LIKENESS = 0.9
_SIGNAL_PATH = "/v1/traces"
_CONVENTIONS = {4317: GRPC, 4318: HTTP}
_CERTIFICATES = (OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE, OTEL_EXPORTER_OTLP_CERTIFICATE)
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def variables(subject: Subject) -> Iterator[Finding]:
    """Examine the variables that are set."""
    given = {name: text for name, text in subject.environ.items() if name.startswith("OTEL_") and text}
    checks = (_misspelt, _quoted, _headers, _paths, _ports, _context)
    findings = [*(finding for check in checks for finding in check(given)), *_bundles(subject.environ)]
    yield from findings
    if not findings:
        names = ", ".join(sorted(name for name in given if not name.startswith(_OURS)))
        yield Finding("variables", f"set are: {names}" if names else "none is set")


def _known() -> set[str]:
    modules = [found.load() for found in entry_points(group=_GROUP)]
    return {name for module in modules for name in vars(module) if name.startswith("OTEL_")}


def _misspelt(given: Mapping[str, str]) -> Iterator[Finding]:
    """Tell of names that are almost known; other unknown ones may be those of instrumentations."""
    known = _known()
    for name in sorted(name for name in given.keys() - known if not name.startswith(_OURS)):
        near = get_close_matches(name, known, n=1, cutoff=_LIKENESS)
        if near and near[0] not in given:
            yield Finding("variable.unknown", f"{name} is read by nobody", Level.WARNING, f"did you mean {near[0]}?")


def _quoted(given: Mapping[str, str]) -> Iterator[Finding]:
    for name, text in given.items():
        if text[0] == text[-1] and text[0] in "\"'":
            told = f"{name} begins and ends with a quote, which is part of the value"
            yield Finding("variable.quoted", told, Level.ERROR, "leave them out: env files are not read by a shell")


def _headers(given: Mapping[str, str]) -> Iterator[Finding]:
    """Tell of headers that exporters leave out; what stands in them is a secret."""
    for name in (OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_HEADERS):
        wrong = [str(place) for place, pair in enumerate(given.get(name, "=").split(","), 1) if "=" not in pair]
        if wrong:
            told = f"{name}: entry {', '.join(wrong)} of {given[name].count(',') + 1} is left out, for it has no '='"
            yield Finding("variable.headers", told, Level.ERROR, "write key=value, and a comma in a value as %2C")


def _paths(given: Mapping[str, str]) -> Iterator[Finding]:
    common = given.get(OTEL_EXPORTER_OTLP_ENDPOINT, "").rstrip("/")
    own = given.get(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, "")
    if common.endswith(_SIGNAL_PATH):
        text = f"{OTEL_EXPORTER_OTLP_ENDPOINT} = {redacted(common)!r}: over HTTP, {_SIGNAL_PATH} is added once more"
        yield Finding("variable.path", text, Level.WARNING, f"leave {_SIGNAL_PATH} out")
    if own and _protocol(given) == HTTP and _path(own) in {"", "/"}:
        text = f"{OTEL_EXPORTER_OTLP_TRACES_ENDPOINT} = {redacted(own)!r} has no path, and none is added to it"
        yield Finding("variable.path", text, Level.WARNING, f"add {_SIGNAL_PATH}")


def _ports(given: Mapping[str, str]) -> Iterator[Finding]:
    """Tell where the protocol that is set is not the one that the port has by convention."""
    protocol = _protocol(given)
    for name in (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT):
        usual = _CONVENTIONS.get(_port(given.get(name, "")))
        if protocol and usual and usual != protocol:
            text = f"{name} = {redacted(given[name])!r} is the port of {usual} by convention; set is {protocol}"
            yield Finding("variable.port", text, Level.WARNING, f"set {OTEL_EXPORTER_OTLP_PROTOCOL}={usual}")


def _protocol(given: Mapping[str, str]) -> str:
    return given.get(OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) or given.get(OTEL_EXPORTER_OTLP_PROTOCOL, "")


def _path(url: str) -> str | None:
    try:
        return urlsplit(url).path
    except ValueError:
        return None


def _port(url: str) -> int:
    try:
        return urlsplit(url).port or 0
    except ValueError:
        return 0


def _bundles(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Tell of a variable of the library requests: over HTTP it wins over the certificate that is named to OTLP."""
    certificate = next((name for name in _CERTIFICATES if environ.get(name)), "")
    bundle = next((name for name in _BUNDLES if environ.get(name)), "")
    if certificate and bundle and _protocol(environ) != GRPC:
        text = f"{certificate} is not looked at over HTTP: {bundle} = {environ[bundle]!r} wins over it"
        yield Finding("variable.overruled", text, Level.WARNING, f"unset {bundle}, or add the certificate to its file")


def _context(given: Mapping[str, str]) -> Iterator[Finding]:
    """Tell of a kind of context that is not installed: the API says so once, when it is imported, and has another."""
    name = given.get(OTEL_PYTHON_CONTEXT)
    if name and not entry_points(group="opentelemetry_context", name=name):
        yield Finding(
            "variable.context", f"{OTEL_PYTHON_CONTEXT} = {name!r} is not installed", Level.WARNING, "unset it"
        )
