"""MetricsErrorHandler: counts failures, as an OpenTelemetry metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry import metrics

from otel_ops import faults, semconv
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.outputs.filter import levels_of
from otel_ops.version import VERSION

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

Series = tuple[str, str, str, str]
"""What one count is about: operation, kind, type of error and outcome."""


class MetricsErrorHandler(ErrorHandler):
    """Counts failures by operation, type and outcome, in the counter ``ops.operation.failures``.

    The counter belongs to the program's meter provider, whoever sets it, before or after. Operations that failed first
    and were repaired are counted with the outcome ``recovered``.

    Args:
        max_series: Most combinations of operation, type and outcome that are counted apart; further ones are counted
            together, in the series with the attribute ``otel.metric.overflow``.
        levels: What is counted: ``operation``, ``suboperation`` or both. With both, a failure that ends an operation
            and began in a suboperation counts for each. Where ``only`` names levels, these are counted.

    Raises:
        ValueError: ``max_series`` is less than 1, or there is no such level.
    """

    synchronous = True
    """Counting costs less than handing over, and must not lose any in a flood."""

    def __init__(self, *, max_series: int = 200, levels: Sequence[str] = ("operation",)) -> None:
        if max_series < 1:
            msg = f"max_series = {max_series!r}: must be 1 or more"
            raise ValueError(msg)
        self._max_series = max_series
        self._levels = levels_of(levels)
        self._seen: set[Series] = set()
        declared = semconv.METRICS[semconv.OPERATION_FAILURES]
        meter = metrics.get_meter(semconv.METRICS_SCOPE, VERSION)
        self._counter = meter.create_counter(declared.name, unit=declared.unit, description=declared.meaning)

    @property
    def _overflown(self) -> str:
        told = f"{semconv.OPERATION_FAILURES} has more than max_series = {self._max_series} kinds of failures"
        return f"{told}; further ones are counted together; raise it, or give operations fewer names"

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Count it."""
        self._count(operation_log)

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Count it."""
        self._count(suboperation_log)

    def handle_recovered(self, operation_log: OperationLog) -> None:
        """Count it, with the type of the failure that was repaired."""
        self._count(operation_log)

    def _count(self, log: OperationLog) -> None:
        if log.kind in (self.only.levels or self._levels):
            self._counter.add(1, self._attributes((log.name, log.kind, _type_of(log), log.outcome)))

    def _attributes(self, series: Series) -> dict[str, str | bool]:
        if series not in self._seen:
            if len(self._seen) >= self._max_series:
                faults.warn("metrics.overflow", self._overflown)
                return {semconv.METRIC_OVERFLOW: True}
            self._seen.add(series)
        name, kind, error_type, outcome = series
        return {
            semconv.OPERATION_NAME: name,
            semconv.KIND: kind,
            semconv.ERROR_TYPE: error_type,
            semconv.OUTCOME: outcome,
        }


def _type_of(log: OperationLog) -> str:
    """Give the type of the failure; of a repaired operation, that of the first one inside."""
    failures = (each.failure for each in log.walk() if each.failure)
    failure = next(failures, None)
    return failure.type if failure else semconv.ERROR_TYPE_OTHER
