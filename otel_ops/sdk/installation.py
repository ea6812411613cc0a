"""What one `configure` puts in place: made from settings, put in, and finished."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

import otel_ops.core.fast_tracer  # noqa: F401 - loaded when tracers are made: a fork then would keep its lock
from otel_ops import faults
from otel_ops.core.emitted import BRIDGE
from otel_ops.core.exception_logs import SIGNAL
from otel_ops.core.hooks import HOOKS, add_listener, remove_listener
from otel_ops.core.tracers import make_tracers
from otel_ops.detail import GATE
from otel_ops.errors.handler import ErrorHandler, watch_of
from otel_ops.errors.names import make_error_handlers
from otel_ops.errors.own_handling import OWN_HANDLING
from otel_ops.exporters import TraceFile
from otel_ops.exporters.destinations import trace_file_of
from otel_ops.exporters.environment import exporters_of
from otel_ops.exporters.watched import WatchedSpanExporter
from otel_ops.formatters.by_name import NamedSpanExporter
from otel_ops.formatters.exporter import FormattedSpanExporter
from otel_ops.log_builder import LogBuilder
from otel_ops.meters import METERS
from otel_ops.outputs.file_names import safe_name
from otel_ops.processors import ContextValuesProcessor, DelegatingProcessor, LogPipeline, LogRecordsProcessor
from otel_ops.processors.batch import QuietBatchSpanProcessor
from otel_ops.sdk.log_bridge import LogBridge, log_bridge_of
from otel_ops.sdk.metering import EarlyMetrics, Metering, metering_of
from otel_ops.sdk.outputs import folder_gone, keep_apart, make_outputs, without_doubles
from otel_ops.sdk.provider import service_name_of
from otel_ops.settings import Settings
from otel_ops.settings.declaration import builder_options
from otel_ops.settings.otel_variables import refused_variable
from otel_ops.settings.sources import RUN_PROCESS


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
        outputs = make_outputs(settings.outputs)
        named, others = without_doubles([] if beside_others else exporters_of(os.environ), outputs)
        keep_apart([*(("trace_file", file) for file in trace_files), *_with_keys(outputs), *_with_names(named)])
        plain = [output for output in outputs if not isinstance(output, FormattedSpanExporter)]
        return cls(
            trace_files,
            (*(output for output in outputs if isinstance(output, FormattedSpanExporter)), *named),
            tuple(map(WatchedSpanExporter, [*others, *plain])),
            tuple(make_error_handlers(settings.error_handlers)),
        )


def _trace_files(settings: Settings, template: str | None) -> Iterable[TraceFile]:
    if template:
        key, source = "trace_file", "default" if settings.trace_file is None else "setting"
        service = safe_name(service_name_of(settings) or "program")
        values = {"date": time.strftime("%Y-%m-%d"), "service": service}
        try:
            yield TraceFile(template, announce=settings.announce and not _is_child_of_run(), values=values)
        except FileNotFoundError as error:
            raise folder_gone(key, template, source) from error


def _is_child_of_run() -> bool:
    """Tell whether another process is what ``otel-ops run`` has become; that one may read what this one writes."""
    return os.environ.get(RUN_PROCESS, str(os.getpid())) != str(os.getpid())


def _with_keys(outputs: Iterable[object]) -> Iterator[tuple[str, object]]:
    return ((f"outputs[{index}]", output) for index, output in enumerate(outputs))


def _with_names(exporters: Iterable[NamedSpanExporter]) -> Iterator[tuple[str, object]]:
    return ((f"the exporter ops_{exporter.format_name}", exporter) for exporter in exporters)


class Installation(NamedTuple):
    """What takes part in a provider's spans."""

    processor: DelegatingProcessor
    delegates: tuple[SpanProcessor, ...]
    pipeline: LogPipeline
    exporters: tuple[WatchedSpanExporter, ...]
    exit_seconds: float
    fast_spans: bool
    log_bridge: LogBridge | None
    metering: Metering | None

    def put_in(self, before: Installation | None) -> DelegatingProcessor:
        """Take part from now on, without a moment between; give what took part before."""
        if before is not None:
            self.pipeline.succeed(before.pipeline)
        HOOKS.sink, HOOKS.own_handling = self.pipeline, OWN_HANDLING
        for listener in self.pipeline.listeners:
            add_listener(listener)
        self.pipeline.start()
        former = self.processor.swap(*self.delegates)
        make_tracers(fast=self.fast_spans)
        BRIDGE.emit = None if self.log_bridge is None else self.log_bridge.emit
        SIGNAL.provider = None if self.log_bridge is None else self.log_bridge.provider
        METERS.provide(None if self.metering is None else self.metering.provider)
        HOOKS.hidden = None if self.metering is None else self.metering.hidden
        if HOOKS.hidden is not None:
            GATE.heed_contexts()  # else hidden operations are not asked for at all
        return former if before is None else before.make_room(self, former)

    def changed(self, before: Settings, now: Settings) -> Installation:
        """Hold and give up spans as the settings say now; give what takes part from now on."""
        if builder_options(before) != builder_options(now):
            self.pipeline.go_on_with(LogBuilder(**builder_options(now)))
        return self._replace(exit_seconds=now.exit_seconds)

    def take_out(self) -> DelegatingProcessor:
        """Take part no more; give what took part."""
        former = self.processor.swap()
        self._listen_no_more()
        HOOKS.sink = HOOKS.own_handling = None
        return former

    def make_room(self, after: Installation, former: DelegatingProcessor) -> DelegatingProcessor:
        """Take part no more, but for what the one after has, too."""
        self._listen_no_more(after.pipeline.listeners)
        in_use = [id(watched.exporter) for watched in after.exporters]
        for watched in self.exporters:
            if id(watched.exporter) in in_use:
                watched.keep()
        return former if after.processor is self.processor else self.processor.swap()

    def _give_up_batches(self) -> None:
        for each in self.delegates:
            if isinstance(each, QuietBatchSpanProcessor):
                each.give_up()
        if self.log_bridge is not None:
            self.log_bridge.give_up()

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
            self._give_up_batches()
        return done and self.pipeline.are_handlers_done


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
    SIGNAL.read(os.environ)
    bridge = log_bridge_of(os.environ, provider.resource, pipeline)
    logs = [LogRecordsProcessor()] if settings.log_level is not None or SIGNAL.logs else []
    metering = metering_of(settings, os.environ, provider, pipeline, parts.handlers)
    others = [each for each in (bridge, metering) if each is not None]
    early = [] if metering is None else [EarlyMetrics(metering)]
    delegates = (ContextValuesProcessor(), *logs, pipeline, *early, *batches, *others)
    return Installation(
        processor, delegates, pipeline, parts.exporters, settings.exit_seconds, settings.fast_spans, bridge, metering
    )


def _pipeline(provider: TracerProvider, parts: Parts, settings: Settings) -> LogPipeline:
    pipeline = LogPipeline(provider, LogBuilder(**builder_options(settings)), settings.flush_seconds)
    pipeline.record_outputs = parts.trace_files
    pipeline.log_outputs = parts.outputs
    pipeline.listeners = tuple(map(watch_of, parts.handlers))
    return pipeline
