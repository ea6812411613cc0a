"""What an exception came of: its causes, notes and, for a group, the exceptions inside, as data.

They are read from the live exception, or, where there is none, from the text of its stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from otel_ops.core import exception_parts
from otel_ops.core.exception_parts import CAUSE, CONTEXT, MAX_CHAIN, chain_of, message_of, type_name
from otel_ops.core.outcomes import members_of as exceptions_in
from otel_ops.core.stacks import MAX_MEMBERS
from otel_ops.fingerprints import LINK

MEMBER = "member"
"""Kind of what is part of a group of exceptions."""

_TRACEBACK = re.compile(r"(?:Exception Group )?Traceback \(most recent call last\):\n(?:  .*\n)*")
_OF_GROUP = re.compile(r"^  [|+] ", re.MULTILINE)
_INSIDE_OF_GROUP = re.compile(r"^(?:  \+-\+|    [|+]).*\n?", re.MULTILINE)
_TYPE = re.compile(r"[^\W\d][\w.<>]*")


@dataclass(frozen=True, slots=True)
class Cause:
    """An exception that led to another one, or that is part of one.

    Attributes:
        type: Its qualified class.
        message: What it says.
        kind: ``cause`` where the other one was raised from it, ``context`` where that came up while it was handled,
            ``member`` where it is one of a group.
    """

    type: str
    message: str
    kind: str


def causes_of(exception: BaseException | None, stacktrace: str = "") -> tuple[Cause, ...]:
    """Give the exceptions that led to one, the nearest first; ten at most.

    Args:
        exception: The exception; where it is None, the text is read.
        stacktrace: Its stack, as ``exception.stacktrace`` tells it.
    """
    if exception is None:
        return tuple(_causes_in(stacktrace))
    return tuple(_cause(link.error, link.kind) for link in chain_of(exception) if link.kind)


def notes_of(exception: BaseException | None) -> tuple[str, ...]:
    """Give the notes that were added to an exception; none where there is no exception."""
    return () if exception is None else exception_parts.notes_of(exception)


def members_of(exception: BaseException | None) -> tuple[Cause, ...]:
    """Give the exceptions of a group, those of groups inside not taken apart; none for what is no group."""
    members = () if exception is None else exceptions_in(exception)
    return tuple(_cause(member, MEMBER) for member in members[:MAX_MEMBERS])


def _cause(error: BaseException, kind: str) -> Cause:
    return Cause(type_name(type(error)), message_of(error), kind)


def _causes_in(stacktrace: str) -> Iterator[Cause]:
    """Read a stack from its end: what stands before a link led to what stands behind it."""
    links = list(LINK.finditer(stacktrace))
    begins = [0, *(link.end() for link in links[:-1])]
    for link, begin in list(zip(links, begins, strict=False))[:-MAX_CHAIN:-1]:
        cause = _read(stacktrace[begin : link.start()], CAUSE if link["cause"] else CONTEXT)
        if cause is not None:
            yield cause


def _read(text: str, kind: str) -> Cause | None:
    """Read one exception: what stands behind its traceback is its class and what it says."""
    told = _TRACEBACK.sub("", _OF_GROUP.sub("", _INSIDE_OF_GROUP.sub("", text)), count=1).strip("\n")
    type_, _, message = told.partition(": ")
    return Cause(type_.strip(), message, kind) if _TYPE.fullmatch(type_.strip()) else None
