"""Programs that nobody here wrote, watched from outside: docutils, black, and a model selection with scikit-learn."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_ops import Detail, OperationLog
from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from otel_ops.testing import assert_tree, node

sklearn = pytest.importorskip("sklearn")

ROOT = Path(__file__).parent.parent.parent
COMMANDS = Path(sys.executable).parent
DOCUMENT = Path(sklearn.__file__).parent / "datasets" / "descr" / "diabetes.rst"
SOURCES = Path(os.__file__).parent / "json"
MODEL_SELECTION = """
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

features, species = load_iris(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), LogisticRegression())
search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0]}, cv=2)
print(search.fit(features, species).best_params_)
"""
APART = Path(sys.prefix, "apart")
SETTINGS = """
announce = false
trace_file = "spans.jsonl"
detail = "DETAILED"
"""

Watched = Callable[..., "tuple[subprocess.CompletedProcess[str], list[OperationLog]]"]


@pytest.fixture(params=["opentelemetry-instrument python", "otel-ops run"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Watched:
    """Run a program in an empty folder under one of the two commands, with operations declared in settings."""

    def run(
        operations: str, *program: str, exit_code: int = 0
    ) -> tuple[subprocess.CompletedProcess[str], list[OperationLog]]:
        (tmp_path / "otel_ops.toml").write_text(f"{SETTINGS}operations = [{operations}]", encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "COVERAGE_"))}
        search_path = f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [*request.param.split(), *program],
            cwd=tmp_path,
            env={**kept, "PATH": search_path, "PYTHONUTF8": "1", "OTEL_SERVICE_NAME": "other"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=100,
        )
        assert exit_code == done.returncode, done.stderr
        return done, list(logs_of(SpanSource([tmp_path / "spans.jsonl"])))

    return run


DOCUTILS = """
    "docutils.core:Publisher.publish",
    "docutils.core:Publisher.apply_transforms",
    { target = "docutils.readers:Reader.read", name = "read" },
    { target = "docutils.parsers.rst:Parser.parse", detail = "DETAILED" },
    { target = "docutils.transforms:Transformer.*", detail = "DEBUG" },
    { target = "docutils.writers:Writer.write", name = "write", attributes = { stage = "last" } },
"""


def test_docutils(watched: Watched, tmp_path: Path) -> None:
    """A real document is read, transformed and written; what is finer than the level is not shown."""
    shutil.copy(DOCUMENT, tmp_path / "document.rst")
    _, logs = watched(DOCUTILS, "-m", "docutils", "--writer=html5", "document.rst", "page.html")

    assert "442 diabetes patients" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert_tree(
        logs,
        node(
            "Publisher.publish",
            node("read", node("Parser.parse", detail=Detail.DETAILED)),
            node("Publisher.apply_transforms"),
            node("write", attributes={"stage": "last"}),
        ),
        exact=True,
    )


BLACK = """
    "black:patched_main",
    "black.files:find_project_root",
    "black.files:gen_python_files",
    "black.concurrency:*",
    { target = "black.report:Report.done", name = "file done", capture = ["src"] },
"""


def test_black(watched: Watched, tmp_path: Path) -> None:
    """A program of compiled modules is watched at its seams; it ends with its own exit code, and that is seen."""
    shutil.copytree(SOURCES, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "source" / "changed.py"
    changed.write_text("x = {  'a':37 }\n", encoding="utf-8")
    _, logs = watched(BLACK, "-m", "black", "--check", "source", exit_code=1)

    assert_tree(
        logs,
        node(
            "patched_main",
            node("find_project_root"),
            node("gen_python_files"),
            node("reformat_many", node("schedule_formatting", node("file done"))),
            outcome="error",
        ),
    )
    files = sorted(path.name for path in (tmp_path / "source").iterdir())
    (root,) = logs
    done = [log.attributes["ops.arg.src"] for log in root.walk() if log.name == "file done"]
    assert files == sorted(Path(str(path)).name for path in done)


SCIKIT_LEARN = """
    { target = "sklearn.model_selection._search:BaseSearchCV.fit", name = "search", capture = ["self.cv"] },
    { target = "sklearn.pipeline:Pipeline.fit", name = "fit" },
    { target = "sklearn.preprocessing._data:StandardScaler.*", detail = "DETAILED" },
    { target = "sklearn.linear_model._logistic:LogisticRegression.fit", capture = ["self.C"] },
"""


def test_model_selection_with_scikit_learn(watched: Watched, tmp_path: Path) -> None:
    """Each candidate is fitted on each fold, and the best one once more; the tree tells with which parameter."""
    (tmp_path / "selection.py").write_text(MODEL_SELECTION, encoding="utf-8")
    done, logs = watched(SCIKIT_LEARN, "selection.py")

    fit = node("fit", node("StandardScaler.fit", "StandardScaler.partial_fit"), node("LogisticRegression.fit"))
    assert "{'logisticregression__C': 1.0}\n" == done.stdout
    assert_tree(logs, node("search", *[fit] * 5, attributes={"ops.arg.self_cv": 2}))
    fitted = [log.attributes["ops.arg.self_C"] for log in logs[0].walk() if log.name == "LogisticRegression.fit"]
    assert [0.1, 0.1, 1.0, 1.0, 1.0] == fitted


@pytest.mark.parametrize(
    "distro",
    [
        "",
        pytest.param("opentelemetry", marks=pytest.mark.skipif(not APART.exists(), reason="`make` installs distros")),
    ],
)
def test_the_command_of_the_how_to(tmp_path: Path, distro: str) -> None:
    """OpenTelemetry's variable shows the tree of a program that knows nothing of us, beside a distro and without."""
    page = (ROOT / "docs" / "how-to" / "programs.md").read_text(encoding="utf-8")
    setup = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    command = re.findall(r"^OTEL_.*$", page, re.MULTILINE)[0]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "COVERAGE_"))}
    environment = {**kept, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}", "PYTHONUTF8": "1"}
    if distro:
        environment["PYTHONPATH"] = str(APART / distro)
    subprocess.run([sys.executable, "-c", setup], cwd=tmp_path, check=True)
    done = subprocess.run(
        ["sh", "-ec", command], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True
    )

    assert "A kiln is" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert ["Publisher.publish", "├─ read", "│  └─ parse", "├─ transform", "└─ write"] == [
        re.split(r"(?<=\w) {2,}", line)[0] for line in done.stderr.splitlines()
    ]
