"""Metrics where the settings or ``OTEL_METRICS_EXPORTER`` ask for them: whose provider, and where they go."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opentelemetry.metrics import get_meter_provider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from otel_ops.core.hooks import HOOKS
from otel_ops.exceptions import SettingsError
from otel_ops.forks import renew_in_children
from otel_ops.meters import METERS
from otel_ops.processors import LogPipeline
from otel_ops.settings import Settings
from otel_ops.settings.metrics import PROGRAM, MetricsPlace
from otel_ops.span_record import SpanRecord

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider

    from otel_ops.errors.handler import ErrorHandler

Places = Sequence[tuple[str, MetricsPlace]]
"""Where metrics go, each with the key that says so."""


def metering_of(
    settings: Settings,
    environ: Mapping[str, str],
    tracer_provider: TracerProvider,
    pipeline: LogPipeline,
    handlers: Sequence[ErrorHandler],
) -> Metering | None:
    """Make what measures operations, where somebody asks for that.

    Raises:
        SettingsError: A place for metrics cannot be had, or stands beside the program's own provider.
    """
    if settings.metrics is None and not environ.get("OTEL_METRICS_EXPORTER"):
        return None
    from otel_ops.errors.metrics import MetricsErrorHandler  # noqa: PLC0415 - few programs ask for metrics
    from otel_ops.exporters.metrics import places_of  # noqa: PLC0415

    places = places_of(settings.metrics, environ)
    if not places:
        return None
    counts_failures = not any(isinstance(handler, MetricsErrorHandler) for handler in handlers)
    if is_of_program(settings, places):
        return MeteringOfProgram(settings, pipeline, get_meter_provider(), counts_failures=counts_failures)
    return OwnMetering(settings, pipeline, places, tracer_provider, counts_failures=counts_failures)


def is_of_program(settings: Settings, places: Places) -> bool:
    """Tell whether metrics belong into the provider that the program has set; that one exports as variables say.

    Raises:
        SettingsError: That provider stands beside other places.
    """
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415

    if settings.metrics is None:
        return isinstance(get_meter_provider(), MeterProvider)
    names = [place.to for _, place in places]
    if PROGRAM in names and len(names) > 1:
        msg = f"metrics = {names} (setting): {PROGRAM} stands alone; the program's own meter provider has its readers"
        raise SettingsError(msg)
    return PROGRAM in names


class Metering(SpanProcessor):
    """Measures operations and ourselves; flushed and shut down with the span processors that it stands among.

    Args:
        settings: What is measured.
        pipeline: What hands on what has ended.
        provider: Whose metrics they are.
        counts_failures: Whether failures are counted by type.
    """

    def __init__(
        self, settings: Settings, pipeline: LogPipeline, provider: MeterProvider, *, counts_failures: bool
    ) -> None:
        from otel_ops.processors.hidden import HiddenOperations  # noqa: PLC0415 - as above
        from otel_ops.processors.metrics import OperationMetrics  # noqa: PLC0415

        self.provider = provider
        self._pipeline = pipeline
        self._operations = OperationMetrics(provider, settings, counts_failures=counts_failures)
        self.hidden = HiddenOperations(pipeline.start) if settings.metrics_hidden else None
        self._observe()
        pipeline.measuring.by = self
        renew_in_children(self)

    def __repr__(self) -> str:
        return "the metrics of operations"

    def _observe(self) -> None:
        from otel_ops.processors.self_metrics import observe_ourselves  # noqa: PLC0415 - as above

        observe_ourselves(self.provider, self._pipeline.queue_sizes)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what waits there."""
        if self.hidden is not None:
            self.hidden.renew()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Learn that a span is under way."""
        self._operations.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Learn that it is so no more."""
        self._operations.on_end(span)

    def record(self, records: Sequence[SpanRecord]) -> None:
        """Measure what has ended."""
        if self.hidden is None:
            self._operations.record(records)
        else:
            new = [record for record in records if not self.hidden.is_measured(record)]
            self._operations.record(new, self.hidden.take())

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have readers read what was measured."""
        flush = getattr(self.provider, "force_flush", None)
        return flush is None or bool(flush(timeout_millis))

    def bring_early(self) -> None:
        """Have brought what takes a moment, before exporters of spans end, who may wait for one that is away."""

    def shutdown(self) -> None:
        """Have readers read for the last time."""
        if METERS.provider is self.provider:
            METERS.provide(None)
        if HOOKS.hidden is self.hidden:
            HOOKS.hidden = None


class MeteringOfProgram(Metering):
    """Measures in the provider that the program has set, or will set."""

    def __init__(self, settings: Settings, pipeline: LogPipeline, provider: MeterProvider, **options: bool) -> None:
        super().__init__(settings, pipeline, provider, **options)
        atexit.register(pipeline.measure)  # comes before the provider's own end, which was registered earlier

    def shutdown(self) -> None:
        """Leave the provider to the program."""
        atexit.unregister(self._pipeline.measure)
        super().shutdown()
        self.force_flush()


class OwnMetering(Metering):
    """Measures in a provider of our own, which nobody else uses.

    A forked child has one of its own, made with the first operation that ends there: the SDK's would go on with the
    counts of the parent, and with locks that nobody opens.
    """

    def __init__(
        self,
        settings: Settings,
        pipeline: LogPipeline,
        places: Places,
        tracer_provider: TracerProvider,
        **options: bool,
    ) -> None:
        self._places = places
        self._tracer_provider = tracer_provider
        self._is_of_parent = False
        super().__init__(settings, pipeline, self._made(), **options)

    def _made(self) -> MeterProvider:
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - as above

        from otel_ops.exporters.metrics import readers_of, start  # noqa: PLC0415

        readers = self._readers = readers_of(self._places)
        provider = MeterProvider(readers, resource=self._tracer_provider.resource, shutdown_on_exit=False)
        start(readers)
        return provider

    def renew(self) -> None:
        """Leave the provider, too, to the process that this one was forked from."""
        super().renew()
        self._is_of_parent = True

    def record(self, records: Sequence[SpanRecord]) -> None:
        """Measure what has ended."""
        if self._is_of_parent and (records or not (self.hidden is None or self.hidden.is_empty)):
            self._begin_anew()
        super().record(records)

    def _begin_anew(self) -> None:
        self._is_of_parent = False
        before, self.provider = self.provider, self._made()
        self._operations.record_in(self.provider)
        self._observe()
        if METERS.provider is before:
            METERS.provide(self.provider)

    def bring_early(self) -> None:
        """Have files written and gateways told, unless all of it is of the parent."""
        from otel_ops.exporters.metrics import bring_early  # noqa: PLC0415 - as above

        if not self._is_of_parent:
            bring_early(self._readers)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have readers read what was measured in this process."""
        return self._is_of_parent or super().force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Have readers read for the last time, and close."""
        super().shutdown()
        if not self._is_of_parent:
            self.provider.shutdown()  # type: ignore[attr-defined] # it is the SDK's


class EarlyMetrics(SpanProcessor):
    """Stands between the pipeline and exporters of spans, so that no file waits for an endpoint that is away.

    Args:
        metering: Whose metrics they are.
    """

    def __init__(self, metering: Metering) -> None:
        self._metering = metering

    def __repr__(self) -> str:
        return repr(self._metering)

    def shutdown(self) -> None:
        """Have brought what takes a moment; the rest comes when the metering ends."""
        self._metering.bring_early()
