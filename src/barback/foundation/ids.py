"""One id scheme: UUIDv7 (RFC 9562), so that ids made anywhere sort by the time they were made."""

import os
import threading
import time

_lock = threading.Lock()
_last_ms = 0
_counter = 0
_randomness = b""
_random_at = 0
_RANDOM_BLOCK = 4096
_pid = 0


def new_id() -> str:
    """A fresh UUIDv7 in canonical lower-case text, 36 characters.

    Ids made by one process strictly increase: the 12 bits after the time are a counter that
    borrows from the next millisecond when it runs over (RFC 9562 §6.2, method 1).
    """
    global _last_ms, _counter, _randomness, _random_at, _pid  # noqa: PLW0603 - one counter for the process
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _counter = now_ms, 0
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter = _last_ms + 1, 0
        if _random_at + 8 > len(_randomness) or _pid != os.getpid():
            # A forked child must not repeat its parent's random bits.
            _randomness, _random_at, _pid = os.urandom(_RANDOM_BLOCK), 0, os.getpid()
        tail = int.from_bytes(_randomness[_random_at : _random_at + 8], "big") & 0x3FFF_FFFF_FFFF_FFFF
        _random_at += 8
        value = (_last_ms << 80) | (0x7000 | _counter) << 64 | 0x8000_0000_0000_0000 | tail
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


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
