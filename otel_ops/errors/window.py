"""WindowErrorHandler: the base of handlers that show failures in a window of the program's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from otel_ops import faults
from otel_ops.errors.glance import Glance, glance_of
from otel_ops.errors.notifying import NotifyingErrorHandler
from otel_ops.semconv import Kind

if TYPE_CHECKING:
    from otel_ops.errors.report import Report

MAX_WAITING = 100
"""Most reports that wait for a GUI that does nothing else at the moment, or never will."""

_DESK = "__otel_ops_desk__"


class Desk(ABC):
    """Shows failures of a program in the thread of its GUI; there is one for each, whatever handlers there are.

    Handlers leave reports here from threads of their own, and none of them ever waits for the GUI.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Glance, str]] = deque()
        self.has_quit = False

    def take(self, glance: Glance, style: str) -> None:
        """Have a report shown, soon.

        Raises:
            ConnectionError: The GUI has quit, or takes nothing.
        """
        if not self.has_quit and len(self._waiting) < MAX_WAITING:
            self._waiting.append((glance, style))
        self.wake()
        if self.has_quit:
            raise ConnectionError("the GUI of the program has quit; name another error handler, too, such as log")
        if len(self._waiting) >= MAX_WAITING:
            raise ConnectionError(f"the GUI has shown none of the last {MAX_WAITING} reports; does its event loop run?")

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

    def give_up(self) -> int:
        """Forget what waits; tell how many reports that is."""
        left = len(self._waiting)
        self._waiting.clear()
        return left


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
        self._inherited = id(self.find_gui())
        self._desk = None

    @abstractmethod
    def find_gui(self) -> Any:
        """Give the object that stands for the program's GUI, or None."""

    @abstractmethod
    def new_desk(self, gui: Any) -> Desk:
        """Make the desk of a GUI."""

    @abstractmethod
    def nothing_there(self) -> str:
        """Say what is missing where there is no GUI, and what to do."""

    def notify(self, report: Report) -> None:
        """Have it shown; does not wait for that.

        Raises:
            ConnectionError: There is no GUI.
        """
        gui = self.find_gui()
        if gui is None:
            raise ConnectionError(self.nothing_there())
        if id(gui) == self._inherited:
            raise ConnectionError("a forked process has no GUI of its own; name another error handler, too, such as log")
        self.desk_of(gui).take(glance_of(report), self.style)

    def on_close(self) -> None:
        """Hand over what waits; warn of what was never shown."""
        try:
            super().on_close()
        finally:
            self._warn_of_unshown()

    def wake_again(self) -> None:
        """Have what waits shown, where the GUI did not take it yet."""
        if self._desk is not None and self._desk.waits:
            self._desk.wake()

    def _warn_of_unshown(self) -> None:
        left = self._desk.give_up() if self._desk is not None else 0
        if left:
            told = f"{left} report(s) of failures were not shown: the GUI's event loop had ended, or did not run"
            faults.warn("error_handler.unshown", told, left, about=type(self).__name__)

    def desk_of(self, gui: Any) -> Desk:
        """Give the desk of a GUI; made at its first use."""
        self._desk = vars(gui).get(_DESK) or vars(gui).setdefault(_DESK, self.new_desk(gui))
        return self._desk
