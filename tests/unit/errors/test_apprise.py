"""AppriseErrorHandler, with a real HTTP server: what arrives, and that addresses with their secrets stay here."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from otel_ops import OperationContext, operation
from otel_ops.errors import ErrorHandler
from otel_ops.errors.apprise import AppriseErrorHandler
from otel_ops.faults import diagnostics
from otel_ops.testing import HandlerCompatibilitySuite, Recorder

SECRET = "s3cr3t-webhook-t0ken"
VARIABLE = "OTEL_OPS_TEST_URLS"


class _Server(HTTPServer):
    """Keeps what it is sent, and answers with a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        """Its address for Apprise, with a secret in it."""
        return f"json://127.0.0.1:{self.server_address[1]}/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(json.loads(body))
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server calls it
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    """Run a server on a free port."""
    with _Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


class TestCompatibility(HandlerCompatibilitySuite):
    """It does what any handler does."""

    @pytest.fixture(autouse=True)
    def _server(self, server: _Server) -> None:
        self.server = server

    handler_name = "apprise"

    def options(self) -> dict[str, Any]:
        """Have messages go to the test's server."""
        return {"urls": [self.server.url]}

    def make_handler(self) -> ErrorHandler:
        """Make one whose messages go to the test's server."""
        return AppriseErrorHandler(urls=self.server.url)


@contextmanager
def attached(recorder: Recorder, **options: Any) -> Iterator[AppriseErrorHandler]:
    """Have a handler told of what fails meanwhile."""
    handler = AppriseErrorHandler(**options)
    recorder.provider.add_span_processor(handler)
    try:
        yield handler
        handler.force_flush()
    finally:
        handler.shutdown()


def fail(name: str = "load", error: Exception | None = None) -> None:
    """Run an operation that fails."""
    with pytest.raises(Exception), operation(name):  # noqa: B017 - whatever it is
        raise error or ValueError("row 7 is bad")


def test_a_failure_comes_with_title_facts_and_tree(recorder: Recorder, server: _Server) -> None:
    """A webhook is posted what failed, where, and its tree; what stands in it is text."""
    with attached(recorder, urls=[server.url], trace_link="http://localhost:16686/trace/{trace_id}"):
        with OperationContext(user="ada"):
            fail("load", ValueError("<b>row 7</b>"))

    (taken,) = server.taken
    assert [f"/{SECRET}"] == server.paths
    assert "failure" == taken["type"]
    assert "load failed: ValueError: <b>row 7</b>" == taken["title"]
    assert "Operation: load\nError: ValueError: <b>row 7</b>\n" in taken["message"]
    assert (
        f"Trace: http://localhost:16686/trace/{next(iter(recorder.spans)).context.trace_id:032x}\n" in taken["message"]
    )
    assert "✗ load" in taken["message"]
    assert "user=ada" in taken["message"]


def test_a_message_is_no_longer_than_it_may_be(recorder: Recorder, server: _Server) -> None:
    """Whole lines are left out at its end."""
    with attached(recorder, urls=server.url, max_characters=100):
        fail("load", ValueError("x" * 10_000))

    (taken,) = server.taken
    assert len(taken["message"]) <= 100
    assert taken["message"].endswith("…")


def test_addresses_come_from_the_environment(
    recorder: Recorder, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several stand in one variable, with spaces, line breaks or commas between them."""
    monkeypatch.setenv(VARIABLE, f" {server.url}/a, {server.url}/b\n{server.url}/c ")
    with attached(recorder, urls=[f"{server.url}/d"], urls_env=VARIABLE):
        fail()

    assert [f"/{SECRET}/{name}" for name in "abcd"] == sorted(server.paths)


def test_a_kind_of_failure_is_told_once_in_a_window(recorder: Recorder, server: _Server) -> None:
    """At once, and with the count of what came after it at its end."""
    with attached(recorder, urls=[server.url]) as handler:
        for _ in range(50):
            fail()
        handler.force_flush()
        assert 1 == len(server.taken)

    assert "(49 times in " in server.taken[-1]["title"]
    assert 2 == len(server.taken)


@pytest.mark.usefixtures("quiet")
def test_secrets_of_addresses_stay_here(
    recorder: Recorder, server: _Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither what goes well nor what goes wrong puts them into a log, a span, a count or a text of ours."""
    caplog.set_level(1)
    for status in (200, 500):
        server.status = status
        with attached(recorder, urls=[server.url]) as handler:
            fail()
            told = f"{handler!r} {vars(handler)}"
        told += f"{caplog.text} {capfd.readouterr()} {diagnostics()} {list(recorder.spans)}"
        assert SECRET not in told
        assert "t0ken" not in told


@pytest.mark.usefixtures("quiet")
def test_a_service_that_fails_is_told_by_its_index(
    recorder: Recorder, server: _Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The warning has its scheme, and what it answered; the others are told all the same."""
    with _Server() as away:
        url = away.url
    with attached(recorder, urls=[url, server.url]):
        fail()

    assert 1 == len(server.taken)
    assert "urls[0] (json://) took no message (A Connection error occurred sending JSON notification to " in caplog.text
    assert {"apprise.failed": 1} == diagnostics()


@pytest.mark.usefixtures("quiet")
def test_where_all_services_fail_it_is_told_later(
    recorder: Recorder, server: _Server, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody took waits, and is told when somebody does."""
    server.status = 503
    with attached(recorder, urls=[server.url]) as handler:
        fail()
        handler.force_flush()
        server.status = 200
        fail()

    assert "(2 times in " in server.taken[-1]["title"]
    assert "urls[0] (json://) took no message (Failed to send JSON POST notification: " in caplog.text
    assert {"error_handler.failed": 1} == diagnostics()


def test_the_programs_own_messages_of_apprise_are_logged(
    recorder: Recorder, server: _Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Only what is said while we send is kept from the log."""
    with attached(recorder, urls=[server.url]):
        fail()
    logging.getLogger("apprise").warning("mine")

    assert ["mine"] == [record.getMessage() for record in caplog.records if record.name == "apprise"]


def test_sending_leaves_no_spans(recorder: Recorder, server: _Server) -> None:
    """What the handler does is no operation of the program's."""
    with attached(recorder, urls=[server.url]):
        fail()

    assert ["load"] == [span.name for span in recorder.spans]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"urls": ["json://localhost", f"foo://ada:{SECRET}@host"]},
            "urls[1] (foo://): Apprise cannot use this address",
        ),
        ({"urls": [f"discord://{SECRET}"]}, "urls[0] (discord://): Apprise cannot use this address; https://"),
        ({"urls": SECRET}, "urls[0] (without a scheme): Apprise cannot use this address"),
        ({}, "urls: name a service to tell"),
        ({"urls": "json://localhost", "trace_link": "{x}"}, "trace_link = '{x}': there is no {x}"),
        ({"urls": "json://localhost", "max_characters": 0}, "max_characters = 0: must be 1 or more"),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], told: str, caplog: pytest.LogCaptureFixture) -> None:
    """The message names index and scheme of an address, and nothing else of it."""
    with pytest.raises(ValueError) as raised:
        AppriseErrorHandler(**options)

    assert told in str(raised.value)
    assert SECRET not in f"{raised.value} {caplog.text}"


def test_a_missing_variable_is_told_at_once() -> None:
    """The error names the variable and what to do."""
    with pytest.raises(ValueError, match=f"urls_env = '{VARIABLE}': this environment variable is not set; set"):
        AppriseErrorHandler(urls_env=VARIABLE)
