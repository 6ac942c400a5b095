"""Leasing: messages come into a worker's hands and leave them, in order per key, fenced by leases (E2, E5, E6, E7)."""
