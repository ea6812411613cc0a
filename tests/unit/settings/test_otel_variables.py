"""OpenTelemetry's own variables: what switches everything off, and what the SDK refuses."""

from __future__ import annotations

import pytest

from otel_ops.settings.otel_variables import is_disabled, refused_variable


@pytest.mark.parametrize("value", ["true", "True", " TRUE "])
def test_the_sdk_can_be_disabled(value: str) -> None:
    """`OTEL_SDK_DISABLED=true`, in any case, switches everything off."""
    assert is_disabled({"OTEL_SDK_DISABLED": value})


@pytest.mark.parametrize("environ", [{}, *({"OTEL_SDK_DISABLED": value} for value in ("", "false", "1", "yes"))])
def test_nothing_else_disables_it(environ: dict[str, str]) -> None:
    """Only "true" means true, as the specification has it for booleans."""
    assert not is_disabled(environ)


def test_a_refused_variable_is_named_by_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that the SDK names is told with its value, and no other one."""
    monkeypatch.setenv("OTEL_SPAN_LINK_COUNT_LIMIT", "abc")
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "1")
    error = refused_variable(ValueError("OTEL_SPAN_LINK_COUNT_LIMIT must be a number"))

    assert str(error).startswith("OTEL_SPAN_LINK_COUNT_LIMIT = 'abc' (environment): ")
    assert "EVENT" not in str(error)


def test_where_the_error_names_no_variable_all_that_may_be_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that tells of no variable is told with those of its subject that are set."""
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "1")
    error = refused_variable(ValueError("must be positive"), "OTEL_BSP_")

    assert str(error).startswith("OTEL_BSP_MAX_QUEUE_SIZE = '0' (environment): ")


def test_a_variable_is_found_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the error names no variable, the one whose value it names is meant."""
    monkeypatch.setenv("OTEL_PROPAGATORS", "junk")
    told = str(refused_variable(ValueError("Propagator junk not found.")))
    assert told.startswith("OTEL_PROPAGATORS = 'junk' (environment): ")
