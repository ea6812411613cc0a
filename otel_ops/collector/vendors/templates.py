"""Templates of a row: their variables are written as whoever reads the text will fill them in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import quote

from otel_ops.collector.vendors.choice import Choice
from otel_ops.collector.vendors.row import VARIABLE, Variable

_UNQUOTED = "!#$&'()*+-./:=?@[]^_`|~"
"""What may stand in a header of an environment variable as it is."""

Writer: TypeAlias = Callable[[str, Variable], str]
"""Writes a variable, given by name."""


def in_shell(name: str, variable: Variable) -> str:
    """Write a variable for a shell of POSIX, which stops where one is missing."""
    return f"${{{name}:?{variable.meaning}}}" if variable.default is None else f"${{{name}:-{variable.default}}}"


def in_dotenv(name: str, variable: Variable) -> str:
    """Write a variable for a file that compose and dotenv read."""
    return f"${{{name}}}" if variable.default is None else f"${{{name}:-{variable.default}}}"


def in_collector(name: str, variable: Variable) -> str:
    """Write a variable for the collector's configuration."""
    return f"${{env:{name}}}" if variable.default is None else f"${{env:{name}:-{variable.default}}}"


def in_words(name: str, variable: Variable) -> str:
    """Write a variable for people."""
    return f"<{name}>" if variable.default is None else variable.default


def filled(template: str, choice: Choice, write: Writer) -> str:
    """Fill a template: with what the region says, else with the variable itself."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return choice.values[name] if name in choice.values else write(name, choice.vendor.variables[name])

    return VARIABLE.sub(value, template)


def names_in(template: str) -> list[str]:
    """Give the names of a template's variables."""
    return VARIABLE.findall(template)


def quoted(template: str) -> str:
    """Percent-encode what is not a variable, as headers in environment variables are written."""
    parts = VARIABLE.split(template)
    return "".join(f"{{{part}}}" if at % 2 else quote(part, safe=_UNQUOTED) for at, part in enumerate(parts))
