"""Reads bytes in the forms in which OTLP JSON has them: hexadecimal ids, and base64."""

from base64 import b64decode

_HEX_DIGITS = "0123456789abcdefABCDEF"
_TO_STANDARD = str.maketrans("-_", "+/")
_SHOWN = 80


def id_of(key: str, text: str, digits: int) -> str:
    """Give an id as lower-case hexadecimal digits.

    Args:
        key: Name of the field, for the error.
        text: The id: hexadecimal digits, of which leading zeros may be missing, or base64, as protobuf's JSON has it.
        digits: How many digits it has: 32 for a trace, 16 for a span.

    Returns:
        The digits; all zeros where the text is empty.

    Raises:
        ValueError: The text is no id; the message names key and value.
    """
    if len(text) <= digits and not text.strip(_HEX_DIGITS):
        return text.lower().rjust(digits, "0")
    try:
        plain = bytes_of(key, text).hex()
    except ValueError:
        plain = ""
    if len(plain) == digits:
        return plain
    msg = f"{key} = {text[:_SHOWN]!r} is no id: it needs {digits} hexadecimal digits, or base64 of {digits // 2} bytes"
    raise ValueError(msg)


def bytes_of(key: str, text: str) -> bytes:
    """Read base64, in the standard and in the URL-safe alphabet, with padding or without.

    Raises:
        ValueError: The text is no base64; the message names key and value.
    """
    digits = text.rstrip("=").translate(_TO_STANDARD)
    try:
        return b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        msg = f"{key} = {text[:_SHOWN]!r} is no base64"
        raise ValueError(msg) from None
