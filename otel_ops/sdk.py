"""`configure` and `shutdown`: the only code that sets anything global in OpenTelemetry."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.sdk.environment_variables import OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from otel_ops import faults
from otel_ops.detail import GATE, set_detail
from otel_ops.errors import ErrorHandler, LogErrorHandler
from otel_ops.errors.handler import watch_of
from otel_ops.exceptions import SettingsError
from otel_ops.exporters import TraceFile
from otel_ops.exporters.destinations import trace_file_of
from otel_ops.exporters.environment import exporters_of, is_disabled
from otel_ops.formatters import FormattedSpanExporter, OutputFormatter, formatter_named
from otel_ops.hooks import HOOKS, add_listener, remove_listener
from otel_ops.log_builder import LogBuilder
from otel_ops.processors import ContextValuesProcessor, DelegatingProcessor, KeepOperationsSampler, LogPipeline
from otel_ops.settings import Output, Settings, load_settings
from otel_ops.tracers import make_tracers

if TYPE_CHECKING:
    from collections.abc import Iterable

_ERROR_HANDLERS = {"log": LogErrorHandler}


class _Installed(NamedTuple):
    """What one `configure` has put in place."""

    processor: DelegatingProcessor
    delegates: tuple[SpanProcessor, ...]
    pipeline: LogPipeline
    exit_seconds: float

    def put_in(self) -> DelegatingProcessor:
        """Take part from now on; give what took part before."""
        HOOKS.sink = self.pipeline
        for listener in self.pipeline.listeners:
            add_listener(listener)
        self.pipeline.start()
        make_tracers()
        return self.processor.swap(*self.delegates)

    def listen_no_more(self) -> None:
        for listener in self.pipeline.listeners:
            remove_listener(listener)

    def finish(self, former: DelegatingProcessor) -> bool:
        """Write everything that has ended, and close all; tell whether that was done in time."""
        done = self.pipeline.finish(former.shutdown, self.exit_seconds)
        if not done:
            faults.warn("exit.given_up", "outputs were not done within exit_seconds; what they still held is lost")
        return done


class _Setup:
    """What is in place now, and the one delegating processor of each provider."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._processors: WeakKeyDictionary[TracerProvider, DelegatingProcessor] = WeakKeyDictionary()
        self._installed: _Installed | None = None

    def put(self, settings: Settings) -> None:
        """Put settings in force in place of those before, without a moment between in which spans are lost."""
        with self._lock:
            new, old = self._installation(settings), self._installed
            if old is not None:
                old.listen_no_more()
            former = new.put_in()
            _open_gate(settings)
            self._installed = new
        if old is not None:
            old.finish(former)

    def _installation(self, settings: Settings) -> _Installed:
        """Make everything; what can fail comes before the first thing that others see."""
        known = _known_provider()
        exporters = list(_exporters(settings))
        provider = known or _new_provider(settings)
        pipeline = _pipeline(provider, settings)
        delegates = (ContextValuesProcessor(), pipeline, *map(BatchSpanProcessor, exporters))
        return _Installed(self._processor_of(provider), delegates, pipeline, settings.exit_seconds)

    def _processor_of(self, provider: TracerProvider) -> DelegatingProcessor:
        processor = self._processors.get(provider)
        if processor is None:
            processor = self._processors[provider] = DelegatingProcessor()
            provider.add_span_processor(processor)
        return processor

    def take_back(self) -> bool:
        """Take out what is in place; tell whether everything was written and closed in time."""
        with self._lock:
            old, self._installed = self._installed, None
            if old is None:
                return True
            former = old.processor.swap()
            old.listen_no_more()
            HOOKS.sink = None
            GATE.reset()
        return old.finish(former)


_setup = _Setup()


def configure(**settings: Any) -> Settings:
    """Set up where operations go; called again, it replaces what was set up before.

    Where the program has set no tracer provider, one is made and set. A provider that somebody else has set is kept,
    and gets one processor of ours. At the end of the program everything is written by itself.

    Args:
        **settings: See `otel_ops.settings.Settings`; they win over ``OTEL_OPS_*`` and ``otel_ops.toml``.

    Returns:
        The settings in force.

    Raises:
        SettingsError: a setting has an unknown name or a value that cannot be used; nothing has changed then.
    """
    chosen = load_settings(settings)
    if not is_disabled(os.environ):
        _setup.put(chosen)
    return chosen


def shutdown() -> bool:
    """Write everything that has ended, close all outputs and take back what `configure` did.

    Returns:
        Whether that was done within the setting ``exit_seconds``.
    """
    return _setup.take_back()


atexit.register(shutdown)


def _known_provider() -> TracerProvider | None:
    """Give the provider that is set, by us or somebody else."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        return None
    if not isinstance(provider, TracerProvider):
        msg = (
            f"the global tracer provider is a {type(provider).__name__}, to which no span processor can be added; "
            "set an opentelemetry.sdk.trace.TracerProvider, or none at all"
        )
        raise SettingsError(msg)
    return provider


def _new_provider(settings: Settings) -> TracerProvider:
    provider = TracerProvider(resource=_resource(settings), shutdown_on_exit=False)
    provider.sampler = KeepOperationsSampler(provider.sampler)
    trace.set_tracer_provider(provider)
    return provider


def _resource(settings: Settings) -> Resource:
    told = os.environ.get(OTEL_SERVICE_NAME) or f"{SERVICE_NAME}=" in os.environ.get(OTEL_RESOURCE_ATTRIBUTES, "")
    name = settings.service_name or ("" if told else _program_name())
    return Resource.create({SERVICE_NAME: name} if name else {})


def _program_name() -> str:
    """Name the program by its file, or by its package where that was run with ``python -m``."""
    path = Path(sys.argv[0] if sys.argv else "")
    name = path.parent.name if path.stem == "__main__" else path.stem
    return "" if name.startswith("-") else name


def _pipeline(provider: TracerProvider, settings: Settings) -> LogPipeline:
    builder = LogBuilder(
        max_spans=settings.max_held_spans,
        max_seconds=settings.max_held_seconds,
        foreign_detail=settings.foreign_detail,
    )
    pipeline = LogPipeline(provider, builder, settings.flush_seconds)
    pipeline.record_outputs = tuple(_trace_files(settings))
    pipeline.log_outputs = tuple(_log_outputs(settings.outputs))
    pipeline.listeners = tuple(map(watch_of, _error_handlers(settings.error_handlers)))
    return pipeline


def _exporters(settings: Settings) -> Iterable[SpanExporter]:
    """Give what takes spans as they are."""
    yield from exporters_of(os.environ)
    for output in settings.outputs:
        if _is_plain_exporter(output.format):
            yield output.format


def _trace_files(settings: Settings) -> Iterable[TraceFile]:
    if template := trace_file_of(settings, os.environ):
        place = {"date": time.strftime("%Y-%m-%d"), "pid": os.getpid(), "service": settings.service_name or "program"}
        yield TraceFile(template.format_map(place), announce=settings.announce)


def _log_outputs(outputs: Iterable[Output]) -> Iterable[FormattedSpanExporter]:
    for output in outputs:
        if isinstance(output.format, FormattedSpanExporter):
            yield output.format
        elif not _is_plain_exporter(output.format):
            formatter = output.format
            chosen = formatter if isinstance(formatter, OutputFormatter) else formatter_named(str(formatter))
            yield FormattedSpanExporter(chosen, output.to, detail=output.detail)


def _is_plain_exporter(item: object) -> TypeGuard[SpanExporter]:
    return isinstance(item, SpanExporter) and not isinstance(item, FormattedSpanExporter)


def _error_handlers(handlers: Iterable[object]) -> Iterable[ErrorHandler]:
    for handler in handlers:
        yield handler if isinstance(handler, ErrorHandler) else _ERROR_HANDLERS[str(handler)]()


def _open_gate(settings: Settings) -> None:
    GATE.reset()
    set_detail(settings.detail)
    for rule in settings.detail_rules:
        GATE.put_rule(rule)
