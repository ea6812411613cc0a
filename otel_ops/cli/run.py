"""``otel-ops run``: a program under watch from its first line, as under ``opentelemetry-instrument``."""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.instrumentation import auto_instrumentation
from opentelemetry.instrumentation.environment_variables import OTEL_PYTHON_DISABLED_INSTRUMENTATIONS
from opentelemetry.sdk.environment_variables import OTEL_SDK_DISABLED

from otel_ops.cli import streams
from otel_ops.cli.parsing import level, subcommand
from otel_ops.exceptions import OtelOpsError
from otel_ops.settings import load_settings, read_settings
from otel_ops.settings.otel_variables import is_disabled
from otel_ops.settings.sources import RUN_PROCESS
from otel_ops.settings.texts import in_toml

if TYPE_CHECKING:
    from otel_ops.cli.parsing import CommandParser, Subparsers

_EXAMPLES = """  otel-ops run simulation.py --steps 100
  otel-ops run --detail DEBUG -m docutils README.rst
  otel-ops run --operations 'lab.fit:Model.*' --operations 'lab.io.**' simulation.py
  otel-ops run --format json --to operations.jsonl simulation.py
"""
_AUTO_INSTRUMENTATION = os.path.dirname(os.path.abspath(auto_instrumentation.__file__))


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(subparsers, "run", run, "run a Python program and watch its operations", _EXAMPLES)
    parser.usage = "otel-ops run [options] (SCRIPT | -m MODULE | -c CODE) [ARGUMENT ...]"
    parser.add_argument("--detail", type=level, help="level up to which operations are recorded")
    parser.add_argument(
        "--operations",
        action="append",
        metavar="TARGET",
        help="functions to watch that are not decorated, as 'package.module:Class.*', in place of those that settings "
        "name; may be repeated",
    )
    parser.add_argument(
        "--format", help="how finished operations are told; default: tree, unless settings name outputs"
    )
    parser.add_argument("--to", metavar="PLACE", help="where: stderr, stdout or a file; default: stderr")
    _add_program(parser)


def _add_program(parser: CommandParser) -> None:
    programs = parser.add_argument_group("the program, and what it is given")
    add = functools.partial(programs.add_argument, nargs=argparse.REMAINDER, default=[])
    add("-m", dest="module", help="a module or package, as in python -m")
    add("-c", dest="code", help="a text, as in python -c")
    add("script", metavar="SCRIPT ...", help="a Python file, or a folder with __main__.py")


def run(options: argparse.Namespace) -> int:
    """Become the program; where a process cannot do that, wait for it and give its exit code.

    Raises:
        OtelOpsError: There is no such program, or a setting cannot be used.
    """
    command = [sys.executable, *_program(options)]
    environ = {**os.environ, **_variables(options), RUN_PROCESS: str(os.getpid())}
    _tell_if_off(environ)
    environ["PYTHONPATH"] = os.pathsep.join(_import_path(environ.get("PYTHONPATH", "")))
    if os.name != "nt":
        os.execve(command[0], command, environ)
    return subprocess.run(command, env=environ, check=False).returncode  # there, exec makes one process more


def _program(options: argparse.Namespace) -> list[str]:
    """Give what stands behind ``python``; behind ``-mMODULE``, written together, the rest is found at the script."""
    if options.module:
        return ["-m", *options.module, *options.script]
    if options.code:
        return ["-c", *options.code, *options.script]
    script: list[str] = options.script[1:] if options.script[:1] == ["--"] else options.script
    if not script:
        msg = "no program is named; give a script, -m MODULE or -c CODE"
        raise OtelOpsError(msg)
    _check(script[0])
    return script


def _check(script: str) -> None:
    if Path(script).exists():
        return
    command = shutil.which(script, path=os.path.dirname(sys.executable))
    hint = f"the command is {command}" if command else "for a module, use -m"
    msg = f"{script}: no such file; {hint}"
    raise OtelOpsError(msg)


def _variables(options: argparse.Namespace) -> dict[str, str]:
    """Give the variables that say what the options say.

    Raises:
        SettingsError: A setting of the program cannot be used, wherever it stands.
    """
    asked = _asked(options)
    load_settings(asked)
    return {f"OTEL_OPS_{key.upper()}": in_toml(value) for key, value in asked.items()}


def _asked(options: argparse.Namespace) -> dict[str, object]:
    asked: dict[str, object] = {}
    if options.detail is not None:
        asked["detail"] = options.detail.name
    if options.operations:
        asked["operations"] = [target.strip() for text in options.operations for target in text.split(",")]
    if options.format or options.to or "outputs" not in read_settings({}).origins:
        asked["outputs"] = [{"format": options.format or "tree", "to": options.to or "stderr"}]
    return asked


def _tell_if_off(environ: dict[str, str]) -> None:
    """Say so where a standard variable switches all of this off."""
    left_out = {name.strip() for name in environ.get(OTEL_PYTHON_DISABLED_INSTRUMENTATIONS, "").split(",")}
    if is_disabled(environ):
        streams.tell(f"{OTEL_SDK_DISABLED} = true (environment): the program runs without being watched; unset it")
    elif left_out & {"otel_ops", "*"}:
        value = environ[OTEL_PYTHON_DISABLED_INSTRUMENTATIONS]
        told = f"{OTEL_PYTHON_DISABLED_INSTRUMENTATIONS} = {value!r} (environment)"
        streams.tell(f"{told}: the program runs without being watched; leave otel_ops out of it")


def _import_path(given: str) -> list[str]:
    """Put first what Python imports at its start, so that the program and its children are watched."""
    others = given.split(os.pathsep) if given else []
    return [_AUTO_INSTRUMENTATION, *(place for place in others if place != _AUTO_INSTRUMENTATION)]
