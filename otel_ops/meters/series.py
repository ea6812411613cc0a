"""A bound for the series of metrics: each combination of attributes costs memory here and in every store behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otel_ops import faults
from otel_ops.semconv import METRIC_OVERFLOW

MAX_VALUE = 256
"""Longest value of an attribute of a metric, in characters."""

Series = tuple[str | None, ...]
"""The values of one series; None where it lacks the attribute."""

_OVERFLOW: Mapping[str, Any] = {METRIC_OVERFLOW: True}


class BoundedSeries:
    """Gives the attributes of series; those beyond the bound share one, with the attribute ``otel.metric.overflow``.

    Args:
        names: The attributes of a series.
        most: Most series that are told apart.
        told: What is warned of where there are more.
    """

    def __init__(self, names: Sequence[str], most: int, told: str) -> None:
        self._names = tuple(names)
        self._most = most
        self._told = told
        self._known: dict[Series, Mapping[str, Any]] = {}

    def attributes(self, series: Series) -> Mapping[str, Any]:
        """Give the attributes of a series, the same object each time."""
        known = self._known.get(series)
        return self._admitted(series) if known is None else known

    def _admitted(self, series: Series) -> Mapping[str, Any]:
        if len(self._known) >= self._most:
            faults.warn("metrics.overflow", self._told, about=self._told)
            return _OVERFLOW
        pairs = zip(self._names, series, strict=True)
        made = self._known[series] = {name: value[:MAX_VALUE] for name, value in pairs if value is not None}
        return made
