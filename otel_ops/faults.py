"""What went wrong in otel_ops itself: counted, logged once a kind, never raised into the program.

`diagnostics()` gives the counts. A warning is logged in the thread that gives it, so that it stands where it belongs
and needs no thread of its own at a fork or at exit; one that would wait for a full pipe is only counted. Handlers that
wait for something else are the program's own, and let it wait for its own messages just as long.
"""

import logging
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Hashable
from types import TracebackType

from otel_ops.foreign import is_users, name_of
from otel_ops.short_repr import ShortRepr

MAX_SHOWN = 200
"""Longest text of a value or an error in a message, in characters."""

_MAX_MESSAGE = 900
"""Longest message, in characters: in UTF-8 it fits into what a pipe that can be written to takes at once."""

_MAX_LOGGED = 1_000
"""Most warnings that are given; further ones are only counted."""

_MAX_RAISED = 100
_OWN_FOLDER = os.path.dirname(__file__) + os.sep

_logger = logging.getLogger("otel_ops")


class _Warning(threading.local):
    """Whether this thread is giving a warning: a handler of the program's may itself use operations."""

    under_way = False


class _Faults:
    """Counts by reason, the reasons already logged, and, in tests, the faults and the thread that is to raise them."""

    def __init__(self) -> None:
        self.renew_lock()
        self.reset()

    def renew_lock(self) -> None:
        self.lock = threading.RLock()  # a signal handler or a finalizer may come in between on the same thread

    def reset(self) -> None:
        with self.lock:
            self.counts: defaultdict[str, int] = defaultdict(int)  # needs no frame to count, unlike a Counter
            self.logged: set[Hashable] = set()
            self.raised: deque[Exception] = deque(maxlen=_MAX_RAISED)
            self.loud = 0

    def is_first(self, key: Hashable) -> bool:
        """Tell whether a warning of this key was never given, and remember it."""
        with self.lock:
            if key in self.logged or len(self.logged) >= _MAX_LOGGED:
                return False
            self.logged.add(key)
            return True


class TooDeep:
    """Counts operations at the limit of recursion, where no function can be called, not even to count."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0

    def tell(self) -> None:
        """Warn of what was counted; later, where the limit is still too near."""
        number, self.number = self.number, 0
        if not number:
            return
        try:
            warn("operation.too_deep", "operations at the limit of recursion were left out", number)
        except RecursionError:
            self.number += number


TOO_DEEP = TooDeep()
"""The one count of this process."""

_repr = ShortRepr(items=6, characters=100)
_faults = _Faults()
_warning = _Warning()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_faults.renew_lock)


def diagnostics() -> dict[str, int]:
    """Count everything of ours that was dropped, cut, refused or failed since the start.

    Returns:
        Counts by reason, such as ``{"attribute.refused": 2, "output.failed": 1}``; empty when all went well.
    """
    TOO_DEEP.tell()
    with _faults.lock:
        return dict(_faults.counts)


def reset_diagnostics() -> None:
    """Forget all counts, which warnings were given, and the faults that were raised."""
    _faults.reset()


def raise_faults(loud: bool) -> None:
    """Choose whether exceptions of our own code are let through on the calling thread, as tests want it.

    Those of other threads are counted and logged, as always; `raised` gives them, too.
    """
    _faults.loud = threading.get_ident() if loud else 0


def raised() -> tuple[Exception, ...]:
    """Give the faults since they are to be raised, of all threads, also where nobody saw them; the latest 100."""
    return tuple(_faults.raised)


def count(reason: str, number: int = 1) -> None:
    """Add to a count of `diagnostics`."""
    with _faults.lock:
        _faults.counts[reason] += number


def warn(reason: str, message: str, number: int = 1, about: Hashable = None) -> None:
    """Count a fault and log `message` the first time that this `reason` occurs, or occurs about this one thing.

    Neither a logging handler that raises, nor one that uses operations, nor a stream that nobody reads does any harm.
    Nothing is raised once it is counted, not at the limit of recursion either.
    """
    with _faults.lock:
        _faults.counts[reason] += number
    if _warning.under_way:
        return
    _warning.under_way = True
    try:
        if _faults.is_first((reason, about)):
            _log(reason, message)
    except Exception:  # noqa: BLE001 - what the program logs to may be broken or closed, such as its stderr
        with _faults.lock:
            _faults.counts["warning.failed"] += 1
    finally:
        _warning.under_way = False


def _log(reason: str, message: str) -> None:
    from otel_ops.streams import takes_logs  # noqa: PLC0415 - warnings are rare, and importing otel_ops must be cheap

    if takes_logs(_logger):
        speaker = "" if _logger.hasHandlers() else "otel_ops: "  # Python prints the bare message then
        text = speaker + shortened(message, _MAX_MESSAGE)
        _logger.warning("%s [%s; further ones are only counted, see otel_ops.diagnostics()]", text, reason)
    else:
        count("warning.unwritten")


def shortened(text: str, length: int = MAX_SHOWN) -> str:
    """Cut a text for a message."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def shown(value: object, text_of: Callable[[object], str] = _repr.repr) -> str:
    """Give a value as it stands in a message: short, whatever it is and whatever its ``repr`` does."""
    try:
        return shortened(text_of(value))
    except BaseException as error:
        if is_users(error):
            raise
        return f"<unreadable {name_of(type(value))}>"


def described(error: BaseException) -> str:
    """Give the type of an exception and what it says, as far as it can be read."""
    name: str = name_of(type(error))
    try:
        return shortened(f"{name}: {error}")
    except BaseException as raised:
        if is_users(raised):
            raise
        return name


def _place_of(error: BaseException) -> str:
    """Say in which file and line of somebody else's it was raised."""
    link = error.__traceback__
    while link is not None and link.tb_next is not None:
        link = link.tb_next
    if link is None or link.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER):
        return ""
    return f" ({link.tb_frame.f_code.co_filename.rpartition(os.sep)[2]}:{link.tb_lineno})"


def swallow(what: str, error: Exception, left_out: str = "", about: object = "") -> None:
    """Keep an exception of ours away from the program: counted, logged once, raised again only in tests.

    What a signal handler of the program's raised in the midst of our code is the program's, and is raised again.

    Args:
        what: What failed, as the count is named.
        error: What it raised.
        left_out: What is lost.
        about: Which one of several it was; each is told once.
    """
    if is_users(error):
        raise error
    if _faults.loud:
        _faults.raised.append(error)
        if _faults.loud == threading.get_ident():
            raise error
    lost = f"; left out: {left_out}" if left_out else ""
    which = about if isinstance(about, str) else shown(about, repr)  # paths are whole
    message = f"{what} {which}".rstrip() + f" failed with {described(error)}{_place_of(error)}{lost}"
    warn(f"{what}.failed", f"{message}. Your program goes on", about=which)


class guarded:  # noqa: N801 - reads as a statement: `with guarded("formatter"):`
    """With-block that keeps an exception of ours away from the program: counted, and logged once."""

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        """Enter."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Swallow an `Exception`; let Ctrl-C and exit through."""
        if not isinstance(error, Exception):
            return False
        swallow(self._what, error)
        return True


class contained(guarded):  # noqa: N801 - reads as a statement: `with contained("output"):`
    """As `guarded`, around code that is not ours: no exit or cancellation that it asks for comes through either.

    Ctrl-C and what a signal handler raises are the user's, and do.
    """

    __slots__ = ("_about", "_left_out")

    def __init__(self, what: str, left_out: str = "", about: object = "") -> None:
        super().__init__(what)
        self._left_out = left_out
        self._about = about

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Swallow all but what is the user's."""
        if error is None or is_users(error):
            return False
        if not isinstance(error, Exception):
            error = RuntimeError(f"it raised {shown(error)}, which is not for it to decide")
        swallow(self._what, error, self._left_out, self._about)
        return True
