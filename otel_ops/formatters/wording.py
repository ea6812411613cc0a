"""How values are put into words: durations, attributes, outcomes and failures, safe to write on any terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.semconv import (
    ARGUMENT_PREFIX,
    CODE_FUNCTION_NAME,
    CONTEXT_KEYS,
    META_PREFIX,
    SESSION_ID,
    THREAD_ID,
    THREAD_NAME,
    Outcome,
)

MAX_VALUE = 60
"""Longest value of an attribute, in characters."""

_MADE_UP = re.compile("[0-9a-f]{16}")
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINER = "\u200d"
_NAMES = {THREAD_NAME: "thread", **{attribute: key for key, attribute in CONTEXT_KEYS.items()}}
_LEFT_OUT = {THREAD_ID, CODE_FUNCTION_NAME}
_MARKS = {
    Outcome.ERROR: "✗",
    Outcome.TIMED_OUT: "⧖",
    Outcome.CANCELLED: "⊘",
    Outcome.INTERRUPTED: "⊘",
    Outcome.ABANDONED: "⊘",
    Outcome.RECOVERED: "↻",
}
_ASCII_MARKS = {Outcome.ERROR: "x", Outcome.TIMED_OUT: "x", Outcome.RECOVERED: "+"}


def duration(nanoseconds: float) -> str:
    """Put a duration into words with three significant digits, such as ``1.23 ms`` or ``2 min 05 s``."""
    if nanoseconds < 999.5:  # noqa: PLR2004 - what rounds to less than 1000 of a unit is told in this unit
        return f"{nanoseconds:.0f} ns"
    for unit, size in (("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        amount = nanoseconds / size
        if amount < (999.5 if unit != "s" else 59.95):
            return f"{_three_digits(amount)} {unit}"
    minutes, seconds = divmod(round(nanoseconds / 1e9), 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {seconds:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _three_digits(amount: float) -> str:
    for digits, limit in ((2, 9.995), (1, 99.95)):
        if amount < limit:
            return f"{amount:.{digits}f}"
    return f"{amount:.0f}"


def safe(text: str) -> str:
    """Make text fit for one line of a terminal: line breaks become ``⏎``, other control characters go."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " ")
    return "".join(letter for letter in text if letter == _JOINER or unicodedata.category(letter) not in _UNSAFE)


def attributes(values: Mapping[str, Any]) -> str:
    """Put attributes into words: ``rows=3 unit='K'``."""
    return " ".join(f"{_name(key)}={_value(value)}" for key, value in values.items() if key not in _LEFT_OUT)


def _name(key: str) -> str:
    return safe(_NAMES.get(key) or key.removeprefix(META_PREFIX).removeprefix(ARGUMENT_PREFIX).removeprefix("ops."))


def _value(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = safe(text)
    text = text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
    return repr(text) if " " in text and isinstance(value, str) else text


def context_beyond(log: OperationLog, around: OperationLog | None) -> dict[str, Any]:
    """Give the context's values that differ from those of the log around; a session that was made up is left out."""
    known = around.context if around else {}
    return {
        key: value
        for key, value in log.context.items()
        if (key not in known or known[key] != value) and not (key == SESSION_ID and _MADE_UP.fullmatch(str(value)))
    }


def mark(log: OperationLog, *, unicode: bool) -> str:
    """Give the sign of the outcome; nothing where all went well."""
    marks = _MARKS if unicode else _ASCII_MARKS
    return "" if log.outcome == Outcome.OK else marks.get(log.outcome, "-")


def failure(log: OperationLog) -> str:
    """Say why the operation failed and, if it was elsewhere, where that began; empty where it did not fail."""
    told = log.failure
    if told is None:
        return ""
    text = _reason(told)
    return f"{text} (began in {safe(told.origin)})" if told.origin not in {"", log.name} else text


def _reason(told: OperationFailure) -> str:
    type_ = told.type.rpartition(".")[2]
    words = [safe(word) for word in (type_ if told.type != "_OTHER" else "", told.message) if word]
    return ": ".join(words) or "failed"


def remarks(log: OperationLog) -> list[str]:
    """Say what is unusual about the log as a whole."""
    told = []
    if log.outcome not in {Outcome.OK, Outcome.ERROR}:
        told.append(log.outcome.replace("_", " "))
    if log.partial:
        told.append("part of an operation in another process")
    if log.late_of:
        told.append("ended after its operation")
    if log.lost:
        told.append(f"{log.lost} spans inside were given up")
    return told
