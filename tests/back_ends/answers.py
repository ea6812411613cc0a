"""Asks servers over HTTP, and waits for answers that come in a while."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")

_SECONDS = 60
_POLL_SECONDS = 0.2


def get(address: str, **query: object) -> Any:
    """Give the JSON that an address answers."""
    return json.loads(get_bytes(address, **query))


def get_bytes(address: str, **query: object) -> bytes:
    """Give what an address answers."""
    asked = f"{address}?{urllib.parse.urlencode(query)}" if query else address
    with urllib.request.urlopen(asked, timeout=30) as response:
        answer: bytes = response.read()
        return answer


def post(address: str, document: object) -> Any:
    """Give the JSON that an address answers to a document."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(document).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def eventually(ask: Callable[[], _T], until: Callable[[_T], bool], seconds: float = _SECONDS) -> _T:
    """Ask again and again until an answer will do; give the last one where none does, for the test to tell of."""
    end = time.monotonic() + seconds
    while not until(answer := ask()) and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
    return answer
