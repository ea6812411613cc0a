"""The tree of an operation around one that failed in it: bounded, and without what looks secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from msgspec import structs

from otel_ops.errors.story.excerpts import without_secret, without_secrets
from otel_ops.formatters.rows import Fold, Row
from otel_ops.formatters.tree import TreeFormatter
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.outputs.page import Page

MAX_ROWS = 120
"""Most rows of a tree."""


class StoryTree:
    """Draws an operation's tree on any page.

    Args:
        operation_log: The whole operation.
        failed: What failed in it; the row of it, and those around it, are there in any case.
    """

    def __init__(self, operation_log: OperationLog, failed: OperationLog) -> None:
        self._log = operation_log
        self._failed = failed

    def on(self, page: Page) -> str:
        """Give the tree's lines."""
        return _Formatter(self._failed, page).format_operation_log(self._log)


class _Formatter(TreeFormatter):
    def __init__(self, failed: OperationLog, page: Page) -> None:
        super().__init__(page=page, max_rows=MAX_ROWS)
        self._failed = failed

    def _text(self, root: OperationLog, rows: Sequence[Row], left_out: int) -> str:
        kept = _most_telling(rows, self._failed.span_id)
        clean = [_clean_row(row) for row in kept]
        first = clean[0].log if isinstance(clean[0].log, OperationLog) else root
        return super()._text(first, clean, left_out + len(rows) - len(kept))


def _most_telling(rows: Sequence[Row], span_id: str) -> Sequence[Row]:
    """Keep the first rows, and the way to what failed."""
    if len(rows) <= MAX_ROWS:
        return rows
    way = _way_to(rows, span_id)[-MAX_ROWS + 1 :]
    others = (index for index in range(len(rows)) if index not in set(way))
    kept = sorted({0, *way, *islice(others, MAX_ROWS - len(way))})
    return [rows[index] for index in kept]


def _way_to(rows: Sequence[Row], span_id: str) -> list[int]:
    """Give the indices of a row and of those around it, from the outside in; none where it is not there."""
    ids = (row.log.span_id if isinstance(row.log, OperationLog) else "" for row in rows)
    found = (index for index, each in enumerate(ids) if each == span_id)
    last = next(found, -1)
    way: list[int] = []
    depth = len(rows)
    for index in range(last, -1, -1):
        if rows[index].depth < depth or not way:
            way.append(index)
            depth = rows[index].depth
    return way[::-1]


def _clean_row(row: Row) -> Row:
    around = row.around and _clean(row.around)
    log = row.log._replace(name=without_secret(row.log.name)) if isinstance(row.log, Fold) else _clean(row.log)
    return row._replace(log=log, around=around)


def _clean(log: OperationLog) -> OperationLog:
    return replace(
        log,
        name=without_secret(log.name),
        attributes=without_secrets(log.attributes),
        context=without_secrets(log.context),
        failure=log.failure and _clean_failure(log.failure),
        events=tuple(structs.replace(each, attributes=without_secrets(each.attributes)) for each in log.events),
        log_records=tuple(structs.replace(each, body=without_secret(each.body)) for each in log.log_records),
        status_message=without_secret(log.status_message),
    )


def _clean_failure(failure: OperationFailure) -> OperationFailure:
    return replace(failure, message=without_secret(failure.message), origin=without_secret(failure.origin))
