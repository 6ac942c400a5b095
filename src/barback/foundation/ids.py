"""One id scheme: UUIDv7 (RFC 9562), so that ids made anywhere sort by the time they were made."""

import os
import threading
import time

_lock = threading.Lock()
_last_ms = 0
_counter = 0
_time_text = ""
_random_text = ""
_random_at = 0
_pid = 0
_RANDOM_IDS = 512
"""Ids for which random bits are drawn at once."""
_COUNTERS = [f"{counter:03x}-" for counter in range(0x1000)]
_BITS = int.from_bytes(bytes.fromhex("3fffffffffffffff") * _RANDOM_IDS)
_VARIANT = int.from_bytes(bytes.fromhex("8000000000000000") * _RANDOM_IDS)


def new_id() -> str:
    """A fresh UUIDv7 in canonical lower-case text, 36 characters.

    Ids made by one process strictly increase: the 12 bits after the time are a counter that
    borrows from the next millisecond when it runs over (RFC 9562 §6.2, method 1).
    """
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """As many ids as `new_id` would have made one after the other, at half of the price."""
    global _last_ms, _counter, _time_text, _random_text, _random_at, _pid  # noqa: PLW0603 - one counter for the process
    ids: list[str] = []
    with _lock:
        if _pid != os.getpid():
            # A forked child must not repeat its parent's random bits.
            _random_text, _random_at, _pid = "", 0, os.getpid()
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _counter, _time_text = now_ms, -1, _time_of(now_ms)
        for _ in range(count):
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter, _time_text = _last_ms + 1, 0, _time_of(_last_ms + 1)
            at = _random_at
            if at == len(_random_text):
                _random_text, at = _random(), 0
            _random_at = at + 16
            text = _random_text
            ids.append(f"{_time_text}{_COUNTERS[_counter]}{text[at : at + 4]}-{text[at + 4 : at + 16]}")
    return ids


def _random() -> str:
    """The last 64 bits of many ids, each with its variant: 16 digits an id."""
    drawn = int.from_bytes(os.urandom(8 * _RANDOM_IDS))
    return (drawn & _BITS | _VARIANT).to_bytes(8 * _RANDOM_IDS).hex()


def _time_of(ms: int) -> str:
    """The first 48 bits and the version, as text."""
    text = f"{ms:012x}"
    return f"{text[:8]}-{text[8:]}-7"


def is_uuid7(text: str) -> bool:
    """True if `text` is a UUIDv7 in canonical lower-case form."""
    if len(text) != 36 or text[14] != "7" or text[19] not in "89ab":
        return False
    if text[8] != "-" or text[13] != "-" or text[18] != "-" or text[23] != "-":
        return False
    digits = text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
    return all(c in "0123456789abcdef" for c in digits) and len(digits) == 32


def time_of(id_: str) -> int:
    """The millisecond in which a UUIDv7 was made."""
    return int(id_[:8] + id_[9:13], 16)
