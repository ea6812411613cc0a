"""Fingerprints: failures of one kind have one, whatever line, id, number or path they tell.

The first of these that there is makes it, beside the type and the operation in which the failure began: the frames of
the program's own code (module and function, without line numbers), or what the message says without what differs from
one time to the next. So Sentry and Elastic group errors, too.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache

VERSION = 1
"""Stands before each fingerprint; another way to make them gets another number."""

MAX_FRAMES = 20
"""Most frames that count, the innermost ones."""

_MAX_MESSAGE = 1_000
_KNOWN = 512

LINK = re.compile(
    r"^\n?(?:(?P<cause>The above exception was the direct cause of the following exception)"
    r"|During handling of the above exception, another exception occurred):\n\n?",
    re.MULTILINE,
)
"""What stands in a stack between two exceptions, of which one came of the other; it says in which of two ways."""

_FRAME = re.compile(r'^[ |]*File "(?P<path>[^"\n]*)", line \d+, in (?P<function>[^\n]+)$', re.MULTILINE)
_FOREIGN = re.compile(r"[\\/](?:site-packages|dist-packages|lib[\\/]python\d[^\\/]*|Lib)[\\/]|^<")

_VARIABLE = r"""
      (?P<url>    \b[a-z][a-z\d+.-]*://\S+ )
    | (?P<email>  [\w.+-]+@[\w-]+(?:\.[\w-]+)+ )
    | (?P<uuid>   \b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b )
    | (?P<date>   \b\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)? )
    | (?P<ip>     \b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b | (?<![\w:])(?:[\da-f]{0,4}:){3,7}[\da-f]{0,4}(?![\w:]) )
    | (?P<hex>    \b0x[\da-f]+\b | \b(?=[\da-f]*\d)(?=[\da-f]*[a-f])[\da-f]{7,}\b )
    | (?P<path>   (?<![\w.])(?:[a-z]:)?(?:[\\/][^\s"'<>|:*?\\/]+){2,}[\\/]? )
    | (?P<text>   "[^"\n]*" | (?<!\w)'[^'\n]*'(?!\w) )
    | (?P<number> (?:(?<!\w)[-+])?\d+(?:[.,]\d+)*(?:e[-+]?\d+)? )
"""


def fingerprint_of(type: str, stacktrace: str = "", message: str = "", origin: str = "") -> str:  # noqa: A002 - semconv
    """Give the fingerprint of a failure.

    Args:
        type: Qualified class of the exception, as ``exception.type`` tells it.
        stacktrace: The traceback as text, as ``exception.stacktrace`` tells it; may be empty, or of another language.
        message: What the exception says.
        origin: Name of the operation in which it began.

    Returns:
        The version, a dash and 16 hexadecimal digits.
    """
    frames = _frames_in(_of_the_last(stacktrace)) if stacktrace else ""
    return _digest(type, origin, frames or general(message[:_MAX_MESSAGE]))


@lru_cache(_KNOWN)
def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "backslashreplace")
    return f"{VERSION}-{hashlib.sha1(text, usedforsecurity=False).hexdigest()[:16]}"


@cache
def _variable() -> re.Pattern[str]:
    """Compile the pattern when it is first needed: a program must start fast."""
    return re.compile(_VARIABLE, re.VERBOSE | re.IGNORECASE)


def _of_the_last(stacktrace: str) -> str:
    """Give what is told of the last exception of a chain, without its message, which differs from time to time."""
    begin = 0
    if "above exception" in stacktrace:
        for link in LINK.finditer(stacktrace):
            begin = link.end()
    last = stacktrace.rfind('File "', begin)
    end = stacktrace.find("\n", last)
    return stacktrace[begin : end if end >= 0 else None] if last >= 0 else ""


@lru_cache(_KNOWN)
def _frames_in(text: str) -> str:
    """Name the frames of the program's own code, repeated ones once; empty where there are none."""
    frames: list[str] = []
    for found in _FRAME.finditer(text):
        frame = f"{_module_of(found['path'])}:{found['function']}"
        if not _FOREIGN.search(found["path"]) and frame not in frames[-3:]:
            frames.append(frame)
    return "\n".join(frames[-MAX_FRAMES:])


def _module_of(path: str) -> str:
    """Give the last two parts of a path, which do not depend on where the program is installed."""
    return "/".join(re.split(r"[\\/]", path)[-2:]).removesuffix(".py")


def general(message: str) -> str:
    """Give a message without what differs from one time to the next: ids, numbers, dates, paths, quoted texts."""
    return _variable().sub(lambda found: f"<{found.lastgroup}>", message)
