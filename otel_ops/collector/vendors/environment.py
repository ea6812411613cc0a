"""The environment variables with which a program exports to a vendor without a collector.

Source: OpenTelemetry specification, "Environment Variable Specification" and "OpenTelemetry Protocol Exporter".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from otel_ops.collector.vendors import templates
from otel_ops.collector.vendors.choice import Choice
from otel_ops.collector.vendors.row import SIGNALS
from otel_ops.exceptions import OtelOpsError

_PREFIX = "OTEL_EXPORTER_OTLP"
FORMATS = ("shell", "dotenv", "json")


def environment_of(choice: Choice) -> dict[str, str]:
    """Give the variables and their templates.

    Raises:
        OtelOpsError: the vendor cannot be reached without a collector; the message says why.
    """
    vendor = choice.vendor
    if vendor.without_collector:
        remedy = f"send to a collector that has the overlay {vendor.name}"
        msg = f"{vendor.name}: {vendor.without_collector}; {remedy}"
        raise OtelOpsError(msg)
    return dict(_variables(choice))


def _variables(choice: Choice) -> Iterator[tuple[str, str]]:
    for signal in SIGNALS:
        yield f"OTEL_{signal.upper()}_EXPORTER", "otlp" if signal in choice.signals else "none"
    yield f"{_PREFIX}_PROTOCOL", choice.protocol
    yield f"{_PREFIX}_COMPRESSION", choice.vendor.compression
    yield from _endpoints(choice)
    yield from _headers(choice)
    if "metrics" in choice.signals and choice.vendor.temporality:
        yield f"{_PREFIX}_METRICS_TEMPORALITY_PREFERENCE", choice.vendor.temporality[0]
    if choice.vendor.resource_attributes:
        yield "OTEL_RESOURCE_ATTRIBUTES", _listed(choice.vendor.resource_attributes)
    yield from choice.route.environment.items()


def _endpoints(choice: Choice) -> Iterator[tuple[str, str]]:
    if choice.route.endpoint:
        yield f"{_PREFIX}_ENDPOINT", choice.route.endpoint
    for signal in choice.signals:
        if url := choice.route.own_url(signal):
            yield f"{_PREFIX}_{signal.upper()}_ENDPOINT", url


def _headers(choice: Choice) -> Iterator[tuple[str, str]]:
    """Give the headers; those of one signal replace the common ones, and so hold them, too."""
    vendor = choice.vendor
    if vendor.headers:
        yield f"{_PREFIX}_HEADERS", _listed(vendor.headers)
    for signal in choice.signals:
        if signal in vendor.signal_headers:
            yield f"{_PREFIX}_{signal.upper()}_HEADERS", _listed(vendor.headers_of(signal))


def _listed(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{key}={templates.quoted(value)}" for key, value in pairs.items())


def environment_block(choice: Choice, form: str = "shell") -> str:
    """Write the variables: for a shell, for a file of compose or dotenv, or as JSON; secrets are only named.

    Raises:
        OtelOpsError: the vendor cannot be reached without a collector; the message says why.
    """
    return _BLOCKS[form](choice, environment_of(choice))


def _shell(choice: Choice, environment: Mapping[str, str]) -> str:
    lines = [f"export {name}={_in_quotes(text)}" for name, text in _filled(choice, environment, templates.in_shell)]
    return "".join(f"{line}\n" for line in (*_comments(choice, environment), *lines))


def _dotenv(choice: Choice, environment: Mapping[str, str]) -> str:
    lines = [f"{name}={_in_quotes(text)}" for name, text in _filled(choice, environment, templates.in_dotenv)]
    return "".join(f"{line}\n" for line in (*_comments(choice, environment), *lines))


def _json(choice: Choice, environment: Mapping[str, str]) -> str:
    needed = {name: choice.vendor.variables[name] for name in _needed(choice, environment)}
    document = {
        "version": 1,
        "vendor": choice.vendor.name,
        "environment": dict(_filled(choice, environment, templates.in_dotenv)),
        "variables": {
            name: {"meaning": one.meaning, "default": one.default, "secret": one.secret} for name, one in needed.items()
        },
        "packages": choice.vendor.packages,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_BLOCKS = {"shell": _shell, "dotenv": _dotenv, "json": _json}


def _filled(choice: Choice, environment: Mapping[str, str], write: templates.Writer) -> Iterator[tuple[str, str]]:
    return ((name, templates.filled(text, choice, write)) for name, text in environment.items())


def _in_quotes(text: str) -> str:
    """Quote so that variables are still filled in; meanings and literals hold no quote or backslash."""
    return f'"{text}"'


def _comments(choice: Choice, environment: Mapping[str, str]) -> Iterator[str]:
    vendor = choice.vendor
    yield f"# {vendor.title} over {choice.protocol}; see {vendor.source} (as of {vendor.as_of})"
    if vendor.packages:
        yield f"# needs: pip install {' '.join(vendor.packages)}"
    for name in _needed(choice, environment):
        variable = vendor.variables[name]
        yield f"# {name}: {variable.meaning}{'' if variable.default is None else f'; default {variable.default}'}"


def _needed(choice: Choice, environment: Mapping[str, str]) -> list[str]:
    """Name the variables that the block reads, in the order of the row."""
    read = {name for text in environment.values() for name in templates.names_in(text)}
    return [name for name in choice.vendor.variables if name in read - set(choice.values)]
