"""The overlays of vendors, run by a real collector, which sends to a server in the place of all vendors at once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request as ToPost
from urllib.request import urlopen

import pytest

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.vendors import Choice, chosen, overlay_of, overlay_text, vendor_named, vendor_names
from tests.back_ends.collector import NEWEST
from tests.back_ends.components import lacking
from tests.collectors import collector
from tests.integration.conftest import APART, TIME
from tests.integration.vendors.conftest import Charge
from tests.integration.vendors.google import check_google, google_account
from tests.integration.vendors.pages import GRPC, HTTP, ON_VENDORS_PAGES, secrets_of
from tests.integration.vendors.server import Request, VendorServer

AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_LOG_GROUP": "kilns"}
"""An account of AWS."""

pytestmark = pytest.mark.skipif(not APART.exists(), reason="`make` installs distros")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment_of(choices: Sequence[Choice]) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("OTEL_", "AWS_"))}
    for choice in choices:
        expected = ON_VENDORS_PAGES.get((choice.vendor.name, choice.protocol))
        kept |= {**secrets_of(choice), **(expected.values if expected else {})}
    return kept


@contextmanager
def running(folder: Path, choices: Sequence[Choice], server: VendorServer, **account: str) -> Iterator[str]:
    """Run a collector with the base and the overlays; give its endpoint when it is healthy."""
    ports = {
        name: str(free_port()) for name in ("OPS_GRPC_PORT", "OPS_HTTP_PORT", "OPS_HEALTH_PORT", "OPS_METRICS_PORT")
    }
    for choice in choices:
        (folder / f"{choice.vendor.name}.yaml").write_text(overlay_text(choice), encoding="utf-8")
    files = [configuration_folder() / "base.yaml", *(f"{choice.vendor.name}.yaml" for choice in choices)]
    environment = {
        **environment_of(choices),
        **server.environment,
        **ports,
        **account,
        "OPS_QUEUE_DIR": str(folder / "queue"),
    }
    command = [collector(), *(word for file in files for word in ("--config", str(file)))]
    with (folder / "otelcol.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{ports['OPS_HEALTH_PORT']}/"), folder / "otelcol.log")
            yield f"http://127.0.0.1:{ports['OPS_HTTP_PORT']}"
        finally:
            process.terminate()
            process.wait(TIME)


def answers(url: str) -> bool:
    try:
        return bool(urlopen(url, timeout=1).status == 200)
    except (URLError, OSError):
        return False


def wait_until(holds: Callable[[], bool], log: Path) -> None:
    ends = time.monotonic() + TIME
    while not holds():
        assert time.monotonic() < ends, log.read_text(encoding="utf-8")[-4_000:]
        time.sleep(0.05)


def sent_through(folder: Path, choices: Sequence[Choice], server: VendorServer, charge: Charge, **account: str) -> None:
    """Let the program send to a collector; wait until that has sent everything on."""
    wanted = sum(len(choice.signals) for choice in choices)
    with running(folder, choices, server, **account) as endpoint:
        protocol = {"OTEL_EXPORTER_OTLP_PROTOCOL": HTTP, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        charge("".join(f"export OTEL_{one}_EXPORTER=otlp\n" for one in ("TRACES", "METRICS", "LOGS")), **protocol)
        wait_until(lambda: len(server.requests) >= wanted, folder / "otelcol.log")


def check(choice: Choice, server: VendorServer) -> None:
    expected = ON_VENDORS_PAGES[choice.vendor.name, choice.protocol]
    host = expected.base.partition("//")[2].partition(":")[0]
    expected.check([one for one in server.requests if one.place.startswith(f"{host}:")], choice.protocol)


@pytest.mark.parametrize("protocol", [HTTP, GRPC])
def test_one_collector_sends_to_all_vendors(
    tmp_path: Path, server: VendorServer, charge: Charge, protocol: str
) -> None:
    """All overlays merge, and each vendor gets its signals as its page says: metrics as delta where it wants that."""
    choices = [chosen(vendor_named(name), given) for name, given in ON_VENDORS_PAGES if given == protocol]
    sent_through(tmp_path, choices, server, charge)
    for choice in choices:
        check(choice, server)


def test_requests_to_aws_are_signed(tmp_path: Path, server: VendorServer, charge: Charge) -> None:
    """Each signal goes to its service, signed for it and for the region."""
    sent_through(tmp_path, [chosen(vendor_named("aws"), region="eu-west-1")], server, charge, **AWS)
    services = {"traces": "xray", "metrics": "monitoring", "logs": "logs"}
    assert {
        signal: f"https://{service}.eu-west-1.amazonaws.com/v1/{signal}" for signal, service in services.items()
    } == {request.signal: request.url for request in server.requests}
    for request in server.requests:
        signature = request.headers["authorization"]
        assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert f"/eu-west-1/{services[request.signal]}/aws4_request" in signature
    (logs,) = (request for request in server.requests if request.signal == "logs")
    assert ("kilns", "default") == (logs.headers["x-aws-log-group"], logs.headers["x-aws-log-stream"])


@pytest.mark.parametrize("protocol", [GRPC, HTTP])
def test_google_is_sent_a_token_that_the_collector_gets(
    tmp_path: Path, server: VendorServer, charge: Charge, protocol: str
) -> None:
    """The extension gets tokens with a person's credentials; project and quota go along."""
    choice = chosen(vendor_named("google-cloud"), protocol)
    sent_through(tmp_path, [choice], server, charge, **google_account(tmp_path))
    check_google(server.requests, protocol)


def test_google_is_sent_no_more_points_at_once_than_it_takes(tmp_path: Path, server: VendorServer) -> None:
    """Of 450, which a program sends in one request, 200 go at once."""
    points = [{"timeUnixNano": str(10**18 + number), "asInt": str(number)} for number in range(450)]
    scopes = [{"scope": {}, "metrics": [{"name": "weights", "gauge": {"dataPoints": points}}]}]
    body = json.dumps({"resourceMetrics": [{"resource": {}, "scopeMetrics": scopes}]}).encode()
    with running(tmp_path, [chosen(vendor_named("google-cloud"))], server, **google_account(tmp_path)) as endpoint:
        with urlopen(ToPost(f"{endpoint}/v1/metrics", body, {"Content-Type": "application/json"}), timeout=TIME):
            wait_until(lambda: sum(map(points_in, server.requests)) == 450, tmp_path / "otelcol.log")
    assert [50, 200, 200] == sorted(map(points_in, server.requests))


def points_in(request: Request) -> int:
    metrics = [metric for group in request.groups() for scope in group.scope_metrics for metric in scope.metrics]
    return sum(len(metric.gauge.data_points) for metric in metrics)


def test_only_these_vendors_are_not_run() -> None:
    """Of every other vendor, the overlay was run; the collector of the tests lacks a part of theirs."""
    run = {name for name, _ in ON_VENDORS_PAGES} | {"aws", "google-cloud"}
    missing = {name for name in vendor_names() if lacking(overlay_of(chosen(vendor_named(name))), NEWEST)}
    assert {"azure-monitor"} == missing == set(vendor_names()) - run
