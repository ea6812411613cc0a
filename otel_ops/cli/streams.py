"""The command's standard streams, as they may be: closed, full, read by nobody, or without most characters."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from contextlib import suppress
from typing import TextIO

from otel_ops.exceptions import OtelOpsError

_ESCAPED = "otel_ops.escaped"


def prepare_stdout() -> None:
    """Let stdout take every character: what its encoding lacks is escaped as JSON does it, so JSON stays JSON.

    Raises:
        OtelOpsError: stdout is closed.
    """
    if sys.stdout is None:
        msg = "stdout is closed; leave it open, or send it to a file or to /dev/null"
        raise OtelOpsError(msg)
    codecs.register_error(_ESCAPED, _escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_ESCAPED)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def tell(message: object) -> None:
    """Print a message on stderr, each line with the name of the command; nothing where stderr is closed or full."""
    if sys.stderr is None:
        return
    try:
        for line in str(message).splitlines():
            print(f"otel-ops: {visible(line)}", file=sys.stderr, flush=True)
    except OSError:
        give_up(sys.stderr)


def visible(line: str) -> str:
    """Show what a terminal would obey, such as escape sequences in the name of a file."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)


def give_up(stream: TextIO) -> None:
    """Send what a stream still holds nowhere: the end of the process would try again to write it, and complain."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
