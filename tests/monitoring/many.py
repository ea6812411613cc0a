"""A program with many operations in contexts of a thousand: as many as its argument says."""

import sys

from otel_ops import OperationContext, configure, operation, shutdown

PER_CONTEXT = 1_000


def main(number: int) -> None:
    """Run the operations."""
    configure(exit_seconds=60)
    for begin in range(0, number, PER_CONTEXT):
        with OperationContext("thousand"):
            for _ in range(begin, min(begin + PER_CONTEXT, number)):
                with operation("item"):
                    pass
    shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
