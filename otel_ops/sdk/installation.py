"""What one `configure` puts in place: made from settings, put in, and finished."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

import otel_ops.core.fast_tracer  # noqa: F401 - loaded when tracers are made: a fork then would keep its lock
from otel_ops import faults
from otel_ops.core.hooks import HOOKS, add_listener, remove_listener
from otel_ops.core.tracers import make_tracers
from otel_ops.errors import ErrorHandler, LogErrorHandler
from otel_ops.errors.handler import watch_of
from otel_ops.exceptions import SettingsError
from otel_ops.exporters import TraceFile
from otel_ops.exporters.destinations import trace_file_of
from otel_ops.exporters.environment import exporters_of
from otel_ops.exporters.watched import WatchedSpanExporter
from otel_ops.formatters import FormattedSpanExporter, OutputFormatter, formatter_named
from otel_ops.log_builder import LogBuilder
from otel_ops.processors import ContextValuesProcessor, DelegatingProcessor, LogPipeline
from otel_ops.processors.batch import QuietBatchSpanProcessor
from otel_ops.sdk.paths import file_name, keep_apart
from otel_ops.settings import Output, Settings
from otel_ops.settings.otel_variables import refused_variable

_ERROR_HANDLERS = {"log": LogErrorHandler}


class Parts(NamedTuple):
    """What settings ask for; nothing runs yet."""

    trace_files: tuple[TraceFile, ...]
    outputs: tuple[FormattedSpanExporter, ...]
    exporters: tuple[WatchedSpanExporter, ...]
    handlers: tuple[ErrorHandler, ...]

    @classmethod
    def of(cls, settings: Settings, *, beside_others: bool = False) -> Parts:
        """Make them.

        Args:
            settings: What is asked for.
            beside_others: Whether somebody else's provider is there: it exports as OpenTelemetry's variables ask, and
                needs no file by default.

        Raises:
            SettingsError: one of them cannot be made.
        """
        template = settings.trace_file if beside_others else trace_file_of(settings, os.environ)
        trace_files = tuple(_trace_files(settings, template or None))
        outputs = [_output(index, output) for index, output in enumerate(settings.outputs)]
        keep_apart([*(("trace_file", file) for file in trace_files), *_named(outputs)])
        asked = [] if beside_others else exporters_of(os.environ)
        plain = [output for output in outputs if not isinstance(output, FormattedSpanExporter)]
        return cls(
            trace_files,
            tuple(output for output in outputs if isinstance(output, FormattedSpanExporter)),
            tuple(map(WatchedSpanExporter, [*asked, *plain])),
            tuple(_handler(index, handler) for index, handler in enumerate(settings.error_handlers)),
        )


def _trace_files(settings: Settings, template: str | None) -> Iterable[TraceFile]:
    if template:
        source = "default" if settings.trace_file is None else "setting"
        service = file_name(settings.service_name or "program")
        place = {"date": time.strftime("%Y-%m-%d"), "pid": os.getpid(), "service": service}
        with _in_a_folder("trace_file", template, source):
            yield TraceFile(template.format_map(place), announce=settings.announce)


def _named(outputs: Iterable[object]) -> Iterator[tuple[str, object]]:
    return ((f"outputs[{index}]", output) for index, output in enumerate(outputs))


def _output(index: int, output: Output) -> FormattedSpanExporter | SpanExporter:
    key, chosen = f"outputs[{index}].format", output.format
    if isinstance(chosen, str):
        chosen = formatter_named(chosen)
    if isinstance(chosen, OutputFormatter):
        with _in_a_folder(f"outputs[{index}].to", output.to, "setting"):
            return FormattedSpanExporter(chosen, output.to, detail=output.detail)
    base = OutputFormatter if hasattr(chosen, "format_operation_log") else SpanExporter
    if isinstance(chosen, SpanExporter):
        return chosen
    raise _wrong_class(key, chosen, base)


def _handler(index: int, handler: object) -> ErrorHandler:
    if isinstance(handler, str):
        return _ERROR_HANDLERS[handler]()
    if isinstance(handler, ErrorHandler):
        return handler
    key = f"error_handlers[{index}]"
    raise _wrong_class(key, handler, ErrorHandler)


def _wrong_class(key: str, value: object, base: type) -> SettingsError:
    kind, module = type(value).__name__, base.__module__
    return SettingsError(f"{key} = {kind} object (argument): derive its class from {module}.{base.__name__}")


@contextmanager
def _in_a_folder(key: str, path: str, source: str) -> Iterator[None]:
    """Tell of a current directory that is gone."""
    try:
        yield
    except FileNotFoundError as error:
        msg = f"{key} = {path!r} ({source}): the current directory was removed; give an absolute path"
        raise SettingsError(msg) from error


class Installation(NamedTuple):
    """What takes part in a provider's spans."""

    processor: DelegatingProcessor
    delegates: tuple[SpanProcessor, ...]
    pipeline: LogPipeline
    exporters: tuple[WatchedSpanExporter, ...]
    exit_seconds: float
    fast_spans: bool

    def put_in(self, before: Installation | None) -> DelegatingProcessor:
        """Take part from now on, without a moment between; give what took part before."""
        if before is not None:
            self.pipeline.succeed(before.pipeline)
        HOOKS.sink = self.pipeline
        for listener in self.pipeline.listeners:
            add_listener(listener)
        self.pipeline.start()
        former = self.processor.swap(*self.delegates)
        make_tracers(fast=self.fast_spans)
        return former if before is None else before.make_room(self, former)

    def take_out(self) -> DelegatingProcessor:
        """Take part no more; give what took part."""
        former = self.processor.swap()
        self._listen_no_more()
        HOOKS.sink = None
        return former

    def make_room(self, after: Installation, former: DelegatingProcessor) -> DelegatingProcessor:
        """Take part no more, but for what the one after has, too."""
        self._listen_no_more(after.pipeline.listeners)
        in_use = [id(watched.exporter) for watched in after.exporters]
        for watched in self.exporters:
            if id(watched.exporter) in in_use:
                watched.keep()
        return former if after.processor is self.processor else self.processor.swap()

    def _listen_no_more(self, but: Iterable[object] = ()) -> None:
        """Learn of no more failures."""
        for listener in self.pipeline.listeners:
            if listener not in but:
                remove_listener(listener)

    def finish(self, former: DelegatingProcessor) -> bool:
        """Write everything that has ended, and close all; tell whether that was done in time.

        Inside an output or handler it is done when that has returned.
        """
        done = self.pipeline.finish(former.shutdown, self.exit_seconds)
        if not done and not self.pipeline.is_inside:
            self.pipeline.give_up()
            held = f"{former.closing or self.pipeline!r}, was not done within exit_seconds = {self.exit_seconds:g}"
            faults.warn("exit.given_up", f"{held}; what it and those behind it still held is lost")
        return done


def make_installation(
    provider: TracerProvider, processor: DelegatingProcessor, parts: Parts, settings: Settings
) -> Installation:
    """Make it; nothing but the threads of exporters runs yet.

    Raises:
        SettingsError: OpenTelemetry refuses a variable that batches are made by.
    """
    pipeline = _pipeline(provider, parts, settings)
    try:
        batches = [QuietBatchSpanProcessor(exporter) for exporter in parts.exporters]
    except ValueError as error:
        raise refused_variable(error, "OTEL_BSP_") from error
    delegates = (ContextValuesProcessor(), pipeline, *batches)
    return Installation(processor, delegates, pipeline, parts.exporters, settings.exit_seconds, settings.fast_spans)


def _pipeline(provider: TracerProvider, parts: Parts, settings: Settings) -> LogPipeline:
    builder = LogBuilder(
        max_spans=settings.max_held_spans,
        max_seconds=settings.max_held_seconds,
        foreign_detail=settings.foreign_detail,
    )
    pipeline = LogPipeline(provider, builder, settings.flush_seconds)
    pipeline.record_outputs = parts.trace_files
    pipeline.log_outputs = parts.outputs
    pipeline.listeners = tuple(map(watch_of, parts.handlers))
    return pipeline
