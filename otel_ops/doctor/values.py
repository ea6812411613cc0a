"""Which settings are not at their default, where each comes from, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator

from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.subject import Subject
from otel_ops.redaction import HIDDEN
from otel_ops.settings.texts import plain, worded


def settings_in_force(subject: Subject) -> Iterator[Finding]:
    """Tell each setting that somebody gave, and each problem."""
    for problem in subject.problems:
        yield Finding("settings.problem", problem, Level.ERROR, "operations go nowhere until that is mended")
    given = [(key, origin) for key, origin in subject.loaded.origins.items() if key not in subject.loaded.refused]
    for key, origin in given:
        value = HIDDEN if key in subject.loaded.secret else plain(getattr(subject.settings, key), key)
        data = {"key": key, "value": value, "source": origin}
        yield Finding("settings.value", f"{key} = {worded(value)} ({origin})", data=data)
    if not given and not subject.problems:
        yield Finding("settings.value", "all settings have their defaults")
