"""Trees compared: `assert_tree`, and what it says where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from otel_ops.operation_log import OperationLog
from otel_ops.semconv import Outcome
from otel_ops.testing.marked_lines import Line, shown
from otel_ops.testing.matching import Match, Rules
from otel_ops.testing.nodes import Node, as_nodes, asked_for, brief, values

_DIFFERENT, _MISSING, _UNEXPECTED = "!", "-", "+"


class Recorded(Protocol):
    """Something that has logs: a `Recorder`."""

    @property
    def logs(self) -> Sequence[OperationLog]:
        """The trees."""


def assert_tree(
    actual: Recorded | OperationLog | Iterable[OperationLog],
    *expected: Node | str,
    exact: bool = False,
    any_order: bool = False,
) -> None:
    """Assert that what was recorded is what is expected: only what is stated is compared.

    Args:
        actual: A `Recorder`, a log, or several.
        *expected: The roots; a text is a node of that name. Others may stand between them, as between children.
        exact: Nothing else may be there: no other roots and children (none where none is stated) and, where
            attributes or context values are stated, no others but those of its thread, process and function.
        any_order: The order does not matter.

    Raises:
        AssertionError: they differ; the message shows both trees with what differs marked.
        TypeError: nothing is expected, and `exact` is False: that is always true.
    """
    __tracebackhide__ = True
    if not expected and not exact:
        msg = "assert_tree needs what is expected; with exact=True alone, nothing may have been recorded"
        raise TypeError(msg)
    logs = _logs(actual)
    matches = Rules(exact, any_order).match_all(as_nodes(expected), logs)
    if any(match.cost for match in matches):
        raise AssertionError(_message(matches, logs))


def _logs(actual: Recorded | OperationLog | Iterable[OperationLog]) -> list[OperationLog]:
    if isinstance(actual, OperationLog):
        return [actual]
    return list(actual if isinstance(actual, Iterable) else actual.logs)


def _message(matches: Sequence[Match], logs: Sequence[OperationLog]) -> str:
    all_matches = [match for root in matches for match in root.walk()]
    by_log = {id(match.actual): match for match in all_matches if match.actual is not None}
    return "\n".join(
        [
            _summary([match for match in all_matches if match.differences]),
            "",
            f"expected ({_DIFFERENT} different, {_MISSING} missing):",
            *shown(line for match in matches for line in _expected_lines(match, 0)),
            "",
            f"recorded ({_DIFFERENT} different, {_UNEXPECTED} not expected):",
            *shown(_recorded_line(depth, log, by_log) for root in logs for depth, log in root.walk_with_depth()),
        ]
    )


def _summary(differing: Sequence[Match]) -> str:
    told = [f"{match.name!r}: {text}" for match in differing for text in match.differences if text]
    return f"{told[0]} (and {len(told) - 1} more)" if told[1:] else told[0]


def _expected_lines(match: Match, depth: int) -> Iterator[Line]:
    node = match.expected
    if node is None:
        return
    mark = _MISSING if match.actual is None else _DIFFERENT if match.differences else ""
    yield Line(depth, mark, _text(node.name, node.facts()), "; ".join(filter(None, match.differences)))
    for child in match.children:
        yield from _expected_lines(child, depth + 1)


def _recorded_line(depth: int, log: OperationLog, by_log: dict[int, Match]) -> Line:
    match = by_log.get(id(log))
    node = match.expected if match else None
    text = _text(log.name, _facts(log, node))
    if match is None:
        return Line(depth, "", text)
    if node is None:
        return Line(depth, _UNEXPECTED, text, "not expected")
    lacks = any(child.actual is None for child in match.children)
    return Line(depth, _DIFFERENT if match.differences else "", text, opened=lacks)


def _text(name: str, facts: str) -> str:
    return f"{name}  [{facts}]" if facts else name


def _facts(log: OperationLog, expected: Node | None) -> str:
    texts = [] if log.outcome == Outcome.OK else [f"outcome={log.outcome}"]
    if log.failure is not None:
        message = log.failure.message
        texts.append(f"failure={log.failure.type}{f' {brief(message)}' if message else ''}")
    return " ".join([*texts, *values(asked_for(log.attributes, expected.attributes if expected else None))])
