"""Writes what is made from the rows of vendors: an overlay for each, and the page of the reference."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.vendors import (
    Choice,
    Vendor,
    chosen,
    environment_block,
    overlay_of,
    overlay_text,
    vendor_named,
    vendor_names,
)
from otel_ops.collector.vendors.templates import filled, in_words
from tests.back_ends.collector import NEWEST
from tests.back_ends.components import lacking

FOLDER = configuration_folder() / "vendors"

_PAGE = """# Vendors

Who takes OTLP, where, and with which headers: the data behind `otel-ops collector vendors`, `otel-ops collector env`
and the overlays in `collector_config/vendors`. How to use them: [how-to](../how-to/vendors.md).

| vendor | signals | protocols | metrics | regions | without a collector | overlay |
| --- | --- | --- | --- | --- | --- | --- |
"""
_BELOW = """
What is *run* was run by the tests: a program with the variables, and a real collector with the overlay, sent to a
server that stood in the vendor's place, with a certificate of its own for the vendor's host; what arrived there was
compared with what was written down of the source that each row names: host, port, path, headers, protocol, compression,
and temporality of metrics. So it is certain that what the row says is sent, not that the row is right; no vendor has
been sent anything. *Not validated* are overlays with an extension that the collector of the tests
[lacks](collector.md#vendors). Of protocols, and of ways in which metrics are added up, the first is preferred; where no
page of the vendor's was found to tell the latter, metrics are sent as programs make them.
"""


def overlays() -> dict[Path, str]:
    """Give the text of each vendor's overlay, for its preferred protocol, by path."""
    return {FOLDER / f"{name}.yaml": overlay_text(chosen(vendor_named(name))) for name in vendor_names()}


def vendors_page() -> str:
    """Give the page on vendors."""
    vendors = [vendor_named(name) for name in vendor_names()]
    rows = "".join(f"| {' | '.join(_cells(vendor))} |\n" for vendor in vendors)
    return f"{_PAGE}{rows}{_BELOW}" + "".join(map(_section, vendors))


def _cells(vendor: Vendor) -> Iterable[str]:
    yield f"[{vendor.title}](#{vendor.title.lower().replace(' ', '-')})"
    yield ", ".join(vendor.signals)
    yield ", ".join(f"`{protocol}`" for protocol in vendor.routes)
    yield ", ".join(vendor.temporality) or ("not told" if "metrics" in vendor.signals else "none")
    yield ", ".join(f"`{region}`" for region in vendor.regions) + (" …" if _has_more_regions(vendor) else "")
    yield "impossible" if vendor.without_collector else "run"
    yield "not validated" if lacking(overlay_of(chosen(vendor)), NEWEST) else "run"


def _has_more_regions(vendor: Vendor) -> bool:
    return any(variable.any_region for variable in vendor.variables.values())


def _section(vendor: Vendor) -> str:
    choice = chosen(vendor)
    parts = [
        f"## {vendor.title}",
        f"`{vendor.name}`, [its page]({vendor.source}) as of {vendor.as_of}.",
        _routes(vendor),
        _sentence("Limits", vendor.limits),
        vendor.notes,
        _sentence("Without a collector", vendor.without_collector) or _block(choice),
    ]
    return "".join(f"\n{part}\n" for part in parts if part)


def _sentence(what: str, told: str) -> str:
    return f"{what}: {told}." if told else ""


def _routes(vendor: Vendor) -> str:
    lines = ["| protocol | signal | where |", "| --- | --- | --- |"]
    for protocol in vendor.routes:
        choice = chosen(vendor, protocol)
        lines += [f"| `{protocol}` | {signal} | `{place}` |" for signal, place in _places(choice)]
    return "\n".join(lines)


def _places(choice: Choice) -> Iterable[tuple[str, str]]:
    """Give the endpoint for all signals, and each signal's own URL."""
    own = ((signal, choice.route.own_url(signal)) for signal in choice.signals)
    places = [("all", choice.route.endpoint), *own]
    return ((signal, filled(template, choice, in_words)) for signal, template in places if template)


def _block(choice: Choice) -> str:
    return f"```text\n{environment_block(choice)}```"
