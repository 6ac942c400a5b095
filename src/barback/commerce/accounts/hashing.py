"""Secrets at rest: passwords by argon2id, pairing codes by a slower-than-guessing hash, tokens by SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor

import argon2
from argon2.low_level import Type, hash_secret_raw

from barback.commerce.accounts.rules import PAIRING_ALPHABET, PAIRING_LENGTH, normal_code

# OWASP's recommendation of 46 MiB and one pass: about 40 ms here. Two threads bound the memory that
# a flood of sign-ins can take, and keep one core for everybody else.
_HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
# The hash of a password nobody has: an unknown e-mail must take as long as a wrong password.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


async def password_hash(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def password_matches(stored: str | None, password: str) -> bool:
    """True if `password` is the one behind `stored`; takes as long when there is none (None)."""

    def check() -> bool:
        try:
            return _HASHER.verify(stored or _NOBODY, password) and stored is not None
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_THREADS, check)


def password_is_dated(stored: str) -> bool:
    """True if `stored` was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(stored)


def new_password() -> str:
    """A temporary password a manager can read out: 14 characters, 69 bits."""
    letters = [secrets.choice(PAIRING_ALPHABET.lower()) for _ in range(14)]
    return "-".join("".join(letters[i : i + 7]) for i in (0, 7))


def new_secret() -> str:
    """256 random bits as text, for refresh tokens and devices."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """How a 256-bit secret is stored: too random to be guessed, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secrets_equal(left: str, right: str) -> bool:
    """Compare without telling by the time taken how much was right."""
    return secrets.compare_digest(left.encode(), right.encode())


def new_pairing_code() -> str:
    """8 characters, 39 bits."""
    return "".join(secrets.choice(PAIRING_ALPHABET) for _ in range(PAIRING_LENGTH))


async def pairing_hash(code: str) -> str:
    """How a pairing code is stored and found: a fixed salt, and too slow to try them all in ten minutes."""

    def slow() -> str:
        raw = hash_secret_raw(
            normal_code(code)[:64].encode(), b"barback pairing code", time_cost=1, memory_cost=19_456, parallelism=1,
            hash_len=32, type=Type.ID,
        )  # fmt: skip
        return raw.hex()

    return await asyncio.get_running_loop().run_in_executor(_THREADS, slow)
