"""How the documentation is built as a site; `make docs` does so.

The sources are the whole checkout, so that a link from one page to another is the same on a code host and on the site.
"""

import sys
from pathlib import Path

from otel_ops import __version__

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "otel_ops"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "docs.cross_references"]

root_doc = "docs/index"
include_patterns = ["docs/**.md", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "build", "dist"]
myst_heading_anchors = 3

default_role = "py:obj"
nitpicky = True
suppress_warnings = ["ref.python"]  # a type that is written `type[…]`, where attributes are called so, too
nitpick_ignore = [
    ("py:class", name)
    for name in (
        "Collector",
        "Destination",
        "Mode",
        "Value",
        "Wait",
        "Which",
        "_P",
        "otel_ops.analysis.span_table.SpanTable",
        "otel_ops.log_builder.LogBuilder",
        "otel_ops.core.plan.Plan",
        "otel_ops.processors.measuring.Measuring",
        "otel_ops.processors.pipeline.LogListener",
    )
]
"""Types in signatures that nobody outside needs."""

autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": True}
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
python_maximum_signature_line_length = 120
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "otel_ops"
html_extra_path = ["site"]
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": False}
