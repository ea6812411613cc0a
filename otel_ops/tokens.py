"""Tokens: an `OperationContext` as a short text, for a queue, a cron job or another process.

A token is ``ops1.`` and then, in URL-safe base64, four bytes of CRC-32 and the deflated JSON of the context.
"""

from __future__ import annotations

import reprlib
from typing import Any, NamedTuple

from opentelemetry.trace import SpanContext, TraceFlags

from otel_ops.attributes import Value, clean_attributes
from otel_ops.exceptions import InvalidTokenError

VERSION_PREFIX = "ops1."
"""What every token of this version begins with."""

LINKED = "linked context"
"""Name of the span that begins a trace that is only linked, where the context had no name."""

MAX_LENGTH = 65_536
"""Longest token that is read, in characters; also a bound for what it may unpack to, times sixteen."""


class Origin(NamedTuple):
    """What a token tells of the context that made it.

    Attributes:
        span_context: The span that operations behind the token are children of; invalid where there was none.
        name: Name of the context, or None.
        values: Its values by attribute name.
        process: Identity of the process, see `otel_ops.frame`.
    """

    span_context: SpanContext
    name: str | None
    values: dict[str, Value]
    process: int


def encode(origin: Origin) -> str:
    """Write a token."""
    import base64  # noqa: PLC0415 - tokens are rare, and importing otel_ops must be cheap
    import json  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    span = origin.span_context
    content = {"v": origin.values, "n": origin.name, "p": origin.process}
    if span.is_valid:
        content.update({"t": f"{span.trace_id:032x}", "s": f"{span.span_id:016x}", "f": int(span.trace_flags)})
    packed = zlib.compress(json.dumps(content, separators=(",", ":"), default=_bytes_as_text).encode(), 9)
    checksum = zlib.crc32(packed).to_bytes(4, "big")
    return VERSION_PREFIX + base64.urlsafe_b64encode(checksum + packed).decode().rstrip("=")


def _bytes_as_text(value: bytes) -> str:
    return value.hex()


def decode(token: str) -> Origin:
    """Read a token.

    Raises:
        InvalidTokenError: the text is no token, is of a newer version, or was cut or changed on its way.
    """
    try:
        return _origin(_content(token))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        msg = f"token {_shown(token)} cannot be read: {_reason(token)}; pass what OperationContext.to_token() gave"
        raise InvalidTokenError(msg) from None


def _content(token: str) -> dict[str, Any]:
    import base64  # noqa: PLC0415 - as in encode
    import json  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    text = token.strip().removeprefix(VERSION_PREFIX)
    if len(text) > MAX_LENGTH or text == token.strip():
        raise ValueError
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if zlib.crc32(raw[4:]) != int.from_bytes(raw[:4], "big"):
        raise ValueError
    try:
        return dict(json.loads(zlib.decompressobj().decompress(raw[4:], 16 * MAX_LENGTH)))
    except zlib.error as error:
        raise ValueError from error


def _origin(content: dict[str, Any]) -> Origin:
    span_context = SpanContext(
        trace_id=int(content.get("t", "0"), 16),
        span_id=int(content.get("s", "0"), 16),
        is_remote=True,
        trace_flags=TraceFlags(int(content.get("f", 0))),
    )
    name = content["n"]
    return Origin(span_context, None if name is None else str(name), clean_attributes(content["v"]), int(content["p"]))


def _shown(token: object) -> str:
    return reprlib.repr(token)


def _reason(token: object) -> str:
    if not isinstance(token, str):
        return f"it is of type {type(token).__name__}"
    if not token.strip().startswith(VERSION_PREFIX):
        return f"it does not begin with {VERSION_PREFIX!r}"
    return "it was cut or changed on its way, or is longer than any token"
