"""requests: what is sent to one host does not go on to another that it redirects to.

requests copies the headers at a redirect, and OpenTelemetry's instrumentation writes them only once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otel_ops import faults
from otel_ops.propagation.hosts import hosts_of_url, is_calling
from otel_ops.propagation.outgoing import withhold
from otel_ops_instrumentation.carrier import Carrier, Patch


class RequestsCarrier(Carrier):
    """Looks at the headers of each request that leaves, redirected ones included."""

    modules = ("requests.adapters",)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (Patch(module.HTTPAdapter, "send", _send),)


def _send(send: Callable[..., Any], adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    with faults.guarded("requests"):
        if is_calling():
            withhold(request.headers, hosts_of_url(request.url))
    return send(adapter, request, *args, **kwargs)
