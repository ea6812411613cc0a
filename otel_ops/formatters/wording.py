"""How values are put into words: attributes, outcomes and failures, safe to write on any terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from otel_ops.durations import duration_in_words
from otel_ops.formatters.rows import Fold
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog
from otel_ops.semconv import (
    ARGUMENT_PREFIX,
    ATTEMPTS,
    CODE_FUNCTION_NAME,
    CONTEXT_KEYS,
    ERROR_TYPE_OTHER,
    META_PREFIX,
    RECOVERED_BY,
    RECOVERY_SECONDS,
    SESSION_ID,
    THREAD_ID,
    THREAD_NAME,
    Kind,
    Outcome,
)
from otel_ops.span_record import LogRecord

MAX_VALUE = 60
"""Longest value of an attribute, in characters."""

MAX_LOGGED = 5
"""Most log records of a failed operation that are shown, the last ones."""

_WARN, _ERROR = 13, 17
_MADE_UP = re.compile("[0-9a-f]{16}")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)", re.DOTALL)
_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_NAMES = {THREAD_NAME: "thread", **{attribute: key for key, attribute in CONTEXT_KEYS.items()}}
_LEFT_OUT = {THREAD_ID, CODE_FUNCTION_NAME}
_OF_RECOVERY = {ATTEMPTS, RECOVERED_BY, RECOVERY_SECONDS}
_NAME_STYLES = {Kind.CONTEXT: "bold cyan", Kind.OPERATION: "bold", FOREIGN: "italic"}
_MARKS = {
    Outcome.ERROR: "✗",
    Outcome.TIMED_OUT: "◷",
    Outcome.CANCELLED: "⊘",
    Outcome.INTERRUPTED: "⊘",
    Outcome.ABANDONED: "⊘",
    Outcome.RECOVERED: "↻",
}
_ASCII_MARKS = {Outcome.ERROR: "x", Outcome.TIMED_OUT: "x", Outcome.RECOVERED: "+"}


def number(count: int) -> str:
    """Put a number into words, with spaces between thousands."""
    return f"{count:,}".replace(",", " ")


def share(part: float, whole: float) -> str:
    """Put a part of a whole into words, such as ``33 %``; ``<1 %`` where it rounds to nothing and is something."""
    percent = round(100 * part / max(1, whole))
    return f"{percent} %" if percent or not part else "<1 %"


def safe(text: str) -> str:
    """Make text fit for one line of a terminal.

    Line breaks become ``⏎``, tabs a space; escape sequences, other control characters and invisible ones, which each
    terminal treats in its own way, go.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_BREAK.sub("⏎", _SEQUENCE.sub("", text)).replace("\t", " ")
    return "".join(letter for letter in text if unicodedata.category(letter) not in _UNSAFE)


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


def name_style(log: OperationLog) -> str:
    """Give the style of the log's name."""
    return "bold red" if log.failed else _NAME_STYLES.get(log.kind, "")


def told(log: OperationLog, around: OperationLog | None) -> Iterator[tuple[str, str]]:
    """Say what is to be known of a log beside its name and times, as texts with their styles."""
    texts = (
        (attributes(context_beyond(log, around)), "cyan"),
        (passed_through(log), "red"),
        (", ".join(remarks(log)), "yellow"),
        (safe(log.scope.name) if log.kind == FOREIGN else "", "dim italic"),
        (attributes(_beside_outcome(log)), "dim"),
    )
    return ((text, style) for text, style in texts if text)


def _beside_outcome(log: OperationLog) -> Mapping[str, Any]:
    if log.outcome != Outcome.RECOVERED:
        return log.attributes
    return {key: value for key, value in log.attributes.items() if key not in _OF_RECOVERY}


def fold_name(fold: Fold) -> str:
    """Say what a fold stands for."""
    return f"… {number(fold.number)} more {safe(fold.name)}"


def told_of_fold(fold: Fold) -> Iterator[tuple[str, str]]:
    """Say what is to be known of a fold, as `told` does."""
    yield "together", "dim"
    if fold.outcomes:
        yield ", ".join(f"{number(count)} {_spelled(name)}" for name, count in fold.outcomes.items()), "yellow"


def reason(log: OperationLog) -> str:
    """Say why the operation failed; empty where it did not, or where `passed_through` says it."""
    failure = log.failure
    if failure is None or passed_through(log):
        return ""
    words = [safe(word) for word in (_type(failure), failure.message) if word]
    text = ": ".join(words) or "failed"
    return f"{text} (began in {safe(failure.origin)})" if _began_elsewhere(log, failure) else text


def last_logged(log: OperationLog) -> Iterator[tuple[LogRecord, str, str]]:
    """Give the last log records of a failed operation, of its own thread, each with its text and style."""
    own = [record for record in log.log_records if THREAD_ID not in record.attributes] if log.failed else []
    for record in own[-MAX_LOGGED:]:
        level, logger = safe(record.severity_text), safe(record.logger)
        where = f"{level} {logger}: ".lstrip() if logger else f"{level} ".lstrip()
        yield record, f"{where}{safe(record.body)}", _severity_style(record.severity_number)


def _severity_style(number: int) -> str:
    return "red" if number >= _ERROR else "yellow" if number >= _WARN else "dim"


def passed_through(log: OperationLog) -> str:
    """Say what failure passed through the operation; empty where none did that one of its suboperations tells."""
    failure = log.failure
    if failure is None or not _began_elsewhere(log, failure):
        return ""
    if not any(child.failure and _key(child.failure) == _key(failure) for child in log.suboperations):
        return ""
    return f"{_type(failure) or 'failure'} from {safe(failure.origin)}"


def _began_elsewhere(log: OperationLog, failure: OperationFailure) -> bool:
    return failure.origin not in {"", log.name}


def _key(failure: OperationFailure) -> str | tuple[str, str]:
    return failure.id or (failure.type, failure.message)


def _type(failure: OperationFailure) -> str:
    return "" if failure.type == ERROR_TYPE_OTHER else error_type(failure.type)


def error_type(full: str) -> str:
    """Give the name of an error's class without its module."""
    return safe(full.rpartition(".")[2] or full)


def outcome(log: OperationLog) -> str:
    """Say how the operation ended; empty where its mark says all."""
    if log.outcome in {Outcome.OK, Outcome.ERROR}:
        return ""
    return _recovery(log) if log.outcome == Outcome.RECOVERED else _spelled(log.outcome)


def _recovery(log: OperationLog) -> str:
    """Say by what it recovered, after how many attempts and how long."""
    told = log.attributes
    words = [_spelled(log.outcome)]
    if RECOVERED_BY in told:
        words.append(f"by {safe(str(told[RECOVERED_BY]))}")
    if isinstance(told.get(ATTEMPTS), int):
        words.append(f"after {number(told[ATTEMPTS])} {'attempt' if told[ATTEMPTS] == 1 else 'attempts'}")
    if isinstance(told.get(RECOVERY_SECONDS), float):
        words.append(f"in {duration_in_words(int(told[RECOVERY_SECONDS] * 1e9))}")
    return " ".join(words)


def remarks(log: OperationLog) -> list[str]:
    """Say what is unusual about the log as a whole."""
    unusual = [safe(log.status_message)] if log.status_message else []
    if log.partial:
        unusual.append("part of an operation in another process")
    if log.late_of:
        unusual.append("ended after its operation")
    if log.lost:
        unusual.append(f"{number(log.lost)} spans inside were given up")
    return unusual


def _spelled(outcome: str) -> str:
    return safe(outcome.replace("_", " "))
