"""QtErrorHandler: one dialog, made in the thread of the GUI, which holds up neither the program nor its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.desktops import need, running
from tests.integration.conftest import APART
from tests.integration.windows.conftest import Windowed

pytest.importorskip("PySide6.QtWidgets", reason="Qt finds no libGL: apt-get install libgl1 libegl1 libxkbcommon0")

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=false"}
PYQT = APART / "pyqt6"
PROGRAM = """
    from tests.integration.windows.qt_program import *
    from tests.integration.windows.failing import *
"""


@pytest.fixture(params=["PySide6", "PyQt6"])
def binding(request: pytest.FixtureRequest) -> dict[str, str]:
    """Give the environment for each binding."""
    if request.param == "PySide6":
        return OFFSCREEN
    if not PYQT.is_dir():
        pytest.skip(f"{PYQT} is not there: make installs it")
    repository = Path(__file__).parents[3]
    return {**OFFSCREEN, "BINDING": "PyQt6", "PYTHONPATH": os.pathsep.join([str(repository), str(PYQT)])}


def test_a_failure_opens_a_dialog(windowed: Windowed, binding: dict[str, str]) -> None:
    """It tells what failed as plain text; its details, once they are shown, hold the tree and the stack."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        fail_elsewhere()
        yield dialogs
        (dialog,) = dialogs()
        text, hidden = words(dialog), details(dialog).isHidden()
        click(dialog, "Show Details")
        say(title=dialog.windowTitle(), text=text, hidden=hidden, shown=details(dialog).isVisible(),
            details=details(dialog).toPlainText(), threads=list(threads), modal=dialog.isModal())
    threads, failures, app = threads_that_make_widgets(), handler(), application()
    play(app, scene())
    """,
        **binding,
    )

    assert ("An operation failed", True, True, False) == (told["title"], told["hidden"], told["shown"], told["modal"])
    assert "evaluate failed: BadRowError: row <b>7</b> is bad" in told["text"].splitlines()
    assert "└─ ✗ parse" in told["details"]
    assert "Traceback (most recent call last):" in told["details"]
    assert ["MainThread"] == told["threads"]
    assert "" == err


def test_there_is_one_dialog_at_a_time(windowed: Windowed, binding: dict[str, str]) -> None:
    """What fails while it is open is told in it; once it was closed, the next failure opens one that is as new."""
    (both, alone, again), err = windowed(
        PROGRAM
        + """
    def tell():
        say(number=len(dialogs()), title=dialogs()[0].windowTitle(), text=words(dialogs()[0]),
            hidden=details(dialogs()[0]).isHidden())
    def scene():
        fail()
        yield dialogs
        click(dialogs()[0], "Show Details")
        fail_elsewhere("save", BadColumnError)
        yield lambda: "save" in words(dialogs()[0])
        fail_elsewhere()
        failures.force_flush()
        app.processEvents()
        tell()
        click(dialogs()[0], "Close")
        yield lambda: not dialogs()
        fail_elsewhere("save", BadColumnError)
        yield dialogs
        tell()
        dialogs()[0].close()
        fail()
        yield dialogs
        tell()
    failures, app = handler(), application()
    play(app, scene())
    """,
        **binding,
    )

    assert (1, "Operations failed") == (both["number"], both["title"])
    assert "evaluate failed: BadRowError: row <b>7</b> is bad – 2 times in all" in both["text"]
    assert "Since then:\n• save failed: BadColumnError: row <b>7</b> is bad" in both["text"]
    assert (1, "An operation failed", True) == (alone["number"], alone["title"], alone["hidden"])
    assert "evaluate" not in alone["text"]
    assert (1, True, False) == (again["number"], "evaluate failed" in again["text"], "save" in again["text"])
    assert "" == err


def test_the_application_quits_as_without_it(windowed: Windowed, binding: dict[str, str]) -> None:
    """An open dialog does not keep it when its last window is closed; closing the dialog does not end it."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        fail_elsewhere()
        yield dialogs
        dialogs()[0].close()
        fail_elsewhere("save", BadColumnError)
        yield dialogs
        window.show()
        yield window.isVisible
        window.close()
        yield lambda: False
    failures, app = handler(), application()
    window = QtWidgets.QMainWindow()
    code = play(app, scene())
    say(code=code, counts=counts(failures))
    """,
        **binding,
    )

    assert {"code": 0, "counts": {}} == told
    assert "" == err


def test_a_busy_gui_holds_up_nobody(windowed: Windowed, binding: dict[str, str]) -> None:
    """Whoever waits for the handler in the thread of the GUI gets on; the dialog opens when the GUI does."""
    (busy, idle), err = windowed(
        PROGRAM
        + """
    def scene():
        fail()
        say(done=failures.force_flush(), number=len(dialogs()))
        yield dialogs
        say(number=len(dialogs()))
    failures, app = handler(), application()
    play(app, scene())
    """,
        **binding,
    )

    assert ({"done": True, "number": 0}, {"number": 1}) == (busy, idle)
    assert "" == err


def test_many_kinds_of_failures_are_one_dialog(windowed: Windowed) -> None:
    """It tells some, and how many more there were."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        for number in range(50):
            fail(f"step {number}", type(f"Bad{number}Error", (ValueError,), {}))
        yield lambda: dialogs() and "… and 30 more" in words(dialogs()[0])
        say(number=len(dialogs()), lines=words(dialogs()[0]).count("•"))
    failures, app = handler(), application()
    play(app, scene())
    """,
        **OFFSCREEN,
    )

    assert {"number": 1, "lines": 19} == told
    assert "" == err


def test_without_a_binding(windowed: Windowed) -> None:
    """A program that has not imported Qt is warned once, with the remedy, and Qt is not imported for it."""
    (told,), err = windowed(
        """
    import sys
    from otel_ops import configure
    from otel_ops.errors.dialogs.qt import QtErrorHandler
    from tests.integration.windows.failing import *
    failures = QtErrorHandler(window_seconds=0)
    configure(error_handlers=[failures], trace_file=False)
    fail()
    fail()
    say(counts=counts(failures), imported=[name for name in sys.modules if name.startswith(("PySide6", "PyQt6"))])
    """,
        **OFFSCREEN,
    )

    assert ([], True) == (told["imported"], told["counts"]["error_handler.failed"] >= 1)
    assert 1 == err.count("there is no QApplication of PySide6 or PyQt6; make one first, or name another error handler")


def test_without_windows(windowed: Windowed, binding: dict[str, str]) -> None:
    """A program that has Qt's event loop, but cannot have windows, goes on with a warning."""
    (told,), err = windowed(
        PROGRAM
        + """
    failures, app = handler(), QtCore.QCoreApplication([])
    fail()
    say(counts=counts(failures))
    """,
        **binding,
    )

    assert told["counts"]["error_handler.failed"] >= 1
    assert 1 == err.count("there is no QApplication")


def test_after_the_application_has_quit(windowed: Windowed, binding: dict[str, str]) -> None:
    """What fails then is told by one warning; where the application runs again, it is shown again."""
    (quitted, again), err = windowed(
        PROGRAM
        + """
    def scene():
        fail()
        yield dialogs
        dialogs()[0].close()
    def later():
        yield dialogs
        say(number=len(dialogs()))
    failures, app = handler(), application()
    play(app, scene())
    fail("late")
    say(counts=counts(failures))
    play(app, later())
    """,
        **binding,
    )

    assert quitted["counts"]["error_handler.failed"] >= 1
    assert 1 == again["number"]
    assert 1 == err.count("the GUI of the program has quit")


def test_what_was_never_shown_is_counted(windowed: Windowed, binding: dict[str, str]) -> None:
    """Where the event loop never ran, the end of the program says how many reports nobody saw."""
    told, err = windowed(
        PROGRAM
        + """
    failures, app = handler(), application()
    fail()
    fail("save", BadColumnError)
    failures.force_flush()
    """,
        **binding,
    )

    assert [] == told
    assert "2 report(s) of failures were not shown: the GUI's event loop had ended, or did not run" in err


def test_what_waits_is_shown_also_where_the_settings_change(windowed: Windowed) -> None:
    """A handler that is taken out has its last reports shown all the same, and the dialog stays the only one."""
    (told,), err = windowed(
        PROGRAM
        + """
    def scene():
        fail()
        handler()
        fail("save", BadColumnError)
        yield lambda: dialogs() and "save" in words(dialogs()[0])
        say(number=len(dialogs()), text=words(dialogs()[0]))
    handler()
    app = application()
    play(app, scene())
    """,
        **OFFSCREEN,
    )

    assert (1, True) == (told["number"], "evaluate failed" in told["text"])
    assert "" == err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_has_no_gui(windowed: Windowed, binding: dict[str, str]) -> None:
    """Its failures are warned of in its own place, and the dialog of the parent is left alone."""
    (child, parent), err = windowed(
        PROGRAM
        + """
    import os, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    def scene():
        fail()
        yield dialogs
        child = os.fork()
        if not child:
            fail("child", BadColumnError)
            say(counts=counts(failures))
            os._exit(0)
        os.waitpid(child, 0)
        say(number=len(dialogs()), text=words(dialogs()[0]))
    failures, app = handler(), application()
    play(app, scene())
    """,
        **binding,
    )

    assert child["counts"]["error_handler.failed"] >= 1
    assert (1, False) == (parent["number"], "child" in parent["text"])
    assert 1 == err.count("a forked process has no GUI of its own")


def test_a_handler_can_be_sent_to_another_process(windowed: Windowed, binding: dict[str, str]) -> None:
    """It goes without its windows."""
    (told,), err = windowed(
        PROGRAM
        + """
    import pickle
    def scene():
        fail()
        yield dialogs
        say(style=pickle.loads(pickle.dumps(failures)).style)
    failures, app = handler(style="tray"), application()
    play(app, scene())
    """,
        **binding,
    )

    assert {"style": "tray"} == told
    assert 1 == err.count("this desktop has no system tray; a dialog tells instead")


def test_a_dialog_on_a_screen(windowed: Windowed, display: str, picture: Path) -> None:
    """It is seen on a real screen, whole, also with its details."""
    need("import", "convert")
    (small, large), _ = windowed(
        PROGRAM
        + f"""
    from pathlib import Path
    from tests.desktops import photograph
    def area(number):
        app.processEvents()
        return photograph({display!r}, Path({str(picture)!r}))
    def scene():
        fail_elsewhere()
        yield dialogs
        yield lambda: area(1)
        say(area=area(1), size=[dialogs()[0].width(), dialogs()[0].height()])
        click(dialogs()[0], "Show Details")
        yield lambda: area(2).height > 400
        say(area=area(2), size=[dialogs()[0].width(), dialogs()[0].height()])
    failures, app = handler(), application()
    play(app, scene())
    """,
        DISPLAY=display,
        QT_QPA_PLATFORM="xcb",
    )

    assert small["area"][:2] == small["size"]
    assert large["area"][:2] == large["size"]
    assert large["area"][1] > small["area"][1] + 300


def test_a_message_of_the_tray(windowed: Windowed, display: str, picture: Path) -> None:
    """It is seen on a real screen; a click opens the dialog, which tells everything since the last click."""
    need("trayer")
    with running("trayer", "--edge", "bottom", "--align", "right", env={**os.environ, "DISPLAY": display}):
        (told,), _ = windowed(
            PROGRAM
            + f"""
    from pathlib import Path
    from tests.desktops import photograph
    def icons():
        import gc
        kind = QtWidgets.QSystemTrayIcon
        return [each for each in gc.get_objects() if isinstance(each, kind) and each.isVisible()]
    def seen():
        app.processEvents()
        area = photograph({display!r}, Path({str(picture)!r}))
        return area and area.height > 40
    def scene():
        yield QtWidgets.QSystemTrayIcon.isSystemTrayAvailable
        fail_elsewhere()
        yield icons
        fail_elsewhere("save", BadColumnError)
        failures.force_flush()
        yield seen
        assert not dialogs()
        icons()[0].messageClicked.emit()
        yield dialogs
        say(text=words(dialogs()[0]), icons=len(icons()))
    failures, app = handler(style="tray"), application()
    play(app, scene())
    """,
            DISPLAY=display,
            QT_QPA_PLATFORM="xcb",
        )

    assert 0 == told["icons"]
    assert "evaluate failed" in told["text"]
    assert "• save failed" in told["text"]


def test_wrong_options() -> None:
    """The error names key, value and remedy."""
    from otel_ops.errors.dialogs.qt import QtErrorHandler

    with pytest.raises(ValueError, match="style = 'window': must be one of dialog, tray"):
        QtErrorHandler(style="window")  # type: ignore[arg-type]
