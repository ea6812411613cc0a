"""OutputFormatter: a pure function from an operation log to text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog
    from otel_ops.outputs.page import Page


class OutputFormatter(ABC):
    """Turns the log of a finished operation into text; derive from it for a format of your own.

    A formatter keeps no state between logs: one may serve several outputs and threads. What it raises is counted in
    `otel_ops.diagnostics` and reaches neither the program nor other outputs.
    """

    @property
    def is_document(self) -> bool:
        """Whether a text is a whole document, such as XML: files of these are replaced; else they are appended to."""
        return False

    @abstractmethod
    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give the text of one log: whole lines, each with its line break."""

    def on(self, page: Page) -> OutputFormatter:
        """Give the formatter that fits a page: itself, unless it lays text out."""
        return self
