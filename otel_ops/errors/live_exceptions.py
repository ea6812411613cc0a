"""The live exceptions of failures whose log is not there yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

from otel_ops import semconv

if TYPE_CHECKING:
    from otel_ops.core.hooks import Failure
    from otel_ops.operation_log import OperationLog

LATEST = 16
"""So many failures' exceptions are kept for as long as it takes. Each keeps all that its frames refer to alive."""

MAX_KEPT = 256
"""Most failures whose exceptions are kept for a moment: what refers to much takes its time, so that few come then."""

MOMENT_SECONDS = 1.0

_MAX_SPANS = 1_000
_MAX_KINDS = 1_000


class LiveExceptions:
    """Keeps the exceptions of the latest failures, and the classes of all, which cost nothing.

    In a flood it keeps those that it has until their logs come, which they do in this order, and no further ones.
    """

    def __init__(self) -> None:
        # by failure, and then by span, for ``raise … from`` makes it another one; and since when they are kept
        self._kept: OrderedDict[str, tuple[dict[int, BaseException], float]] = OrderedDict()
        self._kinds: dict[str, type[BaseException]] = {}

    def keep(self, failure: Failure, span_id: int) -> None:
        """Keep the exception of a failure, as the span knows it, until the log of the span comes."""
        exception = failure.exception
        if exception is None:
            return
        kind = type(exception)
        if self._kinds.get(failure.type) is not kind and len(self._kinds) < _MAX_KINDS:
            self._kinds[failure.type] = kind
        kept = self._kept.get(failure.id)
        if kept is None:
            now = monotonic()
            if len(self._kept) >= LATEST and not self._has_room(now - MOMENT_SECONDS):
                return
            kept = self._kept[failure.id] = {}, now
        spans = kept[0]
        spans[span_id] = exception
        if len(spans) > _MAX_SPANS:
            del spans[next(iter(spans))]

    def _has_room(self, since: float) -> bool:
        """Keep the latest, and of the others those of this moment; tell whether there is room for one more."""
        kept = self._kept
        try:  # at a third of the cost of `suppress`
            while len(kept) >= LATEST and kept[next(iter(kept))][1] < since:
                kept.popitem(last=False)
        except (KeyError, RuntimeError, StopIteration):  # other threads keep and forget meanwhile
            pass
        return len(kept) < MAX_KEPT

    def find(self, failure_id: str, span_id: str) -> BaseException | None:
        """Give an exception, if it is kept."""
        kept = self._kept.get(failure_id)
        return None if kept is None else kept[0].get(int(span_id, 16))

    def kind_of(self, type_name: str) -> type[BaseException] | None:
        """Give the class of an exception, also of one that is kept no more; None where it was never seen."""
        return self._kinds.get(type_name)

    def forget(self, log: OperationLog) -> None:
        """Keep no exceptions that a span tells of."""
        for failure_id in _ids_in(log):
            kept = self._kept.get(failure_id)
            if kept is not None:
                kept[0].pop(int(log.span_id, 16), None)
                if not kept[0]:
                    self._kept.pop(failure_id, None)


def _ids_in(log: OperationLog) -> Iterator[str]:
    if log.failure is not None:
        yield log.failure.id
    for event in log.events:
        yield str(event.attributes.get(semconv.FAILURE_ID, ""))
