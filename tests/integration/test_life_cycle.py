"""configure and shutdown in every order and from everywhere: nothing lost, nothing twice, nobody waits for ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN, names_in

PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
"""

HANDLER = """
from otel_ops.errors import ErrorHandler
class Calling(ErrorHandler):
    def __init__(self, do):
        self.do, self.told = do, []
    def handle_operation_error(self, operation_log, exception):
        self.told.append(operation_log.name)
        self.do(operation_log.name)
    def handle_suboperation_error(self, suboperation_log, error_data):
        self.told.append(suboperation_log.name)

def fail(name):
    try:
        with operation(name):
            raise KeyError(name)
    except KeyError:
        pass
"""

FORMATTER = """
from otel_ops.formatters import FormattedSpanExporter, OutputFormatter
class Names(OutputFormatter):
    def format_operation_log(self, operation_log):
        return ">".join(log.name for log in operation_log.walk()) + "\\n"
"""


# In every order


@pytest.mark.parametrize(
    ("order", "written"),
    [
        ("S R", []),
        ("C R S S R", ["1"]),
        ("C R C R C R", ["1", "2", "3"]),
        ("C R S C R S", ["1", "2"]),
        ("S C R C S R C R", ["1", "3"]),
    ],
)
def test_in_every_order_what_runs_in_between_is_written_once(
    run_program: RunProgram, tmp_path: Path, order: str, written: list[str]
) -> None:
    """C configures, S shuts down, R runs an operation: those between are written, and the provider stays one."""
    source = f"""
from opentelemetry import trace
ran, providers, answers = 0, set(), []
for step in "{order}".split():
    if step == "C":
        configure(trace_file="a.jsonl", announce=False)
        providers.add(trace.get_tracer_provider())
    elif step == "S":
        answers.append(shutdown())
    else:
        ran += 1
        run(str(ran))
shutdown()
print(len(providers) < 2, all(answers), diagnostics())
"""
    done = run_program(RUN + source)

    assert ("True True {}\n", "") == (done.stdout, done.stderr)
    assert written == (names_in(tmp_path / "a.jsonl") if written else [])


def test_from_many_threads_at_once_nothing_is_lost_or_written_twice(run_program: RunProgram, tmp_path: Path) -> None:
    """Threads that configure, shut down and run operations at the same time end, and leave one processor."""
    source = (
        PROVIDER
        + """
import itertools, threading
class Counting(TracerProvider):
    added = 0
    def add_span_processor(self, processor):
        self.added += 1
        super().add_span_processor(processor)
trace.set_tracer_provider(Counting(shutdown_on_exit=False))
configure(trace_file="0.jsonl", announce=False)
numbers, ran = itertools.count(1), []
def work(thread):
    for number in range(20):
        configure(trace_file=f"{next(numbers)}.jsonl", announce=False)
        run(f"{thread}.{number}")
        ran.append(f"{thread}.{number}")
threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
enders = [threading.Thread(target=shutdown) for _ in range(4)]
for thread in enders: thread.start()
for thread in enders: thread.join()
print(trace.get_tracer_provider().added, diagnostics())
print(*ran)
"""
    )
    done = run_program(RUN + source)
    counts, ran = done.stdout.splitlines()

    assert ("1 {}", "") == (counts, done.stderr)
    assert sorted(ran.split()) == sorted(names_in(*tmp_path.glob("*.jsonl")))


def test_operations_open_meanwhile_are_whole(run_program: RunProgram, tmp_path: Path) -> None:
    """Inside an operation, `configure` costs neither its context its log, nor the log what ended in it before."""
    source = (
        FORMATTER
        + """
with open("names.txt", "a") as file:
    configure(trace_file="a.jsonl", announce=False)
    with OperationContext("ctx") as context, operation("outer"):
        run("before")
        configure(trace_file="b.jsonl", announce=False, outputs=[FormattedSpanExporter(Names(), file.write)])
        run("after")
    print([[log.name for log in outer.walk()] for outer in context.operations])
    print(shutdown(), diagnostics())
"""
    )
    done = run_program(RUN + source)

    assert ["[['outer', 'before', 'after']]", "True {}"] == done.stdout.splitlines()
    assert "outer>before>after\n" == (tmp_path / "names.txt").read_text()
    assert ["before"] == names_in(tmp_path / "a.jsonl")
    assert ["after", "outer", "ctx"] == names_in(tmp_path / "b.jsonl")


def test_the_level_of_an_open_context_outlives_a_configuration(run_program: RunProgram, tmp_path: Path) -> None:
    """What a context asks for holds after `configure`, which sets the level for all."""
    source = """
configure(trace_file="a.jsonl", announce=False)
with OperationContext(detail="DEBUG"):
    configure(trace_file="a.jsonl", announce=False, detail="MINIMAL")
    with operation("fine", detail="DEBUG"):
        pass
run("hidden")
"""
    run_program(RUN + source)

    assert ["fine"] == names_in(tmp_path / "a.jsonl")


# From everywhere


@pytest.mark.parametrize("action", ["configure", "shutdown"])
@pytest.mark.parametrize("place", ["handler", "formatter", "output"])
@pytest.mark.parametrize("waits", ["flush_seconds=3600", "flush_seconds=0.001"])
def test_inside_handlers_and_outputs_nothing_that_waits_is_lost(
    run_program: RunProgram, tmp_path: Path, action: str, place: str, waits: str
) -> None:
    """Called by an error handler, formatter or output, both return at once; what had ended is written all the same."""
    source = (
        HANDLER
        + FORMATTER
        + f"""
import time
first = []
def act(name):
    if not first:
        first.append(name)
        before = time.monotonic()
        if "{action}" == "configure":
            configure(trace_file="b.jsonl", announce=False)
        else:
            shutdown()
        print("at once" if time.monotonic() - before < 2 else "too late")
class Acting(Names):
    def format_operation_log(self, operation_log):
        act(operation_log.name)
        return super().format_operation_log(operation_log)
handler = Calling(act if "{place}" == "handler" else lambda name: None)
output = {{"handler": Names(), "formatter": Acting(), "output": FormattedSpanExporter(Names(), act)}}["{place}"]
configure(trace_file="a.jsonl", announce=False, error_handlers=[handler], outputs=[
    {{"format": output, "to": "names.txt"}} if isinstance(output, OutputFormatter) else output], {waits})
names = [f"{{number:03}}" for number in range(100)]
for name in names:
    fail(name)
    if "{action}" == "shutdown" and first:
        break
shutdown()
print(len(handler.told) >= 1, diagnostics())
"""
    )
    done = run_program(RUN + source)
    written = names_in(*tmp_path.glob("?.jsonl"))

    assert (0, "") == (done.returncode, done.stderr)
    assert ["True {}", "at once"] == sorted(done.stdout.splitlines())
    assert sorted(set(written)) == sorted(written)
    if action == "configure":
        assert [f"{number:03}" for number in range(100)] == sorted(written)


def test_a_handler_that_shuts_down_costs_no_span_of_its_batch(run_program: RunProgram, tmp_path: Path) -> None:
    """Everything that had ended when a handler called `shutdown` is written, formatted and handled, once."""
    source = (
        HANDLER
        + FORMATTER
        + PROVIDER
        + """
handler = Calling(lambda name: shutdown())
configure(trace_file="a.jsonl", announce=False, error_handlers=[handler], flush_seconds=3600,
          outputs=[{"format": Names(), "to": "names.txt"}])
for number in range(2_000):
    fail(str(number))
print(trace.get_tracer_provider().force_flush(20_000), len(handler.told))
print(shutdown(), diagnostics())
"""
    )
    done = run_program(RUN + source)
    expected = [str(number) for number in range(2_000)]

    assert ["True 2000", "True {}"] == done.stdout.splitlines()
    assert expected == names_in(tmp_path / "a.jsonl")
    assert expected == (tmp_path / "names.txt").read_text().split()


def test_operations_may_be_asked_for_while_logging(run_program: RunProgram) -> None:
    """A logging handler that looks at `context.operations` does not wait for an error handler that logs."""
    source = (
        HANDLER
        + """
import logging, threading
class Asking(logging.Handler):
    def emit(self, record):
        if record.name == "otel_ops.errors":
            logging_begun.set()
        else:
            asking.set()
            logging_waits.wait(0.3)
            print([log.name for log in context.operations])
logging_begun, asking, logging_waits = threading.Event(), threading.Event(), threading.Event()
logging.basicConfig(handlers=[Asking()], level="INFO")
configure(trace_file=False, error_handlers=["log"], flush_seconds=0.1)
with OperationContext("ctx") as context:
    thread = threading.Thread(target=logging.info, args=("mine",))
    thread.start()
    asking.wait()
    fail("a")
    thread.join()
print(logging_begun.wait(20), shutdown(), diagnostics())
"""
    )
    done = run_program(RUN + source)

    assert ["['a']", "True True {}"] == done.stdout.splitlines()


@pytest.mark.parametrize("place", ["handler", "formatter", "exporter", "plain handler", "plain formatter"])
def test_handlers_and_outputs_may_run_operations(run_program: RunProgram, place: str) -> None:
    """Decorated code in a handler, a formatter or an exporter runs, and neither calls these again nor holds them up."""
    source = (
        HANDLER
        + FORMATTER
        + PROVIDER
        + f"""
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
calls = []
def act(name):
    calls.append(name)
    fail("inside")
class Acting(Names):
    def format_operation_log(self, operation_log):
        act(operation_log.name)
        return ""
class Exporting(SpanExporter):
    def export(self, spans):
        for span in spans:
            act(span.name)
        return SpanExportResult.SUCCESS
place = "{place}"
if place.startswith("plain"):
    provider = TracerProvider(shutdown_on_exit=False)
    formatter = SimpleSpanProcessor(FormattedSpanExporter(Acting(), "names.txt"))
    provider.add_span_processor(formatter if place == "plain formatter" else Calling(act))
    trace.set_tracer_provider(provider)
else:
    configure(trace_file=False, error_handlers=[Calling(act)] if place == "handler" else [],
              outputs={{"formatter": [Acting()], "exporter": [Exporting()]}}.get(place, []))
fail("a")
if place == "plain handler":
    provider.force_flush()
print(shutdown(), *calls, diagnostics())
"""
    )
    done = run_program(RUN + source)

    assert (0, "True a {}\n", "") == (done.returncode, done.stdout, done.stderr)


# Providers


def test_a_provider_that_was_shut_down_can_be_configured_again(run_program: RunProgram, tmp_path: Path) -> None:
    """`provider.shutdown()` writes what has ended; what follows is told, until `configure` puts new outputs in."""
    source = (
        PROVIDER
        + """
class Counting(TracerProvider):
    added = 0
    def add_span_processor(self, processor):
        self.added += 1
        super().add_span_processor(processor)
provider = Counting()
trace.set_tracer_provider(provider)
configure(trace_file="a.jsonl", announce=False)
run("a")
provider.shutdown()
run("nowhere")
configure(trace_file="b.jsonl", announce=False)
run("b")
print(shutdown(), provider.added, diagnostics())
"""
    )
    done = run_program(RUN + source)

    assert "True 1 {'span.after_shutdown': 1}\n" == done.stdout
    assert "'nowhere' ended after the tracer provider was shut down, and is left out" in done.stderr
    assert (["a"], ["b"]) == (names_in(tmp_path / "a.jsonl"), names_in(tmp_path / "b.jsonl"))


def test_after_its_shutdown_a_provider_tells_of_what_is_left_out(run_program: RunProgram, tmp_path: Path) -> None:
    """Each operation after `provider.shutdown()` is counted, the first is told; after `shutdown()` none is."""
    source = """
from opentelemetry import trace
configure(trace_file="a.jsonl", announce=False)
shutdown()
run("unwatched")
trace.get_tracer_provider().shutdown()
print(diagnostics())
run("unwatched")
configure(trace_file="a.jsonl", announce=False)
run("written")
trace.get_tracer_provider().shutdown()
run("first")
run("second")
print(diagnostics())
"""
    done = run_program(RUN + source)
    (told,) = done.stderr.splitlines()

    assert "{}\n{'span.after_shutdown': 2}\n" == done.stdout
    assert told.startswith("otel_ops: 'first' ended after the tracer provider was shut down")
    assert ["written"] == names_in(tmp_path / "a.jsonl")


def test_a_provider_set_later_is_refused_by_opentelemetry(run_program: RunProgram, tmp_path: Path) -> None:
    """After `configure` OpenTelemetry keeps the provider that is there, and operations go on being written."""
    source = (
        PROVIDER
        + """
configure(trace_file="a.jsonl", announce=False)
run("a")
trace.set_tracer_provider(TracerProvider())
run("b")
configure(trace_file="a.jsonl", announce=False)
run("c")
"""
    )
    done = run_program(RUN + source)

    assert "Overriding of current TracerProvider is not allowed\n" == done.stderr
    assert ["a", "b", "c"] == names_in(tmp_path / "a.jsonl")


def test_when_the_provider_was_replaced_the_former_one_is_let_go(run_program: RunProgram, tmp_path: Path) -> None:
    """A test kit that puts another provider in place: `configure` moves there, and finishes the former outputs."""
    source = (
        PROVIDER
        + """
from opentelemetry.util._once import Once
def put(provider):
    trace._TRACER_PROVIDER_SET_ONCE, trace._TRACER_PROVIDER = Once(), None
    trace.set_tracer_provider(provider)
providers = [TracerProvider(shutdown_on_exit=False) for _ in range(2)]
for turn in range(4):
    put(providers[turn % 2])
    configure(trace_file=f"{turn}.jsonl", announce=False, flush_seconds=3600)
    run(str(turn))
providers[0].shutdown()
run("at last")
print(shutdown(), [len(provider._active_span_processor._span_processors) for provider in providers], diagnostics())
"""
    )
    done = run_program(RUN + source)

    assert ("True [1, 1] {}\n", "") == (done.stdout, done.stderr)
    assert [["0"], ["1"], ["2"], ["3", "at last"]] == [names_in(tmp_path / f"{turn}.jsonl") for turn in range(4)]


def test_an_exporter_may_be_passed_again(run_program: RunProgram) -> None:
    """An exporter that both configurations have stays open, and is shut down by the last one only."""
    source = """
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
class Counting(InMemorySpanExporter):
    shutdowns = 0
    def shutdown(self):
        self.shutdowns += 1
        super().shutdown()
exporter = Counting()
for name in "abc":
    configure(trace_file=False, outputs=[exporter])
    run(name)
print(shutdown(), [span.name for span in exporter.get_finished_spans()], exporter.shutdowns, diagnostics())
"""
    done = run_program(RUN + source)

    assert ("True ['a', 'b', 'c'] 1 {}\n", "") == (done.stdout, done.stderr)


def test_disabling_the_sdk_takes_back_what_was_configured(run_program: RunProgram, tmp_path: Path) -> None:
    """`configure` with `OTEL_SDK_DISABLED=true` writes what has ended, and switches everything off."""
    source = """
import os
configure(trace_file="a.jsonl", announce=False)
run("a")
os.environ["OTEL_SDK_DISABLED"] = "true"
configure(trace_file="b.jsonl", announce=False)
run("b")
print(shutdown(), diagnostics())
"""
    done = run_program(RUN + source)

    assert ("True {}\n", ["a"]) == (done.stdout, names_in(tmp_path / "a.jsonl"))
    assert not (tmp_path / "b.jsonl").exists()


# Forks


@pytest.mark.parametrize("before", ["configure(trace_file='parent.jsonl', announce=False, flush_seconds=3600)", ""])
@pytest.mark.parametrize("end", ["sys.exit(7)", "shutdown(); os._exit(7)"])
def test_a_child_may_configure_itself(run_program: RunProgram, tmp_path: Path, before: str, end: str) -> None:
    """A forked child sets up and ends what is its own, whatever its parent had set up, and disturbs it not."""
    source = f"""
import os, sys
{before}
run("parent before")
child = os.fork()
if child == 0:
    run("child early")
    configure(trace_file="child.jsonl", announce=False)
    run("child")
    configure(trace_file="again.jsonl", announce=False)
    run("child again")
    {end}
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
run("parent after")
print(shutdown(), diagnostics())
"""
    done = run_program(RUN + source)
    by_parent = ["parent before", "child early", "parent after"] if before else []

    assert (["7", "True {}"], "") == (done.stdout.splitlines(), done.stderr)
    assert sorted(by_parent) == sorted(names_in(*tmp_path.glob("parent.jsonl")))
    assert (["child"], ["child again"]) == (names_in(tmp_path / "child.jsonl"), names_in(tmp_path / "again.jsonl"))


def test_a_child_forked_in_the_midst_of_a_configuration_may_configure(run_program: RunProgram, tmp_path: Path) -> None:
    """Locks that threads of the parent hold while it forks stay behind."""
    source = """
import os, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 and later, about forks of threaded programs
stop = threading.Event()
def reconfigure():
    while not stop.is_set():
        configure(trace_file="parent.jsonl", announce=False)
threads = [threading.Thread(target=reconfigure) for _ in range(2)]
for thread in threads: thread.start()
children = []
for number in range(10):
    child = os.fork()
    if child == 0:
        configure(trace_file=f"{number}.jsonl", announce=False)
        run("child")
        os._exit(not shutdown())
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
stop.set()
for thread in threads: thread.join()
"""
    done = run_program(RUN + source)

    assert f"{10 * [0]}\n" == done.stdout
    assert ["child"] * 10 == names_in(*tmp_path.glob("[0-9].jsonl"))


@pytest.mark.parametrize(
    ("method", "inherits"), [("fork", True), ("fork", False), ("forkserver", False), ("spawn", False)]
)
def test_short_workers_of_multiprocessing_lose_nothing(
    run_program: RunProgram, tmp_path: Path, method: str, inherits: bool
) -> None:
    """What ends in a process of `multiprocessing` just before that ends is written, though it ends by `os._exit`."""
    (tmp_path / "jobs.py").write_text(
        """
from otel_ops import configure, operation
def job(number, configures):
    if configures:
        configure(trace_file="worker-{pid}.jsonl", announce=False, flush_seconds=3600)
    with operation(f"job {number}"):
        return number
"""
    )
    source = f"""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import jobs
if __name__ == "__main__":
    configure(trace_file="parent.jsonl", announce=False, flush_seconds=3600)
    context = multiprocessing.get_context("{method}")
    with operation("outer"):
        process = context.Process(target=jobs.job, args=(0, {not inherits}))
        process.start()
        process.join()
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            print(process.exitcode, [pool.submit(jobs.job, number, {not inherits}).result() for number in (1, 2)])
"""
    (tmp_path / "program.py").write_text(RUN + source)
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    done = run_program("import runpy; runpy.run_path('program.py', run_name='__main__')", PYTHONPATH=path)
    names = names_in(*tmp_path.glob("*.jsonl"))

    assert (0, "0 [1, 2]\n", "") == (done.returncode, done.stdout, done.stderr)
    assert ["job 0", "job 1", "job 2", "outer"] == sorted(names)
