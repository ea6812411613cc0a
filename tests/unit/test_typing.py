"""What type checkers see: decorated functions keep their types, and misuse is an error."""

import re
import sys
from pathlib import Path

from mypy import api

PROGRAM = """
from otel_ops import OperationContext, operation

@operation
def bare(a: int, *, b: str = "") -> float: ...

@operation("named", detail="DEBUG", capture=["a"])
async def named(a: int) -> str: ...

class Model:
    @operation
    def method(self, a: int) -> str: ...
    @staticmethod
    @operation("static")
    def static(a: int) -> str: ...

reveal_type(bare)
reveal_type(named)
reveal_type(Model().method)
reveal_type(Model.static)
with operation("block") as op:
    reveal_type(op)
with OperationContext("run", user="ada") as context:
    reveal_type(context)
bare("no")
operation(detail=3)
op.fail(3)
"""

REVEALED = [
    "def (a: int, *, b: str =) -> float",
    "def (a: int) -> typing.Coroutine[Any, Any, str]",
    "def (a: int) -> str",
    "def (a: int) -> str",
    "otel_ops.operations.OperationBlock",
    "otel_ops.context.OperationContext",
]


def test_types_survive_decoration(tmp_path: Path) -> None:
    """Signatures, coroutines, methods and blocks are what they were; three kinds of misuse are three errors."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    cache = ["--cache-dir", str(tmp_path / "cache"), "--config-file", ""]
    output, _, _ = api.run(["--strict", "--python-executable", sys.executable, *cache, str(program)])
    revealed = re.findall(r'Revealed type is "(.*)"', output)
    errors = re.findall(r"error: .*\[([\w-]+)\]", output.replace("empty-body", ""))
    assert REVEALED == [text.replace("builtins.", "") for text in revealed], output
    assert ["arg-type", "call-overload", "arg-type"] == [error for error in errors if error], output
