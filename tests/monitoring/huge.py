"""A program in which one of a hundred operations has a huge attribute; it tells what was dropped."""

from __future__ import annotations

import argparse
import json

from opentelemetry import trace

from otel_ops import OperationContext, configure, diagnostics, operation, shutdown

NUMBER, HUGE = 100, 50


def main(megabytes: int, *, foreign: bool) -> None:
    """Run the operations; a foreign attribute is set by OpenTelemetry's API, as other libraries do."""
    configure()
    with OperationContext("hundred"):
        for number in range(NUMBER):
            with operation("huge" if number == HUGE else "item") as each:
                if number == HUGE:
                    text = "x" * megabytes * 1_000_000
                    trace.get_current_span().set_attribute("text", text) if foreign else each.set(text=text)
    shutdown()
    print(json.dumps(diagnostics()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--foreign", action="store_true")
    given = parser.parse_args()
    main(given.megabytes, foreign=given.foreign)
