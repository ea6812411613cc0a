"""PrometheusPushgateway: what a gateway is sent, by real HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider

from otel_ops.exporters.prometheus import PrometheusPushgateway
from otel_ops.faults import diagnostics
from tests.unit.exporters.prometheus.free import free_port


class Gateway:
    """Stands for a Pushgateway: keeps method, path and text of each push."""

    def __init__(self) -> None:
        self.pushes: list[tuple[str, str, str]] = []
        pushes = self.pushes

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                pushes.append((self.command, self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Have a gateway."""
    made = Gateway()
    yield made
    made.close()


def push(to: str, **options: Any) -> None:
    """Count something, and push it at the end."""
    provider = MeterProvider([PrometheusPushgateway(to=to, **options)], shutdown_on_exit=False)
    provider.get_meter("lab").create_counter("runs").add(3)
    provider.shutdown()


def test_a_job_pushes_at_its_end(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of what it pushed before; the group is the host's."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "nightly")
    monkeypatch.setattr("socket.gethostname", lambda: "lab-7")
    push(gateway.address)
    ((method, path, text),) = gateway.pushes

    assert ("PUT", "/metrics/job/nightly/instance/lab-7") == (method, path)
    assert "runs_total{" in text


def test_job_and_group_can_be_chosen(gateway: Gateway) -> None:
    """A path in a label is carried, too."""
    push(gateway.address, job="fit", grouping={"series": "10 K/min"})
    ((_, path, _),) = gateway.pushes

    assert "/metrics/job/fit/series@base64/MTAgSy9taW4=" == path


def test_a_worker_is_a_group_of_its_own(gateway: Gateway) -> None:
    """It does not replace what its parent has pushed."""
    process = get_context("spawn").Process(target=push, args=(gateway.address,), kwargs={"job": "a", "grouping": {}})
    process.start()
    process.join(60)

    assert [f"/metrics/job/a/pid/{process.pid}"] == [path for _, path, _ in gateway.pushes]


@pytest.mark.usefixtures("quiet")
def test_a_gateway_that_is_away_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The program goes on, and the message names the address."""
    address = f"http://127.0.0.1:{free_port()}"
    push(address)

    assert {"metrics.unpushed": 1} == diagnostics()
    assert f"metrics cannot be pushed to '{address}': " in caplog.text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"grouping": {"host name": "lab"}}, "grouping.host name = 'lab': no name of a label"),
        ({"grouping": {"": "lab"}}, "grouping. = 'lab': no name of a label"),
        ({"timeout_seconds": -1.0}, "timeout_seconds = -1.0: must be more than 0 seconds"),
    ],
)
def test_options_with_which_no_push_would_go_well_are_refused(options: dict[str, Any], told: str) -> None:
    """When the program begins, not at each push."""
    with pytest.raises(ValueError, match=re.escape(told)):
        PrometheusPushgateway(to="localhost:9091", **options)
