"""Says what a document seems to be that is no OTLP JSON, and what to do about it."""

import msgspec
from msgspec import Raw

_LOOKED_AT = 4_096
_CONTROL_CHARACTERS = bytes(set(range(0x20)) - set(b"\t\n\f\r"))
_PRINTED_KEYS = 5

_list = msgspec.json.Decoder(list[Raw])
_object = msgspec.json.Decoder(dict[str, Raw])

_SIGNATURES = {
    b"PAR1": "a Parquet file; export the spans as OTLP JSON",
    b"ARROW1": "an Arrow file; export the spans as OTLP JSON",
    b"\x1f\x8b": "compressed with gzip twice; unpack it once: gzip -d",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first: zstd -d",
    b"\xfd7zXZ\x00": "compressed with xz; unpack it first: xz -d",
    b"BZh": "compressed with bzip2; unpack it first: bzip2 -d",
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"\xff\xfe": "UTF-16 text; convert it to UTF-8",
    b"\xfe\xff": "UTF-16 text; convert it to UTF-8",
}
GIVE_TRACES = "give a file of traces"
"""The end of what is said of OTLP of other signals."""

_JAEGER = (
    "Jaeger UI JSON; get the traces as OTLP JSON instead, from Jaeger's /api/v3/traces or the collector's file exporter"
)
_KEYS = {
    "data": _JAEGER,
    "operation": "an operation log that lacks its schema and version",
    "resourceLogs": f"OTLP logs; {GIVE_TRACES}",
    "resourceMetrics": f"OTLP metrics; {GIVE_TRACES}",
    "resourceProfiles": f"OTLP profiles; {GIVE_TRACES}",
    "traceEvents": "Chrome trace JSON; export the spans as OTLP JSON",
    "traces": "a list of found traces; get the traces themselves as OTLP JSON",
}


def what_it_is(document: bytes) -> str:
    """Describe a document, or its first bytes, that cannot be read as OTLP JSON traces.

    Returns:
        A sentence without a subject, such as ``"seems to be OTLP logs; give a file of traces"``.
    """
    for signature, description in _SIGNATURES.items():
        if document.startswith(signature):
            return f"seems to be {description}"
    if is_binary(document):
        return f"seems to be {_binary(document)}; export the spans as OTLP JSON"
    text = document.lstrip()
    return _json(text) if text[:1] in {b"{", b"["} else _text(text)


def is_binary(document: bytes) -> bool:
    """Tell whether there are control characters in the beginning of a document; JSON has none."""
    beginning = document[:_LOOKED_AT]
    return len(beginning) != len(beginning.translate(None, _CONTROL_CHARACTERS))


def _binary(document: bytes) -> str:
    return "OTLP protobuf" if document.startswith(b"\n") else "binary data"


def _json(text: bytes) -> str:
    try:
        keys = _keys(text)
    except (ValueError, RecursionError) as error:
        return f"is no whole JSON document: {error}"
    for key in keys:
        if key in _KEYS:
            return f"seems to be {_KEYS[key]}"
    shown = ", ".join(map(ascii, keys[:_PRINTED_KEYS])) or "none"
    return f"is JSON, but no OTLP trace document: it needs the key 'resourceSpans'; its keys are {shown[:200]}"


def _keys(text: bytes) -> list[str]:
    """Give the keys of an object, or of the first one in a list."""
    if text.startswith(b"["):
        text = bytes((_list.decode(text) or [Raw(b"{}")])[0])
    return list(_object.decode(text))


def _text(text: bytes) -> str:
    if text.startswith(b"<"):
        return "seems to be XML or HTML; export the spans as OTLP JSON"
    if b"," in text.split(b"\n", 1)[0]:
        return "seems to be CSV; export the spans as OTLP JSON"
    return "is no OTLP JSON; export the spans as OTLP JSON"
