"""Shows failures in a window of Tk."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from otel_ops.errors.dialogs.tk_window import TkWindow
from otel_ops.errors.dialogs.window import Desk, WindowErrorHandler
from otel_ops.errors.story.glance import Glance
from otel_ops.semconv import Kind

if TYPE_CHECKING:
    import tkinter

POLL_MILLISECONDS = 200
"""So often Tk asks whether there is something to show."""


class TkErrorHandler(WindowErrorHandler):
    """Shows failures in a window of a program that has a ``tkinter.Tk``.

    There is one window at a time, which waits for nobody: what fails while it is open is told in it. "Show details"
    opens the operation's tree and the stack. Tk itself asks, in its thread, for what there is to show.

    Args:
        root: A window of the program, where the handler is made in the thread of Tk; None for tkinter's default root.
        window_seconds: Shortest time between two reports of one kind of failure, in seconds.
        levels: What is told of: ``operation``, ``suboperation`` or both.

    Raises:
        ValueError: An argument cannot be used; the message says why.
    """

    def __init__(
        self,
        root: tkinter.Misc | None = None,
        *,
        window_seconds: float = 300.0,
        levels: Sequence[str] = (Kind.OPERATION,),
    ) -> None:
        self._root = root
        super().__init__(window_seconds=window_seconds, levels=levels)
        gui = self._find_gui()
        if gui is not None and (root is not None or threading.current_thread() is threading.main_thread()):
            self._desk_of(gui).begin()

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without the window."""
        return {**super().__getstate__(), "_root": None}

    def on_idle(self) -> None:
        """Tell what is due, and ask Tk again where it did not take part yet."""
        super().on_idle()
        self._wake_again()

    def _find_gui(self) -> Any:
        """Give the program's window, or None."""
        return self._root or getattr(sys.modules.get("tkinter"), "_default_root", None)

    def _new_desk(self, gui: Any) -> Desk:
        """Make what shows windows in its thread."""
        return _TkDesk(gui)

    def _nothing_there(self) -> str:
        """Say that there is no window of Tk."""
        return "there is no window of Tk; make tkinter.Tk() first, or name another error handler, such as log"


class _TkDesk(Desk):
    """Shows failures in the thread of Tk.

    That thread polls. Where it was not there when the handler was made, another one asks Tk to begin, and waits for it:
    the handler's own must not.
    """

    def __init__(self, root: tkinter.Misc) -> None:
        super().__init__()
        self._root = root
        self._window = TkWindow(root)
        self._timer = ""
        self._messenger: threading.Thread | None = None

    def begin(self) -> None:
        """Have Tk poll; elsewhere than in its thread, this waits until it does."""
        with suppress(RuntimeError):  # another thread, and no main loop yet
            self._root.after(0, self._poll)

    def wake(self) -> None:
        """Do nothing where Tk polls, else send somebody who asks it to."""
        if not self._timer and not self.has_quit and not (self._messenger and self._messenger.is_alive()):
            _require_threads()
            self._messenger = threading.Thread(target=self.begin, name="otel_ops to Tk", daemon=True)
            self._messenger.start()

    def show(self, glances: Sequence[Glance], style: str) -> None:
        """Show them in the window."""
        self._window.tell(glances)

    def _poll(self) -> None:
        if self._timer:
            self._root.after_cancel(self._timer)  # several handlers may have begun
        else:
            self._root.bind("<Destroy>", self._destroyed, add="+")
        self._timer = self._root.after(POLL_MILLISECONDS, self._poll)
        self.show_waiting()

    def _destroyed(self, event: tkinter.Event[Any]) -> None:
        if event.widget is self._root and not self.has_quit:
            self.has_quit = True
            self._root.after_cancel(self._timer)


def _require_threads() -> None:
    import tkinter  # noqa: PLC0415 - the program has it

    if tkinter.Tcl().eval("info exists tcl_platform(threaded)") != "1":
        msg = "this Tcl knows no threads; make TkErrorHandler(root) in the thread of the GUI"
        raise ConnectionError(msg)
