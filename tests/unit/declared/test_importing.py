"""When modules are taken: loaded before, loaded later, under way, lazily, anew, by other tools."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
import wrapt

from otel_ops.declared.importing import ImportWatch
from otel_ops.testing import Recorder
from tests.unit.declared.conftest import Declare, Load, Write

RUN = "def run(): return __name__\n"


@pytest.mark.parametrize("early", [True, False])
def test_modules_are_taken_before_and_after_they_are_loaded(
    early: bool, write: Write, declare: Declare, load: Load, recorder: Recorder
) -> None:
    """Whether the program imports a module before or after `configure` makes no difference."""
    write({"app": RUN, "app.core": RUN, "app._own": RUN, "apps": RUN})
    if early:
        names = [load(name).__name__ for name in ("app", "app.core", "app._own", "apps")]
        declare("app.**")
    else:
        declare("app.**")
        names = [load(name).__name__ for name in ("app", "app.core", "app._own", "apps")]

    assert names == [sys.modules[name].run() for name in names]
    assert 2 == len(recorder.spans.names)


def test_imported_modules_look_as_ever(write: Write, declare: Declare, load: Load) -> None:
    """A module has the loader that found it, and its source, data and spec can be read."""
    write({"app": RUN})
    declare("app:run")

    spec = importlib.util.find_spec("app")
    assert spec is not None
    assert spec.loader is not None
    assert pkgutil.get_data("app", "app.py") == RUN.encode()
    app = load("app")

    assert "SourceFileLoader" == type(app.__loader__).__name__
    assert app.__loader__ is vars(app)["__spec__"].loader
    assert inspect.getsource(app).startswith("def run")
    assert RUN == spec.loader.get_source("app")  # type: ignore[attr-defined]


def test_other_imports_pass_by(write: Write, declare: Declare, load: Load) -> None:
    """The finder finds nothing for modules of other packages, and is gone afterwards."""
    write({"app": RUN, "other": RUN})
    before = list(sys.meta_path)
    declarations = declare("app:run")
    (finder,) = [finder for finder in sys.meta_path if isinstance(finder, ImportWatch)]

    assert finder.find_spec("other") is None
    assert finder.find_spec("app.missing") is None
    assert "run" == load("other").run.__qualname__
    declarations.take_back()

    assert before == sys.meta_path


def test_names_that_other_modules_took_along(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """``from app.core import run`` made before is an operation as well, in each loaded module; and is put back."""
    write(
        {"app": "", "app.core": RUN, "app.user": "from app.core import run as go", "user": "from app.core import run"}
    )
    modules = [load("app.user"), load("user")]
    before = modules[1].run

    declarations = declare("app.core:run")
    modules[0].go()
    modules[1].run()
    declarations.take_back()

    assert ["run", "run"] == recorder.spans.names
    assert before is modules[1].run is modules[0].go


def test_circular_imports(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """A module that is imported by one that it imports is taken when it is whole, and so is what was taken along."""
    write(
        {
            "app": "",
            "app.a": f"{RUN}import app.b\ndef late(): ...\n",
            "app.b": "from app.a import run\ndef go(): run()\n",
        }
    )
    declare("app.a:*", "app.b:go")

    load("app.a").late()
    load("app.b").go()

    assert ["late", "run", "go"] == recorder.spans.names


def test_a_module_under_way_is_taken_at_its_end(write: Write, load: Load, declare: Declare, recorder: Recorder) -> None:
    """A program may configure within the code of the module that it declares."""
    write(
        {
            "app": """
                def before(): ...
                from tests.unit.declared.test_importing import DECLARE
                DECLARE[0]("app:*", "app:after")
                def after(): ...
            """
        }
    )
    DECLARE[:] = [declare]

    app = load("app")
    app.before()
    app.after()

    assert ["before", "after"] == recorder.spans.names
    assert {} == recorder.diagnostics
    assert "ModuleSpec" == type(app.__spec__).__name__


DECLARE: list[Declare] = []


def test_reloading(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """A module that is loaded anew is taken anew, and nobody takes what it had for somebody else's."""
    write({"app": RUN})
    declarations = declare("app:run")
    app = load("app")

    importlib.reload(app).run()
    declarations.take_back()
    app.run()

    assert ["run"] == recorder.spans.names
    assert {} == recorder.diagnostics
    assert not hasattr(app.run, "__wrapped__")


@pytest.mark.parametrize("early", [True, False])
def test_modules_that_are_loaded_when_used(
    early: bool, write: Write, declare: Declare, load: Load, recorder: Recorder
) -> None:
    """`importlib.util.LazyLoader` loads as late as ever; then the module is taken."""
    write({"lazy": f"import sys; sys.lazy_was_loaded = True\n{RUN}"})
    if not early:
        declare("lazy:run")
    spec = importlib.util.find_spec("lazy")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["lazy"] = module
    spec.loader.exec_module(module)
    if early:
        declare("lazy:run")

    assert not hasattr(sys, "lazy_was_loaded")
    assert "lazy" == module.run()
    del sys.lazy_was_loaded  # type: ignore[attr-defined]

    assert ["run"] == recorder.spans.names


@pytest.mark.usefixtures("quiet")
def test_what_a_module_makes_when_asked_is_left_to_it(
    write: Write, declare: Declare, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    """A module's own ``__getattr__`` is not called; the warning says which module to name."""
    write({"app": "def __getattr__(name): raise SystemError(name)\n"})
    load("app")

    declare("app:run")

    (message,) = caplog.messages
    assert "app:run is not there before it is asked for; name the module that defines it" in message


@pytest.mark.usefixtures("quiet")
def test_a_module_that_raises(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """The program gets its own exception, at each attempt; we count."""
    write({"broken": "def run(): ...\nraise KeyError('mine')\n"})
    declare("broken:run")

    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            load("broken")

    assert {"target.import_failed": 2} == recorder.diagnostics
    assert "broken" not in sys.modules


def test_a_module_that_is_not_there(declare: Declare, load: Load) -> None:
    """The program gets the exception that it would get without us."""
    declare("no_such_module_at_all.**")

    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        load("no_such_module_at_all")


def test_modules_that_replace_themselves(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """What stands in ``sys.modules`` in the end is what is taken."""
    write(
        {
            "app": """
                import sys, types
                class Lazy(types.ModuleType):
                    pass
                sys.modules[__name__] = module = Lazy(__name__)
                def run(): ...
                module.run = run
            """
        }
    )
    declare("app:run")

    load("app").run()

    assert ["run"] == recorder.spans.names


@pytest.mark.usefixtures("quiet")
def test_what_is_no_module_is_passed_by(
    write: Write, declare: Declare, load: Load, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs keep other things in ``sys.modules``, too; one that cannot be looked at is counted, and no matter."""
    write({"app": RUN})
    load("app")
    for name, thing in {"app.none": None, "app.object": object(), "app.text": "text", "app.class": Recorder}.items():
        monkeypatch.setitem(sys.modules, name, thing)

    declare("app.**")
    load("app").run()

    assert ["run"] == recorder.spans.names
    assert {"target.failed"} >= recorder.diagnostics.keys()


def test_modules_in_archives(tmp_path: Path, write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """Any loader will do."""
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("zipped.py", RUN)
    sys.path.insert(0, str(tmp_path / "archive.zip"))
    declare("zipped:run")

    load("zipped").run()

    assert ["run"] == recorder.spans.names


def test_hooks_of_wrapt_see_operations(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """Other tools that wait for imports are called as well, whichever came first."""
    write({"first": RUN, "second": RUN})
    called: list[ModuleType] = []
    wrapt.register_post_import_hook(called.append, "first")
    declare("first:run", "second:run")
    wrapt.register_post_import_hook(called.append, "second")

    modules = [load("first"), load("second")]
    for module in modules:
        module.run()

    assert modules == called
    assert ["run", "run"] == recorder.spans.names


def test_imports_on_many_threads(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """Each module is taken once, whichever thread gets it first, and put back while others call it."""
    names = [f"app.m{number}" for number in range(20)]
    write({"app": "", **dict.fromkeys(names, RUN)})
    declarations = declare("app.**")

    def use() -> None:
        for name in names:
            for _ in range(10):
                assert name == load(name).run()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    declarations.take_back()
    for thread in threads:
        thread.join()

    assert {"run"} >= set(recorder.spans.names)
    assert not any(hasattr(sys.modules[name].run, "__wrapped__") for name in names)


PROGRAM = """
from otel_ops import configure
def early(): ...
targets = ["__main__:early", "tool:early", "__main__:late", "tool:la*"]
configure(trace_file=False, outputs=[{"format": "json", "to": "stdout"}], operations=targets)
def late(): ...
early()
late()
"""


@pytest.mark.parametrize("command", [["tool.py"], ["-m", "tool"]])
def test_the_programs_first_file(tmp_path: Path, command: list[str]) -> None:
    """What it defines before `configure` is called is an operation, by both names; of the rest it is told."""
    (tmp_path / "tool.py").write_text(PROGRAM, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )

    assert (1, 0) == (done.stdout.count('"name":"early"'), done.stdout.count('"name":"late"'))
    for target in ("__main__:late", "tool:la*"):
        told = f"otel_ops: operations: target {target!r}: it is in the file that the program began with"
        assert told in done.stderr
    assert "otel-ops run -c 'import module; module.main()'" in done.stderr
    assert 2 == done.stderr.count("target.missing")


def test_what_is_imported_and_holds_nothing(
    write: Write, declare: Declare, load: Load, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the imported modules may be objects without a namespace, as cffi's libraries: they are passed by."""
    monkeypatch.setitem(sys.modules, "a_library", object())
    write({"app": RUN})
    load("app")
    declare("app:run")

    sys.modules["app"].run()
    assert 1 == len(recorder.spans.names)
