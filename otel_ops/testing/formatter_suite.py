"""Tests that every formatter should pass: derive a test class from the suite."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from otel_ops.formatters import OutputFormatter, formatter_named
from otel_ops.operations import operation
from otel_ops.outputs.page import Page
from otel_ops.sdk import configure, shutdown
from otel_ops.testing.logs import sample_logs
from otel_ops.testing.recorder import Recorder

_THREADS = 4


class FormatterCompatibilitySuite(ABC):
    """Tests of an `OutputFormatter`; the test class that derives from it says how one is made."""

    format_name: ClassVar[str] = ""
    """The name under which it is installed, for settings; empty where it has none."""

    @abstractmethod
    def make_formatter(self) -> OutputFormatter:
        """Make the formatter to be tested."""

    def options(self) -> Mapping[str, Any]:
        """Give options that settings may give it, to be tried with its name."""
        return {}

    def test_any_log_is_formatted(self) -> None:
        """Logs of every kind become text of whole lines."""
        formatter = self.make_formatter()
        for what, log in sample_logs().items():
            text = formatter.format_operation_log(log)
            assert isinstance(text, str), f"the text of the log {what!r} is a {type(text).__name__}"
            assert text == "" or text.endswith("\n"), f"the text of the log {what!r} does not end with a line break"

    def test_texts_can_be_written(self) -> None:
        """UTF-8 can carry the text."""
        for text in _texts(self.make_formatter()):
            text.encode("utf-8")

    def test_logs_are_left_alone(self) -> None:
        """Formatting changes nothing in the log, which other outputs are given, too."""
        formatter = self.make_formatter()
        for what, log in sample_logs().items():
            before = copy.deepcopy(log)
            formatter.format_operation_log(log)
            assert before == log, f"the log {what!r} was changed"

    def test_a_text_depends_on_its_log_only(self) -> None:
        """The same log gives the same text, whatever was formatted before."""
        formatter = self.make_formatter()
        assert list(_texts(formatter)) == list(_texts(formatter)), "the second time, a text was another"

    def test_threads_do_not_disturb_each_other(self) -> None:
        """One formatter may serve several threads."""
        formatter = self.make_formatter()
        expected = list(_texts(formatter))
        with ThreadPoolExecutor(_THREADS) as pool:
            for texts in pool.map(lambda _: list(_texts(formatter)), range(_THREADS)):
                assert expected == texts, "on several threads at once, a text was another"

    def test_a_copy_is_as_good(self) -> None:
        """A formatter that fits itself to pages is copied for each."""
        formatter = self.make_formatter()
        assert list(_texts(formatter)) == list(_texts(copy.copy(formatter))), "the text of a copy was another"

    def test_it_can_be_configured(self) -> None:
        """As an output of `otel_ops.configure` it is given the log of each operation, once."""
        texts: list[str] = []
        formatter = self.make_formatter()
        with Recorder():
            configure(outputs=[{"format": formatter, "to": texts.append}], trace_file=False)
            with operation("outer"), operation("inner"):
                pass
            assert shutdown(), "the output was not done in time"
        assert len(texts) <= 1, f"one operation gave {len(texts)} texts"
        assert all(isinstance(text, str) for text in texts)

    def test_it_is_found_by_its_name(self) -> None:
        """Settings that name it get one of the same class, made with the options."""
        if not self.format_name:
            return
        for options in ({}, self.options()):
            found = formatter_named(self.format_name, **options)
            assert type(found) is type(self.make_formatter()), f"{self.format_name} is a {type(found).__name__}"
            list(_texts(found))

    def test_any_page_will_do(self) -> None:
        """It fits itself to narrow pages, wide ones, and such without colour or Unicode."""
        for page in (Page(width=1), Page(width=10_000, color=True), Page(width=80, unicode=False)):
            fitting = self.make_formatter().on(page)
            assert isinstance(fitting, OutputFormatter), f"on({page}) gave a {type(fitting).__name__}"
            list(_texts(fitting))


def _texts(formatter: OutputFormatter) -> Iterator[str]:
    for log in sample_logs().values():
        yield formatter.format_operation_log(log)
