"""Fan-out: batches with progress and an end, and sweeps that find what to put into them (E17)."""
