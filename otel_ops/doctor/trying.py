"""Whether what OTLP exporters send arrives: what they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from otel_ops.doctor.endpoints import Endpoint, endpoint_of, is_otlp
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.listening import listening
from otel_ops.doctor.sending import Answer, send

_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


class Sent(NamedTuple):
    """What an exporter is given to send.

    Attributes:
        signal: ``spans``, ``log records`` or ``metrics``.
        words: What is sent, in words.
        batch: The same, as the exporter takes it.
    """

    signal: str
    words: str
    batch: object


class Tries:
    """Tries exporters; what listens at a port is looked at once, however many of them send there.

    Args:
        sends: Whether anything is connected to.
        seconds: How long each answer is waited for.
    """

    def __init__(self, *, sends: bool, seconds: float) -> None:
        self.sends, self.seconds = sends, seconds
        self._answering: dict[tuple[object, ...], bool] = {}

    def findings(self, exporter: object, sent: Sent) -> Iterator[Finding]:
        """Tell where an exporter sends to, and what came of it."""
        data: dict[str, object] = {"signal": sent.signal, "exporter": type(exporter).__name__}
        if not is_otlp(exporter):
            text = f"{sent.signal} to {type(exporter).__name__}: not an OTLP exporter, so it was not tried"
            yield Finding("exporter", text, data=data)
            return
        try:
            endpoint = endpoint_of(exporter)
        except ValueError as error:
            remedy = f"set {_ENDPOINT} to a URL such as http://localhost:4318"
            yield Finding("endpoint", f"{sent.signal}: {error}", Level.ERROR, remedy, data)
            return
        text = f"{sent.signal} to {endpoint.url}, by OTLP, {endpoint.protocol}"
        yield Finding("endpoint", text, data={**data, **endpoint._asdict()})
        if self.sends:
            yield from self._tried(exporter, endpoint, sent)

    def _tried(self, exporter: object, endpoint: Endpoint, sent: Sent) -> Iterator[Finding]:
        if self._answering.get(endpoint.place) is False:
            text = f"{sent.signal} were not tried: what is told above of {endpoint.address} holds for them, too"
            yield Finding("endpoint.answer", text, Level.ERROR, data={"signal": sent.signal, "taken": None})
            return
        if endpoint.place not in self._answering:
            found = list(listening(endpoint, self.seconds))
            yield from found
            self._answering[endpoint.place] = all(finding.level is not Level.ERROR for finding in found)
        if self._answering[endpoint.place]:
            answer = send(exporter, sent.batch, self.seconds)
            yield _answered(answer, sent)
            self._answering[endpoint.place] = answer.taken is not None


def _answered(answer: Answer, sent: Sent) -> Finding:
    data = {"signal": sent.signal, "taken": answer.taken, "seconds": round(answer.seconds, 3), "told": [*answer.told]}
    if answer.taken:
        text = f"{sent.words} was sent, and taken within {answer.seconds * 1_000:.0f} ms"
        return Finding("endpoint.answer", text, data=data)
    told = answer.told[-1] if answer.told else "it did not say why"
    text = f"{sent.words} was refused: {told}"
    if answer.taken is None:
        text = f"no answer within {answer.seconds:.1f} s to {sent.words}: {told}"
    return Finding("endpoint.answer", text, Level.ERROR, _remedy(told), data)


_REMEDIES = {
    ("code: 401", "code: 403", "UNAUTHENTICATED", "PERMISSION_DENIED"): (
        "mend the token in OTEL_EXPORTER_OTLP_HEADERS, as key=value with blanks written as %20"
    ),
    ("UNIMPLEMENTED",): "name the port of a collector: what listens there takes none",
    ("code: 404", "code: 405"): (
        f"mend the path: /v1/traces, /v1/logs or /v1/metrics is added to {_ENDPOINT}, and nothing to the variable of "
        "one signal, such as OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    ),
    ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"): (
        "name the certificate of who has signed the server's in OTEL_EXPORTER_OTLP_CERTIFICATE"
    ),
    ("code: 415",): f"let what listens take OTLP, and set {_PROTOCOL} to the form that it takes",
    ("code: 429", "RESOURCE_EXHAUSTED"): "send less, or ask for a higher limit",
}


def _remedy(told: str) -> str:
    usual = "look into the log of what listens there"
    return next((remedy for signs, remedy in _REMEDIES.items() if any(sign in told for sign in signs)), usual)
