"""One log on its way to those who want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from otel_ops import faults
from otel_ops.core.hooks import FailureListener

if TYPE_CHECKING:
    from otel_ops.log_tree import Tree
    from otel_ops.operation_log import OperationLog


class LogOutput(Protocol):
    """Takes the log of every sampled operation."""

    def write(self, operation_log: OperationLog) -> None:
        """Write the log."""

    def shutdown(self) -> None:
        """Close what is open."""


class LogListener(FailureListener, Protocol):
    """Takes the log of every operation that may have failed, sampled or not: what watches for an error handler."""

    @property
    def synchronous(self) -> bool:
        """Whether the handler is called before the operation's code goes on."""

    def start(self) -> None:
        """Start the thread of the handler."""

    def take(self, operation_log: OperationLog) -> None:
        """Look at the log."""

    def flush(self, seconds: float) -> bool:
        """Have the handler called for all that was found; tell whether it was done in time."""

    def close(self) -> None:
        """Have the handler called for all that was found, and have told what it still holds."""

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until it is closed; tell whether it was done in time."""


class Delivery(NamedTuple):
    """A tree, and who wants its log; what nobody looks at is not built."""

    tree: Tree
    outputs: tuple[LogOutput, ...]
    listeners: tuple[LogListener, ...]

    def make(self) -> None:
        """Give them the log, one after the other; what they raise costs no other."""
        name = self.tree.spans[0].name
        for output in self.outputs:
            with faults.contained("output", f"the log of operation {name!r}", output):
                output.write(self.tree.log)
        for listener in self.listeners:
            with faults.contained("error_handler", f"failures of operation {name!r}", listener):
                listener.take(self.tree.log)
