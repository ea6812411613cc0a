"""OutputFormatter: a pure function from an operation log to text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog


class Page(NamedTuple):
    """What text is written on.

    Attributes:
        width: Columns of a line.
        color: Whether ANSI colours are understood.
        unicode: Whether characters beyond ASCII can be written.
    """

    width: int = 100
    color: bool = False
    unicode: bool = True


class OutputFormatter(ABC):
    """Turns the log of a finished operation into text; derive from it for a format of your own.

    A formatter keeps no state between logs: one may serve several outputs and threads. What it raises is counted in
    `otel_ops.diagnostics` and reaches neither the program nor other outputs.
    """

    @abstractmethod
    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give the text of one log: whole lines, each with its line break."""

    def on(self, page: Page) -> OutputFormatter:
        """Give the formatter that fits a page: itself, unless it lays text out."""
        return self
