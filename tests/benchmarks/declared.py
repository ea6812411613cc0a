"""Declared operations against decorated ones, and what imports of others pay for declarations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat

from otel_ops import operation
from otel_ops.declared import DeclaredOperation, parse_target
from otel_ops.declared.declarations import Declarations
from tests.benchmarks.harness import MICROSECONDS, Case, Sides, clocked
from tests.benchmarks.stock import stock_sdk

TARGETS = (f"{__name__}:called", "docutils.**", "sklearn.**:*.fit", "wsgiref.**:*.run")
ELSEWHERE = "a_package_without_targets.module"


def called() -> None:
    """Do nothing, as a declared operation."""


@operation("called")
def decorated() -> None:
    """Do nothing, as a decorated operation that has the name of the declared one."""


def declared_calls(calls: int) -> None:
    """Call the declared operation."""
    for _ in repeat(None, calls):
        called()


def decorated_calls(calls: int) -> None:
    """Call the decorated operation."""
    for _ in repeat(None, calls):
        decorated()


@contextmanager
def declared() -> Iterator[Declarations]:
    """Put the declarations in."""
    declarations = Declarations([DeclaredOperation(parse_target(text)) for text in TARGETS])
    declarations.put_in()
    yield declarations
    declarations.take_back()


@contextmanager
def declared_call() -> Iterator[Sides]:
    """Compare a declared operation with a decorated one."""
    with stock_sdk() as sdk, declared():
        assert ["called"] * 3 == [span.name for span in sdk.told(declared_calls)]
        yield sdk.sides(declared_calls, decorated_calls)


@contextmanager
def passed_import() -> Iterator[Sides]:
    """Search for a module as an import does, with a watch that it does not concern, and with none."""
    with declared():
        watch = sys.meta_path[0]

        def asked(calls: int) -> None:
            for _ in repeat(None, calls):
                watch.find_spec(ELSEWHERE, None)

        def unasked(calls: int) -> None:
            for _ in repeat(None, calls):
                pass

        yield Sides(clocked(asked), clocked(unasked))


CASES = (
    Case("declared", "declared call, against a decorated one", declared_call, target=1.1),
    Case("passed-import", "import of a module without targets", passed_import, MICROSECONDS, target=1.0),
)
