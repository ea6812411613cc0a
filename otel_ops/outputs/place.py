"""Place: what takes the text of logs. One that is a function is here, too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from otel_ops.outputs.page import Page

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog


class Place(ABC):
    """Takes the text of one log after the other; its ``str`` is what messages call it, empty where it has no name."""

    @abstractmethod
    def write(self, text: str, log: OperationLog) -> None:
        """Write the text of a log.

        Raises:
            OSError: It cannot be written.
            Exception: What somebody's stream, function or logging handler raises.
        """

    @abstractmethod
    def __str__(self) -> str: ...

    def is_open(self) -> bool:
        """Tell whether it takes text at all."""
        return True

    def page(self) -> Page | None:
        """Give the page that text is to fit now; None where it is laid out for nobody."""
        return None

    @property
    def path(self) -> str | None:
        """The file that is written, where it is one and always the same."""
        return None


class FunctionPlace(Place):
    """Calls a function with each text."""

    def __init__(self, function: Callable[[str], object]) -> None:
        self._function = function

    def __str__(self) -> str:
        return ""

    def write(self, text: str, log: OperationLog) -> None:
        """Call it."""
        self._function(text)
