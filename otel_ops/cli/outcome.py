"""Runs a command line: whatever goes wrong is one line on stderr and an exit code, never a traceback."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from otel_ops.cli import interrupts, streams
from otel_ops.cli.commands import command_parser
from otel_ops.exceptions import OtelOpsError

USER_ERROR = 2
INTERNAL_ERROR = 70
BROKEN_PIPE = 141


def exit_code_of(arguments: Sequence[str] | None) -> int:
    """Run a command line, by default that of the process, and give its exit code."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return interrupts.EXIT_CODE
    except BrokenPipeError:
        streams.give_up(sys.stdout)
        return BROKEN_PIPE
    except OtelOpsError as error:
        streams.tell(error)
        return USER_ERROR
    except OSError as error:
        streams.give_up(sys.stdout)
        streams.tell(_told(error))
        return USER_ERROR
    except Exception as error:  # noqa: BLE001 - the last place where a traceback can be kept from people
        streams.give_up(sys.stdout)
        streams.tell(_fault(error))
        return INTERNAL_ERROR


def _run(arguments: Sequence[str] | None) -> int:
    streams.prepare_stdout()
    with interrupts.raising():
        try:
            options = command_parser().parse_args(arguments)
            code: int = options.run(options)
        finally:
            sys.stdout.flush()
    return code


def _told(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else f"the output cannot be written: {reason}"


def _fault(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = " ".join(f"{type(error).__name__}: {error}".split())
    return f"a fault of otel-ops itself, please report it: {told} (in {place.name}, {place.filename}:{place.lineno})"
