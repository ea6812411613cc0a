"""What a test says of an operation that it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from otel_ops.detail import Detail
from otel_ops.operation_log import OperationLog

MAX_VALUE = 60
"""Longest value in a message, in characters."""

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Node:
    """An expected operation; made by `node`."""

    name: str
    children: tuple[Node, ...] = ()
    kind: str | None = None
    outcome: str | None = None
    detail: Detail | None = None
    failure: str | None = None
    attributes: Mapping[str, Any] | None = None
    context: Mapping[str, Any] | None = None

    @property
    def size(self) -> int:
        """How many operations it says are there: itself and those below."""
        return 1 + sum(child.size for child in self.children)

    def facts(self) -> str:
        """Say what is stated beside name and children."""
        stated = {"kind": self.kind, "outcome": self.outcome, "failure": self.failure}
        texts = [f"{key}={value}" for key, value in stated.items() if value is not None]
        texts += [] if self.detail is None else [f"detail={self.detail.name}"]
        return " ".join([*texts, *values(self.attributes or {}), *values(self.context or {})])

    def differences(self, log: OperationLog, *, exact: bool) -> Iterator[str]:
        """Say in what a log is not what is stated; with `exact`, also what it has beyond the stated values."""
        for name, expected, actual in (("kind", self.kind, log.kind), ("outcome", self.outcome, log.outcome)):
            if expected is not None and expected != actual:
                yield f"{name} is {actual}, not {expected}"
        if self.detail is not None and self.detail != log.detail:
            yield f"detail is {log.detail.name}, not {self.detail.name}"
        yield from self._different_failure(log)
        for stated, there in ((self.attributes, log.attributes), (self.context, log.context)):
            if stated is not None:
                yield from _different_values(stated, there, exact)

    def _different_failure(self, log: OperationLog) -> Iterator[str]:
        if self.failure is None:
            return
        if log.failure is None:
            yield f"there is no failure, not {self.failure}"
        elif self.failure not in {log.failure.type, log.failure.type.rpartition(".")[2]}:
            yield f"failure is {log.failure.type}, not {self.failure}"


def node(
    name: str,
    *children: Node | str,
    kind: str | None = None,
    outcome: str | None = None,
    detail: Detail | str | None = None,
    failure: type[BaseException] | str | None = None,
    attributes: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Node:
    """Say what an operation should be; what is not given is not compared.

    Args:
        name: Its name.
        *children: What should be below it; a text is a node of that name.
        kind: ``context``, ``operation``, ``suboperation`` or ``foreign``.
        outcome: ``ok``, ``error``, ``timed_out``, ``cancelled``, …
        detail: Its level of detail.
        failure: Class of the exception, or its name with or without the module.
        attributes: Attributes that it should have, among others.
        context: Values of its context that it should have, among others, such as ``{"user.id": "ada"}``.

    Raises:
        ValueError: `detail` names no level.
    """
    return Node(
        name,
        as_nodes(children),
        kind,
        outcome,
        None if detail is None else Detail.parse(detail),
        failure.__qualname__ if isinstance(failure, type) else failure,
        attributes,
        context,
    )


def as_nodes(items: tuple[Node | str, ...]) -> tuple[Node, ...]:
    """Make nodes of names."""
    return tuple(item if isinstance(item, Node) else Node(item) for item in items)


def values(attributes: Mapping[str, Any]) -> list[str]:
    """Put attributes into words."""
    return [f"{key}={brief(value)}" for key, value in attributes.items()]


def brief(value: object) -> str:
    """Put a value into words, on one line and not too many."""
    text = repr(value)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def _different_values(stated: Mapping[str, Any], there: Mapping[str, Any], exact: bool) -> Iterator[str]:
    for key, expected in stated.items():
        actual = there.get(key, _MISSING)
        if actual is _MISSING:
            yield f"{key} is missing, not {brief(expected)}"
        elif not _same(expected, actual):
            yield f"{key} is {brief(actual)}, not {brief(expected)}"
    if exact:
        yield from (f"{text} is not expected" for text in values({k: there[k] for k in there if k not in stated}))


def _same(expected: object, actual: object) -> bool:
    return bool(expected == actual) or (isinstance(expected, tuple) and list(expected) == actual)
