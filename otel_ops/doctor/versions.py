"""Whether the versions that are installed fit together."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions, entry_points, version

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject
from otel_ops.version import VERSION

_OWN = "otel-ops"
_FAMILY = "opentelemetry-"
_SHOWN = ("opentelemetry-api", "opentelemetry-sdk", "opentelemetry-semantic-conventions")
_SINGLE = {"opentelemetry_distro": "OTEL_PYTHON_DISTRO", "opentelemetry_configurator": "OTEL_PYTHON_CONFIGURATOR"}


def versions(subject: Subject) -> Iterator[Finding]:
    """Tell the versions, and what of them does not fit."""
    shown = {name: version(name) for name in _SHOWN}
    data = {"otel-ops": VERSION, "python": platform.python_version(), **shown}
    yield Finding("versions", ", ".join(f"{name} {number}" for name, number in data.items()), data=data)
    for problem in misfits(distributions()):
        yield Finding("versions.misfit", problem, Level.ERROR, "install versions that fit: pip check tells all")
    yield from _several(subject)


def misfits(installed: Iterable[Distribution]) -> Iterator[str]:
    """Tell each requirement of ours and of OpenTelemetry's packages that what is installed does not meet."""
    found: dict[str, Distribution] = {canonicalize_name(one.name): one for one in installed if one.name}
    for name, distribution in sorted(found.items()):
        if name == _OWN or name.startswith(_FAMILY):
            for requirement in _requirements(distribution):
                other = found.get(canonicalize_name(requirement.name))
                told = _misfit(requirement, other)
                if told:
                    yield f"{name} {distribution.version} needs {told}"


def _requirements(distribution: Distribution) -> Iterator[Requirement]:
    """Give what it needs here, without its extras."""
    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _misfit(requirement: Requirement, installed: Distribution | None) -> str:
    wanted = f"{requirement.name}{requirement.specifier}"
    if installed is None:
        return f"{wanted}, which is not installed"
    if requirement.specifier.contains(installed.version, prereleases=True):
        return ""
    return f"{wanted}; installed is {installed.version}"


def _several(subject: Subject) -> Iterator[Finding]:
    """Tell of several distros: the first that is found wins, whichever that is."""
    for group, variable in _SINGLE.items():
        names = sorted({found.name for found in entry_points(group=group)})
        if len(names) > 1 and not subject.environ.get(variable):
            text = f"several of {group} are installed, and the first that is found wins: {', '.join(names)}"
            yield Finding("versions.several", text, Level.WARNING, f"set {variable} to one of them")
