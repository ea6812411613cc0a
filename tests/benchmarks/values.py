"""What the spans of both ways carry; imports nothing, for it is loaded by programs whose CPU time is measured."""

from typing import Any, Final

KIND: Final = {"ops.kind": "operation"}
"""What an operation outside of all contexts is stamped with."""

VALUES: Final[dict[str, Any]] = {"session": "s-0042", "user": "ada", "file": "run1.csv", "series": "10 K/min"}
"""The values of the context."""

VALUES_AND_KIND: Final = {
    "session.id": "s-0042",
    "user.id": "ada",
    "file.path": "run1.csv",
    "ops.series": "10 K/min",
    **KIND,
}
"""The attributes of an operation under that context."""

PACE: Final = 1_000
"""Operations after which a program empties the queue; it holds 2,048, and what does not fit would be dropped."""
