"""DesktopErrorHandler with a real notification daemon, on a screen, in a program of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.desktops import SIZE, need, photograph, running, session_bus, wait_for
from tests.integration.windows.conftest import Windowed

PROGRAM = """
    from otel_ops import configure
    from otel_ops.errors.desktop import DesktopErrorHandler
    from tests.integration.windows.failing import *
    def handler(**options):
        made = DesktopErrorHandler(window_seconds=0, **options)
        configure(error_handlers=[made], trace_file=False, service_name="thermal", exit_seconds=2)
        return made
"""


class Daemon(NamedTuple):
    """A notification daemon, and how it is reached."""

    process_id: int
    environment: dict[str, str]

    def ask(self, method: str, interface: str = "org.dunstproject.cmd0") -> tuple[Any, ...]:
        """Call a method of it."""
        from jeepney import DBusAddress, new_method_call
        from jeepney.io.blocking import open_dbus_connection

        name = "org.freedesktop.Notifications"
        address = DBusAddress("/org/freedesktop/Notifications", bus_name=name, interface=interface)
        with open_dbus_connection(self.environment["DBUS_SESSION_BUS_ADDRESS"]) as connection:
            body: tuple[Any, ...] = connection.send_and_get_reply(new_method_call(address, method), timeout=10).body
            return body

    def history(self) -> list[dict[str, Any]]:
        """Close what is shown, and give everything that was, the latest first."""
        self.ask("NotificationCloseAll")
        (told,) = self.ask("NotificationListHistory")
        return [{key: value for key, (_, value) in each.items()} for each in told]

    def is_there(self) -> bool:
        """Tell whether it answers."""
        return "org.freedesktop.DBus.Error" not in str(self.ask("GetServerInformation", "org.freedesktop.Notifications"))


@pytest.fixture
def daemon(display: str, tmp_path: Path) -> Iterator[Daemon]:
    """Have dunst on a screen and a bus of its own."""
    settings = tmp_path / "dunstrc"
    settings.write_text("[global]\nmonitor = 0\nfollow = none\n")
    with session_bus(tmp_path / "bus") as address:
        environment = {"DBUS_SESSION_BUS_ADDRESS": address, "DISPLAY": display}
        with running("dunst", "-conf", str(settings), env={**os.environ, **environment}) as process:
            dunst = Daemon(process.pid, environment)
            wait_for(dunst.is_there)
            yield dunst


def test_a_failure_is_seen_on_the_desktop(windowed: Windowed, daemon: Daemon, picture: Path) -> None:
    """The daemon shows one notification, with title and tree, at the edge of the screen."""
    need("import", "convert")
    (told,), err = windowed(PROGRAM + "\n    failures = handler(); fail(); say(counts=counts(failures))", **daemon.environment)
    area = wait_for(lambda: photograph(daemon.environment["DISPLAY"], picture))

    assert ({"counts": {}}, "") == (told, err)
    assert area.width in range(250, 400)
    assert area.left + area.width > SIZE[0] - 60
    (shown,) = daemon.history()
    assert ("thermal", "evaluate failed: BadRowError: row <b>7</b> is bad") == (shown["appname"], shown["summary"])
    assert "└ ✗ parse" in shown["body"]


def test_a_failure_that_comes_again_stays_one_notification(windowed: Windowed, daemon: Daemon) -> None:
    """The daemon replaces the former one; another kind of failure has its own."""
    windowed(
        PROGRAM
        + """
    failures = handler()
    for kind in BadRowError, BadColumnError, BadRowError, BadRowError:
        fail("evaluate", kind)
        failures.force_flush()
    say(counts=counts(failures))
    """,
        **daemon.environment,
    )

    kinds = "BadColumnError", "BadRowError"
    expected = [f"evaluate failed: {kind}: row <b>7</b> is bad" for kind in kinds]
    assert expected == sorted(each["summary"] for each in daemon.history())


def test_a_daemon_that_hangs_holds_up_nobody(windowed: Windowed, daemon: Daemon) -> None:
    """The program goes on, ends within its time, and is warned once."""
    os.kill(daemon.process_id, signal.SIGSTOP)
    try:
        (told,), err = windowed(
            PROGRAM + "\n    failures = handler(timeout_seconds=0.2); fail(); say(done=True)", **daemon.environment
        )
    finally:
        os.kill(daemon.process_id, signal.SIGCONT)

    assert told == {"done": True}
    assert 1 == err.count("nobody on the session bus has answered to GetCapabilities within 0.2 s")


def test_programs_without_a_bus_go_on(windowed: Windowed) -> None:
    """One warning says what is missing, and what to do."""
    (told,), err = windowed(
        PROGRAM + "\n    failures = handler(); fail(); fail('save', BadColumnError); say(counts=counts(failures))",
        DBUS_SESSION_BUS_ADDRESS="",
        XDG_RUNTIME_DIR="",
    )

    assert told["counts"]["error_handler.failed"] >= 1
    assert 1 == err.count("DBUS_SESSION_BUS_ADDRESS is not set; run in a desktop session, or name another error handler")
