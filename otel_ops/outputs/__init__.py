"""Where the text of operation logs goes: streams, files, functions and loggers; and which logs go there."""

from otel_ops.outputs.choice import Destination, place_of
from otel_ops.outputs.file import Claims, FilePlace, is_device
from otel_ops.outputs.file_rules import FileRules
from otel_ops.outputs.filter import FailureFilter, LogFilter
from otel_ops.outputs.page import Page, page_of
from otel_ops.outputs.place import Place
from otel_ops.outputs.template import PathTemplate

__all__ = [
    "Claims",
    "Destination",
    "FailureFilter",
    "FilePlace",
    "FileRules",
    "LogFilter",
    "Page",
    "PathTemplate",
    "Place",
    "is_device",
    "page_of",
    "place_of",
]
