"""Several declarations at once, what bounds them, what they tell, and how they come with `configure` and go."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from otel_ops import configure, shutdown
from otel_ops.declared.declarations import MAX_CALLABLES
from otel_ops.testing import Recorder, assert_tree, node
from tests.unit.declared.conftest import Declare, Load, Write

APP = {
    "app": """
        def load(path, unit="K"): return [path]
        def fit(series): return len(series)

        class Model:
            def __init__(self): self.x = 1
            def predict(self, x, unit="K"): return x
            def score(self, y): return y

        def main(path):
            model = Model()
            model.predict(fit(load(path)))
            return model.score(y=2)
    """,
    "app_user": """
        from app import Model, load
    """,
}


@pytest.fixture
def app(write: Write, load: Load) -> Any:
    """Import the program."""
    write(APP)
    return load("app")


def test_a_declaration_says_what_the_decorator_would(app: Any, declare: Declare, recorder: Recorder) -> None:
    """Name, level, captured arguments, result and attributes are those of the operation."""
    told = {"name": "read", "capture": ["path"], "record_result": True, "attributes": {"stage": 2}}
    declare({"target": "app:load", **told}, "app:main", {"target": "app:fit", "detail": "DEBUG"})

    app.main("a.csv")

    expected = {"ops.arg.path": "a.csv", "ops.result": ("a.csv",), "stage": 2, "code.function.name": "app.load"}
    assert_tree(recorder, node("main", node("read", attributes=expected)), exact=True)


def test_a_name_stands_for_the_class(app: Any, declare: Declare, recorder: Recorder) -> None:
    """Each method has its own part of the name, and of the arguments to capture those that it has."""
    declare({"target": "app:Model", "name": "model", "capture": ["x", "y"]})

    app.main("a.csv")

    assert [("model.predict", 1, None), ("model.score", None, 2)] == [
        (span.name, *map((span.attributes or {}).get, ("ops.arg.x", "ops.arg.y"))) for span in recorder.spans
    ]


def test_of_several_declarations_the_last_counts(app: Any, declare: Declare, load: Load, recorder: Recorder) -> None:
    """Whatever is meant twice is one operation; one that another module took along may be another one there."""
    before = app.load
    declarations = declare(
        "app.**", {"target": "app:load", "name": "first"}, {"target": "app_user:load", "name": "second"}, "app:fit"
    )

    app.main("a.csv")
    load("app_user").load("b.csv")
    declarations.take_back()

    assert ["first", "fit", "Model.predict", "Model.score", "main", "second"] == recorder.spans.names
    assert before is app.load is load("app_user").load


def test_a_class_reached_through_two_modules_follows_the_last(
    app: Any, declare: Declare, load: Load, recorder: Recorder
) -> None:
    """A declaration that comes later wins although its module was imported earlier, or later."""
    declare("app:Model.score", {"target": "app_user:Model.score", "name": "judge"}, "app:Model.predict")
    load("app_user")

    app.main("a.csv")

    assert ["Model.predict", "judge"] == recorder.spans.names


@pytest.mark.usefixtures("quiet")
def test_a_glob_has_a_bound(write: Write, declare: Declare, load: Load, caplog: pytest.LogCaptureFixture) -> None:
    """Of 50,000 callables the first become operations; one warning tells how many do not, and what to do."""
    functions = "".join(f"def f{number}(): ...\n" for number in range(30_000))
    classes = "for number in range(20_000):\n    exec(f'class C{number}:\\n def run(self): ...')\n"
    write({"many": functions + classes})
    declare("many.**", "many:f29999")

    many = load("many")

    is_operation = [hasattr(vars(many)[f"f{number}"], "__wrapped__") for number in range(30_000)]
    assert MAX_CALLABLES + 1 == sum(is_operation)
    assert all(is_operation[:MAX_CALLABLES])
    assert is_operation[-1]
    (message,) = caplog.messages
    assert "target 'many.**': 48,999 callables of many are left out: it means more than 1,000; narrow it" in message


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("app:laod", "app:laod is not there; did you mean app:load?"),
        ("app:Model.zzz", "app:Model.zzz is not there; name something that is"),
        ("appp:load", "there is no module appp; did you mean app?"),
        ("app.load", "app.load is no module; did you mean app:load?"),
        ("app.Model.score", "app.Model is no module; did you mean app:Model.score?"),
        ("app.core:load", "there is no module app.core; name one that the program imports"),
        ("email.massage:Message", "there is no module email.massage; did you mean email.message?"),
        ("app:zzz_*", "nothing fits it"),
    ],
)
def test_a_target_that_means_nothing_is_one_warning(
    app: Any, declare: Declare, recorder: Recorder, caplog: pytest.LogCaptureFixture, target: str, told: str
) -> None:
    """It names what is nearest; at the latest when the declarations are taken back."""
    __import__("email")
    declare(target).take_back()

    (message,) = caplog.messages
    assert f"operations: target {target!r}: {told}" in message
    assert {"target.missing": 1} == recorder.diagnostics


@pytest.mark.parametrize("target", ["wsgiref.simple_server:demo_app", "wsgiref.no.such:thing", "wsgiref.**:zzz"])
def test_modules_that_the_program_does_not_use_are_no_matter(
    declare: Declare, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """What may be there, and was not imported, is not told of."""
    for name in [name for name in sys.modules if name.startswith("wsgiref")]:
        monkeypatch.delitem(sys.modules, name)
    declare(target).take_back()

    assert {} == recorder.diagnostics


def test_a_name_in_several_modules_or_classes_needs_not_be_in_each(
    write: Write, load: Load, declare: Declare, recorder: Recorder
) -> None:
    """Where globs say which module or class, those without the name are passed by, and so is what is no callable."""
    write(
        {
            "app": "class Model:\n def fit(self): ...",
            "app.other": "class Other:\n fit = 3\nclass Model: ...",
            "app.more": "def run(): ...",
        }
    )
    declare("app.**:Model.fit", "app.**:*.fit", "app.*:run").take_back()
    for name in ("app", "app.other", "app.more"):
        load(name)
    declare("app.**:Model.fit", "app.**:*.fit", "app.*:run")

    load("app").Model().fit()
    load("app.more").run()

    assert ["Model.fit", "run"] == recorder.spans.names
    assert {} == recorder.diagnostics


@pytest.mark.usefixtures("quiet")
def test_what_somebody_else_has_replaced_is_left_alone(
    app: Any, declare: Declare, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    """Another tool's function stays, is told of, and still works."""
    declarations = declare("app:load", "app:fit")
    ours = app.load
    app.load = lambda path: [*ours(path), 1]

    declarations.take_back()

    assert ["a", 1] == app.load("a")
    assert not hasattr(app.fit, "__wrapped__")
    (message,) = caplog.messages
    assert "app.load was replaced by somebody else, and is left as it is" in message
    assert {"target.replaced_by_others": 1} == recorder.diagnostics


def test_configure_and_shutdown(app: Any, recorder: Recorder) -> None:
    """Settings put operations in; other settings replace them, the same leave them, `shutdown` takes them back."""
    before = app.load
    configure(operations=["app:load"], trace_file=False)
    first = app.load
    configure(operations="app:load", trace_file=False, detail="DEBUG")
    second = app.load
    configure(operations=["app:fit"], trace_file=False)
    third = app.load
    app.main("a.csv")
    shutdown()

    assert first is second is not before
    assert third is before
    assert ["fit"] == recorder.spans.names
    assert not hasattr(app.fit, "__wrapped__")
    assert not any(type(finder).__name__ == "ImportWatch" for finder in sys.meta_path)


def test_the_environment_declares(app: Any, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable is enough."""
    monkeypatch.setenv("OTEL_OPS_OPERATIONS", "app:main,app:Model.*")
    configure(trace_file=False)

    app.main("a.csv")

    assert_tree(recorder, node("main", "Model.predict", "Model.score"), exact=True)


def test_nothing_is_loaded_where_nothing_is_declared() -> None:
    """A program without declared operations pays for none: no finder of ours, and no module of ours but the grammar."""
    program = (
        "import sys; from otel_ops import configure; configure(trace_file=False)\n"
        "assert not [each for each in sys.meta_path if type(each).__module__.startswith('otel_ops')], sys.meta_path\n"
        "print(*[name for name in sys.modules if name.startswith('otel_ops.declared.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert ["otel_ops.declared.targets"] == done.stdout.split()


def test_calls_that_run_meanwhile_go_on(app: Any, declare: Declare, recorder: Recorder) -> None:
    """A call that has begun when operations are taken back ends as the operation that it is."""
    begun, go_on = threading.Event(), threading.Event()

    def fit(series: object) -> None:
        begun.set()
        go_on.wait(20)

    app.fit = fit
    declarations = declare("app:main")
    thread = threading.Thread(target=app.main, args=("a.csv",))
    thread.start()
    begun.wait(20)

    declarations.take_back()
    go_on.set()
    thread.join()
    app.main("b.csv")

    assert ["main"] == recorder.spans.names


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_can_take_back(app: Any, declare: Declare) -> None:
    """A thread that was putting operations in while the process forked does not keep the child waiting."""
    declarations = declare("app:load", "nowhere_at_all:load")
    with _held(declarations._patches._lock):
        child = os.fork()
        if not child:
            declarations.take_back()
            os._exit(3 if hasattr(app.load, "__wrapped__") else 0)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class _held:  # noqa: N801 - reads as a statement
    """With-block in which another thread holds a lock."""

    def __init__(self, lock: Any) -> None:
        self._lock, self._taken, self._done = lock, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self) -> None:
        with self._lock:
            self._taken.set()
            self._done.wait(60)

    def __enter__(self) -> None:
        self._thread.start()
        self._taken.wait(60)

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
