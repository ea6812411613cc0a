"""The names of our variables: ``opentelemetry-instrument`` makes its flags of what stands in this module.

``OTEL_OPS_DETAIL`` becomes ``--ops_detail``; what the variables mean, `otel_ops.settings.describe_settings` tells.
"""

from otel_ops.settings import setting_variables

globals().update({name: name for name in setting_variables()})
