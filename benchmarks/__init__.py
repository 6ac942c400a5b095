"""Measurements, each a command: `python -m benchmarks.accept`, `python -m benchmarks.queue`."""
