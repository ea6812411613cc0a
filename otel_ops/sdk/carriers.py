"""What carries operations through libraries: found by entry points, put in and taken out with everything else."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from opentelemetry.util._importlib_metadata import EntryPoint, entry_points  # reads the metadata of packages only once

from otel_ops import faults

_GROUP = "opentelemetry_instrumentor"
_PREFIX = "otel_ops_"
_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


def put_in(disabled: Collection[str]) -> None:
    """Have every carrier in place but those that are disabled, here or by OpenTelemetry's own variable."""
    others = {name.strip().removeprefix(_PREFIX) for name in os.environ.get(_DISABLED, "").split(",")}
    for entry_point in _found():
        if entry_point.name.removeprefix(_PREFIX) in {*disabled, *others}:
            _call(entry_point, "uninstrument")
        else:
            _call(entry_point, "instrument")


def take_out() -> None:
    """Have no carrier in place."""
    for entry_point in _found():
        _call(entry_point, "uninstrument")


def _found() -> Iterator[EntryPoint]:
    return (found for found in entry_points(group=_GROUP) if found.name.startswith(_PREFIX))


def _call(entry_point: EntryPoint, method: str) -> None:
    with faults.guarded(f"carrier.{entry_point.name}"):
        getattr(entry_point.load()(), method)()
