"""Spans as few bytes, for files that nobody else reads."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec.structs import astuple

from otel_ops.span_record import ResourceRecord, ScopeRecord, SpanRecord, by_identity


class _Fields(SpanRecord, frozen=True, gc=False, array_like=True):
    """What is a span's own, without the names of the fields."""


_ORIGIN = 2
"""How many fields, the last ones, spans share with many others: scope and resource."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[_Fields, bytes, bytes]).decode
_packed_origin = by_identity(_encode)


def packed(record: SpanRecord) -> bytes:
    """Give the bytes of a span; `unpacked` gives an equal one, with whose like it shares scope and resource."""
    fields = _Fields(*astuple(record)[:-_ORIGIN])
    return _encode((fields, _packed_origin(record.scope), _packed_origin(record.resource)))


def unpacked(data: bytes) -> SpanRecord:
    """Give the span again."""
    fields, scope, resource = _decode(data)
    return SpanRecord(*(*astuple(fields)[:-_ORIGIN], _scope(scope), _resource(resource)))


@lru_cache(maxsize=256)
def _scope(data: bytes) -> ScopeRecord:
    return msgspec.msgpack.decode(data, type=ScopeRecord)


@lru_cache(maxsize=256)
def _resource(data: bytes) -> ResourceRecord:
    return msgspec.msgpack.decode(data, type=ResourceRecord)
