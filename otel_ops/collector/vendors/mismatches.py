"""What in a program's environment is not as the vendor that it sends to wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from opentelemetry.util.re import parse_env_headers

from otel_ops.collector.vendors.recognition import takes_at, vendor_at
from otel_ops.collector.vendors.row import SIGNALS, Signal, Vendor

_PREFIX = "OTEL_EXPORTER_OTLP"
_TEMPORALITY = f"{_PREFIX}_METRICS_TEMPORALITY_PREFERENCE"


def mismatches(environ: Mapping[str, str]) -> list[str]:
    """Compare the variables of the OTLP exporters with the row of each vendor whose host they name.

    Args:
        environ: The environment, as `os.environ`.

    Returns:
        A sentence for each mismatch, with the variable and the remedy; nothing where all is as it should be, or where
        no vendor is known by the host.
    """
    found = [problem for signal in SIGNALS for problem in _mismatches_of(signal, environ)]
    return list(dict.fromkeys(found))


def _mismatches_of(signal: Signal, environ: Mapping[str, str]) -> Iterator[str]:
    endpoint = _value(environ, signal, "ENDPOINT")
    vendor = vendor_at(endpoint)
    exporter = f"OTEL_{signal.upper()}_EXPORTER"
    if vendor is None or environ.get(exporter) == "none":
        return
    protocol = _value(environ, signal, "PROTOCOL") or "http/protobuf"
    usable = [one for one in vendor.routes if signal in vendor.signals_over(one)]
    if signal not in vendor.signals:
        yield f"{exporter}: {vendor.title} takes no {signal}; set it to none"
    elif protocol not in usable:
        name = _name(environ, signal, "PROTOCOL")
        yield f"{name} = {protocol!r}: {vendor.title} takes {signal} over {_listed(usable)} only"
    else:
        yield from _wrong_places(vendor, signal, protocol, environ)
        yield from _missing_headers(vendor, signal, environ)
        yield from _wrong_temporality(vendor, signal, environ)


def _wrong_places(vendor: Vendor, signal: Signal, protocol: str, environ: Mapping[str, str]) -> Iterator[str]:
    own = environ.get(f"{_PREFIX}_{signal.upper()}_ENDPOINT")
    url = own or f"{_value(environ, signal, 'ENDPOINT').rstrip('/')}/v1/{signal}"
    if protocol == "http/protobuf" and not takes_at(vendor, signal, url):
        name = _name(environ, signal, "ENDPOINT")
        yield f"{name}: {url} is not where {vendor.title} takes {signal}; see: otel-ops collector env {vendor.name}"


def _missing_headers(vendor: Vendor, signal: Signal, environ: Mapping[str, str]) -> Iterator[str]:
    given = parse_env_headers(_value(environ, signal, "HEADERS"), liberal=True)
    if missing := [name for name in vendor.headers_of(signal) if not given.get(name)]:
        yield f"{_name(environ, signal, 'HEADERS')}: {vendor.title} wants {_listed(missing)}, which is missing or empty"


def _wrong_temporality(vendor: Vendor, signal: Signal, environ: Mapping[str, str]) -> Iterator[str]:
    given = environ.get(_TEMPORALITY, "").lower() or "cumulative"
    refused = {"cumulative", "delta"} - set(vendor.temporality) if vendor.temporality else set()
    if signal == "metrics" and given in refused:
        yield f"{_TEMPORALITY}: {vendor.title} refuses {given} metrics; set it to {vendor.temporality[0]}"


def _value(environ: Mapping[str, str], signal: Signal, key: str) -> str:
    return environ.get(_name(environ, signal, key), "").strip()


def _name(environ: Mapping[str, str], signal: Signal, key: str) -> str:
    """Name the variable that counts: the signal's own, where it is set."""
    own = f"{_PREFIX}_{signal.upper()}_{key}"
    return own if environ.get(own) else f"{_PREFIX}_{key}"


def _listed(words: Iterable[str]) -> str:
    return " and ".join(words)
