"""Desktops for tests: screens, session buses, and whoever shows notifications; each is started here, and ended.

Where a program is missing the test is skipped; the reason names the Debian package. ``make desktop-packages`` installs
them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PACKAGES = {
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus",
    "dunst": "dunst",
    "import": "imagemagick",
    "convert": "imagemagick",
    "trayer": "trayer",
}
"""Debian packages by the program that the tests need of them."""

SIZE = 1100, 750
PATIENCE_SECONDS = 20.0
_SERVICE = "org.freedesktop.Notifications"


def need(*programs: str) -> None:
    """Skip the test where a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        packages = " ".join(sorted({PACKAGES[program] for program in missing}))
        pytest.skip(f"{', '.join(missing)} not found: apt-get install {packages}, or make desktop-packages")


def wait_for(found: Callable[[], Any]) -> Any:
    """Wait until something is there, and give it."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not (there := found()):
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.02)
    return there


@contextmanager
def running(*command: str, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program meanwhile."""
    need(command[0])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(command, **{**quiet, **settings}) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def screen() -> Iterator[str]:
    """Have a screen of X; gives the name of the display."""
    read, write = os.pipe()
    width, height = SIZE
    numbers = "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"
    try:
        with running("Xvfb", *numbers, pass_fds=[write]):
            os.close(write)
            with open(read, closefd=False) as told:
                yield f":{told.readline().strip()}"
    finally:
        os.close(read)


@contextmanager
def session_bus(path: Path) -> Iterator[str]:
    """Have a session bus whose socket is there; gives its address."""
    address = f"unix:path={path}"
    with running("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}"):
        wait_for(path.exists)
        yield address
    path.unlink(missing_ok=True)


class Area(NamedTuple):
    """A part of the screen, in pixels."""

    width: int
    height: int
    left: int
    top: int


def photograph(display: str, picture: Path) -> Area | None:
    """Take a picture of the screen; give the area in which there is anything, if there is."""
    need("import", "convert")
    environment = {**os.environ, "DISPLAY": display}
    subprocess.run(["import", "-window", "root", picture], env=environment, check=True, timeout=30)
    trim = ["convert", picture, "-bordercolor", "black", "-border", "1", "-trim", "-format", "%w %h %X %Y", "info:"]
    found = subprocess.run(trim, capture_output=True, text=True, check=False, timeout=30).stdout.split()
    area = Area(*map(int, found))
    width, height = SIZE
    return area if area.width > 1 and (area.width, area.height) != (width + 2, height + 2) else None


class Shown(NamedTuple):
    """What a server of notifications was asked to show."""

    program: str
    replaces: int
    icon: str
    title: str
    text: str
    actions: list[str]
    hints: dict[str, Any]
    milliseconds: int


class NotificationServer:
    """Takes notifications from a session bus, and keeps what it is told.

    Args:
        address: Of the bus.
        capabilities: What it says of itself.
        answers: Whether it answers at all.
    """

    def __init__(self, address: str, capabilities: tuple[str, ...] = ("body",), *, answers: bool = True) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        self.shown: list[Shown] = []
        self._capabilities = capabilities
        self._answers = answers
        self._connection = open_dbus_connection(address)
        Proxy(message_bus, self._connection).RequestName(_SERVICE)
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> NotificationServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        from jeepney import HeaderFields, new_method_return

        while not self._has_ended.is_set():
            try:
                message = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            except OSError:
                return
            method = message.header.fields.get(HeaderFields.member)
            if self._answers and method in {"GetCapabilities", "Notify"}:
                signature, answer = self._answer(method, message.body)
                self._connection.send(new_method_return(message, signature, (answer,)))

    def _answer(self, method: str, body: tuple[Any, ...]) -> tuple[str, Any]:
        if method == "GetCapabilities":
            return "as", list(self._capabilities)
        self.shown.append(Shown(*body))
        return "u", body[1] or len(self.shown)
