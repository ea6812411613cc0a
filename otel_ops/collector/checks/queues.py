"""Whether what is sent waits on disk, for ever, and memory is bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.checks.graph import used
from otel_ops.collector.components import QUEUED, type_of
from otel_ops.collector.merging import as_map
from otel_ops.collector.older_names import kind_of

_RULE = "queues"
_ZERO = re.compile(r"0+[a-z]*")


def check(checked: Checked) -> Iterator[Finding]:
    """Find exporters that lose what they hold, and processors that hold what a crash takes."""
    exporters = checked.configuration.section("exporters")
    for name in sorted(used(checked.configuration, "exporters") & set(exporters)):
        if kind_of("exporters", name) in QUEUED:
            yield from _queue(checked, name, as_map(exporters[name]))
            yield from _retry(checked, name, as_map(exporters[name]))
    for name in sorted(used(checked.configuration, "processors")):
        yield from _processor(checked, name)


def _queue(checked: Checked, name: str, exporter: dict[str, Any]) -> Iterator[Finding]:
    path = ("exporters", name, "sending_queue")
    queue = as_map(exporter.get("sending_queue"))
    if queue.get("enabled") is False:
        yield checked.warning(_RULE, path, "without a queue, a back end that is away refuses everything; enable it")
    elif not queue.get("storage"):
        message = "what waits is lost with the process; add storage: file_storage/queue"
        yield checked.warning(_RULE, path, message)


def _retry(checked: Checked, name: str, exporter: dict[str, Any]) -> Iterator[Finding]:
    if type_of(name) == "elasticsearch":
        if not _is_zero(exporter.get("timeout")):
            message = "a batch is dropped when it ends (by default after 90s), whatever retry says; write timeout: 0s"
            yield checked.warning(_RULE, ("exporters", name, "timeout"), message)
    elif not _is_zero(as_map(exporter.get("retry_on_failure")).get("max_elapsed_time")):
        path = ("exporters", name, "retry_on_failure", "max_elapsed_time")
        message = "what cannot be sent is dropped when it ends (by default after 5m); write 0s, for ever"
        yield checked.warning(_RULE, path, message)


def _processor(checked: Checked, name: str) -> Iterator[Finding]:
    path = ("processors", name)
    processor = as_map(checked.configuration.section("processors").get(name))
    if type_of(name) == "memory_limiter" and _is_zero(processor.get("check_interval", 0)):
        yield checked.error(_RULE, (*path, "check_interval"), "it never checks; write 1s")
    if type_of(name) == "batch":
        message = "what it holds is lost with the process; leave it out, and use sending_queue.batch"
        yield checked.warning(_RULE, path, message)


def _is_zero(duration: object) -> bool:
    return duration is not None and bool(_ZERO.fullmatch(str(duration)))
