"""What runs with every operation: it stands on the OpenTelemetry API, and on the SDK only where that is there."""
