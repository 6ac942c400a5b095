"""Which errors are the same error: what differs from message to message is taken out, the rest is named."""

from __future__ import annotations

import functools
import hashlib
import re

SHAPE_CHARS = 300

_PARTS = (
    (re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"'[^']*'|\"[^\"]*\""), "<text>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"), "<hex>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
)


def shape_of(error: str) -> str:
    """`error` without ids, quoted texts and numbers: its first line, at most 300 characters."""
    return _shape(error[:SHAPE_CHARS])


@functools.lru_cache(maxsize=8_192)  # a console that watches asks about the same errors every second
def _shape(error: str) -> str:
    shape = error.split("\n", 1)[0]
    for pattern, name in _PARTS:
        shape = pattern.sub(name, shape)
    return shape


def fingerprint_of(task: str, error: str) -> str:
    """Twelve characters that are the same for the same error of the same task."""
    return hashlib.sha256(f"{task}\n{shape_of(error)}".encode()).hexdigest()[:12]
