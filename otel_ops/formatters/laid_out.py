"""Formatters that lay text out for people: they know their page, how much to show, and how to group it."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence

from otel_ops.detail import Detail
from otel_ops.formatters import wording
from otel_ops.formatters.base import OutputFormatter
from otel_ops.formatters.grouping import GROUPS, By, Grouping
from otel_ops.formatters.lanes import LanePicture
from otel_ops.formatters.lines import Line, Pen
from otel_ops.formatters.rows import Row, rows_of
from otel_ops.operation_log import OperationLog
from otel_ops.outputs.page import Page

_MIN_ROWS = 3
"""Fewest rows of a lane."""


class LaidOutFormatter(OutputFormatter):
    """Base of formatters that lay text out for people.

    Args:
        detail: Hide what is finer; failures are never hidden.
        page: What is written on; outputs fit it to their terminal by `on`.
        max_rows: Most rows; failures are shown all the same.
        by: Group by ``thread``, ``process`` or ``session``, with a picture of what ran beside what; None for no groups.

    Raises:
        ValueError: There is no such group.
    """

    def __init__(
        self, *, detail: Detail = Detail.DEBUG, page: Page | None = None, max_rows: int = 500, by: By | None = None
    ) -> None:
        if by not in {None, *GROUPS}:
            msg = f"by = {by!r}: no such group; use one of {', '.join(GROUPS)}"
            raise ValueError(msg)
        self._detail = detail
        self._page = page or Page()
        self._max_rows = max_rows
        self._by = by

    def on(self, page: Page) -> OutputFormatter:
        """Give a formatter of the same kind for another page."""
        fitting = copy.copy(self)
        fitting._page = page
        return fitting

    def _formatted(self, operation_log: OperationLog) -> str:
        """Give the text of one log, in lanes where these are asked for."""
        if self._by is not None:
            return self.format_together([operation_log])
        log = operation_log.pruned(self._detail)
        rows, left_out = rows_of(log, self._max_rows)
        return self._text(log, rows, left_out)

    def format_together(self, operation_logs: Sequence[OperationLog]) -> str:
        """Give one text of several logs: a picture with a lane for each group, and below it what ran in each.

        An operation stands under the nearest one around it that ran in the same lane.
        """
        if not operation_logs:
            return ""
        logs = [log.pruned(self._detail) for log in operation_logs]
        grouping = Grouping(logs, self._by or "thread")
        picture = LanePicture(grouping, self._page)
        rows: list[Row] = []
        left_out = 0
        for lane in grouping.lanes:
            of_lane, more = rows_of(lane.log, max(_MIN_ROWS, self._max_rows // len(grouping.lanes)))
            rows += of_lane
            left_out += more
        return Pen(self._page).text([*picture.lines(), []]) + self._text(grouping.whole, rows, left_out)

    @abstractmethod
    def _text(self, root: OperationLog, rows: Sequence[Row], left_out: int) -> str:
        """Lay rows out.

        Args:
            root: In whose time they stand.
            rows: The rows.
            left_out: How many more there would be.
        """


def left_out_line(pen: Pen, left_out: int, width: int) -> list[Line]:
    """Say how many rows were left out; nothing where none were."""
    return [pen.fitted([pen.piece(f"… {wording.number(left_out)} more", "dim")], width)] if left_out else []
