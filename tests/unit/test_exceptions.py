"""What the exceptions say."""

from otel_ops.exceptions import MissingExtraError


def test_a_missing_extra_names_the_packages() -> None:
    """The command can be followed where otel-ops is on no index: it names what is missing, not us."""
    expected = "numpy is not installed; run: pip install numpy scipy (the extra otel-ops[demo])"
    assert expected == str(MissingExtraError("numpy", "demo", ["numpy", "scipy"]))
