"""The live exceptions of failures whose log is not there yet."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

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


class _Kept(NamedTuple):
    """One failure's exceptions by span: ``raise … from`` makes it another one; and since when they are kept."""

    spans: dict[int, BaseException]
    since: float


class LiveExceptions:
    """Keeps the exceptions of the latest failures, and the classes of all, which cost nothing."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._kinds: dict[str, type[BaseException]] = {}

    def keep(self, failure: Failure, span_id: int) -> None:
        """Keep the exception of a failure, as the span knows it, until the log of the span comes."""
        if failure.exception is None:
            return
        if failure.type in self._kinds or len(self._kinds) < _MAX_KINDS:
            self._kinds[failure.type] = type(failure.exception)
        spans = self._kept.setdefault(failure.id, _Kept({}, time.monotonic())).spans
        spans[span_id] = failure.exception
        if len(spans) > _MAX_SPANS:
            del spans[next(iter(spans))]
        if len(self._kept) > LATEST:
            self._let_go()

    def _let_go(self) -> None:
        """Keep the latest, and of the others those of this moment."""
        since = time.monotonic() - MOMENT_SECONDS
        with suppress(KeyError, RuntimeError):  # other threads keep and forget meanwhile
            while len(self._kept) > MAX_KEPT or (len(self._kept) > LATEST and self._oldest.since < since):
                self._kept.popitem(last=False)

    @property
    def _oldest(self) -> _Kept:
        return self._kept[next(iter(self._kept))]

    def find(self, failure_id: str, span_id: str) -> BaseException | None:
        """Give an exception, if it is kept."""
        kept = self._kept.get(failure_id)
        return None if kept is None else kept.spans.get(int(span_id, 16))

    def kind_of(self, type_name: str) -> type[BaseException] | None:
        """Give the class of an exception, also of one that is kept no more; None where it was never seen."""
        return self._kinds.get(type_name)

    def forget(self, log: OperationLog) -> None:
        """Keep no exceptions that a span tells of."""
        for failure_id in _ids_in(log):
            kept = self._kept.get(failure_id)
            if kept is not None:
                kept.spans.pop(int(log.span_id, 16), None)
                if not kept.spans:
                    self._kept.pop(failure_id, None)


def _ids_in(log: OperationLog) -> Iterator[str]:
    if log.failure is not None:
        yield log.failure.id
    for event in log.events:
        yield str(event.attributes.get(semconv.FAILURE_ID, ""))
