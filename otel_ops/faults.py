"""What went wrong in otel_ops itself: counted, logged once a kind, never raised into the program.

`diagnostics()` gives the counts.
"""

import logging
import os
import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType

from otel_ops.streams import takes_logs

_logger = logging.getLogger("otel_ops")


class _Faults:
    """Counts by reason, the reasons already logged, and whether faults are raised (in tests)."""

    def __init__(self) -> None:
        self.renew_lock()
        self.reset()

    def renew_lock(self) -> None:
        self.lock = threading.RLock()  # a signal handler may come in between

    def reset(self) -> None:
        self.counts: Counter[str] = Counter()
        self.logged: set[str] = set()
        self.loud = False


_faults = _Faults()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_faults.renew_lock)


def diagnostics() -> dict[str, int]:
    """Count everything of ours that was dropped, cut, refused or failed since the start.

    Returns:
        Counts by reason, such as ``{"attribute.refused": 2, "formatter.failed": 1}``; empty when all went well.
    """
    with _faults.lock:
        return dict(_faults.counts)


def reset_diagnostics() -> None:
    """Forget all counts and which warnings were given."""
    _faults.reset()


def raise_faults(loud: bool) -> None:
    """Choose whether `guarded` lets exceptions of our own code through, as tests want it."""
    _faults.loud = loud


def count(reason: str, number: int = 1) -> None:
    """Add to a count of `diagnostics`."""
    with _faults.lock:
        _faults.counts[reason] += number


def warn(reason: str, message: str, number: int = 1) -> None:
    """Count a fault and log `message` the first time that this `reason` occurs."""
    with _faults.lock:
        _faults.counts[reason] += number
        first = reason not in _faults.logged
        _faults.logged.add(reason)
    if first and takes_logs(_logger):
        with suppress(Exception):  # what the program logs to may be broken or closed, such as its stderr
            _logger.warning("%s [%s; further ones are only counted, see otel_ops.diagnostics()]", message, reason)


def swallow(what: str, error: Exception, left_out: str = "") -> None:
    """Keep an exception of ours away from the program: counted, logged once, raised again only in tests."""
    if _faults.loud:
        raise error
    lost = f"; left out: {left_out}" if left_out else ""
    warn(f"{what}.failed", f"{what} failed with {type(error).__name__}: {error}{lost}. Your program goes on")


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

    Ctrl-C on the main thread is the user's, and does.
    """

    __slots__ = ("_left_out",)

    def __init__(self, what: str, left_out: str = "") -> None:
        super().__init__(what)
        self._left_out = left_out

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        """Swallow all but Ctrl-C on the main thread."""
        if error is None or (isinstance(error, KeyboardInterrupt) and _is_main_thread()):
            return False
        if not isinstance(error, Exception):
            error = RuntimeError(f"it raised {error!r}, which is not for it to decide")
        swallow(self._what, error, self._left_out)
        return True


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
