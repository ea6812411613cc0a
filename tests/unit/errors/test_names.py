"""Error handlers by name: ours and those of packages, with options that are checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from otel_ops.errors import ErrorHandler, FailureFilter, LogErrorHandler
from otel_ops.errors.names import make_error_handlers
from otel_ops.exceptions import MissingExtraError, SettingsError
from otel_ops.faults import diagnostics
from otel_ops.settings import load_settings
from tests.live import Failures

_MODULE = """
from otel_ops.errors import ErrorHandler

class Buzzer(ErrorHandler):
    def __init__(self, *, times: int = 1):
        if times < 1:
            raise ValueError(f"times = {times}: must be 1 or more")
        self.times = times

    def handle_operation_error(self, operation_log, exception): ...

    def handle_suboperation_error(self, suboperation_log, error_data): ...
"""


@pytest.fixture
def _plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install two packages: one with a handler, one that cannot be imported."""
    (tmp_path / "plug_ins_buzzer.py").write_text(_MODULE)
    for name, text in {
        "ops-buzzer": "buzzer = plug_ins_buzzer:Buzzer",
        "ops-gone": "gone = plug_ins_gone:Gone",
    }.items():
        folder = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / "entry_points.txt").write_text(f"[otel_ops_error_handler]\n{text}\n")
    monkeypatch.syspath_prepend(tmp_path)


def made(*handlers: object) -> list[Any]:
    """Make the handlers of the setting."""
    return list(make_error_handlers(load_settings({"error_handlers": handlers}).error_handlers))


def test_ours_are_made_by_name_with_options() -> None:
    """A name alone is a handler; a table has what it is made with."""
    plain, chosen = made("log", {"handler": "log", "options": {"logger": "lab", "tree": True}})

    assert [LogErrorHandler, LogErrorHandler] == [type(plain), type(chosen)]


def test_a_ready_handler_is_taken_as_it_is() -> None:
    """Filters that a table has are set on it; without any, its own stay."""
    own, other = Failures(), Failures()
    own.only = FailureFilter(operation="fit*")

    assert [own, other] == made(own, {"handler": other, "operation": "load*", "synchronous": True})
    assert ["fit*", "load*"] == [handler.only.operation for handler in (own, other)]
    assert [False, True] == [handler.synchronous for handler in (own, other)]


def test_what_settings_say_of_a_ready_handler_holds_as_long_as_they_say_it() -> None:
    """Without them it is called for what it says itself, or what the program has said of it since."""
    own = Failures()
    own.only = FailureFilter(operation="fit*")

    made({"handler": own, "operation": "load*", "synchronous": True})
    made(own)
    assert ("fit*", False) == (own.only.operation, own.synchronous)
    made({"handler": own, "operation": "load*"})
    own.only = FailureFilter(operation="save*")
    made(own)
    assert "save*" == own.only.operation


@pytest.mark.usefixtures("_plug_ins")
def test_packages_add_names() -> None:
    """A handler of a package is found by its name, and made with its options."""
    (buzzer,) = made({"handler": "buzzer", "options": {"times": 3}, "exception": "OSError", "level": "operation"})

    assert isinstance(buzzer, ErrorHandler)
    assert (3, FailureFilter(exceptions=("OSError",), levels=("operation",))) == (
        vars(buzzer)["times"],
        buzzer.only,
    )


@pytest.mark.usefixtures("_plug_ins", "quiet")
def test_a_package_that_cannot_be_imported_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, with its name; the rest works."""
    assert [LogErrorHandler] == [type(handler) for handler in made("gone", "log")]
    assert 1 == diagnostics()["error_handler.import"]
    assert "error_handlers[0].handler = 'gone' (setting): plug_ins_gone:Gone of ops-gone cannot be imp" in caplog.text


@pytest.mark.usefixtures("_plug_ins")
@pytest.mark.parametrize(
    ("handler", "told"),
    [
        ("lgo", "error_handlers[0].handler = 'lgo' (argument): no such error handler; did you mean log? installed are"),
        (Failures, "error_handlers[0].handler = <class 'tests.live.Failures'> (argument): is a class; give an object"),
        (
            3,
            "error_handlers[0].handler = 3 (argument): must be one of log, mail, desktop, qt, tk, apprise, metrics, or",
        ),
        ({"operation": "x"}, "error_handlers[0] = {'operation': 'x'} (argument): needs the key handler"),
        ({"handler": "log", "opration": "x"}, "error_handlers[0].opration = 'x' (argument): no such key; did you mean"),
        ({"handler": "log", "level": "step"}, "error_handlers[0].level[0] = 'step' (argument): no such level of fail"),
        (
            {"handler": "log", "exception": OSError},
            "error_handlers[0].exception[0] = <class 'OSError'> (argument): must be the name of a class of exceptions",
        ),
        ({"handler": "log", "outcome": "ok"}, "error_handlers[0].outcome[0] = 'ok' (argument): no such outcome of fai"),
        ({"handler": Failures(), "options": {"a": 1}}, "error_handlers[0].options = {'a': 1} (argument): give them to"),
        (
            {"handler": "log", "options": {"loger": "lab"}},
            "error_handlers[0].options.loger = 'lab' (setting): no such option; did you mean logger? log takes logger",
        ),
        (
            {"handler": "mail", "options": {"to": "ada@example.org", "password": "sesame"}},
            "error_handlers[0].options.password = *** (setting): no such option; did you mean password_env? mail takes",
        ),
        (
            {"handler": "apprise", "options": {"url": "slack://TokenA/TokenB"}},
            "error_handlers[0].options.url = 'slack://***' (setting): no such option; did you mean urls? apprise takes",
        ),
        (
            {"handler": "log", "options": {"tree": "yes"}},
            "error_handlers[0].options.tree = 'yes' (setting): must be true or false",
        ),
        (
            {"handler": "mail", "options": {"to": "ada@example.org", "port": "2525"}},
            "error_handlers[0].options.port = '2525' (setting): must be a whole number",
        ),
        (
            {"handler": "mail", "options": {"to": 3, "levels": 3}},
            "error_handlers[0].options.to = 3 (setting): must be text or a list of texts\nerror_handlers[0].options",
        ),
        (
            {"handler": "metrics", "options": {"levels": "operation, step"}},
            "error_handlers[0].handler = 'metrics' (setting): cannot be made with these options: levels = ['operation'",
        ),
        (
            {"handler": "buzzer", "options": {"times": 0}},
            "error_handlers[0].handler = 'buzzer' (setting): cannot be made with these options: times = 0: must be 1",
        ),
    ],
)
def test_what_cannot_be_used_is_told(handler: object, told: str) -> None:
    """Key, value, source and remedy, with the nearest name."""
    with pytest.raises(SettingsError) as error:
        made(handler)

    assert str(error.value).startswith(told)


def test_a_package_that_is_missing_is_told_with_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key and handler stand before what installs it: who has never heard of jeepney knows where to look."""
    monkeypatch.setitem(sys.modules, "jeepney", None)

    with pytest.raises(MissingExtraError) as error:
        made("log", "desktop")
    assert str(error.value).startswith("error_handlers[1].handler = 'desktop' (setting): jeepney is not installed; run")


@pytest.mark.usefixtures("_plug_ins")
def test_what_a_handler_raised_is_the_cause() -> None:
    """The traceback has what its own code raised, and nothing of how options are checked."""
    with pytest.raises(SettingsError) as refused:
        made({"handler": "log", "options": {"loger": "lab"}})
    with pytest.raises(SettingsError) as failed:
        made({"handler": "buzzer", "options": {"times": 0}})

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert isinstance(failed.value.__cause__, ValueError)
