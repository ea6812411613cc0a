"""Takes the pictures in docs/how-to/desktop.md: of a notification and of a dialog, on a screen of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.desktops import need, photograph, running, screen, session_bus, wait_for

IMAGES = Path(__file__).parent / "images"
_COLORS = "32"
_FAILING = """
import sys, time
from otel_ops import OperationContext, configure, operation
configure(error_handlers=[sys.argv[1]], service_name="thermal analysis", trace_file=False)
def evaluate():
    try:
        with OperationContext("thermal run", user="ada", file="run1.csv", span=False), operation("evaluate series"):
            with operation("load run1.csv", attributes={"rows": 600}):
                time.sleep(0.004)
            with operation("fit", attributes={"model": "Kissinger"}):
                time.sleep(0.002)
                raise ValueError("row 7 is bad: temperature falls from 482 K to 4.8 K")
    except ValueError:
        pass
"""
_NOTIFIED = "evaluate(); time.sleep(60)"
_DIALOG = """
from PySide6 import QtCore, QtWidgets
app = QtWidgets.QApplication([])
def show_details():
    buttons = [each for each in app.allWidgets() if isinstance(each, QtWidgets.QPushButton) and "Show" in each.text()]
    for button in buttons:
        button.click()
    QtCore.QTimer.singleShot(50, show_details) if not buttons else None
evaluate()
show_details()
app.exec()
"""


def main() -> None:
    """Take both."""
    with tempfile.TemporaryDirectory() as folder, session_bus(Path(folder) / "bus") as bus:
        _take(IMAGES / "notification.png", "desktop", _NOTIFIED, bus, 100)
        _take(IMAGES / "qt.png", "qt", _DIALOG, bus, 400)


def _take(picture: Path, handler: str, program: str, bus: str, height: int) -> None:
    """Take a picture of what a program shows, once it is at least so high."""
    with screen() as display:
        environment = {**os.environ, "DISPLAY": display, "DBUS_SESSION_BUS_ADDRESS": bus, "QT_QPA_PLATFORM": "xcb"}
        with (
            running("dunst", env=environment),
            running(sys.executable, "-c", _FAILING + program, handler, env=environment),
        ):
            wait_for(lambda: (photograph(display, picture) or (0, 0))[1] >= height)
    crop = ["convert", str(picture), "-trim", "+repage", "+dither", "-colors", _COLORS, "-strip", f"PNG8:{picture}"]
    subprocess.run(crop, check=True)


if __name__ == "__main__":
    need("Xvfb", "dbus-daemon", "dunst", "convert")
    main()
