"""Enqueue and drain beside peers."""
