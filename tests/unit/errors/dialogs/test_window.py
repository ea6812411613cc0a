"""WindowErrorHandler and Desk: reports go to the thread of a GUI, and nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from otel_ops.errors.dialogs import window as module
from otel_ops.errors.dialogs.window import Desk, WindowErrorHandler
from otel_ops.errors.story.glance import Glance
from otel_ops.faults import diagnostics
from tests.failed import reported


class Terminal(Desk):
    """A GUI of lines, whose event loop is whoever calls `show_waiting`."""

    def __init__(self) -> None:
        super().__init__()
        self.woken = 0
        self.told: list[tuple[str, list[str], str]] = []

    def begin(self) -> None:
        pass

    def wake(self) -> None:
        self.woken += 1

    def show(self, glances: Sequence[Glance], style: str) -> None:
        if style == "broken":
            raise RuntimeError(style)
        self.told.append((style, [glance.title for glance in glances], threading.current_thread().name))


class Handler(WindowErrorHandler):
    """Shows failures in the GUI that it is given."""

    def __init__(self, gui: object, style: str = "dialog") -> None:
        self.gui = gui
        super().__init__()
        self.style = style

    def _find_gui(self) -> object:
        return self.gui

    def _new_desk(self, gui: Any) -> Desk:
        return Terminal()

    def _nothing_there(self) -> str:
        return "there is no terminal; buy one"


def terminal_of(handler: Handler) -> Terminal:
    """Give its desk."""
    desk = handler._desk
    assert isinstance(desk, Terminal)
    return desk


def test_reports_wait_for_the_gui() -> None:
    """Whoever reports wakes the GUI, which shows everything that waits, in its own thread."""
    handler = Handler(SimpleNamespace())
    for message in "a", "b":
        reporter = threading.Thread(target=handler.notify, args=[reported(message)])
        reporter.start()
        reporter.join()
    terminal = terminal_of(handler)
    before = list(terminal.told)
    terminal.show_waiting()

    assert (2, []) == (terminal.woken, before)
    assert [("dialog", ["load failed: ValueError: a", "load failed: ValueError: b"], "MainThread")] == terminal.told


def test_handlers_of_one_gui_share_what_shows_windows() -> None:
    """There is one window at a time, whatever handlers there are."""
    gui = SimpleNamespace()
    one, other = Handler(gui), Handler(gui, style="tray")
    one.notify(reported("a"))
    other.notify(reported("b"))
    one.notify(reported("c"))
    terminal_of(one).show_waiting()

    assert terminal_of(one) is terminal_of(other)
    assert [("dialog", 2), ("tray", 1)] == [(style, len(titles)) for style, titles, _ in terminal_of(one).told]


def test_without_a_gui() -> None:
    """The report is not told, and the error says what to do."""
    with pytest.raises(ConnectionError, match="there is no terminal; buy one"):
        Handler(None).notify(reported())


def test_a_gui_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many reports wait for it; then the handler learns that they are not told."""
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    handler = Handler(SimpleNamespace())
    handler.notify(reported("a"))
    handler.notify(reported("b"))
    with pytest.raises(ConnectionError, match="has shown none of the last 2 reports; does its event loop run"):
        handler.notify(reported("c"))
    terminal_of(handler).show_waiting()
    handler.notify(reported("d"))
    terminal_of(handler).show_waiting()

    assert ["a", "b", "d"] == [title[-1] for _, titles, _ in terminal_of(handler).told for title in titles]


@pytest.mark.usefixtures("quiet")
def test_a_window_that_fails_costs_no_other() -> None:
    """The fault is counted, and what else waits is shown."""
    gui = SimpleNamespace()
    broken, whole = Handler(gui, style="broken"), Handler(gui)
    broken.notify(reported("a"))
    whole.notify(reported("b"))
    terminal_of(whole).show_waiting()

    assert ["dialog"] == [style for style, _, _ in terminal_of(whole).told]
    assert {"error_handler.failed": 1} == diagnostics()


@pytest.mark.usefixtures("quiet")
def test_the_end_tells_what_was_never_shown() -> None:
    """It is counted, and nothing more is taken."""
    handler = Handler(SimpleNamespace())
    handler.notify(reported("a"))
    terminal_of(handler).end()

    with pytest.raises(ConnectionError, match="the GUI of the program has quit"):
        handler.notify(reported("b"))
    assert {"error_handler.unshown": 1} == diagnostics()


def test_a_gui_that_is_gone_is_told_as_one_that_has_quit() -> None:
    """Only who never had one is told to make one: Tk and Qt forget theirs at its end."""
    handler = Handler(SimpleNamespace())
    with_none = Handler(None)
    handler.notify(reported("a"))
    handler.gui = None

    with pytest.raises(ConnectionError, match="the GUI of the program has quit"):
        handler.notify(reported("b"))
    with pytest.raises(ConnectionError, match="there is no terminal; buy one"):
        with_none.notify(reported("b"))
