"""What collectors are sent by hand: twice, or with values that do not fit together."""

from __future__ import annotations

import json
import random
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.back_ends.collector import Collector

Json = dict[str, Any]

_TIME = "1795686121917160776"


def new_service() -> str:
    """Give the name of a service that nothing else has."""
    return f"lab {random.SystemRandom().getrandbits(48):012x}"


def span(attributes: Mapping[str, str] | None = None, *, failed: bool = False) -> Json:
    """Make a span in OTLP JSON, of a trace of its own; one that has failed has the event of an exception."""
    number = random.SystemRandom().getrandbits(48)
    exception = {"timeUnixNano": _TIME, "name": "exception", "attributes": _pairs({"exception.type": "ValueError"})}
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "fit",
        "kind": 1,
        "startTimeUnixNano": _TIME,
        "endTimeUnixNano": _TIME,
        "attributes": _pairs(attributes or {}),
        "events": [exception] if failed else [],
    }


def line(attributes: Mapping[str, str]) -> Json:
    """Make a log record in OTLP JSON."""
    return {"timeUnixNano": _TIME, "body": {"stringValue": "row 7"}, "attributes": _pairs(attributes)}


def send_spans(entrance: Collector, service: str, *spans: Json) -> None:
    """Send spans in one request."""
    _send(entrance, "traces", {"resourceSpans": [{**_of(service), "scopeSpans": [{"scope": {}, "spans": spans}]}]})


def send_lines(entrance: Collector, service: str, *lines: Json) -> None:
    """Send log records in one request."""
    _send(entrance, "logs", {"resourceLogs": [{**_of(service), "scopeLogs": [{"scope": {}, "logRecords": lines}]}]})


def _send(entrance: Collector, signal: str, document: Json) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{entrance.http}/v1/{signal}", json.dumps(document).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert 200 == answer.status


def _of(service: str) -> Json:
    return {"resource": {"attributes": _pairs({"service.name": service})}}


def _pairs(attributes: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
