"""joblib: each task stands below the operation around ``Parallel``, with every backend; all else is as without us."""

from pathlib import Path

import pytest

from tests.integration.carriers.programs import parents_in, run_file, written_in

pytestmark = pytest.mark.carrier("joblib")

JOBS = """
from otel_ops import OperationContext, configure, diagnostics, operation

def job(name):
    with operation(name):
        return name

def fail(name):
    with operation(name):
        raise LookupError(name)

def nest(name):
    with operation(name):
        return Parallel(n_jobs=2, backend="threading")(delayed(job)(f"{name}{number}") for number in range(2))
"""

PROGRAM = """
import sys
from joblib import Parallel, delayed
from jobs import *

if __name__ == "__main__":
    configure(trace_file="{pid}.jsonl", announce=False, flush_seconds=3600)
    backend = sys.argv[1]
    with OperationContext(user="ada"):
        with operation("first"):
            print(Parallel(n_jobs=2, backend=backend)(delayed(job)(f"a{number}") for number in range(7)))
        with operation("batches"):
            tasks = (delayed(job)(f"b{number}") for number in range(9))
            print(Parallel(n_jobs=2, backend=backend, batch_size=2, pre_dispatch=2)(tasks))
        with operation("fails"):
            try:
                Parallel(n_jobs=2, backend=backend)([delayed(fail)("f")])
            except LookupError as error:
                print(repr(error))
        if backend != "multiprocessing":
            with operation("generator"):
                results = Parallel(n_jobs=2, backend=backend, return_as="generator")(delayed(job)(n) for n in "cd")
            print(list(results))
            with operation("unordered"), Parallel(n_jobs=2, backend=backend, return_as="generator_unordered") as both:
                for names in "uv", "wx":
                    print(sorted(both(delayed(job)(name) for name in names)))
        with operation("nests"):
            print(Parallel(n_jobs=2, backend=backend)([delayed(nest)("n")]))
    print(Parallel(n_jobs=2, backend=backend)([delayed(job)("outside")]))
    print(diagnostics())
"""


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_every_task_stands_below_its_call(tmp_path: Path, backend: str) -> None:
    """Also in later batches, which joblib makes in threads of its own, in nested calls, and where one fails."""
    (tmp_path / "jobs.py").write_text("from joblib import Parallel, delayed\n" + JOBS, encoding="utf-8")
    done = run_file(tmp_path, PROGRAM, backend)

    first, batches = [f"a{number}" for number in range(7)], [f"b{number}" for number in range(9)]
    generated = [] if backend == "multiprocessing" else [["c", "d"], ["u", "v"], ["w", "x"]]
    told = [first, batches, LookupError("f"), *generated, [["n0", "n1"]], ["outside"], {}]
    assert "".join(f"{line!r}\n" for line in told) == done.stdout, done.stderr
    assert {
        **dict.fromkeys(["first", "batches", "fails", "nests", "outside"], ""),
        **(dict.fromkeys(["generator", "unordered"], "") if generated else {}),
        **(dict.fromkeys("cd", "generator") | dict.fromkeys("uvwx", "unordered") if generated else {}),
        **dict.fromkeys(first, "first"),
        **dict.fromkeys(batches, "batches"),
        "f": "fails",
        "n": "nests",
        "n0": "n",
        "n1": "n",
    } == parents_in(tmp_path)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_workers_are_set_up_as_their_parent(tmp_path: Path, backend: str) -> None:
    """What they do has the values of the context, and is written by themselves."""
    (tmp_path / "jobs.py").write_text("from joblib import Parallel, delayed\n" + JOBS, encoding="utf-8")
    run_file(tmp_path, PROGRAM, backend)

    of_workers = [record for record in written_in(tmp_path) if record.name[0] in "abf" and len(record.name) < 3]
    assert 17 == len(of_workers)
    assert {"ada"} == {record.attributes["user.id"] for record in of_workers}
    assert 3 <= len(list(tmp_path.glob("*.jsonl")))


SCRIPT = """
from joblib import Parallel, delayed
from otel_ops import configure, operation

@operation(capture=["name"])
def fit(name):
    return name

if __name__ == "__main__":
    configure(trace_file="{pid}.jsonl", announce=False)
    with operation("all"):
        print(Parallel(n_jobs=2)(delayed(fit)(name) for name in "ab"))
"""


def test_functions_of_the_program_itself(tmp_path: Path) -> None:
    """They are pickled by value, and are operations in the workers, too."""
    done = run_file(tmp_path, SCRIPT)

    assert "['a', 'b']\n" == done.stdout, done.stderr
    tasks = [record for record in written_in(tmp_path) if record.parent_id]
    assert ["a", "b"] == sorted(record.attributes["ops.arg.name"] for record in tasks)


MODEL = """
from otel_ops import operation
from sklearn.base import BaseEstimator, RegressorMixin

class Mean(RegressorMixin, BaseEstimator):
    def fit(self, x, y):
        with operation(f"fit {len(y)}"):
            self.mean_ = sum(y) / len(y)
        return self

    def predict(self, x):
        return [self.mean_ for _ in x]
"""

SCIKIT_LEARN = """
from jobs import Mean
from otel_ops import configure, operation
from sklearn.model_selection import cross_val_score

if __name__ == "__main__":
    configure(trace_file="{pid}.jsonl", announce=False, flush_seconds=3600)
    with operation("validate"):
        print(len(cross_val_score(Mean(), [[0]] * 11, list(range(11)), cv=[(range(n), [10]) for n in range(3, 6)],
                                  n_jobs=2, scoring="neg_mean_squared_error")))
"""


def test_scikit_learn(tmp_path: Path) -> None:
    """What its ``n_jobs`` has run stands below the operation that called it."""
    (tmp_path / "jobs.py").write_text(MODEL, encoding="utf-8")
    done = run_file(tmp_path, SCIKIT_LEARN)

    assert "3\n" == done.stdout, done.stderr
    assert {"validate": "", **{f"fit {size}": "validate" for size in (3, 4, 5)}} == parents_in(tmp_path)
