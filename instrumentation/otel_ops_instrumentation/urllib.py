"""urllib: what is sent to one host does not go on to another that it redirects to, as with requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otel_ops import faults
from otel_ops.propagation.hosts import hosts_of_url, is_calling
from otel_ops.propagation.outgoing import HEADER, withhold
from otel_ops_instrumentation.carrier import Carrier, Patch


class UrllibCarrier(Carrier):
    """Looks at the headers of each request that leaves, redirected ones included."""

    modules = ("urllib.request",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (Patch(module.AbstractHTTPHandler, "do_open", _open),)


def _open(do_open: Callable[..., Any], handler: Any, http_class: Any, request: Any, **options: Any) -> Any:
    with faults.guarded("urllib"):
        if is_calling():
            for key in (HEADER, HEADER.capitalize()):  # as it was injected, and as a redirect copies it
                withhold(request.headers, hosts_of_url(request.full_url), key=key)
    return do_open(handler, http_class, request, **options)
