"""The suite for handlers, run for those of windows by `test_compatibility` in a process that has a GUI."""

from __future__ import annotations

import os
import tkinter
from typing import Any

from PySide6.QtWidgets import QApplication

from otel_ops.errors import ErrorHandler, QtErrorHandler, TkErrorHandler
from otel_ops.testing import HandlerCompatibilitySuite

APPLICATION = QApplication.instance() or QApplication([])
ROOT = tkinter.Tk() if os.environ.get("DISPLAY") else None


class TestQt(HandlerCompatibilitySuite):
    """In dialogs of Qt."""

    handler_name = "qt"

    def options(self) -> dict[str, Any]:
        return {"window_seconds": 10.0}

    def make_handler(self) -> ErrorHandler:
        return QtErrorHandler()


class TestTk(HandlerCompatibilitySuite):
    """In windows of Tk."""

    handler_name = "tk"

    def make_handler(self) -> ErrorHandler:
        return TkErrorHandler()
