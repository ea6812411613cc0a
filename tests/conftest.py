"""What all tests share: a fresh process for each, and what `otel_ops.testing` gives everybody."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir
from opentelemetry.sdk.trace import TracerProvider

from otel_ops.core import fast_tracer
from otel_ops.faults import raise_faults
from otel_ops.testing import FreshProcess, Recorder, Spans

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "data" / "traces"

pytest_plugins = ["otel_ops.testing.pytest_plugin", "tests.back_ends.pytest_plugin"]

set_hypothesis_home_dir(Path(sys.prefix) / ".hypothesis")
settings.register_profile("default", max_examples=50, deadline=None, database=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2_000)
settings.load_profile("default")


signal.signal(signal.SIGINT, signal.default_int_handler)  # shells switch Ctrl-C off for all that runs in the background
if sys.platform != "win32":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and nohup the end of the terminal
os.environ.pop("COLUMNS", None)  # processes of pytest-xdist are given the width of its terminal


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let what tests printed travel from the process that ran them: lone surrogates, which some of them log, cannot."""
    report = yield
    return _encodable(report)


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list() | tuple():
            return type(value)(map(_encodable, value))
        case dict():
            return {key: _encodable(item) for key, item in value.items()}
        case _:
            return value


@pytest.fixture(autouse=True, scope="session")
def _tried() -> None:
    """Try fast spans on an empty stack: a trial deep in a recursion fails, and the SDK makes all spans from then on."""
    assert fast_tracer._is_faithful()


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """Begin with loud faults and nothing set; end with no operation or context left open."""
    with FreshProcess():
        yield


@pytest.fixture
def quiet(request: pytest.FixtureRequest) -> None:
    """Let faults be counted, not raised, as in a program."""
    if "recorder" in request.fixturenames:
        request.getfixturevalue("recorder")
    raise_faults(loud=False)


@pytest.fixture
def provider(recorder: Recorder) -> TracerProvider:
    """Put a fresh provider in the place of the global one."""
    return recorder.provider


@pytest.fixture
def spans(recorder: Recorder) -> Spans:
    """Keep the spans that the test's provider records."""
    return recorder.spans


@pytest.fixture
def captures() -> Path:
    """Give the folder of real captures that is kept beside the repository; skip where there is none."""
    if not CAPTURES.is_dir():
        pytest.skip("the captures are not there")
    return CAPTURES
