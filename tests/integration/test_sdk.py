"""configure and shutdown, in programs of their own, as a person runs them."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path

import pytest

from otel_ops.formatters import read_operation_log
from tests.integration.collector import Collector, Silence
from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN, names_in, records_in, trace_files

# The default


def test_by_default_a_file_is_written_and_announced(run_program: RunProgram, tmp_path: Path) -> None:
    """Without any setting, spans go to a file of the day and process, hidden from git, and one line says so."""
    done = run_program(RUN + 'configure(); run("a"); run("b"); import os; print(os.getpid())')
    (path,) = trace_files(tmp_path)

    assert (0, ["a", "b"]) == (done.returncode, names_in(path))
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d-{done.stdout.strip()}\.jsonl", path.name)
    shown = path.relative_to(tmp_path)
    assert f"otel_ops: operations are written to {shown}; read them with: otel-ops show {shown}\n" == done.stderr
    assert "*\n" == (tmp_path / ".otel_ops" / ".gitignore").read_text()


def test_a_program_without_operations_leaves_no_trace(run_program: RunProgram, tmp_path: Path) -> None:
    """Where nothing ran, nothing is written and nothing is said."""
    done = run_program(RUN + "configure()")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert [] == list(tmp_path.iterdir())


def test_the_announcement_can_be_switched_off(run_program: RunProgram, tmp_path: Path) -> None:
    """With `announce=False` the file is written without a word."""
    done = run_program(RUN + 'configure(announce=False); run("a")')

    assert (0, "") == (done.returncode, done.stderr)
    assert ["a"] == names_in(*trace_files(tmp_path))


def test_the_announcement_comes_once(run_program: RunProgram) -> None:
    """However often spans are written, one line tells of the file."""
    done = run_program(
        RUN + 'configure(flush_seconds=0.01)\nimport time\nfor _ in range(5): run("a"); time.sleep(0.05)'
    )

    assert 1 == len(done.stderr.splitlines())


def test_without_standard_error_the_file_is_written_all_the_same(run_program: RunProgram, tmp_path: Path) -> None:
    """A program whose stderr is closed loses the announcement, and no span."""
    done = run_program(RUN + 'import sys; configure(); sys.stderr.close(); run("a"); run("b")')

    assert 0 == done.returncode
    assert ["a", "b"] == names_in(*trace_files(tmp_path))


def test_the_file_stays_where_the_program_began(run_program: RunProgram, tmp_path: Path) -> None:
    """A program that changes its directory writes one file, in the folder where it was configured."""
    (tmp_path / "elsewhere").mkdir()
    source = """
import os
configure()
with OperationContext("ctx") as context:
    run("a")
    assert context.operations
    os.chdir("elsewhere")
    run("b")
"""
    done = run_program(RUN + source)

    assert (0, ["a", "b", "ctx"]) == (done.returncode, names_in(*trace_files(tmp_path)))
    assert [] == list((tmp_path / "elsewhere").iterdir())


def test_another_file_can_be_named(run_program: RunProgram, tmp_path: Path) -> None:
    """`trace_file` says where spans go; a folder of the user's gets no .gitignore."""
    done = run_program(RUN + 'configure(trace_file="out/{service}-{pid}.jsonl", service_name="thermal"); run("a")')
    (path,) = (tmp_path / "out").iterdir()

    assert (0, ["a"]) == (done.returncode, names_in(path))
    assert path.name.startswith("thermal-")


@pytest.mark.parametrize(
    ("service", "variables"), [("reader", {}), ("kiln 7", {"OTEL_RESOURCE_ATTRIBUTES": "a=1,service.name=kiln%207"})]
)
def test_the_file_has_the_name_that_spans_have(
    run_program: RunProgram, tmp_path: Path, service: str, variables: dict[str, str]
) -> None:
    """Where no setting names the service, both have that of OpenTelemetry's variable, or of the program."""
    (tmp_path / "reader.py").write_text(RUN + 'configure(trace_file="out/{service}.jsonl"); run("a")')
    run_program("import runpy, sys; sys.argv = ['reader.py']; runpy.run_path('reader.py')", **variables)
    (path,) = (tmp_path / "out").iterdir()

    assert service == path.stem
    assert {service} == {record.resource.attributes["service.name"] for record in records_in(path)}


def test_the_file_can_be_switched_off(run_program: RunProgram, tmp_path: Path) -> None:
    """With `trace_file=False` nothing is written."""
    done = run_program(RUN + 'configure(trace_file=False); run("a")')

    assert (0, "", []) == (done.returncode, done.stderr, list(tmp_path.iterdir()))


def test_a_file_that_cannot_be_written_is_no_trouble_of_the_program(run_program: RunProgram, tmp_path: Path) -> None:
    """The program ends well; what was lost is counted and told once."""
    (tmp_path / "file").write_text("")
    done = run_program(RUN + 'configure(trace_file="file/a.jsonl"); run("a"); shutdown(); print(diagnostics())')

    assert (0, "{'output.failed': 1, 'file_exporter.lost': 1}") == (done.returncode, _ordered(done.stdout))
    assert 1 == done.stderr.count("output trace_file file/a.jsonl failed with")


def _ordered(printed: str) -> str:
    counts = json.loads(printed.replace("'", '"'))
    return str({key: counts[key] for key in sorted(counts, reverse=True)})


# What the program says and does stays its own


def test_standard_output_stays_the_programs_own(run_program: RunProgram) -> None:
    """Tree, notices and warnings go to stderr; the program's own output is unchanged."""
    done = run_program(
        RUN + 'configure(outputs=["tree", "table", "json"], error_handlers=["log"]); run("a"); print("mine")'
    )

    assert "mine\n" == done.stdout
    assert all(word in done.stderr for word in ("operations are written to", "a ", '"schema"'))


def test_a_program_that_fails_fails_as_before(run_program: RunProgram, tmp_path: Path) -> None:
    """Exit code and traceback are those of the program, and what ran is written."""
    done = run_program(RUN + 'configure(announce=False)\nwith operation("a"): raise SystemExit(3)')
    crashed = run_program(RUN + 'configure(announce=False)\nwith operation("b"): 1 / 0')

    assert (3, "") == (done.returncode, done.stderr)
    assert 1 == crashed.returncode
    assert crashed.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert ["a", "b"] == sorted(names_in(*trace_files(tmp_path)))


def test_without_configure_nothing_happens(run_program: RunProgram, tmp_path: Path) -> None:
    """A library that only decorates its functions makes no sound where nobody configures anything."""
    done = run_program(RUN + 'run("a"); print(shutdown())', OTEL_OPS_OUTPUTS="tree")

    assert ("True\n", "", []) == (done.stdout, done.stderr, list(tmp_path.iterdir()))


# The provider


def test_a_provider_of_somebody_else_is_kept_and_gets_one_processor(run_program: RunProgram) -> None:
    """After ten calls of `configure` the provider has one processor more than before, and is the same."""
    done = run_program(
        RUN
        + """
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

class Counting(TracerProvider):
    added = []
    def add_span_processor(self, processor):
        self.added.append(type(processor).__name__)
        super().add_span_processor(processor)

provider = Counting()
trace.set_tracer_provider(provider)
for _ in range(10):
    configure(trace_file=False)
print(provider.added, trace.get_tracer_provider() is provider, type(provider.sampler).__name__)
with OperationContext("ctx") as context:
    run("a")
print([log.name for log in context.operations])
"""
    )

    assert ["['DelegatingProcessor'] True ParentBased", "['a']"] == done.stdout.splitlines()
    assert "" == done.stderr


def test_a_provider_without_processors_is_refused(run_program: RunProgram) -> None:
    """A global provider that is no SDK's gets a clear error, and nothing is changed."""
    done = run_program(
        RUN
        + """
from opentelemetry import trace
from otel_ops.exceptions import SettingsError
trace.set_tracer_provider(trace.NoOpTracerProvider())
try:
    configure(outputs=["tree"])
except SettingsError as error:
    print(error)
run("a")
"""
    )

    assert done.stdout.startswith(
        "the global tracer provider is a NoOpTracerProvider, to which no span processor can be"
    )
    assert "" == done.stderr


@pytest.mark.parametrize(
    ("source", "environment", "name"),
    [
        ('configure(service_name="thermal")', {}, "thermal"),
        ('configure(service_name="thermal")', {"OTEL_SERVICE_NAME": "lab"}, "lab"),
        ("configure()", {"OTEL_SERVICE_NAME": "lab"}, "lab"),
        ("configure()", {"OTEL_RESOURCE_ATTRIBUTES": "service.name=bench,site=x"}, "bench"),
        ("configure()", {"OTEL_OPS_SERVICE_NAME": "thermal"}, "thermal"),
        ("configure()", {}, "unknown_service"),
        ('import sys; sys.argv[0] = "/opt/fit.py"; configure()', {}, "fit"),
        ('import sys; sys.argv[0] = "-m"; sys.orig_argv[-1:] = ["lab.fit"]; configure()', {}, "fit"),
        ('import sys; sys.argv[0] = "/opt/thermal/__main__.py"; configure()', {}, "thermal"),
    ],
)
def test_the_service_has_a_name(
    run_program: RunProgram, tmp_path: Path, source: str, environment: dict[str, str], name: str
) -> None:
    """The service is named by a setting, by OpenTelemetry's variables, or after the program."""
    run_program(RUN + source + '; run("a")', **environment)
    (record,) = records_in(*trace_files(tmp_path))

    assert name == record.resource.attributes["service.name"].removesuffix(":python")


@pytest.mark.parametrize("sampler", ["always_off", "parentbased_always_off"])
def test_what_is_not_sampled_is_not_written_but_handled(run_program: RunProgram, tmp_path: Path, sampler: str) -> None:
    """With a sampler that drops everything, no file is written, and error handlers see the failures all the same."""
    source = """
configure(error_handlers=["log"], outputs=["tree"])
try:
    with operation("a"), operation("b"): raise KeyError("run9")
except KeyError:
    pass
"""
    done = run_program(RUN + source, OTEL_TRACES_SAMPLER=sampler)

    assert [] == trace_files(tmp_path)
    assert ["suboperation 'b' failed", "operation 'a' failed"] == re.findall(
        r"^\w+ '\w' failed", done.stderr, re.MULTILINE
    )
    assert "operations are written" not in done.stderr


# Again, and the end


def test_configuring_again_swaps_the_outputs_without_losing_spans(run_program: RunProgram, tmp_path: Path) -> None:
    """What ended before goes to the former file, what ends after to the new one, also if it was open meanwhile."""
    source = """
configure(trace_file="first.jsonl", announce=False)
run("a")
with OperationContext("open") as context:
    run("b")
    configure(trace_file="second.jsonl", announce=False)
    run("c")
print([log.name for log in context.operations])
"""
    done = run_program(RUN + source)

    assert ("['b', 'c']\n", "") == (done.stdout, done.stderr)
    assert ["a", "b"] == names_in(tmp_path / "first.jsonl")
    assert ["c", "open"] == names_in(tmp_path / "second.jsonl")


def test_configuring_while_threads_work_loses_no_span(run_program: RunProgram, tmp_path: Path) -> None:
    """Every span of every thread is in one of the files, and in one only."""
    source = """
import threading, time
ran = []
stop = threading.Event()
def work(thread):
    number = 0
    while not stop.is_set():
        run(f"{thread}.{number}")
        ran.append(f"{thread}.{number}")
        number += 1
        time.sleep(1e-3)
configure(trace_file="0.jsonl", announce=False)
threads = [threading.Thread(target=work, args=(thread,)) for thread in range(3)]
for thread in threads:
    thread.start()
for number in range(1, 30):
    configure(trace_file=f"{number}.jsonl", announce=False)
stop.set()
for thread in threads:
    thread.join()
shutdown()
print(diagnostics())
print(*ran)
"""
    done = run_program(RUN + source)
    counts, ran = done.stdout.splitlines()

    assert ("{}", "") == (counts, done.stderr)
    assert sorted(ran.split()) == sorted(names_in(*tmp_path.glob("*.jsonl")))


@pytest.mark.parametrize(
    "wrong",
    [
        'detail="HUGE"',
        "unknown=1",
        'outputs=["tree", {"format": "json", "detail": "DEBUG"}]',
        'outputs=["tree"], trace_file="other.jsonl", **exporter("nowhere")',
    ],
)
def test_settings_that_cannot_be_used_change_nothing(run_program: RunProgram, tmp_path: Path, wrong: str) -> None:
    """After a settings error the former configuration is in force, with its level, outputs and provider."""
    source = f"""
import os
from opentelemetry import trace
from otel_ops.exceptions import SettingsError

def exporter(name):
    os.environ["OTEL_TRACES_EXPORTER"] = name
    return {{}}

configure(detail="DETAILED", trace_file="first.jsonl", announce=False)
provider = trace.get_tracer_provider()
try:
    configure(**dict(detail="DETAILED") | dict({wrong}))
except SettingsError as error:
    print("refused")
with operation("fine", detail="DETAILED"):
    run("a")
print(provider is trace.get_tracer_provider())
"""
    done = run_program(RUN + source)

    assert ("refused\nTrue\n", "") == (done.stdout, done.stderr)
    assert ["a", "fine"] == sorted(names_in(tmp_path / "first.jsonl"))


def test_a_first_configuration_that_cannot_be_used_sets_nothing(run_program: RunProgram) -> None:
    """Where the first `configure` fails, no provider is set: the next one makes its own, with its own name."""
    source = """
import os, threading
from opentelemetry import trace
from otel_ops.exceptions import SettingsError
try:
    configure(service_name="wrong")
except SettingsError as error:
    print(error)
print(type(trace.get_tracer_provider()).__name__, threading.active_count())
"""
    done = run_program(RUN + source, OTEL_TRACES_EXPORTER="consol")

    assert [
        "OTEL_TRACES_EXPORTER = 'consol' (environment): no such exporter is installed; did you mean 'console'?",
        "ProxyTracerProvider 1",
    ] == done.stdout.splitlines()


def test_shutdown_may_be_called_twice_and_spans_after_it_are_harmless(run_program: RunProgram, tmp_path: Path) -> None:
    """What ended before is written at once; what comes after runs, goes nowhere, and is no fault."""
    source = """
from pathlib import Path
configure(trace_file="a.jsonl", announce=False, detail="DEBUG", error_handlers=["log"])
run("before")
print(shutdown(), len(Path("a.jsonl").read_text().splitlines()), shutdown())
with OperationContext("ctx") as context:
    run("after")
    with operation("noise", detail="DEBUG") as hidden:
        print(hidden)
print(context.operations, diagnostics())
"""
    done = run_program(RUN + source)

    assert ["True 1 True", "<operation 'noise' DEBUG>", "() {}"] == done.stdout.splitlines()
    assert ("", ["before"]) == (done.stderr, names_in(tmp_path / "a.jsonl"))


def test_after_a_shutdown_one_can_configure_again(run_program: RunProgram, tmp_path: Path) -> None:
    """A new configuration works as the first one did."""
    source = 'configure(announce=False); shutdown(); configure(trace_file="b.jsonl", announce=False); run("a")'
    done = run_program(RUN + source)

    assert (0, ["a"]) == (done.returncode, names_in(tmp_path / "b.jsonl"))


def test_the_sdk_can_be_disabled(run_program: RunProgram, tmp_path: Path) -> None:
    """With `OTEL_SDK_DISABLED=true` nothing is set up, and the program runs."""
    source = 'from opentelemetry import trace\nprint(configure(outputs=["tree"]).detail.name); run("a")\n'
    done = run_program(RUN + source + "print(type(trace.get_tracer_provider()).__name__)", OTEL_SDK_DISABLED="true")

    assert ("STANDARD\nProxyTracerProvider\n", "", 0) == (done.stdout, done.stderr, done.returncode)
    assert [] == list(tmp_path.iterdir())


# OpenTelemetry's variables


def test_an_endpoint_gets_the_spans(run_program: RunProgram, tmp_path: Path, collector: Collector) -> None:
    """OTLP spans arrive at the endpoint (a small server stands for the collector), and no file is written."""
    source = RUN + 'configure(service_name="thermal")\nwith OperationContext("ctx"): run("a"); run("b")'
    done = run_program(source, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert (["a", "b", "ctx"], {"thermal"}) == (collector.spans, collector.services)
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_is_named_is_written_beside_the_endpoint(
    run_program: RunProgram, tmp_path: Path, collector: Collector
) -> None:
    """With an endpoint and a file, spans go to both."""
    source = RUN + 'configure(trace_file="a.jsonl", announce=False); run("a")'
    run_program(source, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.endpoint}/v1/traces")

    assert ["a"] == collector.spans == names_in(tmp_path / "a.jsonl")


def test_none_means_nowhere(run_program: RunProgram, tmp_path: Path, collector: Collector) -> None:
    """`OTEL_TRACES_EXPORTER=none` wins over the endpoint, and no file is written instead."""
    environment = {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    done = run_program(RUN + 'configure(); run("a")', **environment)

    assert (0, "") == (done.returncode, done.stderr)
    assert ([], []) == (collector.spans, list(tmp_path.iterdir()))


def test_the_console_can_be_asked_for(run_program: RunProgram, tmp_path: Path) -> None:
    """`OTEL_TRACES_EXPORTER=console` prints spans as the SDK does, and no file is written."""
    done = run_program(RUN + 'configure(); run("a")', OTEL_TRACES_EXPORTER="console")

    assert ("a", "") == (json.loads(done.stdout)["name"], done.stderr)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("endpoint", ["silent", "closed"])
def test_an_endpoint_that_is_away_does_not_hold_up_the_end(run_program: RunProgram, endpoint: str) -> None:
    """Where nobody answers, the program ends after `exit_seconds`, and says what was lost."""
    source = RUN + 'configure(exit_seconds=0.5); run("a"); import time; print(time.time())'
    with Silence() as silence:
        address = silence.endpoint if endpoint == "silent" else "http://127.0.0.1:9"
        done = run_program(source, OTEL_EXPORTER_OTLP_ENDPOINT=address)
        waited = time.time() - float(done.stdout)

    assert 0 == done.returncode
    assert waited < 4
    assert "was not done within exit_seconds" in done.stderr
    assert "still held is lost" in done.stderr


def test_what_an_exporter_had_no_time_for_is_counted(run_program: RunProgram) -> None:
    """Of 1,000 spans 512 are under way when the time is over; the others are counted, and told once."""
    source = """
from otel_ops import configure, diagnostics, operation, shutdown
configure(exit_seconds=0.5)
for _ in range(1_000):
    with operation("item"):
        pass
shutdown()
print(diagnostics())
"""
    with Silence() as silence:
        done = run_program(source, OTEL_EXPORTER_OTLP_ENDPOINT=silence.endpoint)

    assert (0, "{'exit.given_up': 1, 'exporter.unsent': 488}\n") == (done.returncode, done.stdout)
    assert "was not given the time to send 488 spans" in done.stderr


def test_log_records_that_an_exporter_had_no_time_for_are_counted(run_program: RunProgram) -> None:
    """Also where spans before them take all the time: as many are counted as wait, with what otel_ops logs of it."""
    source = """
import logging
from otel_ops import configure, diagnostics, operation, shutdown
configure(exit_seconds=0.5)
with operation("item"):
    for _ in range(300):
        logging.warning("something")
shutdown()
print(diagnostics())
"""
    with Silence() as silence:
        environ = {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_BLRP_SCHEDULE_DELAY": "60000"}
        environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = silence.endpoint
        done = run_program(source, **environ)

    assert (0, "{'exit.given_up': 1, 'exporter.unsent': 301}\n") == (done.returncode, done.stdout)
    assert "was not given the time to send 301 log records" in done.stderr


def test_an_output_that_hangs_is_given_up(run_program: RunProgram, tmp_path: Path) -> None:
    """A formatted output that never returns holds up neither the end nor the next configuration."""
    source = """
import time
from otel_ops.formatters import OutputFormatter
class Hanging(OutputFormatter):
    def format_operation_log(self, operation_log):
        time.sleep(3_600)
configure(outputs=[Hanging()], exit_seconds=0.2, trace_file=False)
run("a")
configure(trace_file="b.jsonl", announce=False, exit_seconds=5)
run("b")
"""
    done = run_program(RUN + source)

    assert (0, ["b"]) == (done.returncode, names_in(tmp_path / "b.jsonl"))


# Other processes


def test_a_forked_child_writes_its_own_spans(run_program: RunProgram, tmp_path: Path) -> None:
    """A child writes what ends in it, and nothing of what the parent had not yet written."""
    source = """
import os, sys
configure(trace_file="{pid}.jsonl", flush_seconds=3600, announce=False)
with OperationContext("ctx") as context:
    run("parent before")
    child = os.fork()
    if child == 0:
        run("child")
        print([log.name for log in context.operations])
        sys.exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    run("parent after")
"""
    done = run_program(RUN + source)
    records = records_in(*tmp_path.glob("*.jsonl"))

    assert ["7", "['child']"] == sorted(done.stdout.splitlines())
    assert ["child", "ctx", "parent after", "parent before"] == sorted(record.name for record in records)
    assert [True] == [record.attributes.get("ops.process_root") for record in records if record.name == "child"]


def test_a_span_stands_in_the_file_once_however_many_processes_leave_it(
    run_program: RunProgram, tmp_path: Path
) -> None:
    """A child that unwinds its parent's blocks leaves their spans to the parent, and says how many."""
    source = """
import os
configure(trace_file="a.jsonl", flush_seconds=3600, announce=False)
child = None
with OperationContext("ctx"):
    with operation("a"), operation("b"):
        child = os.fork()
        run("child" if child == 0 else "parent")
    run("after")
if child == 0:
    print(diagnostics())
else:
    os.waitpid(child, 0)
"""
    done = run_program(RUN + source)
    records = records_in(tmp_path / "a.jsonl")

    assert "{'span.left_to_parent': 3}\n" == done.stdout
    assert ["a", "after", "after", "b", "child", "ctx", "parent"] == sorted(record.name for record in records)
    assert len(records) == len({record.span_id for record in records})


@pytest.mark.parametrize("fast", ["true", "false"])
def test_a_forked_child_has_a_resource_of_its_own(run_program: RunProgram, tmp_path: Path, fast: str) -> None:
    """What the SDK knows of a process, its spans tell of that process, not of its parent; handlers know them, too."""
    source = """
import os, sys
from opentelemetry import trace
from otel_ops.errors import ErrorHandler
class Telling(ErrorHandler):
    def handle_operation_error(self, operation_log, exception):
        print("failed", operation_log.name, flush=True)
    def handle_suboperation_error(self, suboperation_log, error_data):
        pass
configure(trace_file="{pid}.jsonl", announce=False)
trace.get_tracer_provider().add_span_processor(Telling())
run("parent")
if os.fork() == 0:
    try:
        with operation("child"):
            print(os.getpid(), flush=True)
            1 / 0
    except ZeroDivisionError:
        sys.exit(0)
os.wait()
"""
    done = run_program(RUN + source, OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="process,otel", OTEL_OPS_FAST_SPANS=fast)
    records = {record.name: record for record in records_in(*tmp_path.glob("*.jsonl"))}
    child, failed = done.stdout.splitlines()

    assert int(child) == records["child"].resource.attributes["process.pid"]
    assert int(child) != records["parent"].resource.attributes["process.pid"]
    assert "failed child" == failed


def test_a_forked_child_has_a_worker_of_its_own(run_program: RunProgram, tmp_path: Path) -> None:
    """What ends in a child is written while it runs, also if it then ends without the usual farewell."""
    source = """
import os, time
from pathlib import Path
configure(trace_file="{pid}.jsonl", flush_seconds=0.01, announce=False)
run("parent")
if os.fork() == 0:
    run("child")
    until = time.monotonic() + 20
    while time.monotonic() < until and not any("child" in path.read_text() for path in Path().glob("*.jsonl")):
        time.sleep(0.01)
    os._exit(0)
os.wait()
"""
    run_program(RUN + source)

    assert ["child", "parent"] == sorted(names_in(*tmp_path.glob("*.jsonl")))


def test_a_forked_child_leaves_the_announcement_to_its_parent(run_program: RunProgram) -> None:
    """One line tells of the file, however many processes write to it."""
    source = """
import os, sys
configure(flush_seconds=3600)
run("parent")
if os.fork() == 0:
    run("child")
    sys.exit(0)
os.wait()
"""
    assert 1 == len(run_program(RUN + source).stderr.splitlines())


def test_children_of_a_busy_parent_write_theirs(run_program: RunProgram, tmp_path: Path) -> None:
    """Children forked at any moment, while threads work and outputs write, neither hang nor lose a span."""
    source = """
import os, sys, threading, time
configure(outputs=[{"format": "tree", "to": "tree.txt"}], trace_file="a.jsonl", flush_seconds=0.001, announce=False)
stop = threading.Event()
def work():
    while not stop.is_set():
        run("busy")
        time.sleep(1e-3)
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
children = []
for number in range(10):
    child = os.fork()
    if child == 0:
        stop.set()
        run(f"child {number}")
        os._exit(not shutdown())
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
stop.set()
"""
    done = run_program(RUN + source)
    written = [name for name in names_in(tmp_path / "a.jsonl") if name != "busy"]

    assert f"{10 * [0]}\n" == done.stdout
    assert [f"child {number}" for number in range(10)] == sorted(written)


# Failures


HANDLER = """
from otel_ops.errors import ErrorHandler
class Telling(ErrorHandler):
    def handle_operation_error(self, operation_log, exception):
        print("operation", operation_log.name, repr(exception), flush=True)
    def handle_suboperation_error(self, suboperation_log, error_data):
        print("suboperation", suboperation_log.name, repr(error_data.exception), flush=True)

def fail():
    try:
        with operation("a"), operation("b"):
            raise KeyError("run9")
    except KeyError:
        pass
"""
TOLD = ["suboperation b KeyError('run9')", "operation a KeyError('run9')"]


@pytest.mark.parametrize(
    "attach",
    [
        "configure(error_handlers=[Telling()], trace_file=False)",
        "configure(trace_file=False); trace.get_tracer_provider().add_span_processor(Telling())",
        "trace.set_tracer_provider(TracerProvider()); trace.get_tracer_provider().add_span_processor(Telling())",
        "trace.set_tracer_provider(TracerProvider(sampler=ALWAYS_OFF)); configure(error_handlers=[Telling()])",
    ],
)
def test_handlers_are_called_however_they_are_attached(run_program: RunProgram, attach: str) -> None:
    """By `configure` or to any provider, ours or not: one call for the suboperation and one for the operation."""
    imports = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
"""
    done = run_program(RUN + HANDLER + imports + attach + "\nfail()")

    dropped = "ALWAYS_OFF" in attach
    assert (["operation b KeyError('run9')"] if dropped else TOLD) == done.stdout.splitlines()
    assert "" == done.stderr


def test_handlers_of_the_former_configuration_hear_no_more(run_program: RunProgram) -> None:
    """Configuring again, or shutting down, takes handlers away; the same one may be passed again."""
    source = """
same = Telling()
configure(error_handlers=[same], trace_file=False); fail()
configure(error_handlers=[same], trace_file=False); fail()
configure(trace_file=False); fail()
configure(error_handlers=[same], trace_file=False); shutdown(); fail()
"""
    done = run_program(RUN + HANDLER + source)

    assert TOLD * 2 == done.stdout.splitlines()


# The end of the program


def test_everything_is_written_at_the_end(run_program: RunProgram, tmp_path: Path) -> None:
    """However many spans still wait when the program ends, and on whichever threads they ran, all are written."""
    source = """
import threading
configure(flush_seconds=3600, announce=False)
def work():
    for _ in range(1000):
        run("a")
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
run("main")
"""
    done = run_program(RUN + source)
    names = names_in(*trace_files(tmp_path))

    assert (0, "") == (done.returncode, done.stderr)
    assert ["a"] * 3000 + ["main"] == sorted(names)


def test_outputs_of_every_kind_are_written_at_the_end(run_program: RunProgram, tmp_path: Path) -> None:
    """A formatted file, a plain span exporter and the trace file hold the same operations."""
    source = """
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
plain = ConsoleSpanExporter(formatter=lambda span: span.name + "\\n")
configure(outputs=[{"format": "json", "to": "logs.json"}, plain], trace_file="a.jsonl", announce=False)
with operation("a"), operation("b"):
    pass
"""
    done = run_program(RUN + source)
    log = read_operation_log((tmp_path / "logs.json").read_text())

    assert ["b", "a"] == done.stdout.split() == names_in(tmp_path / "a.jsonl")
    assert ["a", "b"] == [one.name for one in log.walk()]


def test_two_outputs_of_one_file_are_refused(run_program: RunProgram, tmp_path: Path) -> None:
    """Nothing has changed then; a service with a path for a name stays in the folder."""
    source = """
from otel_ops.exceptions import SettingsError
configure(trace_file="traces/{service}.jsonl", service_name="../../etc/x", announce=False)
try:
    configure(trace_file="a.jsonl", outputs=[{"format": "json", "to": "a.jsonl"}], announce=False)
except SettingsError as error:
    print(error)
run("a")
"""
    done = run_program(RUN + source)

    assert done.stdout.startswith("trace_file and outputs[0] write to one file, ")
    assert ["a"] == names_in(*(tmp_path / "traces").glob("___.._etc_x~*.jsonl"))


SEEDED = (
    RUN
    + """
import random
from otel_ops.errors import Retry
configure(outputs=["tree"], error_handlers=["log", "metrics"])
random.seed(1)

@operation(recover=[Retry(on=OSError, wait=0.001, jitter=0.001)])
def read(answers=[OSError("no answer"), None]):
    answer = answers.pop(0)
    if answer:
        raise answer

run("a")
read()
try:
    with operation("b"):
        raise ValueError("row 7")
except ValueError:
    pass
shutdown()
print(random.random())
"""
)


def test_a_seeded_program_has_its_own_random_numbers(run_program: RunProgram, tmp_path: Path) -> None:
    """Neither ids nor waits are drawn from what `random.seed` sets, and each run has ids of its own."""
    told = [run_program(SEEDED).stdout for _ in range(2)]
    records = records_in(*trace_files(tmp_path))

    assert 2 * [f"{random.Random(1).random()}\n"] == told
    assert (2 * 5, 2 * 5) == (len(records), len({record.span_id for record in records}))
    assert 2 * 3 == len({record.trace_id for record in records})


def test_forked_processes_have_ids_of_their_own(run_program: RunProgram, tmp_path: Path) -> None:
    """Whatever they and their parent seed."""
    program = """
import os, random
configure(announce=False)
for _ in range(3):
    if not os.fork():
        random.seed(1)
        run("child")
        shutdown()
        os._exit(0)
    os.wait()
random.seed(1)
run("parent")
"""
    run_program(RUN + program)
    records = records_in(*trace_files(tmp_path))

    assert (4, 4) == (len(records), len({record.trace_id for record in records}))
