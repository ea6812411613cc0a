"""Metrics in a file for the textfile collector of Prometheus' node_exporter."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile

from otel_ops import faults
from otel_ops.exporters.prometheus.claims import is_claimed
from otel_ops.exporters.prometheus.periodic import PeriodicPrometheus
from otel_ops.exporters.waiting import check_seconds

SUFFIX = ".prom"
"""What node_exporter reads."""

_PID = "{pid}"


class PrometheusTextfile(PeriodicPrometheus):
    """Writes metrics to a file, for batch and cron jobs: node_exporter reads it, also once the program is over.

    Each writing replaces the whole file at once, so that no reader sees half of one. Where another process writes to
    it, as a worker beside its parent, a process has a file of its own beside it, with its id in its name, and series
    with the label ``service_instance_id``, since no two files may have the same series; such files are nobody's to
    remove.

    Args:
        to: Path of the file, which ends in ``.prom``; ``{pid}`` stands for the id of the process.
        interval_seconds: Time between two writings; it is written at the end, too.

    Raises:
        ValueError: The path does not end so, or the time cannot be waited.
    """

    def __init__(self, *, to: str, interval_seconds: float = 15.0) -> None:
        path = path_of(to)
        check_seconds("interval_seconds", interval_seconds)  # before the path is claimed
        is_own = _PID in to or not is_claimed(path)
        self._path = Path(path if _PID in to or not is_own else f"{path.removesuffix(SUFFIX)}-{os.getpid()}{SUFFIX}")
        super().__init__(interval_seconds, is_one_of_several=is_own)

    def __repr__(self) -> str:
        return f"the file {os.fspath(self._path)!r}"

    def bring(self, registry: CollectorRegistry) -> None:
        """Write the file, in a folder that is made where it is missing."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_to_textfile(os.fspath(self._path), registry)
        except OSError as error:
            told = f"metrics cannot be written to {os.fspath(self._path)!r}: {error}; mend that, or set another path"
            faults.warn("metrics.unwritten", told, about=self._path)


def path_of(to: str) -> str:
    """Give the path of the file that is asked for.

    Raises:
        ValueError: It does not end as node_exporter wants it.
    """
    if not to.endswith(SUFFIX):
        msg = f"to = {to!r}: must end in {SUFFIX}, or node_exporter does not read it"
        raise ValueError(msg)
    return os.path.abspath(to.replace(_PID, str(os.getpid())))
