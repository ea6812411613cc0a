"""Fixtures and an option for pytest; load them with ``-p otel_ops.testing.pytest_plugin``, or ``pytest_plugins``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from otel_ops.exceptions import SettingsError
from otel_ops.testing.recorder import Recorder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--ops-tree``."""
    group = parser.getgroup("otel_ops", "operations")
    group.addoption("--ops-tree", action="store_true", help="show the operations of each test that fails, as a tree")


def pytest_configure(config: pytest.Config) -> None:
    """Record what tests run, where that is asked for."""
    if not config.getoption("--ops-tree"):
        return
    from otel_ops.testing.failed_tests import show_trees  # noqa: PLC0415 - few ask for it, and it loads dynaconf

    try:
        show_trees(config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture
def recorder_options() -> dict[str, Any]:
    """Arguments of the `Recorder` of the fixture `recorder`; define a fixture of this name to give others."""
    return {}


@pytest.fixture
def recorder(recorder_options: dict[str, Any]) -> Iterator[Recorder]:
    """Record what the test runs; fail it where something of otel_ops failed or was left open."""
    with Recorder(**recorder_options) as recorder:
        yield recorder
