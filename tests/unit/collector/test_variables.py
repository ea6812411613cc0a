"""Variables of the environment in a configuration."""

from otel_ops.collector.variables import Reference, expanded, references, without_references


def test_references_are_found_at_any_depth() -> None:
    """With and without default, several in one text; dollars that are escaped are none."""
    content = {"a": [{"b": "${env:X}:${env:Y:-4317}"}], "c": "$${env:Z}", "d": 3, "e": "${W}"}
    expected = [
        Reference("X", None, ("a", "b")),
        Reference("Y", "4317", ("a", "b")),
        Reference("W", None, ("e",)),
    ]
    assert expected == list(references(content))


def test_values_are_those_that_the_collector_sees() -> None:
    """What is set wins over the default; what is neither is empty."""
    assert "host:4317/$" == expanded("${env:X}:${env:Y:-4317}/$$${env:Z}", {"X": "host"})


def test_what_stands_in_the_file_is_told_apart() -> None:
    """Defaults stand in the file, variables do not."""
    assert "Bearer default" == without_references("Bearer ${env:TOKEN}${env:OTHER:-default}")
