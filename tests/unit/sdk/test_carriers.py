"""Carriers are found by their entry points, and switched off by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from otel_ops import configure, diagnostics, shutdown
from otel_ops.sdk import carriers

FOUND = dict(carriers._CARRIERS)
VARIABLE = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


@pytest.fixture(autouse=True)
def _taken_out() -> Iterator[None]:
    yield
    carriers.take_out()


def _in_place() -> set[str]:
    return {name for name, carrier in FOUND.items() if getattr(carrier, "is_instrumented_by_opentelemetry", False)}


def test_configure_puts_all_in_and_shutdown_takes_all_out() -> None:
    """Each has an entry point of its own, named by the library."""
    configure(outputs=[], trace_file=False)
    assert _in_place() == FOUND.keys() >= {"threading", "thread_pools", "uvicorn", "celery"}
    shutdown()

    assert set() == _in_place()
    assert not hasattr(threading.Thread.start, "__wrapped__")


@pytest.mark.parametrize(
    ("setting", "variable"), [(["threading"], ""), ([], "flask, otel_ops_threading"), ([], "otel_ops_threading")]
)
def test_one_is_switched_off(monkeypatch: pytest.MonkeyPatch, setting: list[str], variable: str) -> None:
    """By our setting, or by the variable that OpenTelemetry has for it."""
    monkeypatch.setenv(VARIABLE, variable)
    configure(outputs=[], trace_file=False, disabled_carriers=setting)

    assert FOUND.keys() - {"threading"} == _in_place()


def test_another_configuration_switches_others_off() -> None:
    """What is disabled is taken out, and what is not any more is put in."""
    configure(outputs=[], trace_file=False, disabled_carriers=["threading"])
    configure(outputs=[], trace_file=False, disabled_carriers=["uvicorn"])

    assert FOUND.keys() - {"uvicorn"} == _in_place()


def test_all_are_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry's own word for that is heard."""
    monkeypatch.setenv(VARIABLE, "*")
    configure(outputs=[], trace_file=False)

    assert set() == _in_place()


def test_an_unknown_name_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A mistyped name switches nothing off: the warning has those that there are."""
    configure(outputs=[], trace_file=False, disabled_carriers=["treading"])

    assert 1 == diagnostics()["carrier.unknown"]
    assert "disabled_carriers names 'treading', which is none; there are:" in caplog.text
    assert "threading" in caplog.text
