"""TkErrorHandler: one window, made in the thread of Tk, which holds up neither the program nor its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.desktops import need
from tests.integration.windows.conftest import Windowed

pytest.importorskip("tkinter", reason="this Python has no tkinter: apt-get install python3-tk, for the system's")

PROGRAM = """
    from tests.integration.windows.tk_program import *
    from tests.integration.windows.failing import *
"""
MADE = {
    "with the root": "root = tkinter.Tk(); failures = handler(root)",
    "after the default root": "root = tkinter.Tk(); failures = handler()",
    "before the default root": "failures = handler(); root = tkinter.Tk()",
}
"""How a handler is made; what begins with a failure in another thread must not wait for a poll."""


@pytest.mark.parametrize("made", MADE.values(), ids=list(MADE))
def test_a_failure_opens_a_window(windowed: Windowed, display: str, made: str) -> None:
    """It tells what failed; its details, once they are shown, hold the tree and the stack."""
    (told,), err = windowed(
        PROGRAM
        + f"""
    def scene():
        fail_elsewhere()
        yield lambda: windows(root)
        (window,) = windows(root)
        hidden = not details(window).winfo_viewable()
        click(window, "Show Details")
        root.update()
        say(title=window.title(), text=words(window), hidden=hidden, shown=details(window).winfo_viewable(),
            details=details(window).get("1.0", "end"), threads=list(threads))
    threads = threads_that_make_windows()
    {made}
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert ("An operation failed", True, 1) == (told["title"], told["hidden"], told["shown"])
    assert "evaluate failed: BadRowError: row <b>7</b> is bad" in told["text"].splitlines()
    assert "└─ ✗ parse" in told["details"]
    assert "Traceback (most recent call last):" in told["details"]
    assert ["MainThread"] == told["threads"]
    assert "" == err


def test_there_is_one_window_at_a_time(windowed: Windowed, display: str) -> None:
    """What fails while it is open is told in it; once it was closed, the next failure opens a new one."""
    (both, alone), err = windowed(
        PROGRAM
        + """
    def tell():
        say(number=len(windows(root)), title=windows(root)[0].title(), text=words(windows(root)[0]))
    def scene():
        fail()
        yield lambda: windows(root)
        fail_elsewhere("save", BadColumnError)
        fail_elsewhere()
        yield lambda: "save" in words(windows(root)[0])
        tell()
        click(windows(root)[0], "Close")
        yield lambda: not windows(root)
        fail_elsewhere("save", BadColumnError)
        yield lambda: windows(root)
        tell()
    root = tkinter.Tk()
    failures = handler(root)
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert (1, "Operations failed") == (both["number"], both["title"])
    assert "Since then:\n• save failed: BadColumnError: row <b>7</b> is bad" in both["text"]
    assert (1, "An operation failed") == (alone["number"], alone["title"])
    assert "evaluate" not in alone["text"]
    assert "" == err


def test_a_busy_gui_holds_up_nobody(windowed: Windowed, display: str) -> None:
    """Whoever waits for the handler in the thread of Tk gets on, also where Tk was not asked before."""
    (busy, idle), err = windowed(
        PROGRAM
        + """
    def scene():
        fail()
        say(done=failures.force_flush(), number=len(windows(root)))
        yield lambda: windows(root)
        say(number=len(windows(root)))
    failures = handler()
    root = tkinter.Tk()
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert ({"done": True, "number": 0}, {"number": 1}) == (busy, idle)
    assert "" == err


def test_failures_before_the_main_loop_are_shown_in_it(windowed: Windowed, display: str) -> None:
    """The handler asks Tk again until it takes part."""
    (told,), err = windowed(
        PROGRAM
        + """
    import time
    def scene():
        yield lambda: windows(root)
        say(text=words(windows(root)[0]))
    failures = handler()
    root = tkinter.Tk()
    fail()
    failures.force_flush()
    time.sleep(1.5)
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert "evaluate failed" in told["text"]
    assert "" == err


def test_the_program_ends_as_without_it(windowed: Windowed, display: str) -> None:
    """An open window goes with the root, and what fails after that is told by one warning."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        fail_elsewhere()
        yield lambda: windows(root)
        root.destroy()
        yield lambda: False
    root = tkinter.Tk()
    failures = handler(root)
    root.after(10_000, lambda: 1 / 0)
    play(root, scene())
    fail("late")
    say(counts=counts(failures))
    """,
        DISPLAY=display,
    )

    assert told["counts"]["error_handler.failed"] >= 1
    assert 1 == err.count("the GUI of the program has quit")
    assert "Traceback" not in err


def test_another_root_goes_on_when_one_is_destroyed(windowed: Windowed, display: str) -> None:
    """Nothing of the handler is left in the event loop, which serves both; the new default root shows what fails."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        global root
        fail_elsewhere()
        yield lambda: windows(root)
        root.destroy()
        root = other
        tkinter._default_root = other
        fail_elsewhere("save", BadColumnError)
        yield lambda: windows(other)
        say(text=words(windows(other)[0]))
    root, other = tkinter.Tk(), tkinter.Tk()
    failures = handler()
    play(other, scene())
    """,
        DISPLAY=display,
    )

    assert "save failed" in told["text"]
    assert "" == err


def test_without_a_root(windowed: Windowed) -> None:
    """A program without Tk, or without a display, is warned once, with the remedy, and Tk is not imported for it."""
    (told,), err = windowed(
        """
    import sys
    from otel_ops import configure
    from otel_ops.errors.dialogs.tk import TkErrorHandler
    from tests.integration.windows.failing import *
    failures = TkErrorHandler(window_seconds=0)
    configure(error_handlers=[failures], trace_file=False)
    fail()
    fail()
    say(counts=counts(failures), imported="tkinter" in sys.modules)
    """,
        DISPLAY="",
    )

    assert (False, True) == (told["imported"], told["counts"]["error_handler.failed"] >= 1)
    assert 1 == err.count("there is no window of Tk; make tkinter.Tk() first, or name another error handler")


def test_several_handlers_share_one_poll_and_one_window(windowed: Windowed, display: str) -> None:
    """Another configuration, or another handler, adds neither."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        fail_elsewhere()
        yield lambda: windows(root)
        fail_elsewhere("save", BadColumnError)
        yield lambda: "save" in words(windows(root)[0])
        timers = [str(root.tk.call("after", "info", timer)) for timer in root.tk.call("after", "info")]
        say(number=len(windows(root)), polls=len([timer for timer in timers if "_poll" in timer]))
    root = tkinter.Tk()
    handler(root), handler(root), handler()
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert {"number": 1, "polls": 1} == told
    assert "" == err


def test_what_was_never_shown_is_counted(windowed: Windowed, display: str) -> None:
    """Where the main loop never ran, the end of the program says how many reports nobody saw."""
    told, err = windowed(
        PROGRAM
        + """
    root = tkinter.Tk()
    failures = handler(root)
    fail()
    fail("save", BadColumnError)
    failures.force_flush()
    """,
        DISPLAY=display,
    )

    assert [] == told
    assert "2 report(s) of failures were not shown: the GUI's event loop had ended, or did not run" in err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_has_no_gui(windowed: Windowed, display: str) -> None:
    """Its failures are warned of in its own place, and the window of the parent is left alone."""
    (child, parent), err = windowed(
        PROGRAM
        + """
    import os, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    def scene():
        fail()
        yield lambda: windows(root)
        child = os.fork()
        if not child:
            fail("child", BadColumnError)
            say(counts=counts(failures))
            os._exit(0)
        os.waitpid(child, 0)
        say(number=len(windows(root)), text=words(windows(root)[0]))
    root = tkinter.Tk()
    failures = handler(root)
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert child["counts"]["error_handler.failed"] >= 1
    assert (1, False) == (parent["number"], "child" in parent["text"])
    assert 1 == err.count("a forked process has no GUI of its own")


def test_a_handler_can_be_sent_to_another_process(windowed: Windowed, display: str) -> None:
    """It goes without its window."""
    (told,), err = windowed(
        PROGRAM
        + """
    import pickle
    root = tkinter.Tk()
    failures = handler(root)
    say(kind=type(pickle.loads(pickle.dumps(failures))).__name__)
    """,
        DISPLAY=display,
    )

    assert {"kind": "TkErrorHandler"} == told
    assert "" == err


def test_a_window_on_a_screen(windowed: Windowed, display: str, picture: Path) -> None:
    """It is seen whole, also with its details."""
    need("import", "convert")
    (small, large), _ = windowed(
        PROGRAM
        + f"""
    from pathlib import Path
    from tests.desktops import photograph
    def area():
        root.update()
        return photograph({display!r}, Path({str(picture)!r}))
    def size():
        window = windows(root)[0]
        return [window.winfo_width(), window.winfo_height()]
    def scene():
        fail_elsewhere()
        yield lambda: windows(root)
        yield lambda: area() and list(area()[:2]) == size()
        say(area=area(), size=size())
        click(windows(root)[0], "Show Details")
        yield lambda: area().height > 400
        say(area=area(), size=size())
    root = tkinter.Tk()
    root.geometry("10x10")
    failures = handler(root)
    play(root, scene())
    """,
        DISPLAY=display,
    )

    assert small["area"][:2] == small["size"]
    assert large["area"][:2] == large["size"]
    assert large["area"][1] > small["area"][1] + 200
