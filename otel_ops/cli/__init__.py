"""The command ``otel-ops``: one module per subcommand."""
