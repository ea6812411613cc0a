"""What a running collector has received, refused, sent, queued and lost, as it counts it itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

_SAMPLE = re.compile(
    r"otelcol_(?P<side>receiver|exporter)_(?P<what>accepted|refused|sent|send_failed|enqueue_failed|queue_size"
    r"|queue_capacity)(_(?P<unit>spans|metric_points|log_records))?(_total)?"
)


class Sending(NamedTuple):
    """What one exporter did.

    Attributes:
        sent: Spans, metric points and log records that its back end took.
        lost: Those that were given up, for the back end refused them, or the queue was full.
        queued: What waits, in the unit of the queue.
        capacity: What can wait; 0 without a queue.
    """

    sent: int
    lost: int
    queued: int
    capacity: int


class Traffic(NamedTuple):
    """What went in and out.

    Attributes:
        received: By unit: spans, metric_points, log_records.
        refused: What senders are to send again.
        exporters: By id.
    """

    received: dict[str, int]
    refused: int
    exporters: dict[str, Sending]

    @property
    def waiting(self) -> list[str]:
        """Exporters whose queue is not empty."""
        return [name for name, sending in self.exporters.items() if sending.queued]


def traffic_of(text: str) -> Traffic:
    """Read the page with the collector's own metrics."""
    received: Counter[str] = Counter()
    refused = 0
    counts: dict[str, Counter[str]] = {}
    for side, what, unit, component, value in _samples(text):
        if side == "exporter":
            counts.setdefault(component, Counter())[what] += value
        elif what == "accepted":
            received[unit] += value
        else:
            refused += value
    return Traffic(dict(received), refused, {name: _sending(count) for name, count in sorted(counts.items())})


def _sending(count: Counter[str]) -> Sending:
    lost = count["send_failed"] + count["enqueue_failed"]
    return Sending(count["sent"], lost, count["queue_size"], count["queue_capacity"])


def _samples(text: str) -> Iterator[tuple[str, str, str, str, int]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if found := _SAMPLE.fullmatch(sample.name):
                component = sample.labels.get(found["side"], "")
                yield found["side"], found["what"], found["unit"] or "", component, int(sample.value)
