"""What a test says of an operation that it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from otel_ops import semconv
from otel_ops.detail import Detail
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.semconv import Kind, Outcome

MAX_VALUE = 60
"""Longest value in a message, in characters."""

_UNASKED = frozenset({semconv.CODE_FUNCTION_NAME, semconv.THREAD_ID, semconv.THREAD_NAME, semconv.PROCESS_PID})
"""Attributes that an operation has by itself, depending on where it runs."""

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
                yield from _different_values(stated, there)
                if exact:
                    beyond = {key: value for key, value in asked_for(there).items() if key not in stated}
                    yield from (f"{text} is not expected" for text in values(beyond))

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
        ValueError: there is no such kind, outcome or level.
    """
    _check(name, "kind", kind, (*_words_of(Kind), FOREIGN))
    _check(name, "outcome", outcome, _words_of(Outcome))
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


def _words_of(owner: type) -> tuple[str, ...]:
    return tuple(value for name, value in vars(owner).items() if name.isupper())


def _check(name: str, argument: str, given: str | None, words: tuple[str, ...]) -> None:
    if given is not None and given not in words:
        msg = f"{argument} of node {name!r} cannot be {given!r}; it is one of {', '.join(words)}"
        raise ValueError(msg)


def as_nodes(items: tuple[Node | str, ...]) -> tuple[Node, ...]:
    """Make nodes of names."""
    return tuple(item if isinstance(item, Node) else Node(item) for item in items)


def asked_for(attributes: Mapping[str, Any], stated: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Leave out what an operation has by itself, unless it is stated."""
    return {key: value for key, value in attributes.items() if key not in _UNASKED or key in (stated or {})}


def values(attributes: Mapping[str, Any]) -> list[str]:
    """Put attributes into words."""
    return [f"{key}={brief(value)}" for key, value in attributes.items()]


def brief(value: object) -> str:
    """Put a value into words, on one line and not too many."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a foreign __repr__ may raise anything
        text = f"<unreadable {type(value).__name__}>"
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def _different_values(stated: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[str]:
    for key, expected in stated.items():
        actual = there.get(key, _MISSING)
        if actual is _MISSING:
            meant = _meant(key, there)
            yield f"{key} is missing{f'; did you mean {meant}?' if meant else f', not {brief(expected)}'}"
        elif not _same(expected, actual):
            yield f"{key} is {brief(actual)}, not {brief(expected)}"


def _meant(key: str, there: Mapping[str, Any]) -> str:
    """Give the key that an argument, or a value of a context, of this name has; empty where it is not there."""
    argument = semconv.ARGUMENT_PREFIX + key.replace(".", "_")
    names = (argument, semconv.CONTEXT_KEYS.get(key, ""), semconv.META_PREFIX + key)
    return next((name for name in names if name in there), "")


def _same(expected: Any, actual: Any) -> bool:
    """Compare as attributes are kept: tuples and arrays as lists, and no number is a number, too."""
    if hasattr(expected, "tolist"):
        expected = expected.tolist()
    if isinstance(expected, tuple):
        expected = list(expected)
    try:
        return bool(expected == actual) or bool(expected != expected and actual != actual)  # noqa: PLR0124 - NaN
    except Exception:  # noqa: BLE001 - a foreign __eq__ may raise anything
        return False
