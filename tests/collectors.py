"""Real collectors, where `make backends` has made them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "otel_ops", "back_ends")


def collector(version: str = "0.158") -> str:
    """Give the path of a collector; skip the test where there is none."""
    path = _CACHE / f"otelcol-{version}" / "otelcol"
    if not path.is_file():
        pytest.skip(f"no collector {version}; make it with: make backends")
    return str(path)
