"""DesktopErrorHandler: one notification for each kind of failure, over D-Bus, whatever becomes of the bus."""

from __future__ import annotations

import http.server
import json
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from otel_ops.errors import ErrorHandler
from otel_ops.errors.desktop import handler as module
from otel_ops.errors.desktop import session_bus as bus_module
from otel_ops.errors.desktop.handler import DesktopErrorHandler, _desktop_of
from otel_ops.errors.desktop.session_bus import Notification
from otel_ops.exceptions import MissingExtraError
from otel_ops.testing import HandlerCompatibilitySuite, make_log
from tests.desktops import NotificationServer, session_bus
from tests.failed import reported

pytestmark = pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="D-Bus is of Linux")

Make = Callable[..., DesktopErrorHandler]


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the place where the environment says that the bus is."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
    return tmp_path / "bus"


@pytest.fixture
def bus(socket: Path) -> Iterator[str]:
    """Have a session bus there."""
    with session_bus(socket) as address:
        yield address


@pytest.fixture
def handler() -> Iterator[Make]:
    """Make handlers that are closed after the test."""
    made: list[DesktopErrorHandler] = []

    def make(**options: Any) -> DesktopErrorHandler:
        made.append(DesktopErrorHandler(**options))
        return made[-1]

    yield make
    for each in made:
        each.on_close()


class TestCompatibility(HandlerCompatibilitySuite):
    """It does what any handler does."""

    handler_name = "desktop"

    @pytest.fixture(autouse=True)
    def _server(self, bus: str) -> Iterator[None]:
        with NotificationServer(bus):
            yield

    def options(self) -> dict[str, Any]:
        """Have it shown in another way."""
        return {"urgency": "critical", "app_name": "thermal"}

    def make_handler(self) -> ErrorHandler:
        """Make one whose notifications go to the test's server."""
        return DesktopErrorHandler()


def test_a_report_is_a_notification(bus: str, handler: Make) -> None:
    """It has what happened as its title, and the operation's tree below."""
    with NotificationServer(bus) as server:
        handler().notify(reported())

    (shown,) = server.shown
    assert ("load failed: ValueError: row 7 is bad", "dialog-error", "otel_ops") == (
        shown.title,
        shown.icon,
        shown.program,
    )
    assert ["✗ load  99.5 ms", "└ ✗ parse  1.00 ms"] == shown.text.splitlines()
    assert (0, -1, {"urgency": ("y", 1)}, []) == (shown.replaces, shown.milliseconds, shown.hints, shown.actions)


def test_options_say_how_it_is_shown(bus: str, handler: Make) -> None:
    """Urgency, time, icon and program are the desktop's to heed."""
    options = {"urgency": "critical", "shown_seconds": 2.5, "icon": "face-sad", "app_name": "thermal"}
    with NotificationServer(bus) as server:
        handler(**options).notify(reported())

    (shown,) = server.shown
    assert ({"urgency": ("y", 2)}, 2_500, "face-sad", "thermal") == (
        shown.hints,
        shown.milliseconds,
        shown.icon,
        shown.program,
    )


def test_a_later_report_takes_the_place_of_the_former(bus: str, handler: Make) -> None:
    """What is reported again stands once on the desktop, with its number; another kind stands beside it."""
    desktop = handler()
    with NotificationServer(bus) as server:
        desktop.notify(reported())
        desktop.notify(reported("another", kind="f2"))
        desktop.notify(reported(count=17))

    assert [0, 0, 1] == [shown.replaces for shown in server.shown]
    assert "(17 times in 0 ns)" in server.shown[-1].title


def test_only_so_many_notifications_are_remembered(bus: str, handler: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of kinds takes no memory without bounds: the one that was shown longest ago is not replaced."""
    monkeypatch.setattr(bus_module, "MAX_REMEMBERED", 2)
    desktop = handler()
    with NotificationServer(bus) as server:
        for kind in "f1", "f2", "f3", "f1", "f3":
            desktop.notify(reported(kind=kind))

    assert [0, 0, 0, 0, 3] == [shown.replaces for shown in server.shown]


@pytest.mark.parametrize(
    ("capabilities", "text"),
    [(("body",), "└ ✗ parse <b>&</b>"), (("body", "body-markup"), "└ ✗ parse &lt;b&gt;&amp;&lt;/b&gt;")],
)
def test_text_is_no_markup(bus: str, handler: Make, capabilities: tuple[str, ...], text: str) -> None:
    """What a failure tells is escaped where the server would read it as markup, and only there."""
    with NotificationServer(bus, capabilities) as server:
        handler().notify(reported(where="parse <b>&</b>"))

    assert text in server.shown[0].text


def test_text_is_bounded_and_clean(bus: str, handler: Make) -> None:
    """A message of megabytes, of several lines or with characters that D-Bus refuses costs no notification."""
    nasty = "\x00\ud800\x1b[31m" + 1_000_000 * "long "
    with NotificationServer(bus) as server:
        handler().notify(reported(nasty))

    (shown,) = server.shown
    assert shown.title.startswith("load failed: ValueError: long long")
    assert len(shown.title) <= 160
    assert len(shown.text) < 1_000


def test_a_large_operation_is_cut(bus: str, handler: Make) -> None:
    """The small tree has few rows, among them what failed."""
    steps = [make_log(f"step {number}", number, number + 1) for number in range(40)]
    with NotificationServer(bus) as server:
        handler().notify(reported("row 7 is bad", *steps))

    lines = server.shown[0].text.splitlines()
    assert ["✗ load  99.5 ms", "└ step 0  1.00 ms"] == lines[:2]
    assert ["└ ✗ parse  1.00 ms", "… 33 more"] == lines[-2:]


def test_the_bus_may_go_away_between_two_notifications(socket: Path, handler: Make) -> None:
    """The connection is made anew where it broke; numbers of the former server mean nothing to the next."""
    desktop = handler()
    with session_bus(socket) as address, NotificationServer(address) as first:
        desktop.notify(reported())
    with pytest.raises(ConnectionError, match="no session bus at unix:path="):
        desktop.notify(reported())
    with session_bus(socket) as address, NotificationServer(address) as second:
        desktop.notify(reported())

    assert [0, 0] == [shown.replaces for shown in (*first.shown, *second.shown)]


def test_the_server_may_be_another_one(bus: str, handler: Make) -> None:
    """A server that was started anew knows nothing of what the former one showed, over the same connection."""
    desktop = handler()
    with NotificationServer(bus) as first:
        desktop.notify(reported())
        desktop.notify(reported())
    with NotificationServer(bus) as second:
        desktop.notify(reported())

    assert [0, 1] == [shown.replaces for shown in first.shown]
    assert [0] == [shown.replaces for shown in second.shown]


def test_without_a_bus(handler: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names no bus, the error does, and what to do."""
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    with pytest.raises(ConnectionError, match=r"DBUS_SESSION_BUS_ADDRESS is not set; run in a desktop session, or"):
        handler().notify(reported())


@pytest.mark.parametrize("address", ["nonsense", "tcp:host=localhost,port=1", "unix:path=/nowhere/bus", "unix:"])
def test_addresses_of_no_bus(handler: Make, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """An address that cannot be used is named."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)

    with pytest.raises(ConnectionError, match=f"no session bus at {address}: "):
        handler().notify(reported())


def test_the_bus_of_systemd_is_found(tmp_path: Path, handler: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address, the bus is where systemd has it for each user."""
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with session_bus(tmp_path / "bus") as address, NotificationServer(address) as server:
        handler().notify(reported())

    assert 1 == len(server.shown)


def test_nobody_shows_notifications(bus: str, handler: Make) -> None:
    """A bus without a notification daemon is told from no bus."""
    with pytest.raises(ConnectionError, match="no notification daemon on the session bus"):
        handler().notify(reported())


def test_a_server_that_hangs(bus: str, handler: Make) -> None:
    """It is given up after the time that is allowed."""
    desktop = handler(timeout_seconds=0.1)
    with NotificationServer(bus, answers=False):
        with pytest.raises(
            TimeoutError, match=r"nobody on the session bus has answered to GetCapabilities within 0.1 s"
        ):
            desktop.notify(reported())
    with NotificationServer(bus) as server:
        desktop.notify(reported())

    assert 1 == len(server.shown)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_a_connection_of_its_own(bus: str, handler: Make) -> None:
    """Parent and child show what they have to, and neither reads the other's answers."""
    desktop = handler()
    with NotificationServer(bus) as server:
        desktop.notify(reported())
        child = os.fork()
        if not child:
            status = 1
            try:
                desktop.notify(reported("of the child"))
                status = 0
            finally:
                os._exit(status)
        assert (child, 0) == os.waitpid(child, 0)
        desktop.notify(reported("of the parent"))

    assert ["row 7 is bad", "of the child", "of the parent"] == [
        shown.title.rpartition(": ")[2] for shown in server.shown
    ]
    assert [0, 0, 1] == [shown.replaces for shown in server.shown]


def test_a_handler_can_be_sent_to_another_process(bus: str, handler: Make) -> None:
    """It goes without its connection, and makes one there."""
    desktop = handler(urgency="low")
    with NotificationServer(bus) as server:
        desktop.notify(reported())
        copy = pickle.loads(pickle.dumps(desktop))
        copy.notify(reported())
        copy.on_close()

    assert 2 * [{"urgency": ("y", 0)}] == [shown.hints for shown in server.shown]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"urgency": "high"}, "urgency = 'high': must be one of low, normal, critical"),
        ({"shown_seconds": -1}, "shown_seconds = -1: must be 0 or more seconds"),
        ({"shown_seconds": float("nan")}, "shown_seconds = nan: must be 0 or more seconds"),
        ({"timeout_seconds": 0}, "timeout_seconds = 0: must be more than 0 seconds, such as 5"),
        ({"window_seconds": -1}, "window_seconds = -1: must be 0 or more seconds"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    """The error names key, value and remedy."""
    with pytest.raises(ValueError, match=message):
        DesktopErrorHandler(**options)


def test_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package is told with what installs it, when the handler is made."""
    monkeypatch.setitem(sys.modules, "jeepney", None)
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(MissingExtraError, match=r"pip install jeepney \(the extra otel-ops\[desktop\]\)"):
        DesktopErrorHandler()
    with pytest.raises(MissingExtraError, match=r"pip install apprise \(the extra otel-ops\[apprise\]\)"):
        _desktop_of("win32", 1.0)


@contextmanager
def web_server(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Have a server that takes what Apprise posts as JSON."""
    posted: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}", posted
        server.shutdown()
        thread.join()


@pytest.mark.filterwarnings("ignore:.imghdr:DeprecationWarning")  # Apprise imports it
@pytest.mark.parametrize("status", [200, 500])
def test_other_desktops_are_reached_through_apprise(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Any of its services takes title and text; one that fails is told, by its address."""
    told = Notification("f1", "load failed", "✗ load <1 ms", "thermal", "dialog-error", 1, -1)
    with web_server(status) as (url, posted):
        monkeypatch.setitem(module._APPRISE, "win32", url)
        desktop = _desktop_of("win32", 1.0)
        if status == 200:
            desktop.show(told)
        else:
            with pytest.raises(ConnectionError, match="Apprise cannot show notifications"):
                desktop.show(told)
        desktop.close()

    assert [("load failed", "✗ load <1 ms", "failure")] == [
        (post["title"], post["message"], post["type"]) for post in posted
    ]
