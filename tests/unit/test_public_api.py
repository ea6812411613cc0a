"""The public names: changed on purpose only."""

import subprocess
import sys
from pathlib import Path

import otel_ops

TESTS = Path(__file__).parent.parent


def test_public_names_are_as_they_were_accepted() -> None:
    """Names and signatures change only together with public_api.txt; `make api` accepts them."""
    now = subprocess.run([sys.executable, TESTS / "public_api.py"], capture_output=True, text=True, check=True).stdout
    accepted = (TESTS / "public_api.txt").read_text(encoding="utf-8")
    assert accepted.splitlines() == now.splitlines(), "accept the new names with `make api`, and deprecate the old ones"


def test_the_facade_lists_its_names_in_order() -> None:
    """`__all__` is sorted, complete, and every name in it can be had."""
    assert sorted(otel_ops.__all__) == otel_ops.__all__
    assert set(otel_ops.__all__) <= set(dir(otel_ops))
    assert all(getattr(otel_ops, name) is not None for name in otel_ops.__all__)


def test_importing_otel_ops_is_light() -> None:
    """`import otel_ops` loads neither the SDK nor dynaconf, rich or msgspec."""
    program = "import sys, otel_ops; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"opentelemetry.sdk", "dynaconf", "rich", "msgspec", "numpy"}
    assert set() == heavy.intersection(loaded)
