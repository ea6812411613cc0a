"""Fixtures for pytest; load them with ``pytest_plugins = ["otel_ops.testing.pytest_plugin"]``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from otel_ops.testing.recorder import Recorder


@pytest.fixture
def recorder_options() -> dict[str, Any]:
    """Arguments of the `Recorder` of the fixture `recorder`; define a fixture of this name to give others."""
    return {}


@pytest.fixture
def recorder(recorder_options: dict[str, Any]) -> Iterator[Recorder]:
    """Record what the test runs; fail it where something of otel_ops failed or was left open."""
    with Recorder(**recorder_options) as recorder:
        yield recorder
