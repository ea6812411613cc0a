"""Real servers with several workers: each worker writes all that it did, however the server is ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from otel_ops.span_record import SpanRecord
from tests.integration.programs import records_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these servers fork")

SECONDS = 60
DECLARED = '[{target = "work:compute", name = "inside", capture = ["worker"]}]'
WORK = """
def compute(worker):
    return worker
"""
APPLICATION = """
import os, work
from otel_ops import operation

@operation
def answer():
    return str(work.compute(os.getpid())).encode()

def wsgi(environ, start_response):
    body = answer()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        body = answer()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
"""
TASKS = """
import os, work
from celery import Celery
from otel_ops import operation

app = Celery("tasks", broker="filesystem://")
app.conf.broker_transport_options = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), "queue")
app.conf.broker_transport_options["polling_interval"] = 0.05
app.conf.worker_prefetch_multiplier = 1

@app.task
@operation
def answer(number):
    with open("done.txt", "a") as file:
        file.write(f"{work.compute(os.getpid())}\\n")
"""


def _environment() -> dict[str, str]:
    """Hold spans back for an hour: what is written then was written at the end of a worker."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    settings = {"TRACE_FILE": "spans-{pid}.jsonl", "FLUSH_SECONDS": "3600", "OPERATIONS": DECLARED}
    return {**kept, "PYTHONUTF8": "1", **{f"OTEL_OPS_{key}": value for key, value in settings.items()}}


class _Server:
    """A server under `opentelemetry-instrument`, ended by SIGTERM, as service managers do it."""

    def __init__(self, folder: Path, *command: str) -> None:
        self._log = folder / "log.txt"
        (folder / "work.py").write_text(WORK)
        program, *arguments = command
        instrument, path = (Path(sys.executable).with_name(name) for name in ("opentelemetry-instrument", program))
        with self._log.open("w") as output:
            self.process = subprocess.Popen(
                [instrument, path, *arguments], cwd=folder, env=_environment(), stdout=output, stderr=output
            )

    def found(self, pattern: str) -> str:
        """Wait for something in what the server prints."""
        self.until(lambda: re.search(pattern, self._log.read_text()), pattern)
        return str(re.findall(pattern, self._log.read_text())[0])

    def until(self, is_there: Callable[[], object], what: str) -> None:
        """Wait for something."""
        ends_at = time.monotonic() + SECONDS
        while not is_there():
            assert time.monotonic() < ends_at, f"{what}: {self._log.read_text()}"
            assert self.process.poll() is None, f"{what}: {self._log.read_text()}"
            time.sleep(0.02)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(SECONDS)


@contextmanager
def _server(folder: Path, *command: str) -> Iterator[_Server]:
    server = _Server(folder, *command)
    try:
        yield server
        server.end()
    finally:
        server.process.kill()
        server.process.wait()


def _workers(records: list[SpanRecord]) -> Counter[object]:
    """Count the operations of each worker, all of them whole."""
    outer = {record.span_id for record in records if record.name == "answer"}
    inside = [record for record in records if record.name == "inside"]
    assert len(outer) == len(inside)
    assert outer == {record.parent_id for record in inside}
    return Counter(record.attributes["ops.arg.worker"] for record in inside)


def _answers(address: str, workers: int = 2) -> Counter[object]:
    """Ask until all workers have answered; the last answers come right before the end."""
    answers: Counter[object] = Counter()
    until = time.monotonic() + SECONDS
    while len(answers) < workers and time.monotonic() < until:
        with suppress(URLError), urlopen(address) as answer:  # a worker has not begun to listen
            answers[int(answer.read())] += 1
    return answers


@pytest.mark.parametrize(
    "command",
    [
        ("gunicorn", "--workers", "2", "--bind", "127.0.0.1:0", "--no-control-socket", "application:wsgi"),
        ("uvicorn", "--workers", "2", "--port", "0", "application:asgi"),
    ],
)
def test_workers_of_web_servers(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Every answer of every worker is in the files, those right before SIGTERM, too."""
    (tmp_path / "application.py").write_text(APPLICATION)
    with _server(tmp_path, *command) as server:
        answers = _answers(server.found(r"http://127\.0\.0\.1:\d+"))

    assert answers == _workers(records_in(*tmp_path.glob("spans-*.jsonl")))


def test_a_server_that_ends_itself_by_its_signal(tmp_path: Path) -> None:
    """Uvicorn in one process dies of the SIGTERM that it was sent, as without us, and all is written before."""
    (tmp_path / "application.py").write_text(APPLICATION)
    with _server(tmp_path, "uvicorn", "--port", "0", "application:asgi") as server:
        answers = _answers(server.found(r"http://127\.0\.0\.1:\d+"), workers=1)

    assert -signal.SIGTERM == server.process.returncode
    assert answers == _workers(records_in(*tmp_path.glob("spans-*.jsonl")))


def test_workers_of_celery(tmp_path: Path) -> None:
    """Every task of every process of a prefork pool is in the files; the pool's processes end by `os._exit`."""
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "queue").mkdir()
    done = tmp_path / "done.txt"
    send = "import tasks; [tasks.answer.delay(number) for number in range(6)]"
    with _server(
        tmp_path, "celery", "-A", "tasks", "worker", *["-c", "2", "--without-gossip", "--without-mingle"]
    ) as server:
        subprocess.run([sys.executable, "-c", send], cwd=tmp_path, env=_environment(), check=True, timeout=SECONDS)
        server.until(lambda: done.exists() and len(done.read_text().splitlines()) == 6, "six tasks")

    assert Counter(map(int, done.read_text().split())) == _workers(records_in(*tmp_path.glob("spans-*.jsonl")))
