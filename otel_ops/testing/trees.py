"""Trees compared: `assert_tree`, and what it says where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from otel_ops.operation_log import OperationLog
from otel_ops.semconv import Outcome
from otel_ops.testing.matching import Match, Rules
from otel_ops.testing.nodes import Node, as_nodes, brief, values

MAX_LINES = 200
"""Most lines of a tree that a message shows, but for those that differ."""

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
            attributes or context values are stated, no others.
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
    differing = [match for match in all_matches if match.differences]
    by_log = {id(match.actual): match for match in differing if match.actual is not None}
    return "\n".join(
        [
            _summary(differing),
            "",
            f"expected ({_DIFFERENT} different, {_MISSING} missing):",
            *_lines(line for match in matches for line in _expected_lines(match, 0)),
            "",
            f"recorded ({_DIFFERENT} different, {_UNEXPECTED} not expected):",
            *(_lines(_recorded_line(depth, log, by_log) for root in logs for depth, log in root.walk_with_depth())),
        ]
    )


def _summary(differing: Sequence[Match]) -> str:
    told = [f"{match.name!r}: {text}" for match in differing for text in match.differences if text]
    return f"{told[0]} (and {len(told) - 1} more)" if told[1:] else told[0]


def _lines(lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Give lines, each with its mark and note; where there are too many, the marked ones."""
    given = list(lines) or [("    (nothing)", "")]
    width = max(len(text) for text, note in given if note) if any(note for _, note in given) else 0
    left_out = 0
    for index, (text, note) in enumerate(given):
        if index < MAX_LINES or not text.startswith("    "):
            yield f"{text:<{width}}  <- {note}" if note else text
        else:
            left_out += 1
    if left_out:
        yield f"    … {left_out} more"


def _expected_lines(match: Match, depth: int) -> Iterator[tuple[str, str]]:
    node = match.expected
    if node is None:
        return
    mark = _MISSING if match.actual is None else _DIFFERENT if match.differences else ""
    yield _line(mark, depth, node.name, node.facts()), "; ".join(filter(None, match.differences))
    for child in match.children:
        yield from _expected_lines(child, depth + 1)


def _recorded_line(depth: int, log: OperationLog, by_log: dict[int, Match]) -> tuple[str, str]:
    match = by_log.get(id(log))
    mark, note = "", ""
    if match is not None:
        mark, note = (_DIFFERENT, "") if match.expected else (_UNEXPECTED, "not expected")
    return _line(mark, depth, log.name, _facts(log)), note


def _line(mark: str, depth: int, name: str, facts: str) -> str:
    return f"  {mark or ' '} {'  ' * depth}{name}{f'  [{facts}]' if facts else ''}"


def _facts(log: OperationLog) -> str:
    texts = [] if log.outcome == Outcome.OK else [f"outcome={log.outcome}"]
    if log.failure is not None:
        message = log.failure.message
        texts.append(f"failure={log.failure.type}{f' {brief(message)}' if message else ''}")
    return " ".join([*texts, *values(log.attributes)])
