"""Settings that change while the program runs: at once, where they can, and told, where they cannot."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from dynaconf import Dynaconf  # type: ignore[import-untyped]
from opentelemetry import trace

from otel_ops import Detail, OperationContext, configure, diagnostics, operation, set_detail, shutdown
from otel_ops.detail import GATE
from otel_ops.sdk.reload_signal import RELOAD_SIGNAL
from otel_ops.sdk.setup import SETUP
from otel_ops.settings import Settings, describe_settings

SECONDS = 20
SIGNAL = getattr(signal, "SIGUSR2", None)
needs_signal = pytest.mark.skipif(SIGNAL is None, reason="there is no such signal here")

Log = pytest.LogCaptureFixture


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the empty file with settings in the current directory; nothing of them is left afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "otel_ops.toml"
    path.touch()
    yield path
    shutdown()


def watched(**settings: object) -> Settings:
    return configure(watch=True, trace_file=False, **settings)


def replace(path: Path, text: str) -> None:
    """Put a file in the place of another one, as editors do."""
    new = path.with_name("new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def comes(is_so: Callable[[], object]) -> bool:
    """Wait until something is so."""
    ends_at = time.monotonic() + SECONDS
    while not is_so() and time.monotonic() < ends_at:
        time.sleep(0.01)
    return bool(is_so())


def level_is(level: Detail) -> bool:
    return comes(lambda: GATE.level is level)


def is_told(caplog: Log, number: int = 1) -> bool:
    return comes(lambda: len(warnings_in(caplog)) >= number)


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()} & {"otel_ops watch", "otel_ops reload"}


def warnings_in(caplog: Log) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "otel_ops"]


class TestAFile:
    """A change of a file with settings."""

    def test_every_way_to_change_it(self, file: Path) -> None:
        """It is written, replaced, or gets a file beside it; a link to it leads elsewhere, as in Kubernetes."""
        watched()
        file.write_text('detail = "DEBUG"')
        assert level_is(Detail.DEBUG)
        replace(file, 'detail = "MINIMAL"')
        assert level_is(Detail.MINIMAL)
        file.with_name("otel_ops.local.toml").write_text('detail = "DETAILED"')
        assert level_is(Detail.DETAILED)

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    def test_a_link_that_leads_elsewhere(self, file: Path) -> None:
        """What counts is what it leads to, as where Kubernetes mounts settings."""
        file.unlink()
        for name in ("a", "b"):
            (file.parent / name).mkdir()
        (file.parent / "a" / file.name).write_text('detail = "MINIMAL"')
        (file.parent / "b" / file.name).write_text('detail = "DEBUG"')
        (file.parent / "data").symlink_to("a")
        file.symlink_to("data/otel_ops.toml")
        assert Detail.MINIMAL is watched().detail
        (file.parent / "new").symlink_to("b")
        (file.parent / "new").replace(file.parent / "data")
        assert level_is(Detail.DEBUG)

    def test_many_changes_in_a_moment(self, file: Path) -> None:
        """The last one counts."""
        watched()
        for number in range(300):
            replace(file, f"detail = '{'DEBUG' if number % 2 else 'MINIMAL'}'\nmax_held_spans = {number + 1}")
        assert comes(lambda: SETUP._reloading is not None and SETUP._reloading.settings.max_held_spans == 300)
        assert GATE.level is Detail.DEBUG

    def test_an_invalid_file_changes_nothing(self, file: Path, caplog: Log) -> None:
        """One warning names file, line and column; mended, it counts."""
        file.write_text('detail = "DEBUG"')
        watched()
        replace(file, "announce = false\ndetail = MINIMAL")
        assert is_told(caplog)
        replace(file, 'detail = "LOUD"')
        assert is_told(caplog, 2)
        assert Detail.DEBUG is GATE.level
        broken, wrong = warnings_in(caplog)
        assert broken.startswith(
            f"{file} is no valid TOML: Invalid value (at line 2, column 10); the settings in force"
        )
        assert wrong.startswith(f"detail = 'LOUD' ({file}): no such level of detail; use one of")
        replace(file, 'detail = "MINIMAL"')
        assert level_is(Detail.MINIMAL)

    def test_a_removed_file_changes_nothing(self, file: Path, caplog: Log) -> None:
        """What it has set stays, which is told with the remedy; when it is back, it counts."""
        file.write_text('detail = "DEBUG"')
        watched()
        file.unlink()
        assert is_told(caplog)
        (told,) = warnings_in(caplog)
        assert told.startswith(
            f"{file} is gone; to take back what it has set, leave it empty; the settings in force stay"
        )
        assert Detail.DEBUG is GATE.level
        file.touch()
        assert level_is(Detail.STANDARD)

    def test_a_removed_file_does_not_stand_in_the_way(self, file: Path, caplog: Log) -> None:
        """What it has set stays until something else changes: that counts, without the file."""
        local = file.with_name("otel_ops.local.toml")
        local.write_text('detail = "DEBUG"')
        watched()
        local.unlink()
        assert is_told(caplog)
        assert Detail.DEBUG is GATE.level
        replace(file, 'detail = "MINIMAL"')
        assert level_is(Detail.MINIMAL)
        assert 1 == len(warnings_in(caplog))

    def test_it_may_come_later(self, file: Path) -> None:
        """Where there is none at first, the current directory is watched for it."""
        file.unlink()
        watched()
        replace(file, 'detail = "DEBUG"')
        assert level_is(Detail.DEBUG)

    @pytest.mark.parametrize(
        ("name", "text"),
        [("otel_ops.toml", 'detail = "DEBUG"'), ("pyproject.toml", '[tool.otel_ops]\ndetail = "DEBUG"')],
    )
    def test_a_nearer_one_may_come_later(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
    ) -> None:
        """In the current directory, a file is found that stands above those of its parents."""
        (file.parent / "nearer").mkdir()
        monkeypatch.chdir(file.parent / "nearer")
        watched()
        replace(file.parent / "nearer" / name, text)
        assert level_is(Detail.DEBUG)

    def test_the_directory_is_the_one_of_configure(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A program that goes elsewhere meanwhile still has its settings."""
        watched()
        (file.parent / "elsewhere").mkdir()
        monkeypatch.chdir(file.parent / "elsewhere")
        replace(file, 'detail = "DEBUG"')
        assert level_is(Detail.DEBUG)

    def test_arguments_still_win(self, file: Path) -> None:
        """All sources are read again, each winning over those below it."""
        watched(detail="MINIMAL")
        replace(file, 'detail = "DEBUG"\nmax_held_spans = 7')
        assert comes(lambda: SETUP._reloading is not None and SETUP._reloading.settings.max_held_spans == 7)
        assert Detail.MINIMAL is GATE.level

    def test_nobody_watches_unless_asked(self, file: Path) -> None:
        """By default there is no thread for it; the one that there is ends with `shutdown`."""
        configure(trace_file=False)
        assert set() == threads()
        watched()
        watched()
        assert {"otel_ops watch"} == threads()
        assert 1 == len([thread for thread in threading.enumerate() if thread.name == "otel_ops watch"])
        shutdown()
        assert set() == threads()

    def test_without_watchfiles(self, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: Log) -> None:
        """One warning holds the command that installs it; all else works."""
        monkeypatch.setitem(sys.modules, "watchfiles", None)
        watched(detail="DEBUG")
        (told,) = warnings_in(caplog)
        assert "watchfiles is not installed; run: pip install watchfiles (the extra otel-ops[watch])" in told
        assert (Detail.DEBUG, set()) == (GATE.level, threads())

    def test_what_watchfiles_logs_is_not_heard(self, file: Path, caplog: Log) -> None:
        """A log file beside the settings would change by it, and that be logged."""
        caplog.set_level(logging.DEBUG)
        watched()
        replace(file, 'detail = "DEBUG"')
        assert level_is(Detail.DEBUG)
        assert [] == [record for record in caplog.records if record.name.startswith("watchfiles")]


class TestWhatChanges:
    """Settings that can change while the program runs, and those that cannot."""

    def test_which_can(self) -> None:
        """Each setting says so."""
        assert [
            "detail",
            "detail_rules",
            "exit_seconds",
            "max_held_spans",
            "max_held_seconds",
            "foreign_detail",
            "baggage",
            "baggage_hosts",
            "environment_context",
            "accepted_detail",
        ] == [setting.name for setting in describe_settings() if setting.live]

    def test_they_hold_at_once(self, file: Path) -> None:
        """Levels, rules, the level of foreign spans, and the exit's budget are those of the file."""
        watched()
        replace(
            file,
            'detail = "MINIMAL"\nforeign_detail = "DEBUG"\nexit_seconds = 1.5\nmax_held_spans = 7\n'
            'detail_rules = [{level = "DEBUG", operation = "fit*"}]',
        )
        assert level_is(Detail.MINIMAL)
        assert comes(lambda: SETUP._installed is not None and SETUP._installed.exit_seconds == 1.5)
        with OperationContext() as context, operation("fit", detail="DEBUG"):
            with trace.get_tracer("other").start_as_current_span("query"):
                pass
            with operation("work"):
                pass
        (fit,) = context.operations
        assert [("query", Detail.DEBUG)] == [(step.name, step.detail) for step in fit.suboperations]

    def test_what_set_detail_has_set_stays(self, file: Path) -> None:
        """Only what changed in the settings changes; rules of the settings go, those of the program stay."""
        file.write_text('detail_rules = [{level = "DEBUG", operation = "a*"}]')
        watched()
        set_detail("DETAILED")
        set_detail("DEBUG", operation="b*")
        replace(file, 'detail_rules = [{level = "DEBUG", operation = "c*"}]')
        assert comes(lambda: "c*" in [entry.rule.operation for entry in GATE.rules().entries])
        assert ["b*", "c*"] == [entry.rule.operation for entry in GATE.rules().entries]
        assert Detail.DETAILED is GATE.level

    def test_what_cannot_change_is_told(self, file: Path, caplog: Log) -> None:
        """One warning names them; they keep their values, and the others change."""
        watched()
        replace(file, 'detail = "DEBUG"\noutputs = ["tree"]\nservice_name = "kiln"')
        assert level_is(Detail.DEBUG)
        assert is_told(caplog)
        (told,) = warnings_in(caplog)
        assert told.startswith(
            "service_name, outputs cannot change while the program runs, and keep their values; call"
        )
        replace(file, 'detail = "MINIMAL"\noutputs = ["tree"]\nservice_name = "kiln"')
        assert level_is(Detail.MINIMAL)
        assert (1, 2) == (len(warnings_in(caplog)), diagnostics()["settings.fixed"])


@needs_signal
class TestASignal:
    """A signal at which settings are read again."""

    def configured(self, **settings: object) -> None:
        configure(trace_file=False, reload_signal="SIGUSR2", **settings)

    def send(self) -> None:
        assert SIGNAL is not None
        signal.raise_signal(SIGNAL)

    def handler(self) -> object:
        assert SIGNAL is not None
        return signal.getsignal(SIGNAL)

    def test_all_sources_are_read_again(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Files, the environment, and the program's dynaconf object."""
        settings = Dynaconf(ENVVAR_PREFIX_FOR_DYNACONF="NOBODY")
        self.configured(dynaconf=settings)
        file.write_text('detail = "DEBUG"')
        self.send()
        assert level_is(Detail.DEBUG)
        settings.set("otel_ops", {"detail": "MINIMAL"})
        self.send()
        assert level_is(Detail.MINIMAL)
        monkeypatch.setenv("OTEL_OPS_DETAIL", "DETAILED")
        self.send()
        assert level_is(Detail.DETAILED)

    def test_a_handler_that_was_there_is_called_too(self, file: Path) -> None:
        """Ours comes beside it, goes at the shutdown, and is not put in twice."""
        assert SIGNAL is not None
        called: list[int] = []

        def handle(number: int, _: FrameType | None) -> None:
            called.append(number)

        before = signal.signal(SIGNAL, handle)
        try:
            self.configured()
            self.configured()
            file.write_text('detail = "DEBUG"')
            self.send()
            assert level_is(Detail.DEBUG)
            assert [SIGNAL] == called
            shutdown()
            assert handle is self.handler()
            assert comes(lambda: not threads())
        finally:
            signal.signal(SIGNAL, before)

    def test_another_handler_set_later_is_left_alone(self, file: Path) -> None:
        """The program decides what its signals do."""
        assert SIGNAL is not None
        before = self.handler()
        self.configured()
        signal.signal(SIGNAL, signal.SIG_IGN)
        shutdown()
        assert signal.SIG_IGN is self.handler()
        signal.signal(SIGNAL, before)  # type: ignore[arg-type] # what getsignal gave

    def test_a_handler_around_ours(self, file: Path) -> None:
        """One that calls what was there before is called once, whatever `configure` and `shutdown` do meanwhile."""
        assert SIGNAL is not None
        before = self.handler()
        self.configured()
        called: list[int] = []
        ours = signal.getsignal(SIGNAL)
        assert callable(ours)

        def handle(number: int, frame: FrameType | None) -> None:
            called.append(number)
            ours(number, frame)

        signal.signal(SIGNAL, handle)
        try:
            self.configured()
            file.write_text('detail = "DEBUG"')
            self.send()
            assert level_is(Detail.DEBUG)
            shutdown()
            self.send()
            assert ([SIGNAL, SIGNAL], handle) == (called, self.handler())
        finally:
            signal.signal(SIGNAL, before)  # type: ignore[arg-type] # what getsignal gave

    def test_there_is_always_a_handler_while_it_is_configured_anew(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A signal in between would end the program otherwise."""
        self.configured()
        put_in: list[object] = []
        with monkeypatch.context() as patched:
            patched.setattr(signal, "signal", lambda *handler: put_in.append(handler))
            self.configured()
        assert [] == put_in

    def test_in_another_thread(self, file: Path, caplog: Log) -> None:
        """No handler can be set there, which is told; one that is there goes on, and does nothing after a shutdown."""
        in_thread(self.configured)
        (told,) = warnings_in(caplog)
        assert "reload_signal = SIGUSR2: the settings will not be read again at it: call configure in the main" in told
        self.configured()
        in_thread(self.configured)
        file.write_text('detail = "DEBUG"')
        self.send()
        assert level_is(Detail.DEBUG)
        in_thread(shutdown)
        assert SIGNAL is not None
        signal.signal(SIGNAL, signal.SIG_DFL)

    def test_signals_in_a_row(self, file: Path) -> None:
        """A handler waits for nothing, however many there are; those that come while it is read are one."""
        read: list[object] = []
        going_on = threading.Event()

        def act() -> None:
            read.append(1)
            going_on.wait(SECONDS)

        assert SIGNAL is not None
        RELOAD_SIGNAL.arm("SIGUSR2", act)
        for _ in range(1_000):
            self.send()
        going_on.set()
        RELOAD_SIGNAL.disarm()
        assert comes(lambda: not threads())
        assert 1 <= len(read) < 5


def in_thread(act: Callable[[], object]) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


class Changes:
    """Ways to change settings, each for one of many threads and turns."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def configure(self, number: int, turn: int) -> None:
        watched(max_held_spans=number * 100 + turn + 1, baggage=["ops.detail"] if turn % 2 else [])

    def rules(self, number: int, turn: int) -> None:
        set_detail("DEBUG", operation=f"{number}.{turn}")
        set_detail("MINIMAL" if turn % 2 else "DETAILED")
        set_detail(None, operation=f"{number}.{turn}")

    def contexts(self, number: int, turn: int) -> None:
        with OperationContext(detail="DEBUG") as context, operation("inside", detail="DEBUG"):
            set_detail("DETAILED", context=context)

    def files(self, number: int, turn: int) -> None:
        new = self._file.with_name(f"new {number}")
        new.write_text(f"detail = '{'DEBUG' if turn % 2 else 'STANDARD'}'")
        new.replace(self._file)
        reloading = SETUP._reloading
        if reloading is not None:
            reloading.reload()


def test_ten_threads_change_everything_at_once(file: Path) -> None:
    """`configure`, `set_detail`, contexts and changed files: no exception, no deadlock, and what is last holds."""
    watched()
    changes = Changes(file)
    acts = [changes.configure, changes.rules, changes.contexts, changes.files]
    start, failed = threading.Barrier(10), []

    def change(number: int) -> None:
        start.wait()
        try:
            for turn in range(20):
                acts[number % len(acts)](number, turn)
        except BaseException as error:
            failed.append(error)

    running = [threading.Thread(target=change, args=(number,), daemon=True) for number in range(10)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    assert ([], []) == (failed, [thread for thread in running if thread.is_alive()])

    watched()
    replace(file, 'detail = "MINIMAL"')
    assert level_is(Detail.MINIMAL)
    with OperationContext(detail="DEBUG") as context, operation("seen", detail="DEBUG"):
        pass
    assert ["seen"] == [log.name for log in context.operations]
