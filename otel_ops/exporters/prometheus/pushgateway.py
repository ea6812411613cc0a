"""Metrics that are pushed to Prometheus' Pushgateway, by jobs that are over before anybody asks."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from prometheus_client import CollectorRegistry, push_to_gateway

from otel_ops import faults
from otel_ops.exporters.prometheus.periodic import PeriodicPrometheus
from otel_ops.exporters.waiting import check_seconds
from otel_ops.forks import is_child

_LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


class PrometheusPushgateway(PeriodicPrometheus):
    """Pushes metrics to a Pushgateway, which keeps them until the next push of the same job and grouping.

    A process that ``multiprocessing`` has started is a group of its own, with the label ``pid``.

    Args:
        to: Address of the gateway, such as ``http://gateway:9091``.
        job: Name of the job; unset, the name of the service or of the program.
        grouping: Further labels of the group; unset, ``instance``, the name of the host.
        interval_seconds: Time between two pushes; there is one at the end, too.
        timeout_seconds: Longest time of a push.

    Raises:
        ValueError: A time cannot be waited, or a label has a name that Prometheus does not take.
    """

    def __init__(
        self,
        *,
        to: str,
        job: str | None = None,
        grouping: Mapping[str, str] | None = None,
        interval_seconds: float = 15.0,
        timeout_seconds: float = 3.0,
    ) -> None:
        check_seconds("timeout_seconds", timeout_seconds)
        _check_labels(grouping or {})
        self._to = to
        self._job = job or _job()
        own = {"instance": socket.gethostname()} if grouping is None else dict(grouping)
        self._grouping = {**own, "pid": str(os.getpid())} if is_child() else own
        self._timeout_seconds = timeout_seconds
        super().__init__(interval_seconds)

    def __repr__(self) -> str:
        return f"the Pushgateway {self._to}"

    def bring(self, registry: CollectorRegistry) -> None:
        """Push them, in the place of what the group had."""
        try:
            push_to_gateway(self._to, self._job, registry, self._grouping, self._timeout_seconds)
        except (OSError, ValueError) as error:
            told = f"metrics cannot be pushed to {self._to!r}: {error}; mend that, or set another address"
            faults.warn("metrics.unpushed", told, about=self._to)


def _check_labels(grouping: Mapping[str, str]) -> None:
    for name in grouping:
        if not _LABEL.fullmatch(name):
            msg = f"grouping.{name} = {grouping[name]!r}: no name of a label; use letters, digits and _"
            raise ValueError(msg)


def _job() -> str:
    name = os.environ.get(OTEL_SERVICE_NAME, "").strip() or Path(sys.argv[0] if sys.argv else "").stem
    return name if name.strip("-") else "otel_ops"
