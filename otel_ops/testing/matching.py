"""Which recorded operation an expected one is: the pairs that leave the fewest differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otel_ops.operation_log import OperationLog
from otel_ops.testing.nodes import Node

_ALONE = 1 << 64
"""What an operation without a partner costs: more than all differences between partners, each of which costs 1."""

Pairs = dict[int, int]
"""Position of an expected operation → position of the recorded one."""


@dataclass(frozen=True, slots=True)
class Match:
    """An expected operation with the recorded one that it is taken to be; None where one of them has no other."""

    expected: Node | None
    actual: OperationLog | None
    differences: tuple[str, ...]
    children: tuple[Match, ...]
    cost: int

    @property
    def name(self) -> str:
        """Name of the operation."""
        item = self.expected or self.actual
        return "" if item is None else item.name

    def walk(self) -> Iterator[Match]:
        """Give this match and those below."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Rules:
    """How strict to be.

    Attributes:
        exact: Nothing may be there that is not stated.
        any_order: The order of children does not matter.
    """

    exact: bool = False
    any_order: bool = False

    def match_all(self, expected: Sequence[Node], actual: Sequence[OperationLog]) -> tuple[Match, ...]:
        """Match children, or roots; those recorded that nobody expects are among them where `exact` forbids them."""
        matches = [
            [self._match(one, other) if one.name == other.name else None for other in actual] for one in expected
        ]
        if self.any_order:
            pairs = _in_any_order(matches)
        else:
            extra = [_cost_of(log) if self.exact else 0 for log in actual]
            pairs = _in_order(matches, [_ALONE * node.size for node in expected], extra)
        found = [self._found(index, node, pairs, matches) for index, node in enumerate(expected)]
        if self.exact:
            taken = set(pairs.values())
            found += [_unexpected(log) for index, log in enumerate(actual) if index not in taken]
        return tuple(found)

    def _match(self, expected: Node, actual: OperationLog) -> Match:
        differences = tuple(expected.differences(actual, exact=self.exact))
        children = self.match_all(expected.children, actual.suboperations)
        return Match(expected, actual, differences, children, len(differences) + sum(child.cost for child in children))

    def _found(self, index: int, node: Node, pairs: Pairs, matches: Matches) -> Match:
        if index in pairs:
            match = matches[index][pairs[index]]
            assert match is not None
            return match
        elsewhere = any(matches[index])
        return _missing(node, "not in this order, or not so often" if elsewhere else "missing")


Matches = Sequence[Sequence["Match | None"]]
"""What comes of pairing each expected operation (rows) with each recorded one; None where the names differ."""


def _missing(expected: Node, note: str) -> Match:
    below = tuple(_missing(child, "") for child in expected.children)
    return Match(expected, None, (note,), below, _ALONE * expected.size)


def _unexpected(actual: OperationLog) -> Match:
    return Match(None, actual, ("not expected",), (), _cost_of(actual))


def _cost_of(log: OperationLog) -> int:
    return _ALONE * sum(1 for _ in log.walk())


def _in_order(matches: Matches, missing: Sequence[int], extra: Sequence[int]) -> Pairs:
    """Pair so that no pairs cross, at the least cost.

    Args:
        matches: See `Matches`.
        missing: What it costs to leave an expected operation without a partner.
        extra: What it costs to leave a recorded one without a partner.
    """
    rows, columns = len(missing), len(extra)
    costs = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows + 1)):
        for column in reversed(range(columns + 1)):
            ways = _ways(costs, row, column, matches, missing, extra)
            costs[row][column] = min((cost for cost, _, _ in ways), default=0)
    pairs: Pairs = {}
    row = column = 0
    while ways := _ways(costs, row, column, matches, missing, extra):
        _, next_row, next_column = min(ways, key=lambda way: way[0])
        if (next_row, next_column) == (row + 1, column + 1):
            pairs[row] = column
        row, column = next_row, next_column
    return pairs


def _ways(
    costs: list[list[int]], row: int, column: int, matches: Matches, missing: Sequence[int], extra: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Give the steps that can be made: what all costs from here on, and where the step leads."""
    ways = []
    if row < len(missing) and column < len(extra) and (match := matches[row][column]) is not None:
        ways.append((costs[row + 1][column + 1] + match.cost, row + 1, column + 1))
    if column < len(extra):
        ways.append((costs[row][column + 1] + extra[column], row, column + 1))
    if row < len(missing):
        ways.append((costs[row + 1][column] + missing[row], row + 1, column))
    return ways


def _in_any_order(matches: Matches) -> Pairs:
    """Pair as many as can be without a difference, and the others by the fewest differences."""
    taken: Pairs = {}
    for row in range(len(matches)):
        _find_perfect(row, matches, taken, set())
    pairs = {row: column for column, row in taken.items()}
    rest = [
        (match.cost, row, column)
        for row, line in enumerate(matches)
        for column, match in enumerate(line)
        if match is not None
    ]
    for _, row, column in sorted(rest):
        if row not in pairs and column not in pairs.values():
            pairs[row] = column
    return pairs


def _find_perfect(row: int, matches: Matches, taken: Pairs, tried: set[int]) -> bool:
    """Find a partner without a difference; one that has it already looks for another."""
    line = enumerate(matches[row])
    perfect = [column for column, match in line if match is not None and match.cost == 0 and column not in tried]
    tried.update(perfect)
    for column in sorted(perfect, key=taken.__contains__):
        if column not in taken or _find_perfect(taken[column], matches, taken, tried):
            taken[column] = row
            return True
    return False
