"""Shows failures in a dialog or a tray message of Qt."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal

from otel_ops import faults
from otel_ops.errors.dialogs.qt_dialog import Qt, QtDialog
from otel_ops.errors.dialogs.window import Desk, WindowErrorHandler
from otel_ops.errors.story.glance import Glance
from otel_ops.semconv import Kind

_BINDINGS = "PySide6", "PyQt6"
_STYLES = "dialog", "tray"


class QtErrorHandler(WindowErrorHandler):
    """Shows failures in a dialog, or a message of the system tray, of a program that has a ``QApplication``.

    With PySide6 or PyQt6, whichever the program has imported. Windows are made in the thread of the GUI, none is modal,
    and there is one dialog at a time: what fails while it is open is told in it. "Show Details…" opens the operation's
    tree and the stack; in the tray, a click on the message does.

    Args:
        style: ``dialog``, or ``tray`` for a message of the system tray.
        window_seconds: Shortest time between two reports of one kind of failure, in seconds.
        levels: What is told of: ``operation``, ``suboperation`` or both.

    Raises:
        ValueError: An argument cannot be used; the message says why.
    """

    def __init__(
        self,
        *,
        style: Literal["dialog", "tray"] = "dialog",
        window_seconds: float = 300.0,
        levels: Sequence[str] = (Kind.OPERATION,),
    ) -> None:
        super().__init__(window_seconds=window_seconds, levels=levels)
        if style not in _STYLES:
            msg = f"style = {style!r}: must be one of {', '.join(_STYLES)}"
            raise ValueError(msg)
        self.style = style

    def _find_gui(self) -> Any:
        """Give the program's ``QApplication``, or None."""
        return next((qt.application for qt in _imported() if qt.application is not None), None)

    def _new_desk(self, gui: Any) -> Desk:
        """Make what shows dialogs in its thread."""
        return _QtDesk(next(qt for qt in _imported() if qt.application is gui))

    def _nothing_there(self) -> str:
        """Say that there is no ``QApplication``."""
        return f"there is no QApplication of {' or '.join(_BINDINGS)}; make one first, or name another error handler"


def _imported() -> list[Qt]:
    parts = ([sys.modules.get(f"{name}.{part}") for part in ("QtCore", "QtGui", "QtWidgets")] for name in _BINDINGS)
    return [Qt(*modules) for modules in parts if all(modules)]


class _QtDesk(Desk):
    """Shows failures in the thread of a ``QApplication``."""

    def __init__(self, qt: Qt) -> None:
        super().__init__()
        self._qt = qt
        self._application = qt.application
        self._dialog = QtDialog(qt)
        self._tray = _Tray(qt, self._dialog)
        self._bell = _bell(qt, self._rung)
        self._bell.moveToThread(self._application.thread())

    def wake(self) -> None:
        """Send the thread of the GUI an event."""
        self._qt.core.QCoreApplication.postEvent(self._bell, self._qt.core.QEvent(self._qt.core.QEvent.Type.User))

    def show(self, glances: Sequence[Glance], style: str) -> None:
        """Show them in the dialog, or in the tray where there is one."""
        teller = self._tray if style == "tray" and self._tray.is_there() else self._dialog
        teller.tell(glances)

    def begin(self) -> None:
        """Go when the application does, and know when it quits."""
        self._bell.setParent(self._application)
        self._application.aboutToQuit.connect(self._quit)

    def _rung(self) -> None:
        if self._bell.parent() is None:
            self.begin()
        self.has_quit = False
        self.show_waiting()

    def _quit(self) -> None:
        self.has_quit = True


def _bell(qt: Qt, ring: Callable[[], None]) -> Any:
    """Make an object that calls `ring` for each event that it is sent."""

    class Bell(qt.core.QObject):  # type: ignore[misc, name-defined]
        def customEvent(self, _: object) -> None:  # noqa: N802 - Qt's name
            ring()

    return Bell()


class _Tray:
    """Messages of the system tray."""

    def __init__(self, qt: Qt, dialog: QtDialog) -> None:
        self._qt = qt
        self._dialog = dialog
        self._icon: Any = None
        self._unseen: list[Glance] = []

    def is_there(self) -> bool:
        """Tell whether the desktop has a system tray; warn where it has none."""
        if self._qt.widgets.QSystemTrayIcon.isSystemTrayAvailable():
            return True
        faults.warn("error_handler.no_tray", 'style = "tray": this desktop has no system tray; a dialog tells instead')
        return False

    def tell(self, glances: Sequence[Glance]) -> None:
        """Show a message for the last of them; a click opens the dialog, which tells all since the last click."""
        self._icon = self._icon or self._new_icon()
        self._unseen = [*self._unseen, *glances]
        self._icon.show()
        self._icon.showMessage(glances[-1].title, glances[-1].tree, self._icon.MessageIcon.Critical)

    def _new_icon(self) -> Any:
        style = self._qt.widgets.QApplication.style()
        icon = self._qt.widgets.QSystemTrayIcon(style.standardIcon(style.StandardPixmap.SP_MessageBoxCritical))
        icon.messageClicked.connect(self._opened)
        icon.activated.connect(self._opened)
        return icon

    def _opened(self, *_: object) -> None:
        unseen, self._unseen = self._unseen, []
        self._icon.hide()
        self._dialog.tell(unseen)
