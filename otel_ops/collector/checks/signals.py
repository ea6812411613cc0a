"""Whether components stand in pipelines of signals that they know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.checks.graph import pipeline_path
from otel_ops.collector.components import CONNECTED, SIGNALS, SUPPORTED, type_of
from otel_ops.collector.merging import as_list
from otel_ops.collector.older_names import kind_of

_RULE = "signals"
_ALL = frozenset(SIGNALS)


def check(checked: Checked) -> Iterator[Finding]:
    """Find components that cannot take the signal of their pipeline; of unknown ones nothing is said."""
    for pipeline, content in checked.configuration.pipelines.items():
        for place in SUPPORTED:
            for component in as_list(content.get(place)):
                yield from _component(checked, pipeline, place, component)
    for connector in checked.configuration.section("connectors"):
        yield from _connector(checked, connector)


def _component(checked: Checked, pipeline: str, place: str, component: str) -> Iterator[Finding]:
    known = SUPPORTED[place].get(kind_of(place, component), _ALL)
    signal = type_of(pipeline)
    if component in checked.configuration.section(place) and signal in _ALL - known:
        message = f"{component} knows {' and '.join(sorted(known))}, not {signal}; take it out"
        yield checked.error(_RULE, pipeline_path(pipeline, place), message)


def _connector(checked: Checked, connector: str) -> Iterator[Finding]:
    made = CONNECTED.get(kind_of("connectors", connector))
    taken = _signals_with(checked, "exporters", connector)
    given = _signals_with(checked, "receivers", connector)
    if made is not None and taken and given and not _fit(made, taken, given):
        message = f"it cannot make {', '.join(sorted(given))} of {', '.join(sorted(taken))}; take other pipelines"
        yield checked.error(_RULE, ("connectors", connector), message)


def _fit(made: Mapping[str, frozenset[str]], taken: frozenset[str], given: frozenset[str]) -> bool:
    """Tell whether everything that is taken is given on, and everything that is given is made of something."""
    made_of = {signal: made.get(signal, frozenset()) for signal in taken}
    return all(parts & given for parts in made_of.values()) and given <= _union(made_of)


def _union(sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets.values())


def _signals_with(checked: Checked, place: str, component: str) -> frozenset[str]:
    pipelines = checked.configuration.pipelines.items()
    return frozenset(type_of(name) for name, content in pipelines if component in as_list(content.get(place)))
