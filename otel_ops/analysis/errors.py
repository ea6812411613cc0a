"""Errors of one kind over all traces: how many there were, where they began, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from otel_ops.analysis.span_table import StoredSpan
from otel_ops.operation_log import OperationFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorStatistics:
    """What is known of the errors with one fingerprint.

    Attributes:
        fingerprint: The same for errors of one kind, as error handlers are told it.
        type: Qualified class of the exception, or ``_OTHER`` where there was none.
        origin: Name of the operation in which they began.
        message: What the first one that was read says.
        count: How many there were.
        first_ns: End of the earliest operation in which one began, in nanoseconds since the epoch.
        last_ns: End of the latest one.
    """

    fingerprint: str
    type: str
    origin: str
    message: str
    count: int
    first_ns: int
    last_ns: int


def statistics_of_errors(
    spans: Iterable[StoredSpan], failures: Mapping[str, OperationFailure]
) -> tuple[ErrorStatistics, ...]:
    """Group errors by their fingerprint, the most frequent first, equal ones by the earliest.

    Args:
        spans: Those that failed and those that did not.
        failures: An example for each fingerprint.
    """
    ends: defaultdict[str, list[int]] = defaultdict(list)
    for span in spans:
        if span.fingerprint:
            ends[span.fingerprint].append(span.end_ns)
    found = (_statistics(fingerprint, failures[fingerprint], times) for fingerprint, times in ends.items())
    return tuple(sorted(found, key=lambda error: (-error.count, error.first_ns, error.fingerprint)))


def _statistics(fingerprint: str, example: OperationFailure, ends: list[int]) -> ErrorStatistics:
    return ErrorStatistics(
        fingerprint=fingerprint,
        type=example.type,
        origin=example.origin,
        message=example.message,
        count=len(ends),
        first_ns=min(ends),
        last_ns=max(ends),
    )
