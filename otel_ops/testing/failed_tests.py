"""The trees of failed tests: what ``pytest --ops-tree`` shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

from otel_ops.declared.declarations import Declarations
from otel_ops.detail import GATE, Detail
from otel_ops.formatters import TreeFormatter
from otel_ops.log_builder import logs_of
from otel_ops.outputs.page import Page, page_of
from otel_ops.processors.latest import LatestSpans
from otel_ops.settings import Settings, load_settings
from otel_ops.settings.otel_variables import is_disabled
from otel_ops.span_record import record_of
from otel_ops.testing.isolation import standing_in
from otel_ops.testing.provider import WATCHERS, RecordingProvider

MAX_TREES = 20
"""Most trees of one test that are shown, the latest ones."""

TITLE = "Operations"


class TreesOfFailedTests:
    """Records what each test runs, and adds the trees to the report of one that fails.

    Spans are taken from the provider that the test has, be it a recorder's or the program's own; where it has none,
    one stands in for it. Levels and declared operations are those of the settings.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._latest = LatestSpans()
        self._declarations = Declarations(settings.operations)

    def begin(self) -> None:
        """Record from now on."""
        WATCHERS.append(self._latest)
        self._provider = RecordingProvider()
        self._declarations.put_in()

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        """Leave everything as it would be without us."""
        self._declarations.take_back()
        WATCHERS.remove(self._latest)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Record one test."""
        self._latest.start()
        with standing_in(self._provider):
            if GATE.plain and GATE.level == Detail.STANDARD:
                GATE.put(self._settings.detail, self._settings.detail_rules)
            self._watch()
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """Learn of the provider that fixtures may have set."""
        self._watch()

    def _watch(self) -> None:
        provider = trace.get_tracer_provider()
        if not isinstance(provider, RecordingProvider):  # those know it already
            self._latest.watch(provider)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the trees to the report of what failed; what pytest itself runs to make it is left out."""
        spans = self._latest.stop()
        report = yield
        self._latest.start(spans)
        if report.failed and spans:
            report.sections.append((TITLE, self._text(spans)))
        return report

    def _text(self, spans: Iterable[ReadableSpan]) -> str:
        logs = logs_of(map(record_of, spans), foreign_detail=self._settings.foreign_detail)
        formatter = TreeFormatter(page=self._page())
        trees = "".join(map(formatter.format_operation_log, logs[-MAX_TREES:]))
        return f"… {len(logs) - MAX_TREES} more before\n{trees}" if len(logs) > MAX_TREES else trees

    def _page(self) -> Page:
        """Find out what pytest writes on; a worker of pytest-xdist writes on nothing itself."""
        plain = Page() if sys.__stdout__ is None else page_of(sys.__stdout__)
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is None:
            return plain._replace(color=self._config.getoption("color", "auto") == "yes")
        writer = self._config.get_terminal_writer()
        return plain._replace(width=writer.fullwidth, color=writer.hasmarkup)


def show_trees(config: pytest.Config) -> None:
    """Have the trees of failed tests shown, unless ``OTEL_SDK_DISABLED`` switches everything off.

    Raises:
        SettingsError: a setting cannot be used.
    """
    if not is_disabled(os.environ):
        trees = TreesOfFailedTests(config, load_settings({}, folder=config.rootpath))
        trees.begin()
        config.pluginmanager.register(trees, "otel_ops_trees")
