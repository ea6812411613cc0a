"""Collectors as files for containers start them: what they are configured with, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from otel_ops.collector.addresses import Addresses
from otel_ops.collector.checks.all_checks import findings_of
from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.merging import Configuration, merged
from otel_ops.collector.program import complaint, found_collector
from otel_ops.collector.rendering import as_text
from otel_ops.collector.shipped import shipped
from otel_ops.collector.sources import Source
from otel_ops.collector.variables import expanded, references
from tests.collectors import collector

IMAGE = "otel/opentelemetry-collector-contrib:0.158.0"
"""The collector of the version that tests run."""

OF_GO = {"GOMEMLIMIT"}
"""Variables that are not for the configuration, but for the program."""

_MEBIBYTES = {"m": 1, "Mi": 1, "MiB": 1, "g": 1024, "Gi": 1024}


@dataclass(frozen=True)
class Deployed:
    """A collector that a container starts.

    Attributes:
        arguments: What stands behind its name.
        environment: Its variables.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]

    @property
    def places(self) -> list[PurePosixPath]:
        """Where its files are in the container, in the order in which they are merged."""
        assert all(argument.startswith("--config=") for argument in self.arguments)
        return [PurePosixPath(argument.removeprefix("--config=")) for argument in self.arguments]

    @cached_property
    def configuration(self) -> Configuration:
        """What these files say, which are ours by the same names."""
        return merged([Source(place.name, shipped(place.name).read_text("utf-8")) for place in self.places])

    @property
    def ports(self) -> set[int]:
        """Where it listens."""
        addresses = Addresses(self.configuration.content, self.environment)
        pages = (addresses.health, addresses.metrics, *addresses.receiving.values())
        return {int(page.removesuffix("/metrics").rstrip("/").rpartition(":")[2]) for page in pages}

    @property
    def queue(self) -> PurePosixPath:
        """Folder in which it keeps what back ends do not take."""
        return PurePosixPath(expanded(self.configuration.section("extensions")["file_storage/queue"]["directory"], {}))

    def unread(self) -> set[str]:
        """Give the variables that nothing reads."""
        return set(self.environment) - {one.name for one in references(self.configuration.content)} - OF_GO

    def faults(self) -> list[str]:
        """Give what our checks find."""
        return [str(finding) for finding in findings_of(Checked(self.configuration, self.environment))]

    def complaint(self) -> str | None:
        """Give what the real collector says against it."""
        program = found_collector(collector())
        assert program
        return complaint(program, as_text(self.configuration), self.environment)


def mebibytes(amount: str) -> float:
    """Read an amount of memory as Docker, Kubernetes and Go write it."""
    unit = amount.lstrip("0123456789")
    return float(amount.removesuffix(unit)) * _MEBIBYTES[unit]
