"""A program with a GUI of Qt, for tests: of PySide6, or of the binding that the environment names."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from otel_ops import configure
from otel_ops.errors.dialogs.qt import QtErrorHandler
from tests.integration.windows.failing import Scene, step

BINDING = os.environ.get("BINDING", "PySide6")
QtCore: Any = import_module(f"{BINDING}.QtCore")
QtWidgets: Any = import_module(f"{BINDING}.QtWidgets")


def handler(**options: Any) -> QtErrorHandler:
    """Have failures shown at once, each time."""
    made = QtErrorHandler(window_seconds=0, **options)
    configure(error_handlers=[made], trace_file=False, exit_seconds=2)
    return made


def dialogs() -> list[Any]:
    """Give the dialogs that are open."""
    return [each for each in QtWidgets.QApplication.topLevelWidgets() if _is_dialog(each) and each.isVisible()]


def _is_dialog(widget: Any) -> bool:
    return isinstance(widget, QtWidgets.QDialog)


def words(dialog: Any) -> str:
    """Give what a dialog tells, from top to bottom, without its details."""
    return "\n".join(label.text() for label in dialog.findChildren(QtWidgets.QLabel))


def details(dialog: Any) -> Any:
    """Give the widget that holds them."""
    return dialog.findChild(QtWidgets.QPlainTextEdit)


def click(dialog: Any, text: str) -> None:
    """Click the button that says so."""
    next(button for button in dialog.findChildren(QtWidgets.QPushButton) if text in button.text()).click()


def threads_that_make_widgets() -> set[str]:
    """Give, in the set that grows meanwhile, the names of threads in which dialogs are made."""
    names: set[str] = set()
    made = QtWidgets.QDialog.__init__

    def spy(self: Any, *args: Any, **named: Any) -> None:
        names.add(threading.current_thread().name)
        made(self, *args, **named)

    QtWidgets.QDialog.__init__ = spy
    return names


def play(application: Any, scene: Scene) -> int:
    """Run the application, and the scene in it; quit when that is over. Gives what the application gives."""
    expected: list[Callable[[], object]] = []
    timer = QtCore.QTimer()

    def tick() -> None:
        if step(scene, expected):
            timer.stop()
            application.quit()

    timer.timeout.connect(tick)
    timer.start(10)
    return int(application.exec())


def application() -> Any:
    """Make the application."""
    return QtWidgets.QApplication(sys.argv[:1])
