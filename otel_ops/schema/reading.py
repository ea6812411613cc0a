"""Reads an operation log, whichever text it is in."""

from __future__ import annotations

from otel_ops.exceptions import UnreadableInputError
from otel_ops.operation_log import OperationLog
from otel_ops.schema.json_form import from_json

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_AS_WRITTEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    SyntaxError,  # the parser of XML derives its own from it
    TypeError,
    ValueError,
)


def read_operation_log(text: str | bytes, *, lenient: bool = False) -> OperationLog:
    """Read what `JSONFormatter` or `XMLFormatter` wrote, of this version or an older one.

    Args:
        text: One document; bytes are UTF-8.
        lenient: Read a document of a newer version, too, as far as it is understood; what is not is kept in
            `OperationLog.unknown`.

    Returns:
        A log that equals the one that was written.

    Raises:
        UnreadableInputError: The text is no such document, or one of a newer version; the message is one line.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    data = data.removeprefix(_BYTE_ORDER_MARK).strip()
    is_xml = data.startswith(b"<")
    try:
        return _from_xml(data, lenient=lenient) if is_xml else from_json(data, lenient=lenient)
    except UnreadableInputError:
        raise
    except _NOT_AS_WRITTEN as error:
        form, writer = ("XML", "XMLFormatter") if is_xml else ("JSON", "JSONFormatter")
        msg = f"no operation log in {form}: {_told(error)}; pass what {writer} gave"
        raise UnreadableInputError(msg) from None


def _from_xml(data: bytes, *, lenient: bool) -> OperationLog:
    from otel_ops.schema.xml_reading import from_xml  # noqa: PLC0415 - programs that write logs need no XML parser

    return from_xml(data, lenient=lenient)


def _told(error: Exception) -> str:
    """Word what was raised in one line."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return " ".join(said.split())
