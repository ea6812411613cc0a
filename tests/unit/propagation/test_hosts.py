"""Hosts: as spans and targets name them, and whether they are listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider

from otel_ops.propagation.hosts import are_listed, host_called, hosts_of_target, hosts_of_url

TRACER = TracerProvider(shutdown_on_exit=False).get_tracer("client")


def called(attributes: dict[str, str], kind: trace.SpanKind = trace.SpanKind.CLIENT) -> str:
    span = TRACER.start_span("GET", kind=kind, attributes=attributes)
    return host_called(trace.set_span_in_context(span, Context()))


@pytest.mark.parametrize(
    ("host", "attributes"),
    [
        ("a.lab", {"server.address": "A.lab."}),
        ("a.lab", {"net.peer.name": "a.lab", "http.url": "http://b.lab/"}),
        ("a.lab", {"http.host": "a.lab:8080"}),
        ("a.lab", {"http.url": "https://user:pass@a.lab:8443/b.lab?x=//b.lab"}),
        ("a.lab", {"url.full": "http://b.lab@a.lab/"}),
        ("::1", {"server.address": "::1"}),
        ("::1", {"http.host": "[::1]:80"}),
        ("::1", {"http.host": "::1"}),
        ("::1", {"url.full": "http://[::1]:80/"}),
        ("", {"url.full": "http://[::1:80/"}),
        ("", {"url.full": "/only/a/path"}),
        ("a.lab", {"server.address": "", "http.url": "http://a.lab"}),
        ("", {}),
    ],
)
def test_what_a_span_tells(host: str, attributes: dict[str, str]) -> None:
    """Both versions of the semantic conventions, and URLs where they have nothing else."""
    assert host == called(attributes)


def test_only_who_calls_tells() -> None:
    """A server's span names the server itself, and an operation nobody."""
    kinds = (trace.SpanKind.PRODUCER, trace.SpanKind.SERVER, trace.SpanKind.INTERNAL)
    assert ["a", "", ""] == [called({"server.address": "a"}, kind) for kind in kinds]
    remote = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=True))
    assert "" == host_called(trace.set_span_in_context(remote, Context()))


@pytest.mark.parametrize(
    ("hosts", "target"),
    [
        (["a.lab"], "a.lab:50051"),
        (["a.lab"], "a.lab"),
        (["a.lab"], "dns:a.lab:50051"),
        (["a.lab"], "dns:///a.lab:50051"),
        (["a.lab"], "dns://8.8.8.8/a.lab:50051"),
        (["a.lab"], "xds:///a.lab"),
        (["10.0.0.1", "10.0.0.2"], "ipv4:10.0.0.1:80,10.0.0.2:80"),
        (["::1"], "ipv6:[::1]:80"),
        (["::1"], "[::1]:80"),
        ([""], "unix:/run/a.lab"),
        ([""], "unix:///run/a.lab"),
        ([""], ""),
    ],
)
def test_targets_of_channels(hosts: list[str], target: str) -> None:
    """In all forms that gRPC has; a socket has no host."""
    assert hosts == hosts_of_target(target)


def test_globs() -> None:
    """All hosts of a target must be listed, in any case; an unknown one is, by ``*`` only."""
    assert (True, True, False) == tuple(
        are_listed([host], ["*.LAB", "[::1]"]) for host in ("a.lab", "::1", "a.lab.com")
    )
    assert (True, False) == (are_listed(["a.lab", "b.lab"], ["?.lab"]), are_listed(["a.lab", "b.com"], ["?.lab"]))
    assert (True, False, False) == (are_listed([""], ["*"]), are_listed([""], ["*.lab"]), are_listed(["a"], []))


@pytest.mark.parametrize(
    "url", ["http://evil.example\\.lab/", "http://evil.example\t.lab/", "http://a.lab\\@evil.example/"]
)
def test_a_host_that_clients_read_in_different_ways_is_unknown(url: str) -> None:
    """Some take a backslash for a slash, and so call another host than the one that is listed."""
    assert [""] == hosts_of_url(url)
    assert ["a.lab"] == hosts_of_url("http://a.lab/a\\b c")


@given(st.text())
def test_any_text(text: str) -> None:
    """Names some host or none, and never fails."""
    assert all(isinstance(host, str) for host in [*hosts_of_target(text), *hosts_of_url(text)])
    assert called({"url.full": text}) in {"", *hosts_of_url(text)}
