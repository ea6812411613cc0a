"""What is examined: what is in force in this process, or else what `otel_ops.configure` would put there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from otel_ops.doctor.hearing import Heard
from otel_ops.exceptions import OtelOpsError
from otel_ops.exporters.watched import WatchedSpanExporter
from otel_ops.processors import DelegatingProcessor, LogPipeline
from otel_ops.sdk.installation import Parts, make_installation
from otel_ops.sdk.provider import known_provider, new_provider
from otel_ops.sdk.setup import SETUP
from otel_ops.settings import LoadedSettings, Settings, read_settings
from otel_ops.settings.otel_variables import is_disabled

_LOGGERS = ("opentelemetry", "otel_ops")


class Subject(NamedTuple):
    """What is examined.

    Attributes:
        environ: The environment variables.
        loaded: The settings, and how they came about.
        provider: The tracer provider; None where there is none, or none can be made.
        processors: Its span processors, ours one by one.
        is_in_force: Whether the provider is set in this process; else it is what would be.
        problems: Why nothing can be put in place, a line each.
        heard: What OpenTelemetry, and otel_ops, warned of when that was tried.
    """

    environ: Mapping[str, str]
    loaded: LoadedSettings
    provider: TracerProvider | None = None
    processors: tuple[SpanProcessor, ...] = ()
    is_in_force: bool = False
    problems: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.loaded.settings

    @property
    def is_disabled(self) -> bool:
        """Whether ``OTEL_SDK_DISABLED`` switches everything off."""
        return is_disabled(self.environ)

    @property
    def exporters(self) -> tuple[SpanExporter, ...]:
        """The exporters behind the processors, but for those of ours that write texts and files."""
        return tuple(exporter for processor in self.processors for exporter in exporters_behind(processor))

    @property
    def writers(self) -> tuple[object, ...]:
        """What writes trace files and texts."""
        pipelines = (processor for processor in self.processors if isinstance(processor, LogPipeline))
        return tuple(writer for one in pipelines for writer in (*one.record_outputs, *one.log_outputs))


@contextmanager
def subject_here() -> Iterator[Subject]:
    """Give what is in force in this process, or what would be; that is taken down again."""
    loaded = _loaded()
    empty = Subject(os.environ, loaded, problems=loaded.problems)
    if loaded.problems or empty.is_disabled:
        yield empty
        return
    try:
        with Heard(*_LOGGERS) as heard:
            provider = known_provider()
            subject = _tried(empty) if provider is None else _in_force(empty, provider)
    except OtelOpsError as error:
        yield empty._replace(problems=tuple(str(error).splitlines()))
        return
    try:
        yield subject._replace(heard=tuple(heard.messages))
    finally:
        if not subject.is_in_force:
            _take_down(subject)


def _loaded() -> LoadedSettings:
    """Give the settings in force, as they are now, or those that would be."""
    in_force = SETUP.in_force
    return read_settings({}) if in_force is None else in_force.loaded._replace(settings=in_force.settings)


def _in_force(subject: Subject, provider: TracerProvider) -> Subject:
    return subject._replace(provider=provider, processors=tuple(_processors_of(provider)), is_in_force=True)


def _processors_of(provider: TracerProvider) -> Iterator[SpanProcessor]:
    """Give the processors of a provider; OpenTelemetry has no public way to ask for them."""
    composite = getattr(provider, "_active_span_processor", None)
    yield from _one_by_one(getattr(composite, "_span_processors", ()))


def _one_by_one(processors: Iterable[SpanProcessor]) -> Iterator[SpanProcessor]:
    for processor in processors:
        if isinstance(processor, DelegatingProcessor):
            yield from _one_by_one(processor.delegates)
        else:
            yield processor


def _tried(subject: Subject) -> Subject:
    """Make what `configure` would, and set nothing; without metrics, which would be written or pushed, and be empty."""
    settings = replace(subject.settings, metrics=())
    parts = Parts.of(settings)
    provider = new_provider(settings)
    installation = make_installation(provider, DelegatingProcessor(), parts, settings)
    return subject._replace(provider=provider, processors=installation.delegates)


def _take_down(subject: Subject) -> None:
    for processor in subject.processors:
        if not isinstance(processor, LogPipeline):
            processor.shutdown()


def exporters_behind(processor: SpanProcessor) -> Iterator[SpanExporter]:
    """Give the exporter that a processor hands spans to, if it has one."""
    exporter = getattr(processor, "span_exporter", None)
    if isinstance(exporter, WatchedSpanExporter):
        exporter = exporter.exporter
    if isinstance(exporter, SpanExporter):
        yield exporter
