"""A program with many operations in contexts of a thousand, which tells when it has run them, and what was dropped."""

from __future__ import annotations

import argparse
import json
import time

from otel_ops import OperationContext, configure, diagnostics, operation, shutdown

PER_CONTEXT = 1_000
PRODUCED = "produced"
"""Line that is printed when all operations have ended."""


def main(number: int, per_second: float, characters: int) -> None:
    """Run the operations, each with a text of so many characters, if any."""
    configure(exit_seconds=60)
    attributes = {"text": "x" * characters} if characters else {}
    began = time.monotonic()
    for begin in range(0, number, PER_CONTEXT):
        with OperationContext("thousand"):
            for done in range(begin, min(begin + PER_CONTEXT, number)):
                with operation("item", attributes=attributes):
                    pass
                if per_second:
                    time.sleep(max(0.0, began + done / per_second - time.monotonic()))
    print(PRODUCED, flush=True)
    shutdown()
    print(json.dumps(diagnostics()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int)
    parser.add_argument("--per-second", type=float, default=0)
    parser.add_argument("--characters", type=int, default=0)
    given = parser.parse_args()
    main(given.number, given.per_second, given.characters)
