"""Blobs: the stores that hold large payloads, and which blobs messages need (E19)."""
