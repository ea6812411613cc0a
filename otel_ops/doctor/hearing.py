"""Hears what loggers say, which is printed nowhere meanwhile."""

from __future__ import annotations

import logging
import re

from otel_ops.redaction import HIDDEN, redacted

_REASON = re.compile(r" \[[\w.]+; further ones are only counted, see otel_ops\.diagnostics\(\)\]$")

_HEADERS = re.compile(r"^(Header format invalid!.*?: ).*")
"""What is said of headers ends with them, and they hold secrets."""


class Heard(logging.Handler):
    """Hears warnings of some loggers and those below, as long as the with-block is open.

    Attributes:
        messages: What they said, each in one line.
    """

    def __init__(self, *names: str) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._loggers = [logging.getLogger(name) for name in names]

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        message = " ".join(record.getMessage().split()).removeprefix("otel_ops: ")
        shown = _HEADERS.sub(rf"\1{HIDDEN}", _REASON.sub("", message))
        self.messages.append(redacted(shown))

    def __enter__(self) -> Heard:
        self._propagating = [logger.propagate for logger in self._loggers]
        for logger in self._loggers:
            logger.propagate = False
            logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        for logger, propagates in zip(self._loggers, self._propagating, strict=True):
            logger.removeHandler(self)
            logger.propagate = propagates
