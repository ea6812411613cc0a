"""A program with a GUI of Tk, for tests."""

from __future__ import annotations

import threading
import tkinter
from collections.abc import Callable, Iterator
from typing import Any

from otel_ops import configure
from otel_ops.errors.dialogs.tk import TkErrorHandler
from tests.integration.windows.failing import Scene, step


def handler(root: tkinter.Misc | None = None) -> TkErrorHandler:
    """Have failures shown at once, each time."""
    made = TkErrorHandler(root, window_seconds=0)
    configure(error_handlers=[made], trace_file=False, exit_seconds=2)
    return made


def windows(root: tkinter.Misc) -> list[tkinter.Toplevel]:
    """Give the windows that are open beside the program's own."""
    return [each for each in root.winfo_children() if isinstance(each, tkinter.Toplevel) and each.winfo_viewable()]


def inside(widget: tkinter.Misc) -> Iterator[tkinter.Misc]:
    """Give everything in a window."""
    for child in widget.winfo_children():
        yield child
        yield from inside(child)


def words(window: tkinter.Misc) -> str:
    """Give what a window tells, from top to bottom, without its details."""
    return "\n".join(str(each.cget("text")) for each in inside(window) if each.winfo_class() == "TLabel")


def details(window: tkinter.Misc) -> Any:
    """Give the widget that holds them."""
    return next(each for each in inside(window) if isinstance(each, tkinter.Text))


def click(window: tkinter.Misc, text: str) -> None:
    """Click the button that says so."""
    buttons: list[Any] = [each for each in inside(window) if each.winfo_class() == "TButton"]
    next(button for button in buttons if text in button.cget("text")).invoke()


def threads_that_make_windows() -> set[str]:
    """Give, in the set that grows meanwhile, the names of threads in which windows are made."""
    names: set[str] = set()
    made = tkinter.Toplevel.__init__

    def spy(self: Any, *args: Any, **named: Any) -> None:
        names.add(threading.current_thread().name)
        made(self, *args, **named)

    tkinter.Toplevel.__init__ = spy  # type: ignore[method-assign]
    return names


def play(root: tkinter.Misc, scene: Scene) -> None:
    """Run the main loop, and the scene in it; leave the loop when that is over."""
    expected: list[Callable[[], object]] = []

    def tick() -> None:
        if step(scene, expected):
            root.quit()
        else:
            root.after(10, tick)

    root.after(10, tick)
    root.mainloop()
