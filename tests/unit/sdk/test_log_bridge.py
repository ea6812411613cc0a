"""What log records that are sent say of the operation around them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry._logs import _internal as logs_api
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from otel_ops import Detail, OperationContext, configure, operation, shutdown
from otel_ops.core.exception_logs import SIGNAL, VARIABLE
from otel_ops.core.frame import PROCESS

LOGGER = logging.getLogger("tests.lab")
UID = "log.record.uid"
VALUES = {"session.id": "s1", "user.id": "ada", "file.path": "a.csv", "ops.series": "10 K", "ops.meta.batch": 7}

Sent = list[Mapping[str, Any]]


class Records:
    """The log records that a provider of the SDK exports."""

    def __init__(self) -> None:
        self.provider = LoggerProvider(shutdown_on_exit=False)
        self._exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call] # the SDK's
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self._exporter))

    @property
    def attributes(self) -> Sent:
        """What each has."""
        return [dict(each.log_record.attributes or {}) for each in self._exporter.get_finished_logs()]

    @property
    def values(self) -> Sent:
        """What each has beside its id."""
        return [{key: value for key, value in each.items() if key != UID} for each in self.attributes]

    @property
    def span_ids(self) -> list[int | None]:
        """The span of each."""
        return [each.log_record.span_id for each in self._exporter.get_finished_logs()]


def asked_for(monkeypatch: pytest.MonkeyPatch, **more: str) -> Records:
    """Have records sent to a provider of the program's."""
    for key, value in {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_TRACES_EXPORTER": "none", **more}.items():
        monkeypatch.setenv(key, value)
    records = Records()
    monkeypatch.setattr(logs_api, "_LOGGER_PROVIDER", records.provider)
    SIGNAL.read(more)
    configure(trace_file=False, outputs=[], announce=False)
    LOGGER.setLevel("DEBUG")
    return records


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """Have records sent; end that afterwards."""
    yield asked_for(monkeypatch)
    shutdown()


def run() -> OperationContext:
    return OperationContext("run", session="s1", user="ada", file="a.csv", series="10 K", batch=7)


def test_they_have_the_values_of_the_context(records: Records) -> None:
    """Session, user, file, series and metadata, under the names that spans have them by: wherever inside it is."""
    with run():
        LOGGER.info("in the context")
        with operation("parse"), operation("read"):
            LOGGER.info("in a suboperation")
    assert [VALUES, VALUES] == records.values
    assert all(each[UID] for each in records.attributes)


def test_a_context_without_a_span_counts(records: Records) -> None:
    """The nearest one overrides what it sets, for lines outside of operations, too."""
    with run(), OperationContext(user="bob"):
        LOGGER.info("here")
    assert [{**VALUES, "user.id": "bob"}] == records.values


def test_outside_there_are_none(records: Records) -> None:
    """Before and after a context, nothing of it stands on a record."""
    LOGGER.info("before")
    with run():
        pass
    LOGGER.info("after")
    assert [{}, {}] == records.values


def test_what_the_call_says_stays(records: Records) -> None:
    """Values that the line was logged with are not replaced, its own id among them."""
    with run():
        LOGGER.info("here", extra={"user.id": "eve", UID: "mine"})
    assert [{**VALUES, "user.id": "eve", UID: "mine"}] == records.attributes


def test_a_hidden_operation_leaves_its_lines_to_the_one_around(records: Records) -> None:
    """A line in what the level of detail hides is of the span around, with the values of the context."""
    with run(), operation("load"):
        LOGGER.info("shown")
        with operation("peek", detail=Detail.DEBUG):
            LOGGER.info("hidden")
    assert [VALUES, VALUES] == records.values
    assert 1 == len(set(records.span_ids)), "both are of the operation that has a span"


def test_another_process_has_them(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was forked inside a context logs with its values, as its spans have them."""
    with run(), operation("load"):
        monkeypatch.setattr(PROCESS, "id", PROCESS.id + 1)
        LOGGER.info("in the child")
        monkeypatch.undo()
    assert [VALUES] == records.values


def test_limits_of_opentelemetry_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are cut as on spans, which the SDK tells of by a line; of too many attributes, the context's go first."""
    limits = {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "26", "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "3"}
    records = asked_for(monkeypatch, **limits)
    with pytest.warns(UserWarning, match="dropped due to limits"), run(), OperationContext(note="x" * 30):
        LOGGER.info("here", extra={"row": 1})
    shutdown()
    (told,) = records.values
    assert {"ops.meta.note": "x" * 26, "row": 1} == told


def test_exceptions_have_the_values_of_their_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that of the context itself, which is told when its values are no longer in force."""
    records = asked_for(monkeypatch, **{VARIABLE: "logs"})
    with pytest.raises(ValueError, match="bad"), run(), operation("load"):
        raise ValueError("bad")
    with pytest.raises(ValueError, match="worse"), run():
        raise ValueError("worse")
    shutdown()
    told = [{key: value for key, value in each.items() if key in VALUES} for each in records.values]
    assert [VALUES, VALUES] == told
