"""Blocks: when operations ran, in columns; what is too short to be seen alone stands together."""

from __future__ import annotations

from dataclasses import dataclass

from otel_ops.operation_log import OperationLog
from otel_ops.semconv import Kind

_SHORT = 6
"""Blocks of equal operations that are narrower stand together where nothing is between them."""


class Scale:
    """Turns times into columns.

    Args:
        whole: What the columns are for.
        width: How many there are.
    """

    def __init__(self, whole: OperationLog, width: int) -> None:
        self.width = width
        self.duration_ns = max(1, whole.duration_ns)
        self._start_ns = whole.start_ns

    def block(self, log: OperationLog) -> Block:
        """Give the columns in which an operation ran, at least one."""
        first = min(self.width - 1, max(0, int(self._columns(log.start_ns))))
        end = min(self.width, max(first + 1, round(self._columns(log.end_ns))))
        return Block(log.name, first, end, failed=log.failed)

    def _columns(self, nanoseconds: int) -> float:
        return (nanoseconds - self._start_ns) * self.width / self.duration_ns


@dataclass
class Block:
    """One operation, or several that cannot be told apart.

    Attributes:
        name: Name of the first one.
        first: Its first column.
        end: The column behind its last.
        failed: Whether one of them failed.
        number: How many there are.
    """

    name: str
    first: int
    end: int
    failed: bool = False
    number: int = 1

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return self.end - self.first

    def takes_in(self, other: Block) -> bool:
        """Become one with a later block, where the two cannot be told apart; tell whether it was so."""
        are_alike = other.name == self.name and other.first <= self.end and other.width < _SHORT
        if other.end > self.end and not are_alike:
            other.first = max(other.first, self.end)
            return False
        if other.first >= self.end and not are_alike:
            return False
        self.end = max(self.end, other.end)
        self.failed = self.failed or other.failed
        self.number += 1
        return True


def blocks_of(lane: OperationLog, scale: Scale, levels: int) -> tuple[list[list[Block]], int]:
    """Give the blocks of what ran inside, level by level, and how many operations have no room in so many levels.

    What runs inside another one, or beside it at the same time, stands on a lower level. Contexts have no block.
    """
    blocks: list[list[Block]] = []
    ends: list[int] = []
    hidden = 0
    waiting = [(lane, 0)]
    while waiting:
        log, level = waiting.pop()
        if log.kind != Kind.CONTEXT:
            level = _free_level(log, level, ends)
            if level >= levels:
                hidden += sum(1 for _ in log.walk())
                continue
            _put(scale.block(log), level, blocks)
            level += 1
        waiting.extend((child, level) for child in reversed(log.suboperations))
    return blocks, hidden


def _free_level(log: OperationLog, level: int, ends: list[int]) -> int:
    """Find the first level, from one on, on which nothing else runs any more."""
    while level < len(ends) and ends[level] > log.start_ns:
        level += 1
    ends.extend([0] * (level + 1 - len(ends)))
    ends[level] = log.end_ns
    return level


def _put(block: Block, level: int, blocks: list[list[Block]]) -> None:
    blocks.extend([] for _ in range(level + 1 - len(blocks)))
    if not (blocks[level] and blocks[level][-1].takes_in(block)):
        blocks[level].append(block)
