"""Levels of detail, and the gate that decides by them whether an operation is recorded."""

from otel_ops.detail.gate import GATE, Gate, set_detail
from otel_ops.detail.levels import DETAIL_OF_SCOPE, Detail
from otel_ops.detail.rules import Decided, DetailRule, Surroundings

__all__ = ["DETAIL_OF_SCOPE", "GATE", "Decided", "Detail", "DetailRule", "Gate", "Surroundings", "set_detail"]
