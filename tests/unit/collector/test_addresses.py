"""Where a collector is asked."""

import pytest

from otel_ops.collector.addresses import Addresses
from otel_ops.collector.merging import merged
from otel_ops.collector.sources import base_and
from otel_ops.exceptions import CollectorError

BASE = merged(base_and([])).content


def test_addresses_are_those_of_the_environment() -> None:
    """Ports are variables; the defaults are the usual ones."""
    usual = Addresses(BASE, {})
    assert ("http://127.0.0.1:13133/", "http://127.0.0.1:8888/metrics") == (usual.health, usual.metrics)
    assert {"grpc": "127.0.0.1:4317", "http": "127.0.0.1:4318"} == usual.receiving
    assert "http://127.0.0.1:7/" == Addresses(BASE, {"OPS_HEALTH_PORT": "7"}).health


@pytest.mark.parametrize("anywhere", ["0.0.0.0", "[::]"])
def test_a_collector_that_listens_everywhere_is_asked_here(anywhere: str) -> None:
    """The address of all interfaces is none to ask."""
    addresses = Addresses(BASE, {"OPS_BIND": anywhere})
    assert ("http://127.0.0.1:13133/", "http://127.0.0.1:8888/metrics") == (addresses.health, addresses.metrics)


def test_what_cannot_be_asked_is_told() -> None:
    """The message names the key that is missing."""
    for name, told in (
        ("health", "extensions.health_check.endpoint"),
        ("metrics", "service.telemetry.metrics.readers"),
    ):
        with pytest.raises(CollectorError, match=told):
            getattr(Addresses({}, {}), name)
