"""WindowErrorHandler: the base of handlers that show failures in a window of the program's own."""

from __future__ import annotations

import atexit
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from otel_ops import faults
from otel_ops.errors.notifying import NotifyingErrorHandler
from otel_ops.errors.story.glance import Glance, glance_of
from otel_ops.forks import renew_in_children
from otel_ops.semconv import Kind

if TYPE_CHECKING:
    from otel_ops.errors.report import Report

MAX_WAITING = 100
"""Most reports that wait for a GUI that does nothing else at the moment, or never will."""

_DESKS: WeakSet[Desk] = WeakSet()
_DESK = "__otel_ops_desk__"
_REMEDY = "name another error handler, too, such as log"
_HAS_QUIT = f"the GUI of the program has quit; {_REMEDY}"


class Desk(ABC):
    """Shows failures of a program in the thread of its GUI; there is one for each, whatever handlers there are.

    Handlers leave reports here from threads of their own, and none of them ever waits for the GUI.
    """

    def __init__(self) -> None:
        self.has_quit = False
        self.renew()
        renew_in_children(self)
        _DESKS.add(self)

    def renew(self) -> None:
        """Leave what waits to the process that this one was forked from."""
        self._waiting: deque[tuple[Glance, str]] = deque()

    def take(self, glance: Glance, style: str) -> None:
        """Have a report shown, soon.

        Raises:
            ConnectionError: The GUI has quit, or takes nothing.
        """
        reason = self._refusal()
        if not reason:
            self._waiting.append((glance, style))
        self.wake()
        if reason:
            raise ConnectionError(reason)

    def _refusal(self) -> str:
        if self.has_quit:
            return _HAS_QUIT
        if len(self._waiting) >= MAX_WAITING:
            return f"the GUI has shown none of the last {MAX_WAITING} reports; does its event loop run?"
        return ""

    @abstractmethod
    def begin(self) -> None:
        """Take part in the event loop from now on; called in the thread of the GUI."""

    @abstractmethod
    def wake(self) -> None:
        """Have `show_waiting` called in the thread of the GUI; does not wait for it."""

    @abstractmethod
    def show(self, glances: Sequence[Glance], style: str) -> None:
        """Show reports; called in the thread of the GUI."""

    def show_waiting(self) -> None:
        """Show what waits; called in the thread of the GUI."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for style in dict.fromkeys(style for _, style in taken):
            with faults.contained("error_handler", "a window", type(self).__name__):
                self.show([glance for glance, of in taken if of == style], style)

    @property
    def waits(self) -> bool:
        """Whether something is left to be shown."""
        return bool(self._waiting)

    def end(self) -> None:
        """Take nothing more, and warn of what was never shown."""
        self.has_quit = True
        left = len(self._waiting)
        if left:
            told = f"{left} report(s) of failures were not shown: the GUI's event loop had ended, or did not run"
            faults.warn("error_handler.unshown", told, left, about=type(self).__name__)


@atexit.register
def _end() -> None:
    """Warn, once what is told at the end of the program is told, too."""
    for desk in list(_DESKS):
        desk.end()


class WindowErrorHandler(NotifyingErrorHandler):
    """Base of handlers that show failures in a window of the program's own, in the thread of its GUI."""

    style = "dialog"

    def __init__(self, *, window_seconds: float = 300.0, levels: Sequence[str] = (Kind.OPERATION,)) -> None:
        super().__init__(window_seconds=window_seconds, levels=levels)
        self._inherited = 0
        self._desk: Desk | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without what shows windows in this one."""
        return {**super().__getstate__(), "_desk": None}

    def renew(self) -> None:
        """Know the GUI that this process has from the one it was forked from: it can do nothing with that one."""
        super().renew()
        self._inherited = id(self._find_gui())
        self._desk = None

    @abstractmethod
    def _find_gui(self) -> Any:
        """Give the object that stands for the program's GUI, or None."""

    @abstractmethod
    def _new_desk(self, gui: Any) -> Desk:
        """Make the desk of a GUI."""

    @abstractmethod
    def _nothing_there(self) -> str:
        """Say what is missing where there is no GUI, and what to do."""

    def notify(self, report: Report) -> None:
        """Have it shown; does not wait for that.

        Raises:
            ConnectionError: There is no GUI.
        """
        gui = self._find_gui()
        if gui is None:
            raise ConnectionError(_HAS_QUIT if self._desk is not None else self._nothing_there())
        if id(gui) == self._inherited:
            msg = f"a forked process has no GUI of its own; {_REMEDY}"
            raise ConnectionError(msg)
        self._desk_of(gui).take(glance_of(report), self.style)

    def _wake_again(self) -> None:
        """Have what waits shown, where the GUI did not take it yet."""
        if self._desk is not None and self._desk.waits:
            self._desk.wake()

    def _desk_of(self, gui: Any) -> Desk:
        """Give the desk of a GUI; made at its first use."""
        self._desk = vars(gui).get(_DESK) or vars(gui).setdefault(_DESK, self._new_desk(gui))
        return self._desk
