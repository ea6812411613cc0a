"""The versioned form of an operation log: its versions side by side, how older ones are read, and its two texts."""

from otel_ops.schema.json_form import from_json, to_json
from otel_ops.schema.reading import read_operation_log
from otel_ops.schema.versions import SCHEMA, VERSION
from otel_ops.schema.xml_form import to_xml

__all__ = ["SCHEMA", "VERSION", "from_json", "read_operation_log", "to_json", "to_xml"]
