"""Payloads: large ones go through a blob store and are tidied away, secret fields are masked (E19)."""
