"""Readers of metrics for the places that settings and OpenTelemetry's variables name."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from opentelemetry.sdk.environment_variables import OTEL_METRIC_EXPORT_INTERVAL
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricReader,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource

from otel_ops.exceptions import SettingsError
from otel_ops.exporters.environment import METRICS, metric_exporter_names, metric_exporter_of
from otel_ops.exporters.waiting import check_seconds
from otel_ops.exporters.watched import Watched
from otel_ops.settings.extensions import METRIC_READERS
from otel_ops.settings.making import Factory
from otel_ops.settings.metrics import MetricsPlace
from otel_ops.settings.otel_variables import refused_variable
from otel_ops.settings.values import WrongValueError, read_all, read_positive_seconds, wrong

_MILLISECONDS = 1_000
_LEFT_OUT = "one export of metrics; the next one has what was counted meanwhile, unless it asks for differences (delta)"
_OTHERS = {"interval_seconds": read_positive_seconds}
"""The options of places that are not ours."""

_FACTORY = Factory(METRIC_READERS, MetricReader, ".to")


class WatchedMetricExporter(Watched, MetricExporter):
    """An exporter of metrics that is watched; in a forked child, which has counts of its own, it sends nothing."""

    def __init__(self, exporter: Any) -> None:
        Watched.__init__(self, exporter)
        MetricExporter.__init__(self, exporter._preferred_temporality, exporter._preferred_aggregation)
        self._pid = os.getpid()

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> MetricExportResult:
        """Pass the metrics on."""
        success = MetricExportResult.SUCCESS
        if os.getpid() != self._pid or self._passed_on(metrics_data, 1, "metrics", _LEFT_OUT, success):
            return success
        return MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Pass it on."""
        return super().force_flush(int(timeout_millis))

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Pass it on."""
        super().shutdown()


def otlp(*, interval_seconds: float | None = None) -> MetricReader:
    """Send metrics over OTLP, to where OpenTelemetry's variables say.

    Args:
        interval_seconds: Time between two exports; unset, ``OTEL_METRIC_EXPORT_INTERVAL`` says so, else a minute.

    Raises:
        SettingsError: A variable has a value that cannot be used.
        ValueError: No thread can wait so long.
    """
    if interval_seconds is not None:
        check_seconds("interval_seconds", interval_seconds)
    return _periodic("otlp", interval_seconds)


def _periodic(name: str, interval_seconds: float | None = None) -> MetricReader:
    exporter = WatchedMetricExporter(metric_exporter_of(name, os.environ))
    millis = None if interval_seconds is None else interval_seconds * _MILLISECONDS
    return PeriodicExportingMetricReader(exporter, export_interval_millis=millis)


def places_of(places: Iterable[MetricsPlace] | None, environ: Mapping[str, str]) -> list[tuple[str, MetricsPlace]]:
    """Give the places that settings name, else those of the variables, each with its key."""
    if places is not None:
        return [(f"metrics[{index}]", place) for index, place in enumerate(places)]
    return [(METRICS.variable, MetricsPlace(name)) for name in metric_exporter_names(environ)]


def readers_of(places: Iterable[tuple[str, MetricsPlace]]) -> list[MetricReader]:
    """Make a reader for each place, which belongs to no provider yet.

    Raises:
        SettingsError: One of them cannot be made, or variables are such that a provider cannot; then there are none.
    """
    check_variables()
    with ExitStack() as made:
        readers = []
        for key, place in places:
            readers.append(_reader_of(key, place))
            made.callback(readers[-1].shutdown)
        made.pop_all()
    return readers


def check_variables() -> None:
    """Check the variables of OpenTelemetry that all readers and meter providers are made with.

    Raises:
        SettingsError: One of them has a value that cannot be used.
    """
    try:
        MeterProvider(resource=Resource.get_empty(), shutdown_on_exit=False)
    except ValueError as error:
        raise refused_variable(error, "OTEL_METRICS_") from error
    text = os.environ.get(OTEL_METRIC_EXPORT_INTERVAL, "")
    if _is_number(text) and not 0 < float(text) / _MILLISECONDS <= threading.TIMEOUT_MAX:
        msg = f"{OTEL_METRIC_EXPORT_INTERVAL} = {text!r} (environment): must be milliseconds, more than 0, as 60000"
        raise SettingsError(msg)


def _is_number(text: str) -> bool:
    """Tell whether it is one; where it is none, the SDK says so, and takes its default."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def start(readers: Iterable[MetricReader]) -> None:
    """Have those begin that wait until they are readers of a provider."""
    for reader in readers:
        begin = getattr(reader, "start", None)
        if begin is not None:
            begin()


def bring_early(readers: Iterable[MetricReader]) -> None:
    """Have those bring what was measured whom it takes a moment; others may wait for one that is away."""
    for reader in readers:
        bring = getattr(reader, "bring_early", None)
        if bring is not None:
            bring()


def options_of(key: str, place: MetricsPlace) -> dict[str, Any]:
    """Read the options of a place, and make nothing.

    Raises:
        SettingsError: There are no such ones.
    """
    try:
        return _options(place)
    except WrongValueError as error:
        raise SettingsError(error.told(key)) from error


def _options(place: MetricsPlace) -> dict[str, Any]:
    if place.to in METRIC_READERS.built_in:
        return _FACTORY.check(place.to, place.options)
    parts = ((f".options.{key}", _OTHERS.get(key, _refuse), value) for key, value in place.options.items())
    return dict(zip(place.options, read_all(parts), strict=True))


def _refuse(value: object) -> None:
    raise wrong(value, f"no such option; this place takes {', '.join(_OTHERS)}, and variables of its own")


def _reader_of(key: str, place: MetricsPlace) -> MetricReader:
    try:
        return _made(place)
    except WrongValueError as error:
        raise SettingsError(_told(error, key, place)) from error


def _told(error: WrongValueError, key: str, place: MetricsPlace) -> str:
    if key != METRICS.variable:
        return error.told(key)
    what = "; ".join(finding.what for finding in error.findings)
    return f"{key} = {place.to!r} (environment): {what}; name the place with its options in the setting metrics"


def _made(place: MetricsPlace) -> MetricReader:
    if place.to in METRIC_READERS.built_in:
        reader: MetricReader = _FACTORY.make(place.to, place.options)
        return reader
    return _periodic(place.to, **_options(place))
