"""``make demo-monitoring``: all back ends at once, until they are told to end."""

import re
import signal
import subprocess
import sys
import urllib.error
from functools import partial
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually, get_bytes
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.opensearch import OpenSearch
from tests.back_ends.server import answers

pytestmark = pytest.mark.back_ends


def test_the_demo_is_in_all_back_ends(jaeger: Jaeger, opensearch: OpenSearch) -> None:
    """Its addresses answer with operations of the demo until it is interrupted; after that nothing of it is left."""
    command = [sys.executable, "-m", "tests.back_ends.demo"]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as demo:
        assert demo.stdout is not None
        told = list(iter(demo.stdout.readline, LAST))
        places = dict(re.findall(r"^(\w+).* (http://\S+)$", "".join(told), re.MULTILINE))
        for name in ("Jaeger", "Prometheus", "Own", "OpenSearch"):
            answer = eventually(partial(text_at, places[name]), lambda text: "load" in text)
            assert "load" in answer, name
        demo.send_signal(signal.SIGINT)
        assert "stopped\n" == demo.stdout.read()
        assert 0 == demo.wait()
    assert [] == [name for name, address in places.items() if answers(address)]


def text_at(address: str) -> str:
    """Give what an address answers; nothing where it refuses, as OpenSearch does before the first document."""
    try:
        return get_bytes(address).decode()
    except urllib.error.HTTPError:
        return ""


LAST = "The pages of Jaeger and Prometheus are not built; these addresses answer JSON. Ctrl-C stops all.\n"
