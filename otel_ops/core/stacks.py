"""The text of an exception's stack, as Python has it, bounded, and cheap where the same lines are in it again."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from types import CodeType, TracebackType

from otel_ops.attributes.values import MAX_TEXT
from otel_ops.core.exception_parts import CAUSE, Link, chain_of, message_of, notes_of, text_of, type_name
from otel_ops.core.outcomes import members_of
from otel_ops.faults import shortened
from otel_ops.foreign import traceback_of
from otel_ops.redaction import redacted

MAX_FRAMES = 100
"""Most frames of one traceback that are told, the outermost and the innermost ones."""

MAX_MESSAGE = 4_096
"""Longest message or note in a stack, in characters, so that the frames find room."""

MAX_MEMBERS = 15
"""Most exceptions of one group that are told."""

MAX_NESTING = 10
"""Most groups inside of one another that are told."""

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"
_HEADER = "Traceback (most recent call last):\n"
_GROUP_HEADER = f"Exception Group {_HEADER}"
_END = "    +------------------------------------\n"
_LEFT_OUT = "… earlier exceptions are left out\n"
_OWN_FOLDER = os.path.dirname(__file__) + os.sep


def told_stack(error: BaseException) -> str:
    """Give what `stack_text` does, or, where the exception does not let itself be read, what stands for it."""
    return text_of(error, stack_text, "<stack unreadable>")


def stack_text(error: BaseException) -> str:
    """Format an exception with its causes as Python does, without our own frames and without carets.

    Carets cost more than everything else together: they parse the source line of each frame. Where there is no room for
    all, the causes that are farthest away are left out.
    """
    return "".join(_parts(error, 0))


def _parts(error: BaseException, depth: int) -> list[str]:
    """Give the text of each exception of a chain, and what stands between them, the farthest cause first."""
    parts: list[str] = []
    room = MAX_TEXT - len(_LEFT_OUT)
    for link in chain_of(error):
        text = _one(link.error, depth) + _behind(link)
        room -= len(text)
        if room < 0 and parts:
            parts.insert(0, _LEFT_OUT)
            break
        parts.insert(0, text)
    return parts


def _behind(link: Link) -> str:
    """Give the text between an exception and the one that came of it."""
    return (_CAUSE if link.kind == CAUSE else _CONTEXT) if link.kind else ""


def _one(error: BaseException, depth: int) -> str:
    members = members_of(error)
    if members:
        return "".join(_group(error, members, depth))
    return _own(error, _HEADER)


def _own(error: BaseException, header: str) -> str:
    """Give frames, message and notes of one exception."""
    frames = list(_frames(traceback_of(error)))
    last = _last_lines(error)
    return f"{header}{''.join(_middle_cut(frames))}{last}" if frames else last


def _group(error: BaseException, members: Sequence[BaseException], depth: int) -> Iterator[str]:
    """Tell of a group and of the exceptions inside, in the form that Python gives them."""
    own = _indented(_own(error, _GROUP_HEADER), "  | ")
    yield own if depth else own.replace(f"  | {_GROUP_HEADER}", f"  + {_GROUP_HEADER}", 1)
    text, room, left_out = "", MAX_TEXT, len(members)
    for number, member in enumerate(members[:MAX_MEMBERS] if depth < MAX_NESTING else (), 1):
        yield f"{'    +' if number > 1 else '  +-+'}---------------- {number} ----------------\n"
        text = _of_member(member, depth + 1)
        yield text
        room, left_out = room - len(text), left_out - 1
        if room < 0:
            break
    yield f"    | … and {left_out} more\n" if left_out else ""
    yield "" if text.endswith(_END) and not left_out else _END


def _of_member(member: BaseException, depth: int) -> str:
    return "".join(_indented(part, "  " if part.startswith("  |") else "    | ") for part in _parts(member, depth))


def _indented(text: str, prefix: str) -> str:
    return "".join(prefix + line for line in text.splitlines(keepends=True))


def _last_lines(error: BaseException) -> str:
    if issubclass(type(error), SyntaxError):
        return redacted("".join(traceback.format_exception_only(type(error), error)))
    notes = "".join(f"{shortened(note, MAX_MESSAGE)}\n" for note in notes_of(error))
    return f"{told(type_name(type(error)), shortened(message_of(error), MAX_MESSAGE))}\n{notes}"


def told(name: str, message: str) -> str:
    """Give the line that tells of an exception."""
    return f"{name}: {message}" if message else name


def _middle_cut(frames: list[str]) -> list[str]:
    left_out = len(frames) - MAX_FRAMES
    if left_out <= 0:
        return frames
    half = MAX_FRAMES // 2
    return [*frames[:half], f"  … {left_out} frames …\n", *frames[-half:]]


def _frames(link: TracebackType | None) -> Iterator[str]:
    while link is not None:
        text = _frame_text(link.tb_frame.f_code, link.tb_lineno)
        if text:
            yield text
        link = link.tb_next


_frame_texts: dict[tuple[int, int], tuple[CodeType, str]] = {}
_MAX_FRAME_TEXTS = 10_000


def _frame_text(code: CodeType, line_number: int) -> str:
    """Give the text of a line of code, or nothing for our own; by identity, since hashing code costs more than all."""
    key = (id(code), line_number)
    known = _frame_texts.get(key)
    if known is None:
        if len(_frame_texts) >= _MAX_FRAME_TEXTS:
            _frame_texts.clear()
        known = _frame_texts[key] = (code, _make_frame_text(code, line_number))
    return known[1]


def _make_frame_text(code: CodeType, line_number: int) -> str:
    import linecache  # noqa: PLC0415 - only when something fails

    if code.co_filename.startswith(_OWN_FOLDER):
        return ""
    place = f'  File "{code.co_filename}", line {line_number}, in {code.co_name}\n'
    source = redacted(linecache.getline(code.co_filename, line_number).strip())
    return f"{place}    {source}\n" if source else place
