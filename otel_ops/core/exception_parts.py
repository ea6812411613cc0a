"""What an exception is made of, read without asking its class, which may make of any name something that raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from otel_ops.attributes import clean_text
from otel_ops.foreign import is_users
from otel_ops.redaction import redacted

MAX_CHAIN = 10
"""Most exceptions of a chain of causes that are told."""

MAX_NOTES = 20
"""Most notes of one exception that are told."""

CAUSE = "cause"
"""How one exception came of another: by ``raise … from``."""

CONTEXT = "context"
"""How one exception came of another: while that was handled."""

dict_of = BaseException.__dict__["__dict__"].__get__
cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__
_suppresses_context = BaseException.__dict__["__suppress_context__"].__get__
_module_of = type.__dict__["__module__"].__get__
_qualified_name_of: Callable[[type], str] = type.__dict__["__qualname__"].__get__


class Link(NamedTuple):
    """One exception of a chain.

    Attributes:
        kind: How the one before it in the chain came of it: `CAUSE` or `CONTEXT`; empty for the first.
        error: The exception.
    """

    kind: str
    error: BaseException


def type_name(kind: type[BaseException]) -> str:
    """Give the qualified name of an exception's class."""
    module, name = _module_of(kind), _qualified_name_of(kind)
    return name if module == "builtins" else f"{module}.{name}"


def message_of(error: BaseException) -> str:
    """Give what an exception says, as far as it can be read, without what looks like a credential."""
    return redacted(text_of(error, str, "<exception str() failed>"))


def text_of(said: Any, read: Callable[[Any], str], instead: str) -> str:
    """Read what somebody else's object says; where it cannot be read, something else stands for it."""
    try:
        return clean_text(read(said))
    except BaseException as error:
        if is_users(error):
            raise
        return instead


def chain_of(error: BaseException) -> Iterator[Link]:
    """Go from an exception to its causes, as Python tells them."""
    seen: set[int] = set()
    link: Link | None = Link("", error)
    while link is not None and id(link.error) not in seen and len(seen) < MAX_CHAIN:
        seen.add(id(link.error))
        yield link
        link = _next(link.error)


def _next(error: BaseException) -> Link | None:
    cause, context = cause_of(error), _context_of(error)
    if cause is not None:
        return Link(CAUSE, cause)
    if context is not None and not _suppresses_context(error):
        return Link(CONTEXT, context)
    return None


def notes_of(error: BaseException) -> tuple[str, ...]:
    """Give the notes that were added to an exception."""
    notes = dict_of(error).get("__notes__")
    if not isinstance(notes, (list, tuple)):
        return ()
    return tuple(redacted(text_of(note, str, "<note str() failed>")) for note in notes[:MAX_NOTES])
