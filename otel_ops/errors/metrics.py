"""MetricsErrorHandler: counts failures, as an OpenTelemetry metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from otel_ops import semconv
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.meters import BoundedSeries, make_counter, meter_provider
from otel_ops.outputs.filter import levels_of

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, MeterProvider

    from otel_ops.operation_log import OperationLog


class MetricsErrorHandler(ErrorHandler):
    """Counts failures by operation, type and outcome, in the counter ``ops.operation.failures``.

    The counter belongs to the program's meter provider, whoever sets it, before or after, or to the places that the
    setting ``metrics`` names. Operations that failed first and were repaired are counted with the outcome
    ``recovered``.

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
        self._levels = levels_of(levels)
        told = f"{semconv.OPERATION_FAILURES} has more than max_series = {max_series} kinds of failures"
        remedy = "further ones are counted together; raise it, or give operations fewer names"
        names = semconv.METRICS[semconv.OPERATION_FAILURES].attributes
        self._series = BoundedSeries(names, max_series, f"{told}; {remedy}")
        self._counted_in: tuple[MeterProvider, Counter] | None = None

    @property
    def _counter(self) -> Counter:
        """The counter in the provider that is in force."""
        provider = meter_provider()
        if self._counted_in is None or self._counted_in[0] is not provider:
            self._counted_in = provider, make_counter(provider, semconv.OPERATION_FAILURES)
        return self._counted_in[1]

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Count it."""
        self._count(operation_log)

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Count it."""
        self._count(suboperation_log)

    def handle_recovered(self, operation_log: OperationLog) -> None:
        """Count it, with the type of the failure that was repaired."""
        self._count(operation_log)

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without the counter, which is of a provider of this one."""
        return {**super().__getstate__(), "_counted_in": None}

    def _count(self, log: OperationLog) -> None:
        if log.kind in (self.only.levels or self._levels):
            series = log.name, log.kind, _type_of(log), log.outcome
            self._counter.add(1, self._series.attributes(series))


def _type_of(log: OperationLog) -> str:
    """Give the type of the failure; of a repaired operation, that of the first one inside."""
    failures = (each.failure for each in log.walk() if each.failure)
    failure = next(failures, None)
    return failure.type if failure else semconv.ERROR_TYPE_OTHER
