"""NotifyingErrorHandler: the base of handlers that tell a person, who is not to be told the same thing all the time."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from otel_ops import faults
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.errors.report import Occurrence, Report
from otel_ops.forks import renew_in_children
from otel_ops.outputs.filter import levels_of
from otel_ops.semconv import Kind

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

MAX_KINDS = 100
"""Most kinds of failures that are remembered at once; those of further kinds are only counted."""


@dataclass(slots=True)
class _Kind:
    """What is known of one kind of failure: when it may be told again, and what waits to be told."""

    next_at: float = 0.0
    waiting: Report | None = None


class NotifyingErrorHandler(ErrorHandler):
    """Tells a person of failures: the first of a kind at once, further ones of that kind at most once a window.

    Failures are of one kind where they have one fingerprint and level. What waits is told at the end of the program.

    Args:
        window_seconds: Shortest time between two reports of one kind of failure, in seconds.
        digest: Whether all kinds share their windows, so that what comes together is told together.
        levels: What is told of: ``operation``, ``suboperation`` or both. Where ``only`` names levels, these are.

    Raises:
        ValueError: An argument cannot be used; the message says why.
    """

    def __init__(
        self, *, window_seconds: float = 300.0, digest: bool = False, levels: Sequence[str] = (Kind.OPERATION,)
    ) -> None:
        if not window_seconds >= 0:
            msg = f"window_seconds = {window_seconds!r}: must be 0 or more seconds"
            raise ValueError(msg)
        self._window_seconds = window_seconds
        self._digest = digest
        self._levels = levels_of(levels)
        self._digest_at = 0.0
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what waits to be told."""
        self._lock = threading.Lock()
        self._kinds: OrderedDict[tuple[str, str], _Kind] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without what waits in this one."""
        return {key: value for key, value in super().__getstate__().items() if key not in {"_kinds", "_lock"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Begin there with nothing to tell."""
        vars(self).update(state)
        self.renew()
        renew_in_children(self)

    @abstractmethod
    def notify(self, report: Report) -> None:
        """Tell a person of it. What is raised means that it was not told, and has it told later.

        Args:
            report: Failures of one kind.
        """

    def notify_all(self, reports: Sequence[Report]) -> None:
        """Tell a person of several kinds of failures; one after the other, unless a subclass does it otherwise.

        Args:
            reports: At least one; more only in a digest.
        """
        for report in reports:
            self.notify(report)

    def handle_failure(self, log: OperationLog, error_data: ErrorData) -> None:
        """Keep the failure with others of its kind, and tell what may be told now.

        Raises:
            TypeError: The constructor of the subclass did not call ours.
        """
        if "_levels" not in vars(self):
            msg = f"{type(self).__name__}.__init__ does not call super().__init__(), as it has to"
            raise TypeError(msg)
        if log.kind in (self.only.levels or self._levels):
            with self._lock:
                self._keep(Occurrence(log, error_data.without_exception()))
            self._tell(time.monotonic())

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Do as `handle_failure`."""
        if operation_log.failure is not None:
            self.handle_failure(operation_log, ErrorData(operation_log.failure, exception, operation_log))

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Do as `handle_failure`."""
        self.handle_failure(suboperation_log, error_data)

    def on_idle(self) -> None:
        """Tell what has waited for its window to end."""
        self._tell(time.monotonic())

    def on_close(self) -> None:
        """Tell everything that waits."""
        self._tell(float("inf"))

    def _keep(self, occurrence: Occurrence) -> None:
        key = occurrence.level, occurrence.error_data.fingerprint
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= MAX_KINDS and not self._forget_one():
                told = f"{type(self).__name__} has over {MAX_KINDS} kinds of failures to tell; others are left out"
                faults.warn("error_handler.too_many_kinds", told, about=type(self).__name__)
                return
            kind = self._kinds[key] = _Kind()
        report = Report(key[1], 1, occurrence, occurrence)
        kind.waiting = report if kind.waiting is None else kind.waiting.before(report)

    def _forget_one(self) -> bool:
        """Forget the kind that was told longest ago, if there is one with nothing left to tell."""
        now = time.monotonic()
        idle = [key for key, kind in self._kinds.items() if kind.waiting is None]
        done = [key for key in idle if self._kinds[key].next_at <= now] or idle
        for key in done[:1]:
            del self._kinds[key]
        return bool(done)

    def _tell(self, until: float) -> None:
        """Tell what may be told until then: together in a digest, else one kind after the other."""
        with self._lock:
            due = [kind for kind in self._kinds.values() if kind.waiting and self._due_at(kind) <= until]
        for kinds in [due] if self._digest and due else [[kind] for kind in due]:
            self._tell_of(kinds)

    def _due_at(self, kind: _Kind) -> float:
        return self._digest_at if self._digest else kind.next_at

    def _tell_of(self, kinds: Sequence[_Kind]) -> None:
        with self._lock:
            taken = [(kind, kind.waiting) for kind in kinds if kind.waiting]
            self._digest_at = time.monotonic() + self._window_seconds
            for kind, _ in taken:
                kind.waiting, kind.next_at = None, self._digest_at
        try:
            if taken:
                self.notify_all([report for _, report in taken])
        except BaseException:
            with self._lock:
                _put_back(taken)
            raise


def _put_back(taken: Sequence[tuple[_Kind, Report]]) -> None:
    """Have told later what could not be told."""
    for kind, report in taken:
        kind.waiting = report if kind.waiting is None else report.before(kind.waiting)
