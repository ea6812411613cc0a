"""What of a context leaves this process, and to whom."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry import propagate

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject
from otel_ops.semconv import SESSION_ID

_HEADER = "baggage"
_ALL = "*"


def baggage(subject: Subject) -> Iterator[Finding]:
    """Tell what leaves as W3C baggage, to which hosts, and to programs that are started."""
    members, hosts = subject.settings.baggage, subject.settings.baggage_hosts
    data: dict[str, object] = {"members": list(members), "hosts": list(hosts)}
    if not members or not hosts:
        why = "baggage_hosts names no host" if members else "baggage names nothing"
        yield Finding("baggage", f"nothing of a context leaves to other hosts: {why}", data=data)
    elif _HEADER not in propagate.get_global_textmap().fields:
        text = f"{', '.join(members)} would leave to {', '.join(hosts)}, but no propagator carries baggage"
        yield Finding("baggage", text, Level.WARNING, "add baggage to OTEL_PROPAGATORS", data)
    else:
        yield _leaves(members, hosts, data)
    if subject.settings.environment_context:
        yield Finding("baggage.environment", "programs that subprocess starts are given the context")
    if _HEADER in propagate.get_global_textmap().fields:
        yield Finding("baggage.own", "what the program itself puts into OpenTelemetry's baggage goes to every host")


def _leaves(members: tuple[str, ...], hosts: tuple[str, ...], data: dict[str, object]) -> Finding:
    text = f"{', '.join(members)} leaves to {', '.join(hosts)}"
    if _ALL in hosts and set(members) != {SESSION_ID}:
        remedy = "list the hosts that are yours in baggage_hosts"
        return Finding("baggage", f"{text}: third parties included", Level.WARNING, remedy, data)
    return Finding("baggage", text, data=data)
