"""A provider of the test's own, which `operation` uses, and faults that are raised."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from otel_ops.faults import raise_faults


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[TracerProvider]:
    """Put a fresh provider in the place of the global one."""
    provider = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield provider
    provider.shutdown()


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    raise_faults(loud=True)
    yield
    raise_faults(loud=False)


@pytest.fixture
def quiet() -> None:
    """Let faults be counted, not raised, as in a program."""
    raise_faults(loud=False)
