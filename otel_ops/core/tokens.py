"""Tokens: an `OperationContext` as a short text, for a queue, a cron job or another process.

A token is ``ops1.`` and then, in URL-safe base64, four bytes of CRC-32 and the deflated JSON of the context. Where a
value holds bytes or keys that begin with ``$``, the content has ``"e": 1``: bytes are ``{"$bytes": "<base64>"}`` then,
and such keys begin with one ``$`` more.
"""

from __future__ import annotations

import reprlib
from typing import Any, NamedTuple

from opentelemetry.trace import SpanContext, TraceFlags

from otel_ops import faults
from otel_ops.attributes import Value, clean_attributes
from otel_ops.detail import Detail
from otel_ops.exceptions import InvalidTokenError
from otel_ops.semconv import CONTEXT_KEYS

VERSION_PREFIX = "ops1."
"""What every token of this version begins with."""

VARIABLE = "_OTEL_OPS_CONTEXT"
"""The environment variable that holds one, for a program that another one has started."""

LINKED = "linked context"
"""Name of the span that begins a trace that is only linked, where the context had no name."""

MAX_LENGTH = 65_536
"""Longest token that is read, in characters; also a bound for what it may unpack to, times sixteen."""

_MAX_UNPACKED = 16 * MAX_LENGTH
_MAX_NAMED_TEXT = 1_000
_BYTES = "$bytes"


class Origin(NamedTuple):
    """What a token tells of the context that made it.

    Attributes:
        span_context: The span that operations behind the token are children of; invalid where there was none.
        name: Name of the context, or None.
        values: Its values by attribute name.
        process: Identity of the process, see `otel_ops.core.frame`.
        level: The level of detail that the context asks for, or None.
    """

    span_context: SpanContext
    name: str | None
    values: dict[str, Value]
    process: int
    level: Detail | None = None


def encode(origin: Origin) -> str:
    """Write a token that can be read: where there is too much, the largest metadata is left out, with a warning."""
    token = _packed(origin)
    if token:
        return token
    lighter = _lighter(origin)
    return _packed(lighter) or _packed(_shorter(lighter))


def _packed(origin: Origin) -> str:
    """Write a token; empty text where it would be too long."""
    import base64  # noqa: PLC0415 - tokens are rare, and importing otel_ops must be cheap
    import zlib  # noqa: PLC0415

    content = _json(_content_of(origin)).encode()
    packed = zlib.compress(content, 9)
    checksum = zlib.crc32(packed).to_bytes(4, "big")
    text = base64.urlsafe_b64encode(checksum + packed).decode().rstrip("=")
    return VERSION_PREFIX + text if max(len(text), len(content) / 16) <= MAX_LENGTH else ""


def _content_of(origin: Origin) -> dict[str, Any]:
    values = escaped(origin.values)
    content = {"v": values, "n": origin.name, "p": origin.process}
    if values != origin.values:
        content["e"] = 1
    if origin.level is not None:
        content["d"] = origin.level.name
    span = origin.span_context
    if span.is_valid:
        content.update({"t": f"{span.trace_id:032x}", "s": f"{span.span_id:016x}", "f": int(span.trace_flags)})
    return content


def _json(content: object) -> str:
    import json  # noqa: PLC0415 - as in _packed

    return json.dumps(content, separators=(",", ":"))


def _lighter(origin: Origin) -> Origin:
    """Leave out as many of the largest metadata as must be for the token to be read."""
    from bisect import bisect_left  # noqa: PLC0415 - as in _packed

    values = origin.values
    free = sorted(values.keys() - CONTEXT_KEYS.values(), key=lambda key: (-_size(values[key]), key))

    def without(number: int) -> Origin:
        return origin._replace(values={key: value for key, value in values.items() if key not in set(free[:number])})

    number = bisect_left(range(len(free)), True, key=lambda number: bool(_packed(without(number))))
    names = faults.shortened(", ".join(free[:number]))
    faults.warn("token.cut", f"{number} of the context's values did not fit into the token and were left out: {names}")
    return without(number)


def _shorter(origin: Origin) -> Origin:
    """Cut the name, and the session, user, file and series, which are never left out."""
    faults.warn("token.cut", "a context's name, session, user, file or series was cut to fit into the token")
    values: dict[str, Value] = {
        key: faults.shortened(str(value), _MAX_NAMED_TEXT) for key, value in origin.values.items() if value is not None
    }
    return origin._replace(name=origin.name and faults.shortened(origin.name, _MAX_NAMED_TEXT), values=values)


def _size(value: Value) -> int:
    return len(_json(escaped(value)))


def escaped(value: Any) -> Any:
    """Make a value that JSON can hold, see the module; `unescaped` gives it back."""
    import base64  # noqa: PLC0415 - as in _packed

    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {f"${key}" if key.startswith("$") else key: escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list) else value


def unescaped(value: Any) -> Any:
    """Give the value that `escaped` was given.

    Raises:
        TypeError: it gave no such thing; or ValueError.
    """
    import base64  # noqa: PLC0415 - as in _packed

    if isinstance(value, list):
        return [unescaped(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _BYTES in value:
        return base64.b64decode(value[_BYTES], validate=True)
    return {key.removeprefix("$"): unescaped(item) for key, item in value.items()}


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
        return dict(json.loads(zlib.decompressobj().decompress(raw[4:], _MAX_UNPACKED)))
    except zlib.error as error:
        raise ValueError from error


def _origin(content: dict[str, Any]) -> Origin:
    span_context = SpanContext(
        trace_id=int(content.get("t", "0"), 16),
        span_id=int(content.get("s", "0"), 16),
        is_remote=True,
        trace_flags=TraceFlags(int(content.get("f", 0))),
    )
    name, values = content["n"], content["v"]
    attributes = clean_attributes(unescaped(values) if content.get("e") else values)
    level = None if content.get("d") is None else Detail.parse(content["d"])
    return Origin(span_context, None if name is None else str(name), attributes, int(content["p"]), level)


def _shown(token: object) -> str:
    return reprlib.repr(token)


def _reason(token: object) -> str:
    if not isinstance(token, str):
        return f"it is of type {type(token).__name__}"
    if not token.strip().startswith(VERSION_PREFIX):
        return f"it does not begin with {VERSION_PREFIX!r}"
    return "it was cut or changed on its way, or is longer than any token"
