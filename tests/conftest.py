"""What all tests share: a clean process before and after each, a provider of the test's own, and its spans."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir
from opentelemetry.context import Context, attach
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_ops.attributes import forget_types
from otel_ops.detail import GATE
from otel_ops.faults import raise_faults, reset_diagnostics
from otel_ops.frame import Frame, current_frame
from otel_ops.hooks import HOOKS
from tests.spans import Spans, put_in_place

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "data" / "traces"

set_hypothesis_home_dir(Path(sys.prefix) / ".hypothesis")
settings.register_profile("default", max_examples=50, deadline=None, database=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2_000)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _clean_process() -> Iterator[None]:
    """Begin with loud faults and nothing set; end with no operation or context left open."""
    _reset()
    raise_faults(loud=True)
    yield
    _reset()
    left_open = _close_all()
    assert left_open is None, f"left open: {left_open!r}"


def _reset() -> None:
    reset_diagnostics()
    forget_types()
    GATE.reset()
    HOOKS.sink, HOOKS.listeners = None, ()


def _close_all() -> Frame | None:
    frame = current_frame()
    if frame is not None:
        attach(Context())
    return frame


@pytest.fixture
def quiet() -> None:
    """Let faults be counted, not raised, as in a program."""
    raise_faults(loud=False)


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    """Put a fresh provider in the place of the global one."""
    provider = TracerProvider(shutdown_on_exit=False)
    with put_in_place(provider):
        yield provider
    provider.shutdown()


@pytest.fixture
def spans(provider: TracerProvider) -> Spans:
    """Keep the spans that the test's provider records."""
    spans = Spans()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return spans


@pytest.fixture
def captures() -> Path:
    """Give the folder of real captures that is kept beside the repository; skip where there is none."""
    if not CAPTURES.is_dir():
        pytest.skip("the captures are not there")
    return CAPTURES
