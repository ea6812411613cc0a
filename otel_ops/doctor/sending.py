"""Sends through an exporter, as operations would be sent, and hears what that says."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any, NamedTuple

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider, sampling

from otel_ops import faults
from otel_ops.doctor.hearing import Heard
from otel_ops.doctor.patience import within

SPAN_NAME = "otel-ops doctor"
"""Name of the span that is sent."""

_LOGGER = "opentelemetry.exporter"


class Answer(NamedTuple):
    """What came of sending.

    Attributes:
        taken: Whether it was taken; None where there was no answer in time.
        seconds: How long it took.
        told: What the exporter logged meanwhile, the last thing last.
    """

    taken: bool | None
    seconds: float
    told: tuple[str, ...]


def made_span(resource: Resource) -> ReadableSpan:
    """Make a span that has ended, of the resource that operations have."""
    kept = _Kept()
    provider = TracerProvider(resource=resource, sampler=sampling.ALWAYS_ON, shutdown_on_exit=False)
    provider.add_span_processor(kept)
    provider.get_tracer("otel_ops.doctor").start_span(SPAN_NAME, context=Context()).end()
    return kept.spans[0]


class _Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def send(exporter: Any, batch: object, seconds: float) -> Answer:
    """Have an exporter of any signal send what it takes, and wait that long for the answer."""
    began = time.monotonic()
    with Heard(_LOGGER) as heard:
        try:
            taken: bool | None = within(seconds, partial(_export, exporter, batch))
        except TimeoutError:
            taken = None
    return Answer(taken, time.monotonic() - began, tuple(heard.messages))


def _export(exporter: Any, batch: object) -> bool:
    try:
        with suppress_instrumentation():
            result = exporter.export(batch)
    except Exception as error:  # noqa: BLE001 - exporters are not ours
        logging.getLogger(_LOGGER).warning("%s", faults.described(error))
        return False
    return getattr(result, "name", "") == "SUCCESS"
