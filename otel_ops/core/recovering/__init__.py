"""Recovery of operations: strategies decide, a driver waits, calls again and records."""
