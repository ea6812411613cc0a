"""Entry point of the command ``otel-ops``."""

from __future__ import annotations

from collections.abc import Sequence

from otel_ops.cli import interrupts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands behind ``otel-ops``; by default that of the command line.

    Returns:
        The exit code: 0, 1 where the doctor has doubts, 2 for an error, 70 for a fault of ours, 130 after Ctrl-C, 141
        where nobody reads the output any more.
    """
    interrupts.exit_from_now_on()
    try:
        from otel_ops.cli.outcome import exit_code_of  # noqa: PLC0415 - Ctrl-C may come while all of it is imported
    except ValueError as error:  # the SDK reads its variables, and refuses them, while it is imported
        return _refuse(error)
    return exit_code_of(arguments)


def _refuse(error: ValueError) -> int:
    from otel_ops.cli import streams  # noqa: PLC0415 - as above
    from otel_ops.settings.otel_variables import refused_variable  # noqa: PLC0415

    streams.tell(refused_variable(error))
    return 2
