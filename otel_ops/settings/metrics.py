"""Metrics in settings: where they go, and what they tell apart."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from otel_ops.semconv import CONTEXT_KEYS, META_PREFIX
from otel_ops.settings.extensions import METRIC_READERS
from otel_ops.settings.values import Reader, one_of, options_of, read_table, wrong

PROGRAM = "program"
"""Stands for the meter provider that the program has set."""

MOST_SERIES = 2_000
"""Most series of a metric that the SDK keeps by itself."""

_read_key = one_of("value of a context", [*CONTEXT_KEYS, *CONTEXT_KEYS.values()], META_PREFIX)


@dataclass(frozen=True, slots=True)
class MetricsPlace:
    """Where metrics go.

    Attributes:
        to: ``otlp``, ``prometheus``, ``textfile``, ``pushgateway``, ``program``, or the name of an exporter of metrics
            that a package adds.
        options: What it is made with.
    """

    to: str
    options: Mapping[str, Any] = field(default_factory=dict)


def read_metrics_place(value: object) -> MetricsPlace:
    """Read a place: its name, or a table."""
    if isinstance(value, MetricsPlace):
        return value
    table = value if isinstance(value, Mapping) else {"to": value}
    return MetricsPlace(**read_table(table, _READERS, required="to"))


def _read_name(value: object) -> object:
    if isinstance(value, str) and (value == PROGRAM or METRIC_READERS.find(value)):
        return value
    raise wrong(value, METRIC_READERS.unknown(str(value)))


_READERS: dict[str, Reader] = {"to": _read_name, "options": options_of("place", "{port = 9464}")}


def read_context_key(value: object) -> str:
    """Read the name of a value of contexts, and give the attribute that it becomes."""
    known: str = _read_key(value)
    return CONTEXT_KEYS.get(known, known)


def read_series(value: object) -> int:
    """Read how many series a metric may have."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_SERIES:
        return value
    raise wrong(value, f"must be a whole number from 1 to {MOST_SERIES:,}: OpenTelemetry's SDK keeps no more")


def read_buckets(value: object) -> tuple[float, ...]:
    """Read boundaries between buckets, in seconds."""
    if isinstance(value, (list, tuple)) and value and all(map(_is_number, value)):
        boundaries = tuple(map(float, value))
        if boundaries[0] > 0 and all(one < other for one, other in pairwise(boundaries)):
            return boundaries
    raise wrong(value, "must be a list of rising numbers of seconds, such as [0.01, 0.1, 1, 10]")


def _is_number(value: object) -> bool:
    """Tell whether it is one that OpenTelemetry's SDK takes, when the first operation is measured."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
