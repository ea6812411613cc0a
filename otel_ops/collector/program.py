"""The collector on this machine: found, asked for its version, and for what it thinks of a configuration."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from otel_ops.collector.older_names import Version
from otel_ops.exceptions import CollectorError

NAMES: Final = ("otelcol-contrib", "otelcol-ops", "otelcol")
"""What collectors are called, the one that is looked for first at the beginning."""

_VERSION = re.compile(r"receiver/otlpreceiver v(\d+)\.(\d+)|version v?(\d+)\.(\d+)")
_SECONDS = 60.0


class Collector(NamedTuple):
    """A program that is a collector.

    Attributes:
        path: Where it is.
        version: Its version.
    """

    path: str
    version: Version


def found_collector(named: str | None = None) -> Collector | None:
    """Find a collector.

    Args:
        named: Name or path of the program; by default the first of `NAMES` that is on PATH.

    Returns:
        The collector, or None where none is named, and none on PATH.

    Raises:
        CollectorError: There is no program of the given name, or it is no collector.
    """
    path = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if path is None and named:
        msg = f"--collector {named}: no such program; name one that is on PATH, or its path"
        raise CollectorError(msg)
    return Collector(path, _version_of(path)) if path else None


def complaint(collector: Collector, text: str, environ: Mapping[str, str]) -> str | None:
    """Have a collector validate a configuration; give what it says, or None where it accepts it."""
    with config_file(text) as path:
        done = _run(collector.path, "validate", "--config", str(path), environ=environ)
    return None if done.returncode == 0 else _first_error(done.stderr or done.stdout)


@contextmanager
def config_file(text: str) -> Iterator[Path]:
    """Put a configuration into a file for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="otel_ops_collector_") as folder:
        path = Path(folder, "collector.yaml")
        path.write_text(text, "utf-8")
        yield path


def _version_of(path: str) -> Version:
    """Read the version from the list of components: a collector of one's own has another version than its parts."""
    for arguments in (("components",), ("--version",)):
        if found := _VERSION.search(_run(path, *arguments).stdout):
            major, minor = (int(number) for number in found.groups() if number)
            return major, minor
    msg = f"{path}: tells no version, so it is no collector; name another with --collector"
    raise CollectorError(msg)


def _run(path: str, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [path, *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"{path}: cannot be run as a collector: {error}; name another with --collector"
        raise CollectorError(msg) from None


def _first_error(text: str) -> str:
    """Give the complaint without its repetition, which the collector logs."""
    lines = [line for line in text.splitlines() if line.strip() and "collector server run finished" not in line]
    return "\n".join(lines).removeprefix("Error: ") or "it says nothing"
