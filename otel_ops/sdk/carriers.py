"""What carries operations through libraries: found by entry points, put in and taken out with everything else."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from opentelemetry.util._importlib_metadata import entry_points  # reads the metadata of packages only once

from otel_ops import faults

_GROUP = "opentelemetry_instrumentor"
_PREFIX = "otel_ops_"
_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
_ALL = "*"

UNTIL_THE_END = ("logging",)
"""What goes when all is written: error handlers, which are called meanwhile, may log."""


class Carrier(Protocol):
    """What is known here of an instrumentor of ours."""

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether it is in."""

    def instrument(self) -> None:
        """Put it in, unless it is in."""

    def uninstrument(self) -> None:
        """Take it out, if it is in."""


def _found() -> Iterator[tuple[str, Carrier]]:
    for found in entry_points(group=_GROUP):
        if found.name.startswith(_PREFIX):
            with faults.guarded("carrier.load"):
                yield found.name.removeprefix(_PREFIX), found.load()()


_CARRIERS = tuple(_found())  # loaded now: a fork in the midst of that would keep the lock of the import


def put_in(disabled: Collection[str]) -> None:
    """Have every carrier in place but those that are disabled, here or by OpenTelemetry's own variable."""
    _tell_of_unknown(disabled)
    names = wanted(disabled)
    for name, carrier in _CARRIERS:
        with faults.guarded("carrier"):
            if name in names:
                carrier.instrument()
            else:
                carrier.uninstrument()


def wanted(disabled: Collection[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    """Give the names of those that are not disabled, in alphabetical order."""
    others = {name.strip().removeprefix(_PREFIX) for name in environ.get(_DISABLED, "").split(",")}
    return sorted(name for name, _ in _CARRIERS if name not in disabled and not {name, _ALL} & others)


def _tell_of_unknown(disabled: Collection[str]) -> None:
    known = sorted(name for name, _ in _CARRIERS)
    for name in sorted(set(disabled) - set(known)):
        told = f"disabled_carriers names {faults.shown(name)}, which is none; there are: {', '.join(known)}"
        faults.warn("carrier.unknown", told, about=name)


def take_out(but: Collection[str] = ()) -> None:
    """Have no carrier in place but those that are named."""
    for name, carrier in _CARRIERS:
        with faults.guarded("carrier"):
            if name not in but:
                carrier.uninstrument()


@contextmanager
def in_place(*, logging: bool) -> Iterator[None]:
    """Have every carrier in place meanwhile, whatever the settings say.

    Args:
        logging: Whether that of logging is among them.
    """
    missing = [
        carrier
        for name, carrier in _CARRIERS
        if not carrier.is_instrumented_by_opentelemetry and (logging or name != "logging")
    ]
    for carrier in missing:
        carrier.instrument()
    try:
        yield
    finally:
        for carrier in missing:
            carrier.uninstrument()
