"""What an examination finds: findings in sections, each with how bad it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Level(IntEnum):
    """How bad a finding is; the worst of a report is the exit code of ``otel-ops doctor``."""

    OK = 0
    WARNING = 1
    ERROR = 2


class Finding(NamedTuple):
    """One thing that was found.

    Attributes:
        check: What was looked at, as scripts know it, such as ``endpoint.answer``; it does not change.
        text: What was found, in words.
        level: How bad that is.
        remedy: What to do about it; empty where there is nothing to do.
        data: The same for machines, as JSON can hold it.
    """

    check: str
    text: str
    level: Level = Level.OK
    remedy: str = ""
    data: Mapping[str, Any] = MappingProxyType({})


class Section(NamedTuple):
    """Findings about one thing."""

    title: str
    findings: tuple[Finding, ...]


class Report(NamedTuple):
    """All that was found."""

    sections: tuple[Section, ...]

    @property
    def findings(self) -> Iterator[Finding]:
        """The findings of all sections."""
        return (finding for section in self.sections for finding in section.findings)

    @property
    def level(self) -> Level:
        """The level of the worst finding."""
        return max((finding.level for finding in self.findings), default=Level.OK)
