"""What is wrong with a configuration of the collector, told without a collector."""
